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
    return 0;
}

int intake_note_seen(struct intake *intake, struct error *e)
{
    struct seen seen = {.glance = intake->glance, .has_glance = intake->has_glance};

    memcpy(seen.glance.nct_id, study_nct_id(intake->study), sizeof(seen.glance.nct_id));
    intake->result.verdict = INTAKE_UNCHANGED;
    return add_seen(intake, &seen, e);
}

int intake_recognise(struct intake *intake, const char *text, size_t len, size_t *ret_len, struct intake_result *ret,
                     struct error *e)
{
    char nct_id[STUDY_NCT_ID_BYTES];
    struct seen seen = {0};

    if (!glance_guess_id(text, len, nct_id) || (intake->plan && plan_moves(intake->plan, nct_id)))
        return 0;
    int r = versions_glance(intake->store, nct_id, &seen.glance, e);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    r = glance_recognise(&seen.glance, text, len, ret_len);
    if (r < 0)
        return no_memory(e);
    if (r == 0 || !intake->asked(nct_id, intake->userdata))
        return 0;
    r = add_seen(intake, &seen, e);
    if (r < 0)
        return r;
    *ret = (struct intake_result){.verdict = INTAKE_UNCHANGED};
    memcpy(ret->nct_id, nct_id, sizeof(ret->nct_id));
    return 1;
}

static int write_seen(struct intake *intake, struct error *e)
{
    for (size_t i = 0; i < intake->seen_count; i++) {
        const struct seen *seen = &intake->seen[i];
        int r = versions_note_seen(intake->store, seen->glance.nct_id, intake->poll,
                                   seen->has_glance ? &seen->glance : NULL, e);
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
