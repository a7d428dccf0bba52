/* Takes due alerts out of the history and delivers them, each channel in its own queue.
 *
 * At least once, each message with a stable id; every attempt is recorded in the history. A channel that fails does not
 * delay another. Dispatch does not care where a due alert came from. */
#pragma once

#include "alert/channel.h"
#include "base/err.h"
#include "history/store.h"
#include "history/surges.h"
#include "net/http.h"
#include "net/smtp.h"
#include "trial/watch.h"

#include <event2/event.h>
#include <stdio.h>

struct dispatch;

struct dispatch_settings {
    const struct channel *channels; /* borrowed until dispatch_configure() or dispatch_free() */
    size_t channel_count;
    const struct watch_set *watches; /* likewise */
    const char *ca_file;             /* PEM for all channels; NULL: the system's */
    FILE *terminal;                  /* where console channels print; NULL: stdout */
    struct surge_limits surges;      /* when alerts of a refresh are told in one message */
    int64_t health_after_usec;       /* a channel that refuses for so long: the others are told; 0: a day */
};

int dispatch_new(struct event_base *base, struct http *http, struct smtp *smtp, struct store *store,
                 const struct dispatch_settings *settings, struct dispatch **ret, struct error *e);

/* Attempts under way are cancelled; they will be made again under the same id. Takes NULL. */
void dispatch_free(struct dispatch *dispatch);

/* There may be new alerts due. */
void dispatch_wake(struct dispatch *dispatch);

/* A refresh was read in full, of so many studies: its gathered alerts (history/surges.h) are judged, in slices of the
 * loop, and then due or in a surge's message. */
void dispatch_judge(struct dispatch *dispatch, long studies);
bool dispatch_is_judging(const struct dispatch *dispatch);

/* New channels and watches. Attempts under way end with the old ones. Alerts of a channel that is gone stay due and are
 * named in the log and in status. */
void dispatch_configure(struct dispatch *dispatch, const struct dispatch_settings *settings);

/* Other watches alone: nothing under way ends. They are borrowed as those of the settings. */
void dispatch_set_watches(struct dispatch *dispatch, const struct watch_set *watches);

/* Sends a marked test now; the callback tells how it went. -ENOENT for an unknown channel. The callback is not called
 * after dispatch_free(). */
typedef void dispatch_test_callback(const struct verdict *verdict, void *userdata);
int dispatch_test(struct dispatch *dispatch, const char *channel, dispatch_test_callback *callback, void *userdata,
                  struct error *e);

/* As preview_make() (alert/preview.h) for the channel of that name. -ENOENT for an unknown one. */
int dispatch_preview(const struct dispatch *dispatch, const char *channel, const char *nct_id, long version,
                     json_t **ret, struct error *e);

/* Tells every channel but one (NULL: all) something about the daemon itself, once: a message like any other, which
 * survives a restart. While the history cannot be written it is tried for about an hour and forgotten with the daemon.
 * id tells it from others. */
void dispatch_announce(struct dispatch *dispatch, const char *except_channel, const char *id, const char *headline,
                       const char *text);

/* Whether there is a channel but that one to tell. */
bool dispatch_has_another(const struct dispatch *dispatch, const char *channel);

/* Tells of channels whose trouble lasts, also while nothing is due to them: from time to time. */
void dispatch_check_health(struct dispatch *dispatch);

struct channel_status {
    const char *name;
    const char *type; /* "" for a channel that the settings no longer have */
    struct outbox_counts counts;
    bool ill;
    long failures;             /* attempts in a row */
    const char *last_answer;   /* "" */
    const char *refused;       /* which recipients are refused for good while others get their mail, "" */
    int64_t last_good_usec;    /* wall; 0 never since the start */
    int64_t next_attempt_usec; /* wall; 0: nothing waits */
};
typedef void channel_status_visitor(const struct channel_status *status, void *userdata);
void dispatch_each_status(const struct dispatch *dispatch, channel_status_visitor *visit, void *userdata);
