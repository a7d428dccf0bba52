#include "alert/trouble.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "history/acks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TELL_AGAIN_USEC USEC_PER_DAY

/* A failure is not said: if the history cannot be written, that is a trouble of its own. Nor is it tried then: a row so
 * small may find room where no record does, and would look as if all were well again. */
static void save(const struct trouble *trouble)
{
    struct store *store = trouble->store;
    struct store_health health;
    struct error error = {0};

    store_health(store, &health);
    if (health.error < 0)
        return;
    int r = store_begin(store, &error);

    if (r >= 0 && trouble->row.since_usec > 0)
        r = troubles_set(store, trouble->name, &trouble->row, &error);
    else if (r >= 0)
        r = troubles_clear(store, trouble->name, &error);
    if (r >= 0)
        r = store_commit(store, &error);
    if (r >= 0)
        return;
    store_rollback(store);
    log_debug("The trouble %s is not kept: %s", trouble->name, error.text);
}

void trouble_load(struct trouble *trouble, struct store *store, const char *kind, const char *name)
{
    *trouble = (struct trouble){.store = store};
    snprintf(trouble->name, sizeof(trouble->name), "%s%s%s", kind, *name ? " " : "", name);
    snprintf(trouble->subject, sizeof(trouble->subject), "%s", *name ? name : kind);
    if (troubles_get(store, trouble->name, &trouble->row, NULL) < 0)
        trouble->row = (struct trouble_row){0};
}

void trouble_note_bad(struct trouble *trouble, bool needs_person, const char *words, int64_t now_usec)
{
    struct trouble_row *row = &trouble->row;
    bool worse = row->since_usec == 0 || (needs_person && !row->needs_person);

    snprintf(row->words, sizeof(row->words), "%s", words);
    text_drop_half_character(row->words);
    if (row->since_usec == 0)
        row->since_usec = now_usec;
    row->needs_person = row->needs_person || needs_person;
    if (worse)
        save(trouble);
}

bool trouble_is_due(struct trouble *trouble, int64_t wait_usec, bool repeats, int64_t now_usec)
{
    struct trouble_row *row = &trouble->row;

    if (row->since_usec == 0)
        return false;
    /* A clock that was set back leaves times that are still to come. */
    if (row->since_usec > now_usec)
        row->since_usec = now_usec;
    if (row->told_usec > now_usec)
        row->told_usec = now_usec;
    if (row->told_usec > 0)
        return repeats && now_usec - row->told_usec >= TELL_AGAIN_USEC &&
               !acks_cover(trouble->store, trouble->subject, row->since_usec);
    return now_usec - row->since_usec >= wait_usec;
}

void trouble_note_told(struct trouble *trouble, int64_t now_usec)
{
    trouble->row.told_usec = now_usec;
    save(trouble);
}

bool trouble_note_well(struct trouble *trouble, int64_t *ret_since_usec)
{
    bool was_told = trouble->row.told_usec > 0;

    if (trouble->row.since_usec == 0)
        return false;
    *ret_since_usec = trouble->row.since_usec;
    trouble->row = (struct trouble_row){0};
    save(trouble);
    return was_told;
}
