/* What each type of channel makes of a message: within its receiver's limits, and nothing of a stranger's but text. */
#include "alert_documents.h"

#include "base/text.h"

#include <errno.h>

#define HEADLINE "Now recruiting: Memorial Regional Hospital, Hollywood, Florida — 12 km away"
#define TITLE "CD34+ cells for coronary microvascular dysfunction"

/* Real messages at their extremes: the biggest study has 1,569 sites; a query may find 300 studies. */
static const struct {
    size_t studies, changes;
} sizes[] = {{0, 0}, {1, 1}, {1, 1569}, {300, 1}, {300, 30}, {40, 100}};

static json_t *parse(char *body)
{
    json_error_t error;
    json_t *json = json_loads(body, 0, &error);

    if (!json)
        fail_msg("%s in %.200s", error.text, body);
    free(body);
    return json;
}

static const char *string_at(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    assert_non_null(text);
    return text;
}

static size_t characters(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

static const char *block_text(const json_t *block)
{
    const char *type = string_at(block, "type");

    if (strcmp(type, "context") == 0)
        return string_at(json_array_get(json_object_get(block, "elements"), 0), "text");
    return string_at(json_object_get(block, "text"), "text");
}

static void check_slack(json_t *body)
{
    const json_t *blocks = json_object_get(body, "blocks");
    size_t index, total = 0;
    json_t *block;

    assert_true(json_array_size(blocks) >= 2 && json_array_size(blocks) <= 50);
    json_array_foreach (blocks, index, block) {
        const char *type = string_at(block, "type");
        size_t count = characters(block_text(block));
        assert_true(count >= 1);
        assert_true(count <= (strcmp(type, "header") == 0 ? 150 : 3000));
        total += count;
    }
    assert_true(total < 13000);
    assert_true(characters(string_at(body, "text")) > 0);
    json_decref(body);
}

static void slack_stays_within_its_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
        for (unsigned shorter = 0; shorter <= CHANNEL_MAX_SHORTER; shorter++)
            check_slack(
                parse(render_body("slack", document(HEADLINE, TITLE, sizes[i].studies, sizes[i].changes), shorter)));
}

static void slack_header_at_the_limit_and_one_past_it(void **state)
{
    char headline[200];

    (void)state;
    for (size_t len = 147; len <= 160; len++) {
        memset(headline, 'a', len);
        headline[60] = ' ';
        headline[len] = '\0';
        json_t *body = parse(render_body("slack", document(headline, TITLE, 1, 1), 0));
        const char *header = block_text(json_array_get(json_object_get(body, "blocks"), 0));
        assert_true(characters(header) <= 150);
        assert_string_equal(string_at(body, "text"), headline);
        json_decref(body);
    }
}

/* Every change is told or counted. */
static void slack_counts_what_does_not_fit(void **state)
{
    char *body = render_body("slack", document(HEADLINE, TITLE, 1, 1569), 0);
    size_t told = 0;
    long more = 0;

    (void)state;
    for (const char *at = body; (at = strstr(at, "\xE2\x80\xA2 ")); at++)
        told++;
    const char *counted = strstr(body, "and ");
    while (counted && sscanf(counted, "and %ld more changes", &more) != 1)
        counted = strstr(counted + 1, "and ");
    assert_true(told > 100);
    assert_int_equal(told + (size_t)more, 1569);
    free(body);
    body = render_body("slack", document(HEADLINE, TITLE, 300, 1), 0);
    assert_non_null(strstr(body, "more studies"));
    free(body);
}

static void discord_stays_within_its_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        json_t *body = parse(render_body("discord", document(HEADLINE, TITLE, sizes[i].studies, sizes[i].changes), 0));
        const json_t *embed = json_array_get(json_object_get(body, "embeds"), 0);
        assert_true(characters(string_at(body, "content")) <= 2000);
        assert_true(characters(string_at(embed, "description")) <= 4096);
        assert_int_equal(json_array_size(json_object_get(json_object_get(body, "allowed_mentions"), "parse")), 0);
        assert_true(json_is_array(json_object_get(json_object_get(body, "allowed_mentions"), "parse")));
        json_decref(body);
    }
}

