/* Mutes: studies and watches of which a person wants nothing told for a while. They are kept for ever: who, when, why.
 */
#pragma once

#include "history/store.h"

#include <jansson.h>
#include <stdbool.h>

#define MUTE_NAME_BYTES 128

enum mute_subject { MUTE_STUDY, MUTE_WATCH };
const char *mute_subject_name(enum mute_subject subject);

struct mute {
    enum mute_subject subject;
    const char *name;               /* an NCT id or a watch's; valid during the visit, as all pointers here */
    const char *who, *note;         /* note: why, "" */
    int64_t begun_usec, until_usec; /* wall */
    int64_t ended_usec;             /* before its time, by a person; 0: not */
    const char *ended_by;           /* "" */
};

/* Begins now; one that was in force ends. name has at most MUTE_NAME_BYTES - 1 bytes, else -EINVAL. */
int mutes_begin(struct store *store, const struct mute *mute, struct error *e);

/* -ENOENT with a sentence when none is in force. */
int mutes_end(struct store *store, enum mute_subject subject, const char *name, const char *who, int64_t now_usec,
              struct error *e);

/* In the order in which they began; in_force: only those that are. */
typedef int mute_visitor(const struct mute *mute, void *userdata);
int mutes_each(struct store *store, bool in_force, int64_t now_usec, mute_visitor *visit, void *userdata,
               struct error *e);

/* Whether one is in force: 1 with a sentence for people, "study NCT… is muted until …", else 0. */
int mutes_find(struct store *store, enum mute_subject subject, const char *name, int64_t now_usec, char *sentence,
               size_t size, struct error *e);

/* Whether an alert about the study that these watches (names) asked for is not to be told: the study is muted, or all
 * of the watches are. As mutes_find(). */
int mutes_cover(struct store *store, const char *nct_id, const json_t *watches, int64_t now_usec, char *sentence,
                size_t size, struct error *e);
