#include "alert/email_judge.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static enum attempt_outcome outcome_of_reply(int code)
{
    return code / 100 == 2 ? ATTEMPT_DELIVERED : code / 100 == 5 ? ATTEMPT_FAILED : ATTEMPT_RETRY;
}

/* What became of every recipient, as far as this mail settled or tried it. A mail that failed as a whole says nothing
 * of those whose names were taken in. Returns how many there are. */
static size_t list_recipients(const struct smtp_result *result, struct recipient_answer *ret)
{
    size_t count = 0;

    if (result->error == -EACCES) /* it was the login that was refused */
        return 0;
    for (size_t i = 0; i < result->mail->recipient_count; i++) {
        const struct smtp_reply *reply = &result->recipients[i];
        enum attempt_outcome outcome = outcome_of_reply(reply->code);
        if (reply->code == 0 || (outcome == ATTEMPT_DELIVERED && result->error < 0))
            continue;
        ret[count++] = (struct recipient_answer){
            .address = result->mail->recipients[i], .outcome = outcome, .code = reply->code, .answer = reply->text};
    }
    return count;
}

static size_t count_outcome(const struct verdict *verdict, enum attempt_outcome outcome)
{
    size_t count = 0;

    for (size_t i = 0; i < verdict->recipient_count; i++)
        count += verdict->recipients[i].outcome == outcome;
    return count;
}

/* "; refused for good: a@example.org (550), b@example.org (553)" */
static void append_refused(struct buf *out, const struct verdict *verdict, enum attempt_outcome outcome,
                           const char *words)
{
    const char *separator = words;

    for (size_t i = 0; i < verdict->recipient_count; i++) {
        const struct recipient_answer *answer = &verdict->recipients[i];
        if (answer->outcome != outcome)
            continue;
        buf_printf(out, "%s%s (%d)", separator, answer->address, answer->code);
        separator = ", ";
    }
}

/* Some recipients took the mail: those refused for now are tried again alone, those refused for good are named. */
static void judge_partial(struct verdict *verdict)
{
    _cleanup_buf_ struct buf line = {0};
    size_t later = count_outcome(verdict, ATTEMPT_RETRY), taken = count_outcome(verdict, ATTEMPT_DELIVERED);

    verdict->outcome = later > 0 ? ATTEMPT_RETRY : ATTEMPT_DELIVERED;
    verdict->some_took = taken > 0;
    buf_printf(&line, "%zu of %zu recipients took it", taken, verdict->recipient_count);
    append_refused(&line, verdict, ATTEMPT_FAILED, "; refused for good: ");
    append_refused(&line, verdict, ATTEMPT_RETRY, "; refused for now: ");
    size_t len = text_cut_at_word(buf_string(&line), sizeof(verdict->answer) - strlen("…") - 1);
    snprintf(verdict->answer, sizeof(verdict->answer), "%.*s%s", (int)len, buf_string(&line),
             len < line.len ? "…" : "");
}

/* "552 5.2.2" is a full mailbox. */
static bool is_too_large(const struct smtp_result *result)
{
    return result->error == -EREJECTED &&
           (strstr(result->text, "5.3.4") || (result->code == 552 && !strstr(result->text, "5.2.2")));
}

void email_judge(const struct smtp_result *result, struct recipient_answer *recipients, struct verdict *ret)
{
    ret->code = result->code;
    ret->retry_after_usec = -1;
    ret->size_limit = result->size_limit;
    ret->recipients = recipients;
    ret->recipient_count = list_recipients(result, recipients);
    ret->outcome = result->error == 0 ? ATTEMPT_DELIVERED : ATTEMPT_RETRY;
    if (result->error == -EREJECTED)
        ret->outcome = ATTEMPT_FAILED;
    /* A refused login says nothing about the mail, which waits until a person has mended the settings. */
    ret->ill = result->error == -EACCES;
    ret->too_large = is_too_large(result);
    snprintf(ret->answer, sizeof(ret->answer), "%.250s", result->text);
    if (result->error == 0 && result->refused_count > 0)
        judge_partial(ret);
    ret->some_refused = ret->outcome != ATTEMPT_FAILED && count_outcome(ret, ATTEMPT_FAILED) > 0;
    if (ret->too_large)
        ret->recipient_count = 0; /* whoever was refused was so for the size */
}