static void mattermost_stays_within_its_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        json_t *body =
            parse(render_body("mattermost", document(HEADLINE, TITLE, sizes[i].studies, sizes[i].changes), 0));
        assert_true(characters(string_at(body, "text")) <= 16383);
        json_decref(body);
    }
}

static void teams_stays_within_its_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        char *text = render_body("teams", document(HEADLINE, TITLE, sizes[i].studies, sizes[i].changes), 0);
        assert_true(strlen(text) < 28 * 1024);
        json_t *body = parse(text);
        const json_t *attachment = json_array_get(json_object_get(body, "attachments"), 0);
        assert_string_equal(string_at(attachment, "contentType"), "application/vnd.microsoft.card.adaptive");
        assert_string_equal(string_at(json_object_get(attachment, "content"), "type"), "AdaptiveCard");
        json_decref(body);
    }
}

static void ntfy_stays_within_its_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        json_t *body = parse(render_body("ntfy", document(HEADLINE, TITLE, sizes[i].studies, sizes[i].changes), 0));
        assert_true(strlen(string_at(body, "message")) <= 4096);
        assert_true(strlen(string_at(body, "title")) <= 256);
        assert_string_equal(string_at(body, "topic"), "trials");
        assert_int_equal(json_integer_value(json_object_get(body, "priority")), 5);
        if (sizes[i].studies > 0)
            assert_string_equal(string_at(body, "click"), "https://clinicaltrials.gov/study/NCT00000001");
        json_decref(body);
    }
}

static void shorter_is_shorter_until_little_is_left(void **state)
{
    static const char *const names[] = {"slack", "webhook", "email", "teams", "discord", "mattermost", "ntfy"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        size_t whole = 0, before = SIZE_MAX;
        for (unsigned shorter = 0; shorter <= CHANNEL_MAX_SHORTER; shorter++) {
            _cleanup_free_ char *body = render_body(names[i], document(HEADLINE, TITLE, 40, 100), shorter);
            assert_true(strlen(body) <= before);
            before = strlen(body);
            whole = size_max(whole, before);
            assert_true(shorter < 2 || strstr(body, " more ") || strstr(body, "_omitted"));
        }
        assert_true(before < whole / 2);
    }
}

static void webhook_says_what_it_left_out(void **state)
{
    json_t *body = parse(render_body("webhook", document(HEADLINE, TITLE, 60, 30), 1));
    const json_t *first = json_array_get(json_object_get(body, "studies"), 0);

    (void)state;
    assert_int_equal(json_integer_value(json_object_get(body, "studies_omitted")), 10);
    assert_int_equal(json_integer_value(json_object_get(first, "changes_omitted")), 10);
    json_decref(body);
}

static void webhook_bodies_stay_below_a_mebibyte(void **state)
{
    char *body = render_body("webhook", document(HEADLINE, TITLE, 300, 100), 0);

    (void)state;
    assert_true(strlen(body) <= 1024 * 1024);
    free(body);
}

/* The example of the Standard Webhooks specification's own libraries: the signature for this id, time and body is
 * known. */
