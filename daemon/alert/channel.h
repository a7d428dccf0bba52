/* A way to reach people. Each type is one row of the table in channel.c and one file.
 *
 * A type only gives the message document (alert/message.h) a form, and judges the receiver's answer: it does no I/O.
 * The transport is dispatch's. To add a channel: write one file with a struct channel_type, and name it in the table.
 */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "history/outbox.h"
#include "net/http.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_kind {
    OPTION_TEXT,
    OPTION_SECRET, /* "credential:NAME" or "file:/path" in the settings; never printed */
    OPTION_LIST,
    OPTION_BOOL
};

struct channel_option {
    const char *name;
    enum option_kind kind;
    bool required;
    const char *help; /* for the manual */
};

#define CHANNEL_MAX_OPTIONS 16
#define CHANNEL_DEFAULT_GIVE_UP_USEC (3 * USEC_PER_DAY)

struct channel_value {
    char *text;  /* owned; of OPTION_SECRET the secret itself; OPTION_BOOL "true" or "false"; NULL: not given */
    char **list; /* owned, OPTION_LIST */
    size_t list_count;
};

/* When a channel may be told. Zero: at once. */
struct channel_pace {
    enum { DIGEST_NONE, DIGEST_DAILY, DIGEST_WEEKLY } digest;
    int digest_minute;                         /* of the day */
    int digest_weekday;                        /* 0 Sunday; weekly */
    int quiet_from_minute, quiet_until_minute; /* equal: no quiet hours */
    bool quiet_urgent_passes;
    char *zone; /* owned; tz database name, NULL: the system's */
    long rate_messages;
    int64_t rate_usec;    /* 0: no rate */
    int64_t give_up_usec; /* 0: 3 days */
};

struct channel {
    char *name;
    const struct channel_type *type;
    struct channel_value values[CHANNEL_MAX_OPTIONS]; /* by the index of the type's option */
    char *payload; /* owned; a jq program that makes the body, NULL: the type's own */
    struct channel_pace pace;
};

void channel_clear(struct channel *channel);

enum channel_transport { TRANSPORT_LOCAL, TRANSPORT_HTTP, TRANSPORT_SMTP, TRANSPORT_COMMAND };

/* A message in a channel's form, ready for its transport. Only the transport's own part is filled. */
struct rendering {
    struct buf body;                              /* HTTP body, mail text, command's input, or terminal lines */
    char *url;                                    /* owned; HTTP */
    struct http_header headers[HTTP_MAX_HEADERS]; /* HTTP; values owned */
    size_t header_count;
    char *from; /* owned; SMTP envelope */
};

void rendering_clear(struct rendering *rendering);
#define _cleanup_rendering_ _cleanup_(rendering_clear)

/* Adds a header; value is copied. -ENOMEM, -E2BIG. */
int rendering_add_header(struct rendering *rendering, const char *name, const char *value);

/* Makes body the HTTP body, with its Content-Type, and drops the reference. -ENOMEM, also when body is NULL. */
int rendering_take_json(struct rendering *rendering, const char *url, json_t *body);

/* So many times may a message be halved for a receiver that finds it too large. */
#define CHANNEL_MAX_SHORTER 6

struct render_context {
    int64_t now_usec;      /* wall: of this attempt, for signatures and Date */
    const char *thread;    /* where this channel's earlier message about the study is, or NULL */
    size_t max_bytes;      /* delivery's: how long the body should be, as far as is known of the receiver; 0: not */
    size_t refused_bytes;  /* delivery's: a body so long was refused as too large; 0: none was */
    unsigned shorter;      /* say so many times half of what could be said, count the rest */
    const json_t *settled; /* delivery's, of mail: array of the addresses that need not get it any more; NULL: none */
};

struct verdict {
    enum attempt_outcome outcome;
    bool ill;                 /* the channel itself is wrong (404, 410, 401): it needs a person */
    bool too_large;           /* try again shorter */
    int code;                 /* HTTP status, SMTP reply or exit status; 0 without one */
    int64_t retry_after_usec; /* the receiver's wish; negative: none */
    size_t sent_bytes;        /* of the body */
    size_t size_limit;        /* what a mail server advertises, 0: nothing */
    char answer[256];         /* for people and the history; no secrets */
    char *thread;             /* owned; NULL */

    /* Of mail, which may be taken for some recipients and refused for others. */
    const struct recipient_answer *recipients; /* valid during the callback */
    size_t recipient_count;
    bool some_took, some_refused, all_took; /* refused: for good */
};

void verdict_clear(struct verdict *verdict);
#define _cleanup_verdict_ _cleanup_(verdict_clear)

struct channel_type {
    const char *name; /* "slack": the key in the settings */
    enum channel_transport transport;
    const char *help;
    struct channel_option options[CHANNEL_MAX_OPTIONS]; /* ended by the first NULL name */

    /* Whether the values make sense together; on failure *ret_option is the index of the one to blame. May be NULL. */
    int (*check)(const struct channel *channel, size_t *ret_option, struct error *e);

    int (*render)(const struct channel *channel, const json_t *message, const struct render_context *context,
                  struct rendering *ret, struct error *e);

    /* Adds what depends on the final body (a signature), which may be that of the channel's payload program. May be
     * NULL. */
    int (*seal)(const struct channel *channel, const json_t *message, const struct render_context *context,
                struct rendering *rendering, struct error *e);

    /* HTTP only; NULL: channel_judge_http(). */
    void (*judge)(const struct http_response *response, struct verdict *ret);
};

/* 2xx delivered; 408, 425, 429, 5xx and no answer: retry; 401, 403, 404, 410: failed and ill; 413: too large; other
 * 4xx: failed. */
void channel_judge_http(const struct http_response *response, struct verdict *ret);

const struct channel_type *const *channel_types(size_t *ret_count);
const struct channel_type *channel_type_find(const char *name);

/* The value of an option by name: NULL or false when not given. */
const char *channel_text(const struct channel *channel, const char *option);
bool channel_bool(const struct channel *channel, const char *option, bool otherwise);
const struct channel_value *channel_value(const struct channel *channel, const char *option);

/* Whether a URL may be sent to: https, or http to a loopback address. *ret_plain says that it is http. */
bool channel_url_ok(const char *url, bool *ret_plain);

/* A check() for the types whose only condition is that their option "url" may be sent to. */
int channel_check_url(const struct channel *channel, size_t *ret_option, struct error *e);

/* The index of an option, which the type has. */
size_t channel_option_index(const struct channel_type *type, const char *option);
