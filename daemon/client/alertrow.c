#include "client/alertrow.h"

#include "client/when.h"

#include <errno.h>

static const char *const outcome_names[] = {
    [ATTEMPT_DELIVERED] = "delivered", [ATTEMPT_RETRY] = "retry", [ATTEMPT_FAILED] = "failed"};

static int add_attempt(const struct attempt *attempt, void *userdata)
{
    return json_array_append_new(
               userdata,
               json_pack("{s:o, s:s, s:i, s:s, s:f, s:o}", "started", when_to_json(attempt->started_usec), "outcome",
                         outcome_names[attempt->outcome], "code", attempt->code, "answer", attempt->answer,
                         "latency_ms", (double)attempt->latency_usec / (double)USEC_PER_MSEC, "retry_at",
                         when_to_json(attempt->outcome == ATTEMPT_RETRY ? attempt->retry_at_usec : 0))) < 0
               ? -ENOMEM
               : 0;
}

static int add_recipient(const struct recipient_row *row, void *userdata)
{
    const struct recipient_answer *answer = &row->answer;

    return json_array_append_new(userdata, json_pack("{s:s, s:s, s:i, s:s, s:o}", "address", answer->address, "outcome",
                                                     outcome_names[answer->outcome], "code", answer->code, "answer",
                                                     answer->answer, "asked", when_to_json(row->started_usec))) < 0
               ? -ENOMEM
               : 0;
}

json_t *alertrow_to_json(struct store *store, const struct alert_row *row)
{
    json_auto_t *attempts = json_array(), *recipients = json_array();

    if (!attempts || !recipients)
        return NULL;
    if (*row->message_id && (outbox_each_attempt(store, row->message_id, add_attempt, attempts, NULL) < 0 ||
                             outbox_each_recipient(store, row->message_id, add_recipient, recipients, NULL) < 0))
        return NULL;
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:o, s:o, s:o, s:s, s:O, s:O, s:I, s:s, s:s, s:s, s:O, s:O}", "id",
        row->id, "channel", row->channel, "nct_id", row->nct_id, "title", row->title, "refresh", row->refresh,
        "version", (json_int_t)row->version, "weight", weight_name(row->weight), "state", alert_state_name(row->state),
        "created", when_to_json(row->created_usec), "due", when_to_json(row->due_usec), "finished",
        when_to_json(row->finished_usec), "message", row->message_id, "watches", row->watches, "changes", row->changes,
        "attempt_count", (json_int_t)row->attempts, "last_answer", row->last_answer, "reason", row->reason, "acked_by",
        row->acked_by, "attempts", attempts, "recipients", recipients);
}
