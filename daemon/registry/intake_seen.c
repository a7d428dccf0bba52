/* Records that are as they were: most of them are recognised without being decoded. */
#include "registry/intake_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(struct error *e)
{
    return error_set(e, -ENOMEM, "there is no memory to note which studies were seen");
}

static int add_seen(struct intake *intake, const struct seen *seen, struct error *e)
{
    if (intake->seen_count == intake->seen_capacity) {
        size_t capacity = size_max(64, intake->seen_capacity * 2);
        void *grown = reallocarray(intake->seen, capacity, sizeof(*intake->seen));
        if (!grown)
            return no_memory(e);
        intake->seen = grown;
        intake->seen_capacity = capacity;
    }
    intake->seen[intake->seen_count++] = *seen;
    intake->result.verdict = INTAKE_UNCHANGED;
    return 0;
}

int intake_note_seen(struct intake *intake, struct error *e)
{
    struct seen seen = {.glance = intake->glance, .has_glance = intake->has_glance};

    memcpy(seen.glance.nct_id, study_nct_id(intake->study), sizeof(seen.glance.nct_id));
    return add_seen(intake, &seen, e);
}

/* 1: it is the newest version's text. 0: it is not, or that is not known. */
static int is_newest(const struct intake *intake, struct error *e)
{
    uint8_t hash[STUDY_HASH_BYTES];
    int r = versions_glance(intake->store, intake->glance.nct_id, hash, e);

    if (r == -ENOENT)
        return 0;
    return r < 0 ? r : memcmp(hash, intake->glance.hash, sizeof(hash)) == 0;
}

int intake_recognise(struct intake *intake, struct error *e)
{
    const char *nct_id = intake->glance.nct_id;
    int r = glance_at_record(intake->text, intake->len, &intake->glance);

    if (r == -ENOMEM)
        return no_memory(e);
    intake->has_glance = r == 0;
    if (r < 0 || (intake->plan && plan_moves(intake->plan, nct_id)))
        return 1;
    r = is_newest(intake, e);
    if (r < 0)
        return r;
    if (r == 0 || !intake->asked(nct_id, intake->userdata))
        return 1;
    memcpy(intake->result.nct_id, nct_id, sizeof(intake->result.nct_id));
    return add_seen(intake, &(struct seen){.glance = intake->glance}, e);
}

static int write_seen(struct intake *intake, struct error *e)
{
    for (size_t i = 0; i < intake->seen_count; i++) {
        const struct seen *seen = &intake->seen[i];
        int r = versions_note_seen(intake->store, seen->glance.nct_id, intake->poll,
                                   seen->has_glance ? seen->glance.hash : NULL, e);
        if (r < 0)
            return r;
    }
    return 0;
}

int intake_flush(struct intake *intake, struct error *e)
{
    if (intake->seen_count == 0)
        return 0;

    int r = store_begin(intake->store, e);
    if (r < 0)
        return r;
    r = write_seen(intake, e);
    if (r == 0)
        r = store_commit(intake->store, e);
    if (r < 0)
        store_rollback(intake->store);
    intake->seen_count = 0;
    return r;
}