static void webhook_signs_as_the_specification_says(void **state)
{
    const char *known = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    struct render_context context = {.now_usec = INT64_C(1614265330) * USEC_PER_SEC};
    _cleanup_rendering_ struct rendering rendering = {0};
    json_t *message = json_pack("{ss}", "id", "msg_p5jXN8AQM9LWM0D4loKWxJek");
    struct channel channel;
    struct error e;

    (void)state;
    channel_make_ready(&channel, "webhook");
    channel_set(&channel, "secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    buf_append_string(&rendering.body, "{\"test\": 2432232314}");
    assert_int_equal(channel.type->seal(&channel, message, &context, &rendering, &e), 0);
    assert_int_equal(rendering.header_count, 3);
    assert_string_equal(rendering.headers[0].name, "webhook-id");
    assert_string_equal(rendering.headers[0].value, "msg_p5jXN8AQM9LWM0D4loKWxJek");
    assert_string_equal(rendering.headers[1].name, "webhook-timestamp");
    assert_string_equal(rendering.headers[1].value, "1614265330");
    assert_string_equal(rendering.headers[2].name, "webhook-signature");
    assert_string_equal(rendering.headers[2].value, known);
    channel_clear(&channel);
    json_decref(message);
}

static void webhook_signs_with_two_keys_while_they_change(void **state)
{
    struct render_context context = {.now_usec = INT64_C(1614265330) * USEC_PER_SEC};
    _cleanup_rendering_ struct rendering rendering = {0};
    json_t *message = document(HEADLINE, TITLE, 1, 1);
    struct channel channel;
    struct error e;

    (void)state;
    channel_make_ready(&channel, "webhook");
    channel_set(&channel, "secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    channel_set(&channel, "secret_next", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    assert_int_equal(delivery_render(&channel, message, &context, &rendering, &e), 0);
    const char *signatures = rendering.headers[3].value;
    assert_int_equal(strlen(signatures), 47 + 1 + 47);
    assert_memory_equal(signatures + 47, " v1,", 4);
    channel_clear(&channel);
    json_decref(message);
}

static int check_of(struct channel *channel, const char **ret_option, struct error *e)
{
    size_t option = SIZE_MAX;
    int r = channel->type->check(channel, &option, e);

    *ret_option = r < 0 ? channel->type->options[option].name : NULL;
    channel_clear(channel);
    return r;
}

static void assert_refused(const char *type, const char *option, const char *value)
{
    struct channel channel;
    struct error e = {0};
    const char *blamed;

    channel_make_ready(&channel, type);
    channel_set(&channel, option, value);
    assert_int_equal(check_of(&channel, &blamed, &e), -EINVAL);
    assert_string_equal(blamed, option);
    assert_true(e.text[0] != '\0');
    assert_true(strlen(value) < 10 || !strstr(e.text, value)); /* it may be a secret */
}

static void assert_taken(const char *type, const char *option, const char *value)
{
    struct channel channel;
    struct error e = {0};
    const char *blamed;

    channel_make_ready(&channel, type);
    channel_set(&channel, option, value);
    if (check_of(&channel, &blamed, &e) < 0)
        fail_msg("%s: %s", value, e.text);
}

static void only_https_or_loopback_is_sent_to(void **state)
{
    static const char *const bad[] = {"http://example.org/",
                                      "http://localhost.example.org/",
                                      "ftp://localhost/",
                                      "http://localhost:80@example.org/",
                                      "http://127.0.0.1.example.org/",
                                      "https://",
                                      "https:///x",
                                      "https://a b/",
                                      "http://127.0.0.12/",
                                      "file:///etc/passwd"};
    static const char *const good[] = {"https://example.org/x?y", "http://localhost/x", "http://127.0.0.1:8080/",
                                       "http://[::1]:8080", "http://localhost"};
    static const char *const names[] = {"webhook", "slack", "teams", "discord", "mattermost", "ntfy"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(bad); k++)
            assert_refused(names[i], "url", bad[k]);
        for (size_t k = 0; k < ARRAY_SIZE(good); k++)
            assert_taken(names[i], "url", good[k]);
    }
}

static void values_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    assert_refused("webhook", "secret", "whsec_short");
    assert_refused("webhook", "secret", "whsec_!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!");
    assert_refused("webhook", "secret", "whsec_AAAAAAAAAAAAAAAAAAAA");   /* 15 bytes */
    assert_taken("webhook", "secret", "whsec_AAAAAAAAAAAAAAAAAAAAAA=="); /* 16 */
    assert_taken("webhook", "secret", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    assert_refused("ntfy", "topic", "with space");
    assert_refused("ntfy", "topic", "");
    assert_refused("email", "server", "mail.example.org");
    assert_refused("email", "tls", "sometimes");
    assert_refused("email", "from", "no address");
    assert_refused("email", "reply_to", "two@example.org, three@example.org");
    assert_refused("command", "timeout", "2h");
}

static void a_password_is_not_sent_in_clear(void **state)
{
    struct channel channel;
    struct error e;
    const char *blamed;

    (void)state;
    channel_make_ready(&channel, "email");
    channel_set(&channel, "username", "trialwatch");
    channel_set(&channel, "password", "secret");
    channel_set(&channel, "tls", "opportunistic");
    assert_int_equal(check_of(&channel, &blamed, &e), -EINVAL);
    assert_string_equal(blamed, "tls");
    channel_make_ready(&channel, "email");
    channel_set(&channel, "server", "smtp://127.0.0.1:2525");
    channel_set(&channel, "username", "trialwatch");
    channel_set(&channel, "password", "secret");
    channel_set(&channel, "tls", "none");
    assert_int_equal(check_of(&channel, &blamed, &e), 0);
}

static void a_slack_token_needs_a_channel(void **state)
{
    struct channel channel;
    struct error e;
    const char *blamed;

    (void)state;
    channel_make(&channel, "slack");
    assert_int_equal(check_of(&channel, &blamed, &e), -EINVAL);
    assert_string_equal(blamed, "url");
    channel_make(&channel, "slack");
    channel_set(&channel, "token", "xoxb-1");
    assert_int_equal(check_of(&channel, &blamed, &e), -EINVAL);
    assert_string_equal(blamed, "channel");
}

static const char *const types[] = {"console", "slack",      "webhook", "email",  "teams",
                                    "discord", "mattermost", "ntfy",    "command"};

/* The body as its receiver reads it: the strings of JSON, or the text itself. */
static void append_strings(struct buf *out, const json_t *json)
{
    const char *key;
    json_t *value;
    size_t index;

    if (json_is_string(json)) {
        buf_append_string(out, json_string_value(json));
        buf_append_string(out, "\n");
    }
    json_array_foreach (json, index, value) {
        append_strings(out, value);
    }
    if (json_is_object(json))
        json_object_foreach ((json_t *)json, key, value) {
            append_strings(out, value);
        }
}

static void assert_lacks(const char *type, const char *text, const char *what)
{
    if (strstr(text, what))
        fail_msg("%s: has \"%s\" in %.800s", type, what, text);
}

static void nothing_of_a_stranger_is_markup(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        _cleanup_buf_ struct buf text = {0};
        bool documentary = strcmp(types[i], "webhook") == 0 || strcmp(types[i], "command") == 0;
        char *body = render_body(types[i], document(HOSTILE, HOSTILE, 2, 2), 0);
        json_t *json = json_loads(body, 0, NULL);

        if (json)
            append_strings(&text, json);
        else
            buf_append_string(&text, body);
        assert_true(text_is_utf8(buf_string(&text), text.len));
        if (!documentary) { /* these hand on what the registry says, as JSON */
            assert_lacks(types[i], buf_string(&text), "\nBcc:");
            assert_lacks(types[i], buf_string(&text), "\x1B");
            assert_lacks(types[i], buf_string(&text), "\xE2\x80\xAE");
            assert_lacks(types[i], buf_string(&text), "\xEF\xBB\xBF");
        }
        json_decref(json);
        free(body);
    }
}

