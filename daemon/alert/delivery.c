#include "alert/delivery.h"

#include "alert/email_judge.h"
#include "alert/message.h"
#include "alert/payload.h"
#include "alert/program.h"
#include "alert/sink.h"
#include "base/text.h"
#include "base/timer.h"

#include <errno.h>
#include <string.h>

#define HTTP_TIMEOUT_USEC (30 * USEC_PER_SEC)
#define MAX_ANSWER_BYTES ((size_t)256 * 1024)
#define PROGRAM_TIMEOUT_USEC (30 * USEC_PER_SEC)
#define EX_TEMPFAIL 75 /* sysexits.h */

/* What a channel's payload program is waited for with; the channel is borrowed until it has come. */
struct shaping {
    struct filter *filter; /* NULL: nothing is shaped */
    const struct delivery_means *means;
    const struct channel *channel;
    json_t *message; /* owned */
    struct render_context context;
    char *thread;    /* owned; as what follows, what the context points to */
    json_t *settled; /* owned */
};

struct delivery {
    const struct channel_type *type;
    struct shaping shaping;
    delivery_callback *callback;
    void *userdata;
    struct http_request *request; /* the one of these that is under way */
    struct smtp_job *job;
    struct program *program;
    struct timer *deferred;     /* owned; for a verdict that is there at once */
    struct verdict verdict;     /* owned; that one */
    struct rendering rendering; /* owned */
    bool to_all;                /* of mail: every recipient of the channel gets this one */
};

static void shaping_clear(struct shaping *shaping)
{
    filter_cancel(shaping->filter);
    json_decref(shaping->message);
    free(shaping->thread);
    json_decref(shaping->settled);
    *shaping = (struct shaping){0};
}

static void delivery_free(struct delivery *delivery)
{
    shaping_clear(&delivery->shaping);
    timer_free(delivery->deferred);
    verdict_clear(&delivery->verdict);
    rendering_clear(&delivery->rendering);
    free(delivery);
}

void delivery_cancel(struct delivery *delivery)
{
    if (!delivery)
        return;
    http_cancel(delivery->request);
    smtp_cancel(delivery->job);
    program_cancel(delivery->program);
    delivery_free(delivery);
}

/* The answer as the history and the log keep it: one visible line. */
static void clean_answer(struct verdict *verdict)
{
    _cleanup_buf_ struct buf line = {0};

    sink_append_line(&line, verdict->answer);
    snprintf(verdict->answer, sizeof(verdict->answer), "%s", buf_string(&line));
    text_drop_half_character(verdict->answer);
}

static void finish(struct delivery *delivery, struct verdict *verdict, int64_t latency_usec)
{
    delivery_callback *callback = delivery->callback;
    void *userdata = delivery->userdata;

    clean_answer(verdict);
    verdict->sent_bytes = delivery->rendering.body.len;
    delivery_free(delivery);
    callback(verdict, latency_usec, userdata);
}

static void on_http(const struct http_response *response, void *userdata)
{
    struct delivery *delivery = userdata;
    _cleanup_verdict_ struct verdict verdict = {0};

    if (delivery->type->judge)
        delivery->type->judge(response, &verdict);
    else
        channel_judge_http(response, &verdict);
    finish(delivery, &verdict, response->latency_usec);
}

static void on_smtp(const struct smtp_result *result, void *userdata)
{
    struct delivery *delivery = userdata;
    struct recipient_answer recipients[SMTP_MAX_RECIPIENTS];
    _cleanup_verdict_ struct verdict verdict = {0};

    email_judge(result, recipients, &verdict);
    verdict.all_took = result->error == 0 && result->refused_count == 0 && delivery->to_all;
    finish(delivery, &verdict, result->latency_usec);
}

