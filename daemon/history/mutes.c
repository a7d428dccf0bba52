#include "history/mutes.h"

#include "base/clock.h"
#include "history/sql.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The file holds these numbers. */
static const char *const subject_names[] = {[MUTE_STUDY] = "study", [MUTE_WATCH] = "watch"};
_Static_assert(MUTE_STUDY == 0 && MUTE_WATCH == 1, "mutes.subject in schema.sql");

const char *mute_subject_name(enum mute_subject subject)
{
    return subject_names[subject];
}

int mutes_begin(struct store *store, const struct mute *mute, struct error *e)
{
    size_t len = strlen(mute->name);

    if (len == 0 || len >= MUTE_NAME_BYTES)
        return error_set(e, -EINVAL, "what is muted has a name of 1 to %d bytes", MUTE_NAME_BYTES - 1);
    int r =
        sql_run(store, SQL_MUTE_END, e, INT(mute->subject), TEXT(mute->name), INT(mute->begun_usec), TEXT(mute->who));
    return r < 0 ? r
                 : sql_run(store, SQL_MUTE_INSERT, e, INT(mute->subject), TEXT(mute->name), TEXT(mute->who),
                           TEXT(mute->note ? mute->note : ""), INT(mute->begun_usec), INT(mute->until_usec));
}

int mutes_end(struct store *store, enum mute_subject subject, const char *name, const char *who, int64_t now_usec,
              struct error *e)
{
    int r = sql_run(store, SQL_MUTE_END, e, INT(subject), TEXT(name), INT(now_usec), TEXT(who));

    if (r == 0 && sql_changed_rows(store) == 0)
        return error_set(e, -ENOENT, "%s %s is not muted", subject_names[subject], name);
    return r;
}

static int load(struct store *store, int64_t id, struct keep *keep, struct mute *ret, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_MUTE_GET, e, INT(id));

    if (r < 0)
        return r;
    *ret = (struct mute){
        .subject = (enum mute_subject)query_integer(&query, 0),
        .begun_usec = query_integer(&query, 4),
        .until_usec = query_integer(&query, 5),
        .ended_usec = query_integer(&query, 6),
    };
    r = query_keep_text(&query, 1, keep, &ret->name);
    if (r == 0)
        r = query_keep_text(&query, 2, keep, &ret->who);
    if (r == 0)
        r = query_keep_text(&query, 3, keep, &ret->note);
    return r < 0 ? r : query_keep_text(&query, 7, keep, &ret->ended_by);
}

int mutes_each(struct store *store, bool in_force, int64_t now_usec, mute_visitor *visit, void *userdata,
               struct error *e)
{
    _cleanup_keys_ struct keys keys = {0};
    int r = keys_find(store, SQL_MUTE_KEYS, &keys, e, INT(in_force), INT(now_usec));

    for (size_t i = 0; r == 0 && i < keys.count; i++) {
        _cleanup_keep_ struct keep keep = {0};
        struct mute mute;
        r = load(store, keys.ids[i], &keep, &mute, e);
        if (r == 0)
            r = visit(&mute, userdata);
    }
    return r;
}

int mutes_find(struct store *store, enum mute_subject subject, const char *name, int64_t now_usec, char *sentence,
               size_t size, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    char until[CLOCK_TEXT_BYTES], who[MUTE_NAME_BYTES];
    int r = query_row(&query, store, SQL_MUTE_FIND, e, INT(subject), TEXT(name), INT(now_usec));

    if (r < 0)
        return r == -ENOENT ? 0 : r;
    r = query_copy_text(&query, 1, who, sizeof(who));
    if (r < 0)
        return r;
    snprintf(sentence, size, "%s %s is muted until %s by %s", subject_names[subject], name,
             clock_format_utc(query_integer(&query, 0), until), who);
    return 1;
}

int mutes_cover(struct store *store, const char *nct_id, const json_t *watches, int64_t now_usec, char *sentence,
                size_t size, struct error *e)
{
    size_t index;
    json_t *name;
    int r = mutes_find(store, MUTE_STUDY, nct_id, now_usec, sentence, size, e);

    if (r != 0)
        return r;
    json_array_foreach (watches, index, name) {
        r = mutes_find(store, MUTE_WATCH, json_string_value(name), now_usec, sentence, size, e);
        if (r <= 0)
            return r;
    }
    return r;
}
