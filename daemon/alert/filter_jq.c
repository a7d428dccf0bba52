#include "alert/filter_jq.h"

#include "base/macro.h"

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
        return error_set(e, -EINVAL, "this is no jq program: %s", complaint.text);
    jq_set_error_cb(jq, NULL, NULL);
    *ret = TAKE_PTR(jq);
    return 0;
}

static void tell_text(enum filter_outcome outcome, bool truth, jv value, filter_jq_visitor *visit, void *userdata)
{
    jv text = jv_get_kind(value) == JV_KIND_STRING ? value : jv_dump_string(value, 0);

    visit(outcome, truth, jv_string_value(text), (size_t)jv_string_length_bytes(jv_copy(text)), userdata);
    jv_free(text);
}

static void tell(jv result, filter_jq_visitor *visit, void *userdata)
{
    jv_kind kind = jv_get_kind(result);

    if (jv_is_valid(result)) {
        tell_text(FILTER_VALUE, kind != JV_KIND_NULL && kind != JV_KIND_FALSE, result, visit, userdata);
    } else if (jv_invalid_has_msg(jv_copy(result))) {
        tell_text(FILTER_FAILED, false, jv_invalid_get_msg(result), visit, userdata);
    } else {
        visit(FILTER_NOTHING, false, "", 0, userdata);
        jv_free(result);
    }
}

int filter_jq_run(const char *program, char *const *documents, size_t count, filter_jq_visitor *visit, void *userdata,
                  struct error *e)
{
    _cleanup_(jq_free_cleanup) jq_state *jq = NULL;
    int r = compile(program, &jq, e);

    for (size_t i = 0; r == 0 && i < count; i++) {
        jq_start(jq, jv_parse(documents[i]), 0);
        tell(jq_next(jq), visit, userdata);
    }
    return r;
}

#else

int filter_jq_run(const char *program, char *const *documents, size_t count, filter_jq_visitor *visit, void *userdata,
                  struct error *e)
{
    (void)program;
    (void)documents;
    (void)count;
    (void)visit;
    (void)userdata;
    return error_set(e, -EOPNOTSUPP, "this trialwatch was built without jq, which this needs");
}

#endif