static void on_program(const struct program_result *result, void *userdata)
{
    struct verdict verdict = {.code = result->status, .retry_after_usec = -1};

    if (result->error < 0 || result->status == EX_TEMPFAIL)
        verdict.outcome = ATTEMPT_RETRY;
    else
        verdict.outcome = result->status == 0 ? ATTEMPT_DELIVERED : ATTEMPT_FAILED;
    if (result->error < 0)
        snprintf(verdict.answer, sizeof(verdict.answer), "did not end in time: killed");
    else
        snprintf(verdict.answer, sizeof(verdict.answer), "exit status %d%s%s", result->status,
                 result->said[0] ? ": " : "", result->said);
    finish(userdata, &verdict, result->latency_usec);
}

static void on_deferred(void *userdata)
{
    struct delivery *delivery = userdata;
    _cleanup_verdict_ struct verdict verdict = delivery->verdict;

    delivery->verdict = (struct verdict){0};
    finish(delivery, &verdict, 0);
}

/* Tells the verdict from the loop. */
static void defer(struct delivery *delivery, enum attempt_outcome outcome, const char *answer)
{
    delivery->verdict = (struct verdict){.outcome = outcome, .retry_after_usec = -1};
    snprintf(delivery->verdict.answer, sizeof(delivery->verdict.answer), "%.255s", answer);
    timer_arm_in(delivery->deferred, 0);
}

static int print(const struct delivery_means *means, const struct rendering *rendering)
{
    FILE *terminal = means->terminal ? means->terminal : stdout;
    size_t written = fwrite(buf_string(&rendering->body), 1, rendering->body.len, terminal);

    return fflush(terminal) == 0 && written == rendering->body.len ? 0 : -EIO;
}

static int start_http(struct delivery *delivery, const struct delivery_means *means, struct error *e)
{
    const struct rendering *rendering = &delivery->rendering;
    struct http_call call = {
        .method = "POST",
        .url = rendering->url,
        .body = buf_string(&rendering->body),
        .body_len = rendering->body.len,
        .max_response_bytes = MAX_ANSWER_BYTES,
        .timeout_usec = HTTP_TIMEOUT_USEC,
        .ca_file = means->ca_file,
        .user_agent = "trialwatch",
    };

    if (!channel_url_ok(rendering->url, &call.allow_http))
        return error_set(e, -EINVAL, "The URL must begin with https:// (http:// only for a loopback address)");
    memcpy(call.headers, rendering->headers, sizeof(call.headers));
    return http_start(means->http, &call, on_http, delivery, &delivery->request, e);
}

static enum smtp_tls tls_of(const char *text)
{
    if (text && strcmp(text, "none") == 0)
        return SMTP_TLS_NONE;
    return text && strcmp(text, "opportunistic") == 0 ? SMTP_TLS_OPPORTUNISTIC : SMTP_TLS_REQUIRED;
}

static bool is_settled(const json_t *settled, const char *address)
{
    size_t index;
    json_t *done;

    json_array_foreach (settled, index, done) {
        if (strcmp(json_string_value(done), address) == 0)
            return true;
    }
    return false;
}

/* The recipients that are to get it now. */
static size_t choose_recipients(const struct channel_value *to, const json_t *settled, const char **ret)
{
    size_t count = 0;

    for (size_t i = 0; i < to->list_count; i++)
        if (!is_settled(settled, to->list[i]))
            ret[count++] = to->list[i];
    return count;
}

static int start_smtp(struct delivery *delivery, const struct delivery_means *means, const struct channel *channel,
                      const json_t *settled, struct error *e)
{
    const struct channel_value *to = channel_value(channel, "to");
    _cleanup_free_ const char **recipients = calloc(to->list_count + 1, sizeof(*recipients));
    const struct smtp_server server = {
        .url = channel_text(channel, "server"),
        .tls = tls_of(channel_text(channel, "tls")),
        .username = channel_text(channel, "username"),
        .password = channel_text(channel, "password"),
        .oauth_bearer = channel_text(channel, "oauth_bearer"),
        .ca_file = means->ca_file,
    };
    struct smtp_mail mail = {
        .from = delivery->rendering.from,
        .recipients = recipients,
        .message = buf_string(&delivery->rendering.body),
        .message_len = delivery->rendering.body.len,
    };

    if (!recipients)
        return error_set(e, -ENOMEM, "Out of memory");
    mail.recipient_count = choose_recipients(to, settled, recipients);
    delivery->to_all = mail.recipient_count == to->list_count;
    if (mail.recipient_count == 0) {
        defer(delivery, ATTEMPT_DELIVERED, "Those who had not got it are no longer among the recipients");
        return 0;
    }
    return smtp_submit(means->smtp, &server, &mail, on_smtp, delivery, &delivery->job, e);
}

