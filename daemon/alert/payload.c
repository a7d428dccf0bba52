#include "alert/payload.h"

#include <errno.h>

int payload_take(const struct filter_result *result, struct buf *out, struct error *e)
{
    const struct filter_answer *answer = result->answers;

    if (result->error < 0)
        return error_set(e, result->error, "The payload: %s", result->why.text);
    if (answer->outcome == FILTER_VALUE)
        return buf_append_string(out, answer->text) < 0 ? error_set(e, -ENOMEM, "Out of memory") : 0;
    return error_set(e, -EBADMSG, "The payload program failed: %s",
                     answer->outcome == FILTER_FAILED && answer->text ? answer->text : "no result");
}

int payload_make(const char *program, const json_t *message, struct buf *out, struct error *e)
{
    _cleanup_filter_result_ struct filter_result result = {0};
    json_auto_t *documents = json_pack("[O]", message);

    if (!documents)
        return error_set(e, -ENOMEM, "Out of memory");
    filter_run(program, documents, &result);
    return payload_take(&result, out, e);
}
