#include "check.h"

#include "base/clock.h"
#include "base/macro.h"
#include "net/smtp.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE "Subject: hello\r\n\r\n.one dot\r\n"
#define SILENCE ((const char *)NULL) /* instead of a reply: the server waits for the client to leave */
#define HANG_UP "hang up"            /* instead of a reply: the server closes */

/* A mail server that says what the test wants. One thread, one connection at a time. */
struct server {
    int fd;
    unsigned port;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t more_heard;
    const char *greeting, *ehlo, *auth, *mail, *rcpt[3], *data, *end, *quit; /* set by set_reply() */
    struct buf heard;
    int ends_heard; /* mails taken */
};

struct outcome {
    int calls;
    struct smtp_result result;
    struct event_base *base;
    struct smtp_job *cancel_this; /* by the callback */
};

struct fixture {
    struct server server;
    struct event_base *base;
    struct smtp *smtp;
    struct event *deadline, *tick;
    int64_t last_tick_usec, longest_gap_usec;
    char url[64];
};

static bool starts_with(const char *line, const char *start)
{
    return strncmp(line, start, strlen(start)) == 0;
}

/* Whether the conversation goes on. */
static bool say(FILE *out, const char *reply)
{
    if (reply && strcmp(reply, HANG_UP) == 0)
        return false;
    if (reply) {
        fprintf(out, "%s\r\n", reply);
        return fflush(out) == 0;
    }
    char byte;
    while (recv(fileno(out), &byte, 1, 0) > 0)
        ;
    return false;
}

/* What a conversation has come to. */
struct progress {
    size_t rcpt;
    bool in_data, in_login;
};

/* "" while the mail's text goes on. */
static const char *reply_to(struct server *server, const char *line, struct progress *progress)
{
    if (progress->in_data) {
        progress->in_data = strcmp(line, ".\r\n") != 0;
        server->ends_heard += !progress->in_data;
        return progress->in_data ? "" : server->end;
    }
    if (progress->in_login) {
        progress->in_login = false;
        return server->auth;
    }
    if (starts_with(line, "EHLO"))
        return server->ehlo;
    if (starts_with(line, "MAIL FROM:"))
        return server->mail;
    if (starts_with(line, "RCPT TO:"))
        return server->rcpt[progress->rcpt++ % ARRAY_SIZE(server->rcpt)];
    if (starts_with(line, "DATA")) {
        progress->in_data = server->data && starts_with(server->data, "354");
        return server->data;
    }
    if (starts_with(line, "QUIT"))
        return server->quit;
    progress->in_login = starts_with(line, "AUTH");
    return progress->in_login ? "334 " : "500 what?";
}

static void converse(struct server *server, int fd)
{
    FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
    char line[2000];
    struct progress progress = {0};

    pthread_mutex_lock(&server->lock);
    const char *greeting = server->greeting;
    pthread_mutex_unlock(&server->lock);
    bool goes_on = say(out, greeting);

    while (goes_on && fgets(line, sizeof(line), in)) {
        pthread_mutex_lock(&server->lock);
        buf_append_string(&server->heard, line);
        pthread_cond_broadcast(&server->more_heard);
        const char *reply = reply_to(server, line, &progress);
        pthread_mutex_unlock(&server->lock);
        goes_on = reply && *reply == '\0' ? true : say(out, reply);
    }
    fclose(out);
    fclose(in);
}

static void *serve(void *userdata)
{
    struct server *server = userdata;
    int fd;

    while ((fd = accept(server->fd, NULL, NULL)) >= 0)
        converse(server, fd);
    return NULL;
}

static void on_deadline(evutil_socket_t fd, short what, void *userdata)
{
    (void)fd;
    (void)what;
    (void)userdata;
    fail_msg("nothing happened for 30 seconds");
}

static void on_tick(evutil_socket_t fd, short what, void *userdata)
{
    struct fixture *fixture = userdata;
    int64_t now_usec = clock_stopwatch_usec();

    (void)fd;
    (void)what;
    if (fixture->last_tick_usec > 0 && now_usec - fixture->last_tick_usec > fixture->longest_gap_usec)
        fixture->longest_gap_usec = now_usec - fixture->last_tick_usec;
    fixture->last_tick_usec = now_usec;
}

