#include "registry/intake_parts.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int intake_new(struct store *store, const struct watch_set *watches, intake_asked *asked, void *userdata,
               struct intake **ret)
{
    struct intake *intake = calloc(1, sizeof(*intake));

    if (!intake)
        return -ENOMEM;
    intake->store = store;
    intake->watches = watches;
    intake->asked = asked;
    intake->userdata = userdata;
    *ret = intake;
    return 0;
}

static void drop_record(struct intake *intake)
{
    intake->next = NULL;
    json_decref(TAKE_PTR(intake->tree));
    study_free(TAKE_PTR(intake->study));
    study_free(TAKE_PTR(intake->before));
    site_map_free(&intake->map);
    change_list_free(&intake->changes);
    notice_list_free(&intake->notices);
    intake_drop_answers(intake);
    intake->same = intake->absent = intake->has_glance = false;
    intake->map = (struct site_map){0};
    intake->changes = (struct change_list){0};
    intake->notices = (struct notice_list){0};
}

void intake_free(struct intake *intake)
{
    if (!intake)
        return;
    drop_record(intake);
    if (intake->writes)
        store_rollback(intake->store);
    free(intake);
}

void intake_cancel(struct intake *intake)
{
    drop_record(intake);
}

void intake_set_watches(struct intake *intake, const struct watch_set *watches)
{
    intake->watches = watches;
}

void intake_set_plan(struct intake *intake, struct plan *plan)
{
    intake->plan = plan;
}

void intake_set_poll(struct intake *intake, int64_t poll, const char *refresh)
{
    intake->poll = poll;
    snprintf(intake->refresh, sizeof(intake->refresh), "%s", refresh);
}

bool intake_is_busy(const struct intake *intake)
{
    return intake->next;
}

bool intake_is_big(const struct intake *intake)
{
    return intake->next && intake->len >= INTAKE_BIG_RECORD_BYTES;
}

static int no_memory(struct error *e)
{
    return error_set(e, -ENOMEM, "there is no memory to take in a record");
}

static int go_on(struct intake *intake, intake_step_function *next)
{
    intake->next = next;
    return 1;
}

static int end(struct intake *intake, enum intake_verdict verdict)
{
    intake->result.verdict = verdict;
    return 0;
}

/* The id that a tree gives itself, also when it is otherwise no record. */
static void note_claimed_id(struct intake *intake)
{
    const json_t *protocol = json_object_get(intake->tree, "protocolSection");
    const json_t *identification = json_object_get(protocol, "identificationModule");
    const char *nct_id = json_string_value(json_object_get(identification, "nctId"));

    if (nct_id && text_is_nct_id(nct_id))
        snprintf(intake->result.nct_id, sizeof(intake->result.nct_id), "%s", nct_id);
}

static int step_ask_watches(struct intake *intake, struct error *e)
{
    int r = intake_find_members(intake);

    if (r == 0)
        r = watch_set_notices(intake->watches, intake->study, intake->members, intake->member_count, &intake->changes,
                              &intake->notices);

    return r < 0 ? no_memory(e) : go_on(intake, intake_write);
}

static int step_find_changes(struct intake *intake, struct error *e)
{
    int r = diff_studies(intake->before, intake->study, &intake->map, &intake->changes, e);

    return r < 0 ? r : go_on(intake, step_ask_watches);
}

static int step_match_sites(struct intake *intake, struct error *e)
{
    int r = sites_match(intake->before, intake->study, &intake->map);

    return r < 0 ? no_memory(e) : go_on(intake, step_find_changes);
}

static int step_load_before(struct intake *intake, struct error *e)
{
    int r = versions_study_like(intake->store, &intake->newest, intake->study, &intake->before, e);

    return r < 0 ? r : go_on(intake, step_match_sites);
}

static int step_compare(struct intake *intake, struct error *e)
{
    if (intake_find_answers(intake) < 0)
        return no_memory(e);
    int r = versions_newest(intake->store, study_nct_id(intake->study), &intake->newest, e);

    /* A first sight is a baseline: only a query that was running finds news in it. */
    if (r == -ENOENT)
        return go_on(intake, step_ask_watches);
    if (r < 0)
        return r;
    if (memcmp(intake->newest.hash, study_hash(intake->study), STUDY_HASH_BYTES) == 0) {
        if (!intake_moves(intake)) {
            r = intake_note_seen(intake, intake->newest.nct_id, intake->has_glance ? &intake->glance : NULL, e);
            return r < 0 ? r : end(intake, INTAKE_UNCHANGED);
        }
        intake->same = true;
        return go_on(intake, step_ask_watches);
    }
    return go_on(intake, step_load_before);
}

/* Every id that was asked for is answered by this record. */
static bool is_asked(const struct intake *intake)
{
    const char *nct_id;
    bool asked = false;

    for (size_t number = 0; (nct_id = study_id(intake->study, number)); number++)
        asked |= intake->asked(nct_id, intake->userdata);
    return asked;
}

static int step_understand(struct intake *intake, struct error *e)
{
    int r = study_from_json(intake->tree, &intake->study, &intake->result.why);

    note_claimed_id(intake);
    json_decref(TAKE_PTR(intake->tree));
    if (r == -ENOMEM)
        return no_memory(e);
    if (r < 0)
        return end(intake, INTAKE_UNREADABLE);
    if (!is_asked(intake))
        return end(intake, INTAKE_UNASKED);
    return go_on(intake, step_compare);
}

static int step_decode(struct intake *intake, struct error *e)
{
    json_error_t why;

    (void)e;
    if (intake->len > STUDY_MAX_RECORD_BYTES) {
        error_set(&intake->result.why, -EFBIG, "it has %zu bytes", intake->len);
        return end(intake, INTAKE_UNREADABLE);
    }
    intake->tree = json_loadb(intake->text, intake->len, 0, &why);
    if (!intake->tree) {
        error_set(&intake->result.why, -EBADMSG, "it is not JSON: %s", why.text);
        return end(intake, INTAKE_UNREADABLE);
    }
    return go_on(intake, step_understand);
}

/* So that the next time it need not be decoded. */
static int step_glance(struct intake *intake, struct error *e)
{
    int r = intake_need_key(intake, e);

    if (r < 0)
        return r;
    intake->has_glance = glance_at_record(&intake->key, intake->text, intake->len, &intake->glance) == 0;
    return go_on(intake, step_decode);
}

void intake_begin(struct intake *intake, const char *text, size_t len)
{
    drop_record(intake);
    intake->result = (struct intake_result){0};
    intake->text = text;
    intake->len = len;
    intake->next = step_glance;
}

int intake_step(struct intake *intake, struct intake_result *ret, struct error *e)
{
    int r = intake->next(intake, e);

    if (r > 0)
        return r;
    if (r == 0)
        *ret = intake->result;
    drop_record(intake);
    return r;
}

int intake_lose(struct intake *intake, const char *nct_id, struct intake_result *ret, struct error *e)
{
    int r = versions_newest(intake->store, nct_id, &intake->newest, e);

    if (r >= 0)
        r = versions_study(intake->store, &intake->newest, &intake->study, e);
    if (r < 0) {
        drop_record(intake);
        return r;
    }
    intake->result = (struct intake_result){0};
    memcpy(intake->result.nct_id, intake->newest.nct_id, STUDY_NCT_ID_BYTES);
    intake->same = intake->absent = true;
    if (intake_find_answers(intake) < 0) {
        drop_record(intake);
        return no_memory(e);
    }
    intake->next = step_ask_watches;
    while ((r = intake_step(intake, ret, e)) > 0)
        ;
    return r;
}
