/* Mail with a text and an HTML part that say the same.
 *
 * One subject a study and References to an id made from it, so that clients put a study's mails into one thread. The
 * Message-ID is made from the message's id: a second try is recognisable. */
#include "alert/channel_list.h"
#include "alert/email_check.h"
#include "alert/email_html.h"
#include "alert/line_forms.h"
#include "alert/sink.h"
#include "base/text.h"
#include "net/mime.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MAX_HTML_BYTES 85000 /* Gmail hides what comes after some 102 KB */
#define MAX_SUBJECT_BYTES 150

/* "Sun, 22 Nov 2026 16:47:04 +0000" (RFC 5322, 3.3); strftime() would follow the locale. */
static void append_date(struct buf *out, int64_t wall_usec)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(wall_usec / USEC_PER_SEC);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    buf_printf(out, "%s, %02d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
               tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* The only study of a message, NULL when there are none or several. */
static const json_t *only_study(const json_t *message)
{
    const json_t *studies = json_object_get(message, "studies");

    return json_array_size(studies) == 1 ? json_array_get(studies, 0) : NULL;
}

/* A study's subject is the same whatever happened to it; the first line of the text says what. */
static void append_subject(struct buf *out, const json_t *message)
{
    const json_t *study = only_study(message);
    _cleanup_buf_ struct buf line = {0};

    if (json_is_true(json_object_get(message, "test")))
        buf_append_string(out, "[test] ");
    if (study)
        buf_printf(out, "%s: ", json_string_value(json_object_get(study, "nct_id")));
    sink_append_line(&line, json_string_value(json_object_get(study ? study : message, study ? "title" : "headline")));
    size_t len = text_cut_at_word(buf_string(&line), MAX_SUBJECT_BYTES);
    buf_append(out, buf_string(&line), len);
    buf_append_string(out, len < line.len ? "…" : "");
}

/* The domain for ids. One that is not ASCII would not do in a Message-ID. */
static const char *id_domain(const char *from)
{
    const char *at = strrchr(from, '@');

    for (const char *c = at ? at + 1 : ""; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '.' && *c != '-')
            return "trialwatch.invalid";
    return at && at[1] ? at + 1 : "trialwatch.invalid";
}

/* A name as part of an id: what may not stand there becomes a dash. */
static void append_id_part(struct buf *out, const char *name)
{
    for (const char *c = name; *c; c++)
        buf_append(out, isalnum((unsigned char)*c) || *c == '_' || *c == '-' ? c : "-", 1);
}

static void append_addresses(struct buf *out, const struct channel_value *to)
{
    for (size_t i = 0; i < to->list_count; i++)
        buf_printf(out, "%s%s", i > 0 ? ", " : "", to->list[i]);
}

/* The values of the headers that are not constant. */
struct values {
    struct buf from, to, subject, date, message_id, thread_id, list_id;
};

static void values_clear(struct values *values)
{
    buf_free(&values->from);
    buf_free(&values->to);
    buf_free(&values->subject);
    buf_free(&values->date);
    buf_free(&values->message_id);
    buf_free(&values->thread_id);
    buf_free(&values->list_id);
}

static int fill_values(struct values *values, const struct channel *channel, const json_t *message, int64_t now_usec)
{
    const char *from = channel_text(channel, "from"), *domain = id_domain(from);
    const json_t *study = only_study(message);

    mime_append_address(&values->from, "trialwatch", from);
    append_addresses(&values->to, channel_value(channel, "to"));
    append_subject(&values->subject, message);
    append_date(&values->date, now_usec);
    buf_append_string(&values->message_id, "<");
    append_id_part(&values->message_id, json_string_value(json_object_get(message, "id")));
    buf_printf(&values->message_id, "@%s>", domain);
    if (study) {
        buf_printf(&values->thread_id, "<%s.", json_string_value(json_object_get(study, "nct_id")));
        append_id_part(&values->thread_id, channel->name);
        buf_printf(&values->thread_id, ".trialwatch@%s>", domain);
    }
    buf_append_string(&values->list_id, "<");
    append_id_part(&values->list_id, channel->name);
    buf_printf(&values->list_id, ".trialwatch.%s>", domain);

    const struct buf *all[] = {&values->from,       &values->to,        &values->subject, &values->date,
                               &values->message_id, &values->thread_id, &values->list_id};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        if (buf_status(all[i]) < 0)
            return -ENOMEM;
    return 0;
}

static bool is_utf8_address(const char *address)
{
    bool utf8 = false;

    return address && mime_address_ok(address, &utf8) && utf8;
}

/* Addresses outside ASCII stand in the headers as they are (RFC 6532), which takes a server with SMTPUTF8. */
static bool needs_smtputf8(const struct channel *channel)
{
    const struct channel_value *to = channel_value(channel, "to");

    for (size_t i = 0; i < to->list_count; i++)
        if (is_utf8_address(to->list[i]))
            return true;
    return is_utf8_address(channel_text(channel, "reply_to"));
}

static int append_mail(struct buf *out, const struct channel *channel, const json_t *message,
                       const struct values *values, const struct outline *outline, struct error *e)
{
    _cleanup_buf_ struct buf text = {0}, html = {0};
    const char *thread = values->thread_id.len > 0 ? buf_string(&values->thread_id) : NULL;
    const struct mime_header all[] = {
        {"From", buf_string(&values->from), true},
        {"To", buf_string(&values->to), true},
        {"Reply-To", channel_text(channel, "reply_to"), true},
        {"Subject", buf_string(&values->subject), false},
        {"Date", buf_string(&values->date), true},
        {"Message-ID", buf_string(&values->message_id), true},
        {"In-Reply-To", thread, true},
        {"References", thread, true},
        {"List-Id", buf_string(&values->list_id), true},
        {"Auto-Submitted", "auto-generated", true}, /* RFC 3834: nobody's out-of-office answers it */
    };
    struct mime_header given[ARRAY_SIZE(all)];
    struct mime_mail mail = {
        .headers = given,
        .utf8 = needs_smtputf8(channel),
        .boundary_seed = json_string_value(json_object_get(message, "id")),
    };

    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        if (all[i].value)
            given[mail.header_count++] = all[i];
    for (size_t i = 0; i < outline->count; i++) {
        if (outline->lines[i].role == LINE_FOOTER)
            buf_append_string(&text, "\n-- \n"); /* the rest is a signature to mail clients */
        line_append_plain(&text, &outline->lines[i]);
    }
    email_append_html(&html, outline);
    if (buf_status(&text) < 0 || buf_status(&html) < 0)
        return error_set(e, -ENOMEM, "Out of memory");
    mail.text = buf_string(&text);
    mail.html = buf_string(&html);
    return mime_append(out, &mail, e);
}

static int render(const struct channel *channel, const json_t *message, const struct render_context *context,
                  struct rendering *ret, struct error *e)
{
    _cleanup_outline_ struct outline outline = {0};
    _cleanup_(values_clear) struct values values = {0};
    const struct outline_budget budget = {.max_units = MAX_HTML_BYTES >> context->shorter, .cost = email_line_cost};

    int r = outline_build(message, &outline);
    if (r >= 0)
        r = outline_fit(&outline, &budget);
    if (r >= 0)
        r = fill_values(&values, channel, message, context->now_usec);
    ret->from = strdup(channel_text(channel, "from"));
    if (r < 0 || !ret->from)
        return error_set(e, -ENOMEM, "Out of memory");
    return append_mail(&ret->body, channel, message, &values, &outline, e);
}

const struct channel_type channel_email = {
    .name = "email",
    .transport = TRANSPORT_SMTP,
    .help = "Mail, with a text and an HTML part; the mails about one study are one thread.",
    .options =
        {
            {"to", OPTION_LIST, true, "The recipients."},
            {"from", OPTION_TEXT, true, "The sender's address, also for bounces."},
            {"reply_to", OPTION_TEXT, false, "Where answers go, if not to the sender."},
            {"server", OPTION_TEXT, true, "smtp://HOST:587 (STARTTLS) or smtps://HOST:465."},
            {"tls", OPTION_TEXT, false, "required (the default), opportunistic or none."},
            {"username", OPTION_TEXT, false, "For a server that asks who we are."},
            {"password", OPTION_SECRET, false, "The user's password."},
            {"oauth_bearer", OPTION_SECRET, false, "An OAuth 2 token in place of a password (XOAUTH2)."},
        },
    .check = email_check,
    .render = render,
};
