/* How the parts of the message document are made: for the message files, and for client/describe, so that history and
 * alerts use the same words.
 *
 * Every function that returns json_t * gives a new reference, NULL without memory. */
#pragma once

#include "base/buf.h"
#include "history/changes.h"
#include "history/store.h"
#include "history/surges.h"
#include "trial/study.h"
#include "trial/watch.h"

#include <jansson.h>
#include <stddef.h>

/* Values whose canonical form is longer stay in the history: the document says "values_omitted". */
#define MESSAGE_MAX_VALUE_BYTES ((size_t)16 * 1024)

/* The one line about a change; longer texts of the record end in "…" at a word. */
#define MESSAGE_MAX_QUOTE_BYTES ((size_t)300)

/* The watches that asked, as far as the settings still have them. */
struct watch_names {
    const struct watch **items; /* owned array of borrowed watches */
    size_t count;
};

/* "Primary completion" of a path such as protocolSection.statusModule.primaryCompletionDateStruct. Appends. */
void message_append_field_label(struct buf *out, const char *path);

/* At most max_bytes of text, ended by "…" at a word where that was not all. */
void message_append_shortened(struct buf *out, const char *text, size_t max_bytes);

/* A value of the record as people read it: "2022-12 (actual)", "Lisata Therapeutics", "Phase 2, phase 3". */
void message_append_value(struct buf *out, const char *path, const json_t *value);

/* What tells one item of a list from another: itself, its measure, name, title … NULL when it has none. */
const char *message_item_name(const json_t *item);

/* "Memorial Regional Hospital, Hollywood, Florida"; the country only where it says more. */
void message_append_place(struct buf *out, const json_t *site);

/* " — 12 km away", nothing without a distance. */
void message_append_distance(struct buf *out, const json_t *site);

/* The one line about a change; site is its "site" in the document or NULL. */
void message_append_change_text(struct buf *out, const struct change *change, const json_t *site);

/* The same of a stored change, with its site as the history knows it now. */
void message_append_stored_change(struct buf *out, struct store *store, const char *nct_id,
                                  const struct change *change);

/* [["same"|"struck"|"added", text], …] with long stretches of what is the same shortened. */
json_t *message_difference(const char *before, const char *after);

struct change_context {
    struct store *store;
    const struct study *study; /* the version that the change led to */
    const struct watch_names *watches;
};

/* One entry of "changes". */
int message_change_build(const struct change_context *context, const struct change_row *row, json_t **ret,
                         struct error *e);

struct study_part {
    long version;
    const json_t *changes; /* borrowed array of ids; NULL: all of the version */
};

struct study_request {
    const char *nct_id;
    const char *refresh;            /* of the newest part */
    const json_t *alerts, *watches; /* borrowed arrays of ids and names */
    const struct study_part *parts; /* oldest version first */
    size_t part_count;
    bool narrowed; /* only what its watches want: others that wanted more declined */
};

/* One entry of "studies". */
int message_study_build(struct store *store, const struct watch_set *set, const struct study_request *request,
                        json_t **ret, struct error *e);

/* The same for one watch, of changes that message_change_build() made: of any version, of the archive too. */
int message_study_of(const struct watch *watch, const struct version *version, const struct study *study,
                     const json_t *changes, json_t **ret, struct error *e);

/* What happened to the study, from its entry without "headline". Appends. */
void message_append_study_headline(struct buf *out, const json_t *study);

/* The first line of the whole message. Appends. */
void message_append_headline(struct buf *out, const json_t *studies);

/* The document of a message that stands for the alerts of a surge. */
int message_surge_build(struct store *store, const char *message_id, const struct surge *surge, json_t **ret,
                        struct error *e);

/* The frame of a document: no studies yet, not a test. Made by message_self.c. */
json_t *message_document_new(const char *channel, const char *id, const char *weight, const char *headline);