/* Slack reads no markup in a header, whose text is plain_text: without it. */
static char *without_header(char *body)
{
    json_t *json = parse(body);

    json_array_remove(json_object_get(json, "blocks"), 0);
    char *text = json_dumps(json, 0);
    json_decref(json);
    return text;
}

static void mentions_of_everybody_reach_nobody(void **state)
{
    static const struct {
        const char *type, *markup;
    } forbidden[] = {
        {"slack", "<!"},         {"slack", "@everyone"},     {"slack", "@channel"}, {"slack", "@here"},
        {"discord", "@every"},   {"discord", "](http://x)"}, {"discord", " **b**"}, {"mattermost", "@channel"},
        {"mattermost", "@here"}, {"mattermost", "<script>"}, {"email", "<script>"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(forbidden); i++) {
        char *body = render_body(forbidden[i].type, document(HOSTILE, HOSTILE, 1, 1), 0);
        if (strcmp(forbidden[i].type, "slack") == 0)
            body = without_header(body);
        const char *html = strstr(body, "Content-Type: text/html"); /* in a mail's text part markup is text */
        assert_lacks(forbidden[i].type, html ? html : body, forbidden[i].markup);
        free(body);
    }
}

static char *header_of(const char *mail, const char *name)
{
    _cleanup_buf_ struct buf value = {0};
    char start[64];

    snprintf(start, sizeof(start), "\r\n%s: ", name);
    const char *at = strstr(mail, start);
    const char *end = strstr(mail, "\r\n\r\n");
    if (!at || at > end)
        return NULL;
    at += strlen(start);
    for (; !(at[0] == '\r' && at[2] != ' '); at++)
        buf_append(&value, at, *at != '\r' && *at != '\n');
    return buf_take(&value);
}

static void assert_header(const char *mail, const char *name, const char *expected)
{
    _cleanup_free_ char *value = header_of(mail, name);

    if (!value)
        fail_msg("no %s in %.900s", name, mail);
    assert_string_equal(value, expected);
}

static void mail_has_the_headers_that_administrators_expect(void **state)
{
    char *mail = render_body("email", document(HEADLINE, TITLE, 1, 2), 0);
    _cleanup_free_ char *copy = NULL;

    (void)state;
    assert_true(asprintf(&copy, "\r\n%s", mail) > 0);
    assert_header(copy, "From", "trialwatch <trialwatch@example.org>");
    assert_header(copy, "To", "one@example.org, two@example.org");
    assert_header(copy, "Subject", "NCT00000001: " TITLE);
    assert_header(copy, "Date", "Tue, 05 Oct 2021 14:00:05 +0000");
    assert_header(copy, "Message-ID", "<msg_0123456789abcdef0123456789abcdef@example.org>");
    assert_header(copy, "References", "<NCT00000001.cardiology.trialwatch@example.org>");
    assert_header(copy, "List-Id", "<cardiology.trialwatch.example.org>");
    assert_header(copy, "Auto-Submitted", "auto-generated");
    assert_null(header_of(copy, "Reply-To"));
    assert_null(header_of(copy, "Bcc"));
    free(mail);
}

static void a_title_cannot_add_a_mail_header(void **state)
{
    char *mail = render_body("email", document(HOSTILE, HOSTILE, 1, 1), 0);

    (void)state;
    assert_lacks("email", mail, "\nBcc:");
    free(mail);
}

static void mail_links_only_to_the_registry(void **state)
{
    char *mail = render_body("email", document(HEADLINE, HOSTILE, 30, 20), 0);
    size_t links = 0;

    (void)state;
    for (const char *at = mail; (at = strstr(at, "href=3D\"")); at++, links++)
        if (strncmp(at, "href=3D\"https://clinicaltrials.gov", 20) != 0)
            fail_msg("%.80s", at);
    assert_lacks("email", mail, "<img");
    assert_lacks("email", mail, "src=");
    free(mail);
}

static struct verdict judge(const char *type, int status, const char *body)
{
    struct buf text = {0};
    struct http_response response = {.status = status, .retry_after_usec = -1, .body = &text};
    const struct channel_type *found = channel_type_find(type);
    struct verdict verdict;

    buf_append_string(&text, body);
    if (found->judge)
        found->judge(&response, &verdict);
    else
        channel_judge_http(&response, &verdict);
    buf_free(&text);
    return verdict;
}

static void answers_are_judged(void **state)
{
    static const struct {
        const char *type;
        int status;
        const char *body;
        enum attempt_outcome outcome;
        bool ill, too_large;
    } rows[] = {
        {"webhook", 200, "", ATTEMPT_DELIVERED, false, false},
        {"webhook", 204, "", ATTEMPT_DELIVERED, false, false},
        {"webhook", 301, "", ATTEMPT_FAILED, false, false},
        {"webhook", 400, "", ATTEMPT_FAILED, false, false},
        {"webhook", 401, "", ATTEMPT_FAILED, true, false},
        {"webhook", 403, "", ATTEMPT_FAILED, true, false},
        {"webhook", 404, "", ATTEMPT_FAILED, true, false},
        {"webhook", 408, "", ATTEMPT_RETRY, false, false},
        {"webhook", 410, "", ATTEMPT_FAILED, true, false},
        {"webhook", 413, "", ATTEMPT_FAILED, false, true},
        {"webhook", 425, "", ATTEMPT_RETRY, false, false},
        {"webhook", 429, "", ATTEMPT_RETRY, false, false},
        {"webhook", 500, "", ATTEMPT_RETRY, false, false},
        {"webhook", 503, "", ATTEMPT_RETRY, false, false},
        {"slack", 200, "ok", ATTEMPT_DELIVERED, false, false},
        {"slack", 200, "{\"ok\":true,\"ts\":\"1.2\"}", ATTEMPT_DELIVERED, false, false},
        {"slack", 200, "{\"ok\":false,\"error\":\"ratelimited\"}", ATTEMPT_RETRY, false, false},
        {"slack", 200, "{\"ok\":false,\"error\":\"invalid_auth\"}", ATTEMPT_FAILED, true, false},
        {"slack", 200, "{\"ok\":false,\"error\":\"msg_blocks_too_long\"}", ATTEMPT_FAILED, false, true},
        {"slack", 200, "{\"ok\":false,\"error\":\"new_to_us\"}", ATTEMPT_FAILED, false, false},
        {"slack", 400, "msg_blocks_too_long", ATTEMPT_FAILED, false, true},
        {"slack", 404, "channel_not_found", ATTEMPT_FAILED, true, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        _cleanup_verdict_ struct verdict verdict = judge(rows[i].type, rows[i].status, rows[i].body);
        assert_int_equal(verdict.outcome, rows[i].outcome);
        assert_int_equal(verdict.ill, rows[i].ill);
        assert_int_equal(verdict.too_large, rows[i].too_large);
    }
}

static void slack_with_a_token_threads(void **state)
{
    _cleanup_verdict_ struct verdict verdict = judge("slack", 200, "{\"ok\":true,\"ts\":\"1633442405.000200\"}");
    struct render_context context = {.thread = "1633442405.000200"};
    _cleanup_rendering_ struct rendering rendering = {0};
    json_t *message = document(HEADLINE, TITLE, 1, 1);
    struct channel channel;
    struct error e;

    (void)state;
    assert_string_equal(verdict.thread, "1633442405.000200");
    channel_make(&channel, "slack");
    channel_set(&channel, "token", "xoxb-1");
    channel_set(&channel, "channel", "C1");
    assert_int_equal(delivery_render(&channel, message, &context, &rendering, &e), 0);
    assert_string_equal(rendering.url, "https://slack.com/api/chat.postMessage");
    assert_string_equal(rendering.headers[0].value, "Bearer xoxb-1");
    json_t *body = json_loads(buf_string(&rendering.body), 0, NULL);
    assert_string_equal(string_at(body, "thread_ts"), "1633442405.000200");
    assert_string_equal(string_at(body, "channel"), "C1");
    json_decref(body);
    json_decref(message);
    channel_clear(&channel);
}

static void a_payload_program_makes_the_body_and_is_signed(void **state)
{
    struct render_context context = {.now_usec = INT64_C(1614265330) * USEC_PER_SEC};
    _cleanup_rendering_ struct rendering rendering = {0};
    json_t *message = document(HEADLINE, TITLE, 1, 1);
    struct channel channel;
    struct error e = {0};

    (void)state;
    channel_make_ready(&channel, "webhook");
    channel_set(&channel, "secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    channel.payload = strdup("{text: .headline, n: (.studies | length)}");
    int r = delivery_render(&channel, message, &context, &rendering, &e);
    if (r == -EOPNOTSUPP) {
        print_message("skipped: built without jq\n");
    } else {
        assert_int_equal(r, 0);
        assert_string_equal(buf_string(&rendering.body), "{\"text\":\"" HEADLINE "\",\"n\":1}");
        assert_int_equal(rendering.header_count, 4);
        rendering_clear(&rendering);
        free(channel.payload);
        channel.payload = strdup(".studies | error(\"no\")");
        assert_int_equal(delivery_render(&channel, message, &context, &rendering, &e), -EBADMSG);
        rendering_clear(&rendering);
        free(channel.payload);
        channel.payload = strdup("{text: .headline");
        assert_int_equal(delivery_render(&channel, message, &context, &rendering, &e), -EINVAL);
        assert_non_null(strstr(e.text, "syntax error"));
    }
    json_decref(message);
    channel_clear(&channel);
}

static void every_type_has_one_row_with_help(void **state)
{
    size_t count;
    const struct channel_type *const *all = channel_types(&count);

    (void)state;
    assert_int_equal(count, ARRAY_SIZE(types));
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(channel_type_find(all[i]->name), all[i]);
        assert_true(strlen(all[i]->help) > 10);
        for (size_t k = 0; k < CHANNEL_MAX_OPTIONS && all[i]->options[k].name; k++)
            assert_true(strlen(all[i]->options[k].help) > 10);
    }
    assert_null(channel_type_find("pigeon"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slack_stays_within_its_limits),
        cmocka_unit_test(slack_header_at_the_limit_and_one_past_it),
        cmocka_unit_test(slack_counts_what_does_not_fit),
        cmocka_unit_test(discord_stays_within_its_limits),
        cmocka_unit_test(mattermost_stays_within_its_limits),
        cmocka_unit_test(teams_stays_within_its_limits),
        cmocka_unit_test(ntfy_stays_within_its_limits),
        cmocka_unit_test(shorter_is_shorter_until_little_is_left),
        cmocka_unit_test(webhook_says_what_it_left_out),
        cmocka_unit_test(webhook_bodies_stay_below_a_mebibyte),
        cmocka_unit_test(webhook_signs_as_the_specification_says),
        cmocka_unit_test(webhook_signs_with_two_keys_while_they_change),
        cmocka_unit_test(only_https_or_loopback_is_sent_to),
        cmocka_unit_test(values_that_make_no_sense_are_refused),
        cmocka_unit_test(a_password_is_not_sent_in_clear),
        cmocka_unit_test(a_slack_token_needs_a_channel),
        cmocka_unit_test(nothing_of_a_stranger_is_markup),
        cmocka_unit_test(mentions_of_everybody_reach_nobody),
        cmocka_unit_test(mail_has_the_headers_that_administrators_expect),
        cmocka_unit_test(a_title_cannot_add_a_mail_header),
        cmocka_unit_test(mail_links_only_to_the_registry),
        cmocka_unit_test(answers_are_judged),
        cmocka_unit_test(slack_with_a_token_threads),
        cmocka_unit_test(a_payload_program_makes_the_body_and_is_signed),
        cmocka_unit_test(every_type_has_one_row_with_help),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
