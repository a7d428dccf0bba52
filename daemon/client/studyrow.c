#include "client/studyrow.h"

#include "client/when.h"
#include "history/versions.h"

#include <errno.h>

static int append_study(const struct study_row *row, void *userdata)
{
    json_t *study =
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:s}", "nct_id", row->nct_id, "title", row->title,
                  "status", row->overall_status, "versions", (json_int_t)row->versions, "sites", (json_int_t)row->sites,
                  "recruiting_sites", (json_int_t)row->recruiting_sites, "first_seen",
                  when_to_json(row->first_seen_usec), "last_seen", when_to_json(row->last_seen_usec), "last_changed",
                  when_to_json(row->last_changed_usec), "refresh", row->refresh);

    return json_array_append_new(userdata, study) < 0 ? -ENOMEM : 0;
}

int studyrow_list(struct store *store, json_t **ret, struct error *e)
{
    json_auto_t *studies = json_array();

    if (!studies)
        return error_set(e, -ENOMEM, "no memory for the list of studies");
    int r = versions_each_study(store, append_study, studies, e);
    if (r == 0)
        *ret = json_incref(studies);
    return r;
}
