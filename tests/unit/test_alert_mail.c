/* Alerts by mail: the whole way to a server inside the test, which takes some recipients and refuses others. */
#include "alert_documents.h"
#include "alert_story.h"

#include "alert/dispatch.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>

#define WAIT_REAL_USEC (20 * USEC_PER_SEC)

/* The answer to RCPT of an address that contains the text. */
struct rule {
    const char *address;
    const char *answer; /* "450 later" */
};

struct mail_server {
    struct evconnlistener *listener;
    int port;
    struct rule rules[2];
    const char *data_answer; /* to the mail itself; NULL: 250 */
    bool in_data;
    struct buf recipients; /* accepted, one a line; of all mails */
    struct buf mails;      /* all that was sent as DATA */
    size_t taken;
};

static void reply(struct bufferevent *connection, const char *text)
{
    evbuffer_add_printf(bufferevent_get_output(connection), "%s\r\n", text);
}

static const char *answer_recipient(struct mail_server *server, const char *line)
{
    for (size_t i = 0; i < ARRAY_SIZE(server->rules); i++)
        if (server->rules[i].address && strstr(line, server->rules[i].address))
            return server->rules[i].answer;
    buf_printf(&server->recipients, "%s\n", line);
    return "250 ok";
}

static void take_line(struct mail_server *server, struct bufferevent *connection, const char *line)
{
    if (server->in_data) {
        buf_printf(&server->mails, "%s\n", line);
        if (strcmp(line, ".") != 0)
            return;
        server->in_data = false;
        server->taken += !server->data_answer;
        reply(connection, server->data_answer ? server->data_answer : "250 taken");
    } else if (strncasecmp(line, "RCPT", 4) == 0) {
        reply(connection, answer_recipient(server, line));
    } else if (strncasecmp(line, "DATA", 4) == 0) {
        server->in_data = true;
        reply(connection, "354 go on");
    } else {
        reply(connection, strncasecmp(line, "QUIT", 4) == 0 ? "221 bye" : "250 ok");
    }
}

static void on_read(struct bufferevent *connection, void *userdata)
{
    char *line;

    while ((line = evbuffer_readln(bufferevent_get_input(connection), NULL, EVBUFFER_EOL_CRLF))) {
        take_line(userdata, connection, line);
        free(line);
    }
}

static void on_end(struct bufferevent *connection, short what, void *userdata)
{
    (void)what;
    (void)userdata;
    bufferevent_free(connection);
}

static void on_connect(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int len,
                       void *userdata)
{
    struct bufferevent *connection =
        bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);

    (void)address;
    (void)len;
    bufferevent_setcb(connection, on_read, NULL, on_end, userdata);
    bufferevent_enable(connection, EV_READ | EV_WRITE);
    reply(connection, "220 test");
}

struct setting {
    struct story story;
    struct event_base *base;
    struct http *http;
    struct smtp *smtp;
    struct mail_server server;
    struct channel channel;
    struct dispatch *dispatch;
};

static const char *const studies[] = {"NCT00000001"};

static void no_log(int priority, const struct log_event *event, const char *text, void *userdata)
{
    (void)priority;
    (void)event;
    (void)text;
    (void)userdata;
}

static void listen_for_mail(struct setting *setting)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);

    setting->server.listener =
        evconnlistener_new_bind(setting->base, on_connect, &setting->server, LEV_OPT_CLOSE_ON_FREE, 8,
                                (struct sockaddr *)&address, sizeof(address));
    assert_non_null(setting->server.listener);
    assert_int_equal(getsockname(evconnlistener_get_fd(setting->server.listener), (struct sockaddr *)&address, &len),
                     0);
    setting->server.port = ntohs(address.sin_port);
}

static int set_up(void **state)
{
    struct setting *setting = calloc(1, sizeof(*setting));
    char url[64];

    log_set_sink(no_log, NULL);
    setenv("TRIALWATCH_TEST_CLOCK", "/nonexistent", 1); /* timers follow clock_advance_usec() */
    story_begin(&setting->story, studies, ARRAY_SIZE(studies));
    setting->base = event_base_new();
    assert_int_equal(http_new(setting->base, &setting->http, NULL), 0);
    assert_int_equal(smtp_new(setting->base, &setting->smtp, NULL), 0);
    listen_for_mail(setting);
    channel_make_ready(&setting->channel, "email");
    snprintf(url, sizeof(url), "smtp://127.0.0.1:%d", setting->server.port);
    channel_set(&setting->channel, "server", url);
    channel_set(&setting->channel, "tls", "none");
    *state = setting;
    return 0;
}

static int tear_down(void **state)
{
    struct setting *setting = *state;

    dispatch_free(setting->dispatch);
    smtp_free(setting->smtp);
    http_free(setting->http);
    evconnlistener_free(setting->server.listener);
    event_base_free(setting->base);
    channel_clear(&setting->channel);
    buf_free(&setting->server.recipients);
    buf_free(&setting->server.mails);
    story_end(&setting->story);
    free(setting);
    log_set_sink(NULL, NULL);
    return 0;
}

static struct outbox_counts counts(const struct setting *setting)
{
    struct outbox_counts result = {0};