static void start_server(struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);

    *server = (struct server){
        .greeting = "220 mail.test ESMTP",
        .ehlo = "250-mail.test\r\n250-AUTH PLAIN\r\n250 SIZE 100000",
        .auth = "235 welcome",
        .mail = "250 sender ok",
        .rcpt = {"250 ok", "250 ok", "250 ok"},
        .data = "354 go on",
        .end = "250 2.0.0 taken",
        .quit = "221 bye",
    };
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->more_heard, NULL);
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(server->fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(server->fd, 64), 0);
    assert_int_equal(getsockname(server->fd, (struct sockaddr *)&address, &len), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

/* reply is one of the server's. */
static void set_reply(struct server *server, const char **reply, const char *text)
{
    pthread_mutex_lock(&server->lock);
    *reply = text;
    pthread_mutex_unlock(&server->lock);
}

static void stop_server(struct server *server)
{
    shutdown(server->fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->fd);
    pthread_cond_destroy(&server->more_heard);
    pthread_mutex_destroy(&server->lock);
    buf_free(&server->heard);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct timeval patience = {.tv_sec = 30}, tick = {.tv_usec = 20000};
    struct error e;

    start_server(&fixture->server);
    snprintf(fixture->url, sizeof(fixture->url), "smtp://127.0.0.1:%u", fixture->server.port);
    fixture->base = event_base_new();
    fixture->deadline = evtimer_new(fixture->base, on_deadline, NULL);
    event_add(fixture->deadline, &patience);
    fixture->tick = event_new(fixture->base, -1, EV_PERSIST, on_tick, fixture);
    event_add(fixture->tick, &tick);
    *state = fixture;
    return smtp_new(fixture->base, &fixture->smtp, &e);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    smtp_free(fixture->smtp);
    stop_server(&fixture->server);
    event_free(fixture->deadline);
    event_free(fixture->tick);
    event_base_free(fixture->base);
    free(fixture);
    return 0;
}

static const char *const two_recipients[] = {"a@example.org", "b@example.org"};

static struct smtp_mail a_mail(void)
{
    return (struct smtp_mail){
        .from = "trialwatch@example.org",
        .recipients = two_recipients,
        .recipient_count = 2,
        .message = MESSAGE,
        .message_len = strlen(MESSAGE),
    };
}

static struct smtp_server the_server(struct fixture *fixture)
{
    return (struct smtp_server){.url = fixture->url, .tls = SMTP_TLS_NONE};
}

static void on_result(const struct smtp_result *result, void *userdata)
{
    struct outcome *outcome = userdata;

    outcome->calls++;
    outcome->result = *result;
    smtp_cancel(outcome->cancel_this);
    event_base_loopbreak(outcome->base);
}

static struct smtp_job *submit(struct fixture *fixture, const struct smtp_server *server, struct outcome *outcome)
{
    struct smtp_mail mail = a_mail();
    struct smtp_job *job = NULL;
    struct error e = {""};

    outcome->base = fixture->base;
    if (smtp_submit(fixture->smtp, server, &mail, on_result, outcome, &job, &e) != 0)
        fail_msg("%s", e.text);
    return job;
}

static void wait_for(struct fixture *fixture, struct outcome *outcome)
{
    while (outcome->calls == 0)
        event_base_loop(fixture->base, EVLOOP_ONCE);
}

static struct smtp_result send_to(struct fixture *fixture, const struct smtp_server *server)
{
    struct outcome outcome = {0};

    submit(fixture, server, &outcome);
    wait_for(fixture, &outcome);
    return outcome.result;
}

static struct smtp_result send_mail(struct fixture *fixture)
{
    struct smtp_server server = the_server(fixture);

    return send_to(fixture, &server);
}

/* Whether the server has heard the words so far. */
static bool heard(struct fixture *fixture, const char *words)
{
    pthread_mutex_lock(&fixture->server.lock);
    bool found = strstr(buf_string(&fixture->server.heard), words) != NULL;
    pthread_mutex_unlock(&fixture->server.lock);
    return found;
}

static int mails_taken(struct fixture *fixture)
{
    pthread_mutex_lock(&fixture->server.lock);
    int count = fixture->server.ends_heard;
    pthread_mutex_unlock(&fixture->server.lock);
    return count;
}

/* The loop does not turn meanwhile. */
static void wait_until_heard(struct fixture *fixture, const char *words)
{
    struct server *server = &fixture->server;

    pthread_mutex_lock(&server->lock);
    while (!strstr(buf_string(&server->heard), words))
        pthread_cond_wait(&server->more_heard, &server->lock);
    pthread_mutex_unlock(&server->lock);
}

static void a_mail_is_taken(void **state)
{
    struct fixture *fixture = *state;
    struct smtp_result result = send_mail(fixture);

    assert_int_equal(result.error, 0);
    assert_int_equal(result.code, 250);
    assert_string_equal(result.text, "");
    assert_int_equal(result.refused_count, 0);
    assert_int_equal(result.recipients[0].code, 250);
    assert_int_equal(result.recipients[1].code, 250);
    assert_int_equal(result.recipients[2].code, 0);
    assert_int_equal(result.size_limit, 100000);
    assert_true(heard(fixture, "MAIL FROM:<trialwatch@example.org> SIZE=")); /* before any of it is sent */
    assert_true(heard(fixture, "RCPT TO:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"));
    assert_true(heard(fixture, "Subject: hello\r\n\r\n..one dot\r\n.\r\n"));
    assert_false(heard(fixture, "AUTH"));
}

static void for_now_and_for_ever_are_told_apart(void **state)
{
    struct fixture *fixture = *state;
    struct server *server = &fixture->server;
    const struct {
        const char **where, *reply;
        int error, code;
    } cases[] = {
        {&server->greeting, "554 5.7.1 not you", -EAGAIN, 554},
        {&server->greeting, "421 too busy", -EAGAIN, 421},
        {&server->greeting, HANG_UP, -EAGAIN, 0},
        {&server->ehlo, "502 what?", -EAGAIN, 500},
        {&server->mail, "451 4.3.0 later", -EAGAIN, 451},
        {&server->mail, "552 5.3.4 too big", -EREJECTED, 552},
        {&server->mail, "530 5.7.0 log in first", -EACCES, 530},
        {&server->data, "554 5.5.1 no", -EREJECTED, 554},
        {&server->data, HANG_UP, -EAGAIN, 250},
        {&server->end, "451 4.7.1 greylisted", -EAGAIN, 451},
        {&server->end, "552 5.2.3 message too long", -EREJECTED, 552},
        {&server->end, "554-5.7.1 spam\r\n554 5.7.1 really", -EREJECTED, 554},
        {&server->end, HANG_UP, -EAGAIN, 354},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *before = *cases[i].where;
        set_reply(server, cases[i].where, cases[i].reply);
        struct smtp_result result = send_mail(fixture);
        set_reply(server, cases[i].where, before);
        if (result.error != cases[i].error || result.code != cases[i].code)
            fail_msg("'%s': error %d, code %d, %s", cases[i].reply, result.error, result.code, result.text);
        assert_true(starts_with(result.text, "127.0.0.1: "));
        assert_int_equal(result.refused_count, 0);
    }
}

static void the_servers_words_are_told_and_cleaned(void **state)
{
    struct fixture *fixture = *state;

    set_reply(&fixture->server, &fixture->server.mail, "451 4.3.0 caf\xE9\x1B[31m later");
    assert_string_equal(send_mail(fixture).text, "127.0.0.1: 451 4.3.0 caf? [31m later");
}

static void one_refused_recipient_does_not_stop_the_other(void **state)
{
    struct fixture *fixture = *state;

    set_reply(&fixture->server, &fixture->server.rcpt[1], "550-5.1.1 no such\r\n550 5.1.1 user");
    struct smtp_result result = send_mail(fixture);
    assert_int_equal(result.error, 0);
    assert_int_equal(result.code, 250);
    assert_int_equal(result.refused_count, 1);
    assert_int_equal(result.recipients[0].code, 250);
    assert_int_equal(result.recipients[1].code, 550);
    assert_string_equal(result.recipients[1].text, "550 5.1.1 user");
    assert_string_equal(result.text, "127.0.0.1: 550 5.1.1 user");
    assert_int_equal(mails_taken(fixture), 1);

    set_reply(&fixture->server, &fixture->server.rcpt[1], "250 ok");
    set_reply(&fixture->server, &fixture->server.rcpt[0], "450 4.2.1 greylisted");
    result = send_mail(fixture);
    assert_int_equal(result.error, 0);
    assert_int_equal(result.recipients[0].code, 450);
    assert_int_equal(result.recipients[1].code, 250);
}

static void nothing_is_sent_when_all_are_refused(void **state)
{
    struct fixture *fixture = *state;

    set_reply(&fixture->server, &fixture->server.rcpt[0], "550 5.1.1 unknown");
    set_reply(&fixture->server, &fixture->server.rcpt[1], "553 5.1.3 unknown too");
    struct smtp_result result = send_mail(fixture);
    assert_int_equal(result.error, -EREJECTED);
    assert_string_equal(result.text, "127.0.0.1: 550 5.1.1 unknown");
    set_reply(&fixture->server, &fixture->server.rcpt[0], "450 4.2.1 later");
    assert_int_equal(send_mail(fixture).error, -EAGAIN);
    assert_int_equal(mails_taken(fixture), 0);
    assert_false(heard(fixture, "DATA"));
}

static void an_old_refusal_is_not_the_reason_for_a_lost_connection(void **state)
{
    struct fixture *fixture = *state;

    set_reply(&fixture->server, &fixture->server.rcpt[1], "550 5.1.1 unknown");
    set_reply(&fixture->server, &fixture->server.data, HANG_UP);
    assert_int_equal(send_mail(fixture).error, -EAGAIN);
}

static void every_one_of_many_recipients_has_its_answer(void **state)
{
    struct fixture *fixture = *state;
    struct smtp_server server = the_server(fixture);
    char addresses[SMTP_MAX_RECIPIENTS][40];
    const char *recipients[SMTP_MAX_RECIPIENTS];
    struct smtp_mail mail = a_mail();
    struct outcome outcome = {.base = fixture->base};
    struct smtp_job *job;
    struct error e;

    for (size_t i = 0; i < ARRAY_SIZE(recipients); i++) {
        snprintf(addresses[i], sizeof(addresses[i]), "recipient-%02zu@mail.example.org", i);
        recipients[i] = addresses[i];
    }
    mail.recipients = recipients;
    mail.recipient_count = ARRAY_SIZE(recipients);
    set_reply(&fixture->server, &fixture->server.rcpt[1], "550 no");
    set_reply(&fixture->server, &fixture->server.rcpt[2], "451 later");
    assert_int_equal(smtp_submit(fixture->smtp, &server, &mail, on_result, &outcome, &job, &e), 0);
    wait_for(fixture, &outcome);
    assert_int_equal(outcome.result.refused_count, 66);
    for (size_t i = 0; i < ARRAY_SIZE(recipients); i++)
        assert_int_equal(outcome.result.recipients[i].code, i % 3 == 0 ? 250 : i % 3 == 1 ? 550 : 451);
}

static void a_limit_is_learned_wherever_it_stands(void **state)
{
    struct fixture *fixture = *state;
    const struct {
        const char *ehlo;
        size_t limit;
    } cases[] = {
        {"250-mail.test\r\n250-SIZE 30000\r\n250 8BITMIME", 30000},
        {"250-mail.test\r\n250 SIZE 0", 0}, /* RFC 1870, 4: none */
        {"250-mail.test\r\n250 SIZE", 0},
        {"250-mail.test\r\n250 SIZE what", 0},
        {"250 mail.test", 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        set_reply(&fixture->server, &fixture->server.ehlo, cases[i].ehlo);
        assert_int_equal(send_mail(fixture).size_limit, cases[i].limit);
    }
}

static void nothing_is_said_in_clear_when_tls_is_required(void **state)
{
    struct fixture *fixture = *state;
    struct smtp_server server = the_server(fixture);

    server.tls = SMTP_TLS_REQUIRED;
    server.username = "user";
    server.password = "hush-hush";
    struct smtp_result result = send_to(fixture, &server);
    assert_int_equal(result.error, -EAGAIN);
    assert_true(strlen(result.text) > strlen("127.0.0.1: "));
    assert_true(heard(fixture, "EHLO"));
    assert_false(heard(fixture, "AUTH"));
    assert_false(heard(fixture, "MAIL FROM"));
    assert_false(heard(fixture, "hello"));

    /* A server, or who stands before it, that offers STARTTLS and then refuses. */
    set_reply(&fixture->server, &fixture->server.ehlo, "250-mail.test\r\n250-STARTTLS\r\n250 AUTH PLAIN");
    assert_int_equal(send_to(fixture, &server).error, -EAGAIN);
    assert_true(heard(fixture, "STARTTLS"));
    assert_false(heard(fixture, "AUTH"));
    assert_false(heard(fixture, "MAIL FROM"));
}

static void a_login_is_made(void **state)
{
    struct fixture *fixture = *state;
    struct smtp_server server = the_server(fixture);

    server.username = "user";
    server.password = "hush-hush";
    assert_int_equal(send_to(fixture, &server).error, 0);
    assert_true(heard(fixture, "AUTH PLAIN\r\nAHVzZXIAaHVzaC1odXNo\r\nMAIL FROM"));

    set_reply(&fixture->server, &fixture->server.ehlo, "250-mail.test\r\n250 AUTH PLAIN XOAUTH2");
    server.username = "user@example.org";
    server.oauth_bearer = "token-token-token";
    assert_int_equal(send_to(fixture, &server).error, 0);
    assert_true(heard(fixture, "AUTH XOAUTH2\r\n"
                               "dXNlcj11c2VyQGV4YW1wbGUub3JnAWF1dGg9QmVhcmVyIHRva2VuLXRva2VuLXRva2VuAQE=\r\n"
                               "MAIL FROM"));
}

static void a_refused_login_is_not_the_mails_fault(void **state)
{
    struct fixture *fixture = *state;
    struct smtp_server server = the_server(fixture);

    server.username = "user";
    server.password = "hush-hush";
    set_reply(&fixture->server, &fixture->server.auth, "535 5.7.8 wrong password");
    struct smtp_result result = send_to(fixture, &server);
    assert_int_equal(result.error, -EACCES);
    assert_int_equal(result.code, 535);
    assert_string_equal(result.text, "127.0.0.1: 535 5.7.8 wrong password");
    set_reply(&fixture->server, &fixture->server.auth, "454 4.7.0 temporary failure");
    assert_int_equal(send_to(fixture, &server).error, -EAGAIN);
    assert_false(heard(fixture, "MAIL FROM"));
}

static void a_closed_port_is_tried_again(void **state)
{
    struct fixture *fixture = *state;
    struct smtp_server server = the_server(fixture);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int bound = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char url[64];

    assert_int_equal(bind(bound, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(bound, (struct sockaddr *)&address, &len), 0);
    snprintf(url, sizeof(url), "smtp://127.0.0.1:%u", ntohs(address.sin_port));
    server.url = url;
    struct smtp_result result = send_to(fixture, &server);
    assert_int_equal(result.error, -EAGAIN);
    assert_int_equal(result.code, 0);
    close(bound);
}

static void a_silent_server_times_out(void **state)
{
    struct fixture *fixture = *state;
    struct smtp_server server = the_server(fixture);

    server.timeout_usec = 300 * USEC_PER_MSEC;
    set_reply(&fixture->server, &fixture->server.greeting, SILENCE);
    struct smtp_result result = send_to(fixture, &server);
    assert_int_equal(result.error, -EAGAIN);
    assert_in_range(result.latency_usec, 290 * USEC_PER_MSEC, 2500 * USEC_PER_MSEC);
    set_reply(&fixture->server, &fixture->server.greeting, "220 mail.test");
    set_reply(&fixture->server, &fixture->server.end, SILENCE);
    assert_int_equal(send_to(fixture, &server).error, -EAGAIN);
    assert_in_range(fixture->longest_gap_usec, 0, 300 * USEC_PER_MSEC);
}

static void an_unanswered_quit_holds_up_neither_loop_nor_result(void **state)
{
    struct fixture *fixture = *state;
    int64_t start_usec = clock_stopwatch_usec();

    set_reply(&fixture->server, &fixture->server.quit, SILENCE);
    assert_int_equal(send_mail(fixture).error, 0);
    set_reply(&fixture->server, &fixture->server.mail, "550 no");
    assert_int_equal(send_mail(fixture).error, -EREJECTED);
    assert_in_range(clock_stopwatch_usec() - start_usec, 0, 5 * USEC_PER_SEC);
    assert_in_range(fixture->longest_gap_usec, 0, 300 * USEC_PER_MSEC);
}

static void a_full_queue_is_told_and_stops_no_other_server(void **state)
{
    struct fixture *fixture = *state;
    struct smtp_server slow = the_server(fixture), other_server;
    struct smtp_mail mail = a_mail();
    struct outcome outcomes[SMTP_QUEUE_MAX] = {0}, past = {0};
    struct smtp_job *jobs[SMTP_QUEUE_MAX], *none = NULL;
    struct server other;
    struct error e;
    char url[64];

    set_reply(&fixture->server, &fixture->server.greeting, SILENCE);
    for (size_t i = 0; i < SMTP_QUEUE_MAX; i++)
        jobs[i] = submit(fixture, &slow, &outcomes[i]);
    assert_int_equal(smtp_submit(fixture->smtp, &slow, &mail, on_result, &past, &none, &e), -EAGAIN);
    assert_null(none);

    start_server(&other);
    snprintf(url, sizeof(url), "smtp://127.0.0.1:%u", other.port);
    other_server = (struct smtp_server){.url = url, .tls = SMTP_TLS_NONE};
    assert_int_equal(send_to(fixture, &other_server).error, 0);
    stop_server(&other);

    for (size_t i = 0; i < SMTP_QUEUE_MAX; i++) {
        assert_int_equal(outcomes[i].calls, 0);
        smtp_cancel(jobs[i]);
    }
}

static void more_servers_than_workers_are_all_served(void **state)
{
    struct fixture *fixture = *state;
    struct outcome outcomes[3 * SMTP_MAX_SERVERS] = {0};

    for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
        char url[80];
        snprintf(url, sizeof(url), "smtp://127.0.0.1:%u/client-%zu", fixture->server.port, i);
        submit(fixture, &(struct smtp_server){.url = url, .tls = SMTP_TLS_NONE}, &outcomes[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
        wait_for(fixture, &outcomes[i]);
        assert_int_equal(outcomes[i].result.error, 0);
    }
    assert_true(heard(fixture, "EHLO client-0\r\n"));
    assert_int_equal(mails_taken(fixture), ARRAY_SIZE(outcomes));
}

static void a_cancelled_mail_never_calls_back(void **state)
{
    struct fixture *fixture = *state;
    struct smtp_server server = the_server(fixture);
    struct outcome sending = {0}, queued = {0}, after = {0};

    struct smtp_job *first = submit(fixture, &server, &sending);
    struct smtp_job *second = submit(fixture, &server, &queued);
    submit(fixture, &server, &after);
    wait_until_heard(fixture, "EHLO");
    smtp_cancel(first);
    smtp_cancel(second);
    smtp_cancel(NULL);
    wait_for(fixture, &after);
    assert_int_equal(after.result.error, 0);
    assert_int_equal(sending.calls, 0);
    assert_int_equal(queued.calls, 0);
}

static void a_callback_may_cancel_another_mail(void **state)
{
    struct fixture *fixture = *state;
    struct smtp_server server = the_server(fixture);
    struct outcome first = {0}, second = {0}, third = {0};

    submit(fixture, &server, &first);
    first.cancel_this = submit(fixture, &server, &second);
    wait_for(fixture, &first);
    submit(fixture, &server, &third);
    wait_for(fixture, &third);
    assert_int_equal(second.calls, 0);
}

static void freeing_waits_a_second_at_most(void **state)
{
    struct fixture *fixture = *state;
    struct smtp_server server = the_server(fixture);
    struct outcome outcomes[3] = {0};
    struct error e;

    set_reply(&fixture->server, &fixture->server.end, SILENCE);
    for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
        submit(fixture, &server, &outcomes[i]);
    wait_until_heard(fixture, "\r\n.\r\n");
    int64_t start_usec = clock_stopwatch_usec();
    smtp_free(fixture->smtp);
    assert_in_range(clock_stopwatch_usec() - start_usec, 900 * USEC_PER_MSEC, 1500 * USEC_PER_MSEC);
    event_base_loop(fixture->base, EVLOOP_NONBLOCK);
    for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
        assert_int_equal(outcomes[i].calls, 0);
    assert_int_equal(smtp_new(fixture->base, &fixture->smtp, &e), 0);
}

static void freeing_lets_a_mail_under_way_arrive(void **state)
{
    struct fixture *fixture = *state;
    struct smtp_server server = the_server(fixture);
    struct outcome outcome = {0};
    struct error e;

    submit(fixture, &server, &outcome);
    wait_until_heard(fixture, "EHLO");
    smtp_free(fixture->smtp);
    assert_true(heard(fixture, "\r\n.\r\n"));
    assert_int_equal(outcome.calls, 0);
    assert_int_equal(smtp_new(fixture->base, &fixture->smtp, &e), 0);
}

static void refused(struct fixture *fixture, const struct smtp_server *server, const struct smtp_mail *mail)
{
    struct outcome outcome = {0};
    struct smtp_job *job = NULL;
    struct error e = {""};

    assert_int_equal(smtp_submit(fixture->smtp, server, mail, on_result, &outcome, &job, &e), -EINVAL);
    assert_null(job);
    assert_true(strlen(e.text) > 0);
}

static void what_cannot_be_sent_is_refused(void **state)
{
    static const char *const messages[] = {"a\n", "a\r", "a\rb\r\n", "\n.\nMAIL FROM:<x>", "a\r\r\n"};
    static const char *const wrong[] = {"a@example.org\r\nRCPT TO:<c@d>"};
    struct fixture *fixture = *state;
    struct smtp_server server = the_server(fixture);
    struct smtp_mail mail = a_mail();

    for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
        mail.message = messages[i];
        mail.message_len = strlen(messages[i]);
        refused(fixture, &server, &mail);
    }
    mail.message = "a\0b\r\n";
    mail.message_len = 5;
    refused(fixture, &server, &mail);
    mail = a_mail();
    mail.from = "a> BODY=8BITMIME";
    refused(fixture, &server, &mail);
    mail = a_mail();
    mail.recipients = wrong;
    mail.recipient_count = 1;
    refused(fixture, &server, &mail);
    mail.recipient_count = 0;
    refused(fixture, &server, &mail);
    mail = a_mail();
    server.url = "http://127.0.0.1";
    refused(fixture, &server, &mail);
    server.url = "";
    refused(fixture, &server, &mail);
    assert_string_equal(buf_string(&fixture->server.heard), "");
}

static void recipients_and_lines_have_a_limit(void **state)
{
    struct fixture *fixture = *state;
    struct smtp_server server = the_server(fixture);
    struct smtp_mail mail = a_mail();
    struct outcome outcome = {.base = fixture->base};
    const char *recipients[SMTP_MAX_RECIPIENTS + 1];
    char line[1002];
    struct smtp_job *job;
    struct error e;

    for (size_t i = 0; i < ARRAY_SIZE(recipients); i++)
        recipients[i] = "a@example.org";
    mail.recipients = recipients;
    mail.recipient_count = SMTP_MAX_RECIPIENTS + 1;
    refused(fixture, &server, &mail);
    memset(line, 'a', sizeof(line));
    memcpy(line + 998, "\r\n", 2);
    mail.recipient_count = SMTP_MAX_RECIPIENTS;
    mail.message = line;
    mail.message_len = 1000;
    assert_int_equal(smtp_submit(fixture->smtp, &server, &mail, on_result, &outcome, &job, &e), 0);
    wait_for(fixture, &outcome);
    assert_int_equal(outcome.result.error, 0);
    memcpy(line + 998, "a\r\n", 3);
    mail.message_len = 1001;
    refused(fixture, &server, &mail);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_mail_is_taken),
        TEST(for_now_and_for_ever_are_told_apart),
        TEST(the_servers_words_are_told_and_cleaned),
        TEST(one_refused_recipient_does_not_stop_the_other),
        TEST(nothing_is_sent_when_all_are_refused),
        TEST(an_old_refusal_is_not_the_reason_for_a_lost_connection),
        TEST(every_one_of_many_recipients_has_its_answer),
        TEST(a_limit_is_learned_wherever_it_stands),
        TEST(nothing_is_said_in_clear_when_tls_is_required),
        TEST(a_login_is_made),
        TEST(a_refused_login_is_not_the_mails_fault),
        TEST(a_closed_port_is_tried_again),
        TEST(a_silent_server_times_out),
        TEST(an_unanswered_quit_holds_up_neither_loop_nor_result),
        TEST(a_full_queue_is_told_and_stops_no_other_server),
        TEST(more_servers_than_workers_are_all_served),
        TEST(a_cancelled_mail_never_calls_back),
        TEST(a_callback_may_cancel_another_mail),
        TEST(freeing_waits_a_second_at_most),
        TEST(freeing_lets_a_mail_under_way_arrive),
        TEST(what_cannot_be_sent_is_refused),
        TEST(recipients_and_lines_have_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
