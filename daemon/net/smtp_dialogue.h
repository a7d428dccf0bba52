/* What was said between libcurl and the server, and what it means for the mail.
 *
 * libcurl gives one result for a mail, and not which recipients were refused, how large a mail may be or to what the
 * last code answered. */
#pragma once

#include "net/smtp.h"

#include <stdbool.h>
#include <stddef.h>

#define SMTP_REPLY_BYTES 400

struct smtp_dialogue {
    const struct smtp_mail *mail;
    size_t recipient;      /* which the next reply to RCPT is about */
    bool awaits_recipient; /* the next reply is to RCPT */
    bool greets;           /* the next reply is to EHLO */
    bool began_mail;       /* the login is behind us */
    bool quitting;         /* what follows is no longer about the mail */
    int command_code;      /* the reply to the last command, 0 before it comes */
    int last_code;
    char reply[SMTP_REPLY_BYTES]; /* the last one */
    size_t accepted_count, refused_count, size_limit;
    struct smtp_reply recipients[SMTP_MAX_RECIPIENTS];
};

/* A command or a line of a reply as they are on the wire; bytes of the mail itself. */
void smtp_dialogue_command(struct smtp_dialogue *dialogue, const char *line, size_t len);
void smtp_dialogue_reply(struct smtp_dialogue *dialogue, const char *line, size_t len);
void smtp_dialogue_data(struct smtp_dialogue *dialogue);

/* Fills all of ret but latency_usec. For a mail that failed (sent is false), other_words say why when the server did
 * not, and login_denied that it was over the login. */
void smtp_dialogue_judge(const struct smtp_dialogue *dialogue, bool sent, bool login_denied, const char *host,
                         const char *other_words, struct smtp_result *ret);
