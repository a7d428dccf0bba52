/* Mail by SMTP, on a thread of its own with a bounded queue (libcurl's disconnect waits for QUIT's answer).
 *
 * Submitting and the callback happen on the loop's thread. Jobs that wait for one server do not wait for another: each
 * server has a worker, up to SMTP_MAX_SERVERS. */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SMTP_QUEUE_MAX 64 /* for one worker */
#define SMTP_MAX_SERVERS 8
#define SMTP_MAX_RECIPIENTS 100 /* of one mail: what every server must take (RFC 5321, 4.5.3.1.8) */

enum smtp_tls { SMTP_TLS_REQUIRED, SMTP_TLS_OPPORTUNISTIC, SMTP_TLS_NONE };

struct smtp_server {
    const char *url; /* smtp://host:587 (STARTTLS) or smtps://host:465 */
    enum smtp_tls tls;
    const char *username; /* NULL: no authentication */
    const char *password;
    const char *oauth_bearer; /* XOAUTH2 instead of a password; NULL: no */
    const char *ca_file;      /* PEM; NULL: the system's */
    int64_t timeout_usec;     /* 0: 60 s */
};

struct smtp_mail {
    const char *from;              /* envelope */
    const char *const *recipients; /* envelope */
    size_t recipient_count;
    const char *message; /* the whole RFC 5322 text with CRLF line ends */
    size_t message_len;
};

/* What the server answered to the name of one recipient. */
struct smtp_reply {
    int code;       /* 2yz taken in, 4yz perhaps later, 5yz never; 0: it was not asked */
    char text[160]; /* with the code, one visible line */
};

/* A 5yz answer: trying again will not help. */
#define EREJECTED EKEYREJECTED

/* Error is
 *   0           the server took the mail, for every recipient whose name it had answered with 2yz;
 *   -EREJECTED  a 5yz answer to the mail itself or to every recipient; code 552 (or 554 with 5.3.4): it is too big;
 *   -EACCES     the server refused our login: the settings are wrong, not the mail;
 *   -EAGAIN     anything else: 4yz, no connection, no TLS where it is required, time is up. Try again. */
struct smtp_result {
    int error;
    const struct smtp_mail *mail; /* as it was submitted; valid during the callback */
    int code;                     /* the server's last reply code before it was told QUIT, 0 without one */
    char text[512];               /* "HOST: what went wrong", for people, in the server's words where it said any; "" */
    size_t size_limit;            /* in bytes, of a mail; what the server advertises (RFC 1870), 0: nothing */
    size_t refused_count;         /* of the recipients */
    struct smtp_reply recipients[SMTP_MAX_RECIPIENTS]; /* in the order of the mail's */
    int64_t latency_usec;
};

typedef void smtp_callback(const struct smtp_result *result, void *userdata);

struct smtp;
struct smtp_job;

int smtp_new(struct event_base *base, struct smtp **ret, struct error *e);

/* No callback is called any more. Waits at most a second for mails under way, so that they are not sent twice after a
 * restart, then abandons them. Not from within a callback. Takes NULL. */
void smtp_free(struct smtp *smtp);

/* Copies everything. -EAGAIN when the server's queue is full, -EINVAL for a URL, an address or text that cannot be
 * sent: bare CR or LF, NUL, lines over 998 bytes. *ret is valid until the callback is called or it is cancelled. */
int smtp_submit(struct smtp *smtp, const struct smtp_server *server, const struct smtp_mail *mail,
                smtp_callback *callback, void *userdata, struct smtp_job **ret, struct error *e);

/* After this the callback is not called; the mail may still be delivered. Takes NULL. */
void smtp_cancel(struct smtp_job *job);