    assert_int_equal(outbox_count(setting->story.fixture.store, NULL, &result, NULL), 0);
    return result;
}

static void look(const struct channel_status *status, void *userdata)
{
    *(struct channel_status *)userdata = *status;
}

static long failures(const struct setting *setting)
{
    struct channel_status status = {0};

    dispatch_each_status(setting->dispatch, look, &status);
    return status.failures;
}

#define WAIT_UNTIL(setting, condition)                                                                                 \
    do {                                                                                                               \
        int64_t end_ = clock_stopwatch_usec() + WAIT_REAL_USEC;                                                        \
        while (!(condition)) {                                                                                         \
            struct timeval soon_ = {.tv_usec = 20000};                                                                 \
            if (clock_stopwatch_usec() > end_)                                                                         \
                fail_msg("never came: %s", #condition);                                                                \
            event_base_loopexit((setting)->base, &soon_);                                                              \
            event_base_loop((setting)->base, 0);                                                                       \
        }                                                                                                              \
    } while (0)

static void take(struct setting *setting, const char *refresh, const char *status)
{
    _cleanup_free_ char *text = NULL;

    assert_true(asprintf(&text,
                         "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT00000001\",\"briefTitle\":"
                         "\"Angina\"},\"statusModule\":{\"overallStatus\":\"%s\"}}}",
                         status) > 0);
    story_take(&setting->story, refresh, text, strlen(text));
}

static void start(struct setting *setting)
{
    const struct dispatch_settings settings = {
        .channels = &setting->channel, .channel_count = 1, .watches = setting->story.fixture.watches};
    struct error e;

    take(setting, "2026-01-01T09:00:00", "NOT_YET_RECRUITING");
    take(setting, "2026-01-02T09:00:00", "RECRUITING");
    if (dispatch_new(setting->base, setting->http, setting->smtp, setting->story.fixture.store, &settings,
                     &setting->dispatch, &e) < 0)
        fail_msg("%s", e.text);
}

static size_t times(const char *text, const char *word)
{
    size_t count = 0;

    for (; (text = strstr(text, word)); text++)
        count++;
    return count;
}

static void a_mail_reaches_all_recipients(void **state)
{
    struct setting *setting = *state;

    start(setting);
    WAIT_UNTIL(setting, counts(setting).delivered == 1);
    assert_int_equal(setting->server.taken, 1);
    assert_int_equal(times(buf_string(&setting->server.recipients), "example.org"), 2);
    assert_int_equal(times(buf_string(&setting->server.mails), "Subject: NCT00000001: Angina"), 1);
}

static void who_is_refused_for_now_gets_it_later_and_alone(void **state)
{
    struct setting *setting = *state;
    const char *recipients;

    setting->server.rules[0] = (struct rule){"two@", "450 greylisted"};
    start(setting);
    WAIT_UNTIL(setting, failures(setting) == 1);
    assert_int_equal(counts(setting).sending, 1);
    assert_int_equal(setting->server.taken, 1);
    setting->server.rules[0] = (struct rule){NULL, NULL};
    clock_advance_usec(USEC_PER_MINUTE);
    WAIT_UNTIL(setting, counts(setting).delivered == 1);
    recipients = buf_string(&setting->server.recipients);
    assert_int_equal(times(recipients, "one@"), 1);
    assert_int_equal(times(recipients, "two@"), 1);
}

static void who_is_refused_for_good_is_named_and_keeps_nobody_waiting(void **state)
{
    struct setting *setting = *state;
    struct channel_status status = {0};

    setting->server.rules[0] = (struct rule){"two@", "550 no such user"};
    start(setting);
    WAIT_UNTIL(setting, counts(setting).delivered == 1);
    dispatch_each_status(setting->dispatch, look, &status);
    assert_non_null(strstr(status.last_answer, "two@example.org"));
    assert_int_equal(setting->server.taken, 1);
}

static void a_mail_that_is_too_large_is_not_sent_so_again(void **state)
{
    struct setting *setting = *state;

    setting->server.data_answer = "552 5.3.4 too big";
    start(setting);
    WAIT_UNTIL(setting, counts(setting).failed == 1);
    assert_int_equal(times(buf_string(&setting->server.mails), "Subject: "), 2);
}

static void a_server_that_refuses_for_now_is_asked_again(void **state)
{
    struct setting *setting = *state;

    setting->server.data_answer = "451 try later";
    start(setting);
    WAIT_UNTIL(setting, failures(setting) == 1);
    setting->server.data_answer = NULL;
    clock_advance_usec(USEC_PER_MINUTE);
    WAIT_UNTIL(setting, counts(setting).delivered == 1);
}

#define MAIL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MAIL_TEST(a_mail_reaches_all_recipients),
        MAIL_TEST(who_is_refused_for_now_gets_it_later_and_alone),
        MAIL_TEST(who_is_refused_for_good_is_named_and_keeps_nobody_waiting),
        MAIL_TEST(a_mail_that_is_too_large_is_not_sent_so_again),
        MAIL_TEST(a_server_that_refuses_for_now_is_asked_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