static int start_program(struct delivery *delivery, const struct delivery_means *means, const struct channel *channel,
                         struct error *e)
{
    const struct channel_value *run = channel_value(channel, "run");
    const char *timeout = channel_text(channel, "timeout");
    int64_t timeout_usec = PROGRAM_TIMEOUT_USEC;
    _cleanup_free_ char **argv = calloc(run->list_count + 1, sizeof(*argv));

    if (!argv)
        return error_set(e, -ENOMEM, "Out of memory");
    memcpy(argv, run->list, run->list_count * sizeof(*argv));
    if (timeout)
        (void)text_parse_duration(timeout, &timeout_usec); /* the type's check() has read it before */
    return program_start(means->base, argv, buf_string(&delivery->rendering.body), delivery->rendering.body.len,
                         timeout_usec, on_program, delivery, &delivery->program, e);
}

/* The type's own form; one that a payload will replace needs no seal yet. */
static int render_once(const struct channel *channel, const json_t *message, const struct render_context *context,
                       struct rendering *ret, struct error *e)
{
    if (channel->payload && channel->type->transport == TRANSPORT_SMTP)
        return error_set(e, -EINVAL, "Mail takes no payload: its form is made of two parts and headers");
    int r = channel->type->render(channel, message, context, ret, e);
    if (r >= 0 && channel->payload)
        buf_reset(&ret->body);
    return r;
}

/* How often a body must be halved to fit; at least once. */
static unsigned halvings(size_t bytes, size_t max_bytes)
{
    unsigned count = 1;

    for (bytes /= 2; bytes > max_bytes; bytes /= 2)
        count++;
    return count;
}

/* The form made shorter until it fits, as far as it can. */
static int render_form(const struct channel *channel, const json_t *message, const struct render_context *context,
                       struct rendering *ret, struct error *e)
{
    struct render_context shorter = *context;

    for (;;) {
        int r = render_once(channel, message, &shorter, ret, e);
        bool fits = context->max_bytes == 0 || ret->body.len <= context->max_bytes;
        if (r < 0 || fits || shorter.shorter >= CHANNEL_MAX_SHORTER)
            return r;
        shorter.shorter += halvings(ret->body.len, context->max_bytes);
        if (shorter.shorter > CHANNEL_MAX_SHORTER)
            shorter.shorter = CHANNEL_MAX_SHORTER;
        rendering_clear(ret);
    }
}

static int seal(const struct channel *channel, const json_t *message, const struct render_context *context,
                struct rendering *rendering, struct error *e)
{
    return channel->type->seal ? channel->type->seal(channel, message, context, rendering, e) : 0;
}

int delivery_render(const struct channel *channel, const json_t *message, const struct render_context *context,
                    struct rendering *ret, struct error *e)
{
    int r = render_form(channel, message, context, ret, e);

    if (r >= 0 && channel->payload)
        r = payload_make(channel->payload, message, &ret->body, e);
    return r < 0 ? r : seal(channel, message, context, ret, e);
}

static int start(struct delivery *delivery, const struct delivery_means *means, const struct channel *channel,
                 const struct render_context *context, struct error *e)
{
    switch (channel->type->transport) {
    case TRANSPORT_HTTP:
        return start_http(delivery, means, e);
    case TRANSPORT_SMTP:
        return start_smtp(delivery, means, channel, context->settled, e);
    case TRANSPORT_COMMAND:
        return start_program(delivery, means, channel, e);
    case TRANSPORT_LOCAL: {
        int r = print(means, &delivery->rendering);
        if (r < 0)
            return error_set(e, r, "The terminal takes no more");
        defer(delivery, ATTEMPT_DELIVERED, "printed");
        return 0;
    }
    }
    return error_set(e, -EINVAL, "A channel of no known transport");
}

