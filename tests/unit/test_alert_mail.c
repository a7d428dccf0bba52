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
    struct bufferevent *open[8]; /* connections that have not ended */
    int port;
    struct rule rules[2];
    const char *data_answer; /* to the mail itself; NULL: 250 */
    size_t max_bytes;        /* of a mail; 0: any */
    bool advertises;         /* by SIZE */
    size_t bytes, sizes[16]; /* of the mail that comes; of those that came */
    size_t came;
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
    const char *answer = server->data_answer;

    if (server->in_data) {
        buf_printf(&server->mails, "%s\n", line);
        server->bytes += strlen(line) + 2;
        if (strcmp(line, ".") != 0)
            return;
        server->in_data = false;
        if (!answer && server->max_bytes > 0 && server->bytes > server->max_bytes)
            answer = "552 5.3.4 too big";
        server->sizes[server->came++ % ARRAY_SIZE(server->sizes)] = server->bytes;
        server->bytes = 0;
        server->taken += !answer;
        reply(connection, answer ? answer : "250 taken");
    } else if (strncasecmp(line, "EHLO", 4) == 0 && server->advertises) {
        evbuffer_add_printf(bufferevent_get_output(connection), "250-test\r\n250 SIZE %zu\r\n", server->max_bytes);
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

/* Puts the one in the place of the other; NULL is a free place. */
static void replace_open(struct mail_server *server, const struct bufferevent *old, struct bufferevent *new)
{
    size_t i = 0;

    while (i < ARRAY_SIZE(server->open) && server->open[i] != old)
        i++;
    assert_in_range(i, 0, ARRAY_SIZE(server->open) - 1);
    server->open[i] = new;
}

static void on_end(struct bufferevent *connection, short what, void *userdata)
{
    (void)what;
    replace_open(userdata, connection, NULL);
    bufferevent_free(connection);
}

static void on_connect(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int len,
                       void *userdata)
{
    struct bufferevent *connection =
        bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);

    (void)address;
    (void)len;
    replace_open(userdata, NULL, connection);
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
    for (size_t i = 0; i < ARRAY_SIZE(setting->server.open); i++)
        if (setting->server.open[i])
            bufferevent_free(setting->server.open[i]);
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

static void begin_dispatch(struct setting *setting)
{
    const struct dispatch_settings settings = {
        .channels = &setting->channel, .channel_count = 1, .watches = setting->story.fixture.watches};
    struct error e;

    if (dispatch_new(setting->base, setting->http, setting->smtp, setting->story.fixture.store, &settings,
                     &setting->dispatch, &e) < 0)
        fail_msg("%s", e.text);
}

static void restart(struct setting *setting)
{
    dispatch_free(setting->dispatch);
    begin_dispatch(setting);
}

static void start(struct setting *setting)
{
    take(setting, "2026-01-01T09:00:00", "NOT_YET_RECRUITING");
    take(setting, "2026-01-02T09:00:00", "RECRUITING");
    begin_dispatch(setting);
}

/* So many sites are listed that recruit; none was before the first call. */
static void take_many(struct setting *setting, int sites)
{
    _cleanup_buf_ struct buf text = {0};
    char refresh[REFRESH_BYTES];

    if (!setting->dispatch)
        take(setting, "2026-01-01T09:00:00", "RECRUITING");
    buf_append_string(&text, "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT00000001\","
                             "\"briefTitle\":\"Angina\"},\"statusModule\":{\"overallStatus\":\"RECRUITING\"},"
                             "\"contactsLocationsModule\":{\"locations\":[");
    for (int i = 0; i < sites; i++)
        buf_printf(&text,
                   "%s{\"facility\":\"Hospital number %d of a long row\",\"status\":\"RECRUITING\","
                   "\"city\":\"Town %d\",\"country\":\"France\"}",
                   i > 0 ? "," : "", i, i);
    buf_append_string(&text, "]}}}");
    snprintf(refresh, sizeof(refresh), "2026-02-%02dT09:00:00", 1 + sites % 28);
    story_take(&setting->story, refresh, buf_string(&text), text.len);
    if (!setting->dispatch)
        begin_dispatch(setting);
}

static void add_recipient(struct setting *setting, const char *address)
{
    struct channel_value *to = &setting->channel.values[channel_option_index(setting->channel.type, "to")];

    to->list = reallocarray(to->list, to->list_count + 1, sizeof(*to->list));
    to->list[to->list_count++] = strdup(address);
}

static int add_attempts(const struct alert_row *row, void *userdata)
{
    *(long *)userdata += row->attempts;
    return 0;
}

/* That are in the history. */
static long attempts(const struct setting *setting)
{
    struct alert_filter filter = {0};
    long count = 0;

    assert_int_equal(outbox_each(setting->story.fixture.store, &filter, add_attempts, &count, NULL), 0);
    return count;
}

static int keep_id(const struct alert_row *row, void *userdata)
{
    snprintf(userdata, ALERT_ID_BYTES, "%s", row->id);
    return 0;
}

/* As a person does by `trialwatch retry`. */
static void retry_failed(struct setting *setting)
{
    struct store *store = setting->story.fixture.store;
    struct alert_filter filter = {.states = 1u << ALERT_FAILED};
    char id[ALERT_ID_BYTES];

    assert_int_equal(outbox_each(store, &filter, keep_id, id, NULL), 0);
    assert_int_equal(store_begin(store, NULL), 0);
    assert_int_equal(outbox_retry(store, id, clock_wall_usec(), NULL), 0);
    assert_int_equal(store_commit(store, NULL), 0);
    dispatch_wake(setting->dispatch);
}

static size_t times(const char *text, const char *word)
{
    size_t count = 0;

    for (; (text = strstr(text, word)); text++)
        count++;
    return count;
}

static int append_answer(const struct recipient_row *row, void *userdata)
{
    return buf_printf(userdata, "%s %d\n", row->answer.address, row->answer.code);
}

static int keep_message_id(const struct alert_row *row, void *userdata)
{
    snprintf(userdata, MESSAGE_ID_BYTES, "%s", row->message_id);
    return 0;
}

/* To the recipients of the alert's message, as the history has them. */
static void append_answers(const struct setting *setting, struct buf *out)
{
    struct alert_filter filter = {0};
    char id[MESSAGE_ID_BYTES];

    assert_int_equal(outbox_each(setting->story.fixture.store, &filter, keep_message_id, id, NULL), 0);
    assert_int_equal(outbox_each_recipient(setting->story.fixture.store, id, append_answer, out, NULL), 0);
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
    WAIT_UNTIL(setting, attempts(setting) == 1);
    assert_int_equal(counts(setting).sending, 1);
    assert_int_equal(setting->server.taken, 1);
    assert_int_equal(failures(setting), 0); /* the channel is well: who took it has it */
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
    /* there is no other channel: the others of this one are told, once */
    WAIT_UNTIL(setting, times(buf_string(&setting->server.mails), "Subject: A recipient of channel") == 1);
    assert_int_equal(times(buf_string(&setting->server.mails), "Subject: NCT00000001"), 1);
}

static void a_restart_forgets_neither_who_has_it_nor_who_was_refused(void **state)
{
    struct setting *setting = *state;
    _cleanup_buf_ struct buf answers = {0};

    setting->server.rules[0] = (struct rule){"two@", "450 greylisted"};
    setting->server.rules[1] = (struct rule){"three@", "550 no such user"};
    add_recipient(setting, "three@example.org");
    start(setting);
    WAIT_UNTIL(setting, attempts(setting) == 1);
    restart(setting);
    setting->server.rules[0] = setting->server.rules[1] = (struct rule){NULL, NULL};
    clock_advance_usec(USEC_PER_MINUTE);
    WAIT_UNTIL(setting, counts(setting).delivered == 1);
    append_answers(setting, &answers);
    assert_string_equal(buf_string(&answers), "one@example.org 250\ntwo@example.org 450\nthree@example.org 550\n"
                                              "two@example.org 250\n");
}

static void what_is_given_up_for_some_goes_to_them_alone_when_a_person_asks(void **state)
{
    struct setting *setting = *state;
    const char *recipients;

    setting->server.rules[0] = (struct rule){"two@", "450 greylisted"};
    start(setting);
    WAIT_UNTIL(setting, attempts(setting) == 1);
    clock_advance_usec(4 * USEC_PER_DAY);
    WAIT_UNTIL(setting, counts(setting).failed == 1);
    setting->server.rules[0] = (struct rule){NULL, NULL};
    retry_failed(setting);
    WAIT_UNTIL(setting, counts(setting).delivered == 1);
    recipients = buf_string(&setting->server.recipients);
    assert_int_equal(times(recipients, "one@"), 1);
    assert_int_equal(times(recipients, "two@"), 1);
}

static void a_mail_that_is_too_large_is_halved_until_nothing_is_left_to_leave_out(void **state)
{
    struct setting *setting = *state;
    struct mail_server *server = &setting->server;

    server->data_answer = "552 5.3.4 too big";
    start(setting);
    WAIT_UNTIL(setting, counts(setting).failed == 1);
    assert_in_range(server->came, 1, 8);
    for (size_t i = 1; i < server->came; i++)
        assert_true(server->sizes[i] < server->sizes[i - 1]);
}

static void a_mail_is_halved_until_the_server_takes_it(void **state)
{
    struct setting *setting = *state;
    struct mail_server *server = &setting->server;

    server->max_bytes = 12000;
    take_many(setting, 400);
    WAIT_UNTIL(setting, counts(setting).delivered == 1);
    assert_in_range(server->came, 2, 5);
    assert_in_range(server->sizes[server->came - 1], 3000, 12000);
    assert_non_null(strstr(buf_string(&server->mails), " more change"));
}

static void an_advertised_limit_is_met_at_the_second_mail_and_known_for_the_next(void **state)
{
    struct setting *setting = *state;
    struct mail_server *server = &setting->server;

    server->max_bytes = 20000;
    server->advertises = true;
    take_many(setting, 400);
    WAIT_UNTIL(setting, counts(setting).delivered == 1);
    assert_int_equal(server->came, 2);
    take_many(setting, 500);
    dispatch_wake(setting->dispatch);
    WAIT_UNTIL(setting, counts(setting).delivered == 2);
    assert_int_equal(server->came, 3);
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
        MAIL_TEST(a_restart_forgets_neither_who_has_it_nor_who_was_refused),
        MAIL_TEST(what_is_given_up_for_some_goes_to_them_alone_when_a_person_asks),
        MAIL_TEST(a_mail_that_is_too_large_is_halved_until_nothing_is_left_to_leave_out),
        MAIL_TEST(a_mail_is_halved_until_the_server_takes_it),
        MAIL_TEST(an_advertised_limit_is_met_at_the_second_mail_and_known_for_the_next),
        MAIL_TEST(a_server_that_refuses_for_now_is_asked_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
