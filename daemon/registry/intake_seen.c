/* Records that are as they were: most of them are recognised without being decoded. */
#include "registry/intake_parts.h"

#include <errno.h>
#include <string.h>

int intake_need_key(struct intake *intake, struct error *e)
{
    int r = intake->has_key ? 0 : versions_glance_key(intake->store, &intake->key, e);

    intake->has_key = r >= 0;
    return r;
}

int intake_note_seen(struct intake *intake, const char *nct_id, const struct glance *glance, struct error *e)
{
    int r = intake_need_transaction(intake, e);

    return r < 0 ? r : versions_note_seen(intake->store, nct_id, intake->poll, glance, e);
}

int intake_recognise(struct intake *intake, const char *text, size_t len, size_t *ret_len, struct intake_result *ret,
                     struct error *e)
{
    char nct_id[STUDY_NCT_ID_BYTES];
    struct glance glance = {0};

    if (!glance_guess_id(text, len, nct_id) || (intake->plan && plan_moves(intake->plan, nct_id)))
        return 0;
    int r = intake_need_key(intake, e);
    if (r >= 0)
        r = versions_glance(intake->store, nct_id, &glance, e);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    if (!glance_recognise(&intake->key, &glance, text, len, ret_len) || !intake->asked(nct_id, intake->userdata))
        return 0;
    r = intake_note_seen(intake, nct_id, NULL, e);
    if (r < 0)
        return r;
    *ret = (struct intake_result){.verdict = INTAKE_UNCHANGED};
    memcpy(ret->nct_id, nct_id, sizeof(ret->nct_id));
    return 1;
}
