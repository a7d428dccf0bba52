#include "alert/payload.h"

#include "alert/message.h"

#include <errno.h>

#ifdef HAVE_JQ

#include <jq.h>
#include <jv.h>

static void jq_free(jq_state *jq)
{
    if (jq)
        jq_teardown(&jq);
}
DEFINE_CLEANUP(jq_state *, jq_free)

/* Keeps the first of jq's complaints, which it otherwise prints. */
static void on_complaint(void *userdata, jv complaint)
{
    struct error *e = userdata;
    jv text = jv_get_kind(complaint) == JV_KIND_STRING ? complaint : jv_dump_string(complaint, 0);

    if (e->text[0] == '\0')
        error_set(e, -EINVAL, "%s", jv_string_value(text));
    jv_free(text);
}

static int compile(const char *program, jq_state **ret, struct error *e)
{
    struct error complaint = {0};
    _cleanup_(jq_free_cleanup) jq_state *jq = jq_init();

    if (!jq)
        return error_set(e, -ENOMEM, "Out of memory");
    jq_set_error_cb(jq, on_complaint, &complaint);
    if (!jq_compile(jq, program))
        return error_set(e, -EINVAL, "The payload is no jq program: %s", complaint.text);
    jq_set_error_cb(jq, NULL, NULL);
    *ret = TAKE_PTR(jq);
    return 0;
}

int payload_check(const char *program, struct error *e)
{
    _cleanup_(jq_free_cleanup) jq_state *jq = NULL;

    return compile(program, &jq, e);
}

static int append_result(struct buf *out, jv result, struct error *e)
{
    if (!jv_is_valid(result)) {
        jv reason = jv_invalid_has_msg(jv_copy(result)) ? jv_dump_string(jv_invalid_get_msg(result), 0)
                                                        : (jv_free(result), jv_string("no result"));
        int r = error_set(e, -EBADMSG, "The payload program failed: %s", jv_string_value(reason));
        jv_free(reason);
        return r;
    }
    jv text = jv_get_kind(result) == JV_KIND_STRING ? result : jv_dump_string(result, 0);
    int r = buf_append_string(out, jv_string_value(text));
    jv_free(text);
    return r;
}

int payload_make(const char *program, const json_t *message, struct buf *out, struct error *e)
{
    _cleanup_(jq_free_cleanup) jq_state *jq = NULL;
    _cleanup_free_ char *text = json_dumps(message, MESSAGE_DUMP_FLAGS);

    if (!text)
        return error_set(e, -ENOMEM, "Out of memory");
    int r = compile(program, &jq, e);
    if (r < 0)
        return r;
    jq_start(jq, jv_parse(text), 0);
    return append_result(out, jq_next(jq), e);
}

#else

int payload_check(const char *program, struct error *e)
{
    (void)program;
    return error_set(e, -EOPNOTSUPP, "This trialwatch was built without jq, which a payload needs");
}

int payload_make(const char *program, const json_t *message, struct buf *out, struct error *e)
{
    (void)message;
    (void)out;
    return payload_check(program, e);
}

#endif