/* Errors that time may mend. */
static bool is_temporary(int error)
{
    return error == -ENOMEM || error == -EAGAIN || error == -EMFILE || error == -ENFILE || error == -EIO;
}

/* The verdict on what could not even be sent. */
static void defer_error(struct delivery *delivery, int error, const struct error *why)
{
    defer(delivery, is_temporary(error) ? ATTEMPT_RETRY : ATTEMPT_FAILED, why->text);
    delivery->verdict.ill = !is_temporary(error) && error != -EMSGSIZE;
}

/* The form is whole: on its way with it. */
static int send_form(struct delivery *delivery, const struct delivery_means *means, const struct channel *channel,
                     const json_t *message, const struct render_context *context, struct error *e)
{
    size_t bytes = delivery->rendering.body.len;

    if (context->refused_bytes > 0 && bytes >= context->refused_bytes)
        return error_set(e, -EMSGSIZE, "Too large for the receiver even at its shortest, %zu bytes", bytes);
    int r = seal(channel, message, context, &delivery->rendering, e);
    return r < 0 ? r : start(delivery, means, channel, context, e);
}

static void on_shaped(const struct filter_result *result, void *userdata)
{
    struct delivery *delivery = userdata;
    struct shaping shaping = delivery->shaping;
    struct error error = {0};

    delivery->shaping = (struct shaping){0};
    shaping.filter = NULL; /* ends itself */
    int r = payload_take(result, &delivery->rendering.body, &error);
    if (r >= 0)
        r = send_form(delivery, shaping.means, shaping.channel, shaping.message, &shaping.context, &error);
    if (r < 0)
        defer_error(delivery, r, &error);
    shaping_clear(&shaping);
}

static int start_shaping(struct delivery *delivery, const struct delivery_means *means, const struct channel *channel,
                         const json_t *message, const struct render_context *context, struct error *e)
{
    struct shaping *shaping = &delivery->shaping;
    /* The only way to make what a program makes shorter is to tell it less. */
    json_t *told = context->shorter > 0 ? message_shorter(message, context->shorter) : json_incref((json_t *)message);
    json_auto_t *documents = json_pack("[o]", told);

    *shaping = (struct shaping){.means = means, .channel = channel, .context = *context};
    shaping->thread = context->thread ? strdup(context->thread) : NULL;
    if (!documents || (context->thread && !shaping->thread))
        return error_set(e, -ENOMEM, "Out of memory");
    shaping->context.thread = shaping->thread;
    shaping->context.settled = shaping->settled = json_incref((json_t *)context->settled);
    shaping->message = json_incref(json_array_get(documents, 0));
    return filter_start(means->base, channel->payload, documents, on_shaped, delivery, &shaping->filter, e);
}

bool delivery_is_shaping(const struct delivery *delivery)
{
    return delivery && delivery->shaping.filter;
}

static int delivery_begin(struct delivery *delivery, const struct delivery_means *means, const struct channel *channel,
                          const json_t *message, const struct render_context *context, struct error *e)
{
    int r = render_form(channel, message, context, &delivery->rendering, e);

    if (r < 0)
        return r;
    return channel->payload ? start_shaping(delivery, means, channel, message, context, e)
                            : send_form(delivery, means, channel, message, context, e);
}

int delivery_start(const struct delivery_means *means, const struct channel *channel, const json_t *message,
                   const struct render_context *context, delivery_callback *callback, void *userdata,
                   struct delivery **ret)
{
    struct delivery *delivery = calloc(1, sizeof(*delivery));
    struct error error = {0};

    if (!delivery)
        return -ENOMEM;
    delivery->type = channel->type;
    delivery->callback = callback;
    delivery->userdata = userdata;
    if (timer_new(means->base, on_deferred, delivery, &delivery->deferred) < 0) {
        delivery_free(delivery);
        return -ENOMEM;
    }
    int r = delivery_begin(delivery, means, channel, message, context, &error);
    if (r < 0)
        defer_error(delivery, r, &error);
    *ret = delivery;
    return 0;
}
