/* libcurl's multi interface on libevent: sockets and timeouts of all transfers, and their completions.
 *
 * libcurl must not be called from its own callbacks, so those only arm events, and a transfer's done function is called
 * from an event of its own, where starting and stopping other transfers is allowed. Only the loop's thread may call. */
#pragma once

#include "base/err.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <sys/queue.h>

struct http_multi;
struct http_transfer;

typedef void http_transfer_done(struct http_transfer *transfer);

/* One easy handle under way. Whoever embeds it fills the first part and owns the handle. */
struct http_transfer {
    CURL *easy;
    http_transfer_done *done;

    CURLcode result; /* for done */
    enum { TRANSFER_IDLE, TRANSFER_UNDER_WAY, TRANSFER_FINISHED } state;
    TAILQ_ENTRY(http_transfer) link;
};

int http_multi_new(struct event_base *base, struct http_multi **ret, struct error *e);

/* Every transfer must have been stopped or done. Takes NULL. */
void http_multi_free(struct http_multi *multi);

/* Sets the handle's CURLOPT_PRIVATE. 0 or -ENOMEM; after 0, done is called unless the transfer is stopped before. */
int http_multi_start(struct http_multi *multi, struct http_transfer *transfer, struct error *e);

/* After this done is not called. Nothing happens to a transfer that is idle. */
void http_multi_stop(struct http_multi *multi, struct http_transfer *transfer);
