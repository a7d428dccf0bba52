/* The control API of a real daemon in a process of its own: routes, limits, who may, and what a peer that leaves does.
 */
#include "check.h"

#include "base/clock.h"
#include "base/log.h"
#include "service/api.h"
#include "service/config_file.h"
#include "service/manager.h"

#include <errno.h>
#include <grp.h>
#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MSEC 20000

static char directory[] = "/tmp/trialwatch-api-XXXXXX";
static pid_t daemon_pid;
static int silent_fd; /* accepts connections and says nothing */

static const char *path_of(const char *name)
{
    static char path[4][128];
    static size_t turn;

    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof(path[turn]), "%s/%s", directory, name);
    return path[turn];
}

static void write_settings(const char *more)
{
    struct sockaddr_in address;
    socklen_t len = sizeof(address);
    FILE *file = fopen(path_of("t.yaml"), "w");

    assert_non_null(file);
    assert_int_equal(getsockname(silent_fd, (struct sockaddr *)&address, &len), 0);
    fprintf(file,
            "registry: {contact: a@b, url: \"http://127.0.0.1:1/api/v2\", spacing: 0s}\n"
            "history: {path: %s/h.db}\ncontrol: {socket: %s/c.sock}\n"
            "watches: [{name: w, studies: [NCT04614467], notify: [here]}]\n"
            "channels:\n  - {name: here, console: {}}\n"
            "  - {name: silent, webhook: {url: \"http://127.0.0.1:%d/\"}}\n%s",
            directory, directory, ntohs(address.sin_port), more);
    assert_int_equal(fclose(file), 0);
}

/* A socket that is connected to the daemon. */
static int connect_daemon(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = PATIENCE_MSEC / 1000};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/c.sock", directory);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Until all is sent, or the daemon has heard enough. */
static void send_text(int fd, const char *text)
{
    size_t len = strlen(text);
    ssize_t n;

    while (len > 0 && (n = send(fd, text, len, MSG_NOSIGNAL)) > 0) {
        text += n;
        len -= (size_t)n;
    }
}

/* Everything up to the end of the stream; the caller frees. */
static char *receive(int fd)
{
    struct buf answer = {0};
    char chunk[4096];
    ssize_t n;

    while ((n = recv(fd, chunk, sizeof(chunk), 0)) > 0)
        buf_append(&answer, chunk, (size_t)n);
    close(fd);
    buf_append(&answer, "", 0); /* a peer that said nothing said "" */
    return buf_take(&answer);
}

static int status_of(const char *answer)
{
    int status = 0;

    sscanf(answer, "HTTP/1.%*d %d", &status);
    return status;
}

/* Sends one request; *ret_body is the answer's JSON or NULL. */
static int ask(const char *method, const char *path, const char *body, json_t **ret_body)
{
    struct buf request = {0};
    int fd = connect_daemon();

    assert_true(fd >= 0);
    buf_printf(&request, "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n%s", method, path,
               strlen(body), body);
    send_text(fd, buf_string(&request));
    buf_free(&request);
    char *answer = receive(fd), *content = strstr(answer, "\r\n\r\n");
    int status = status_of(answer);
    if (ret_body)
        *ret_body = content ? json_loads(content + 4, 0, NULL) : NULL;
    free(answer);
    return status;
}

static const char *error_of(json_t *body)
{
    const char *error = json_string_value(json_object_get(body, "error"));

    return error ? error : "";
}

static void run_daemon(void)
{
    struct manager_options options = {.config_path = path_of("t.yaml")};
    struct manager *manager;
    struct error e;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    log_set_max_priority(LOG_EMERG);
    if (manager_new(&options, &manager, &e) < 0) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    log_set_max_priority(LOG_EMERG);
    int status = manager_run(manager);
    manager_free(manager);
    exit(status);
}

static void status_answers_what_the_client_shows(void **state)
{
    json_t *body;
    const char *version;
    int healthy;

    (void)state;
    assert_int_equal(ask("GET", "/v1/status", "", &body), 200);
    assert_int_equal(json_unpack(body, "{s:s, s:b}", "version", &version, "healthy", &healthy), 0);
    assert_int_equal(json_array_size(json_object_get(body, "channels")), 2);
    assert_string_equal(json_string_value(json_object_get(json_object_get(body, "history"), "path")), path_of("h.db"));
    json_decref(body);
}

static void what_is_not_there_is_answered_in_a_sentence(void **state)
{
    json_t *body;

    (void)state;
    assert_int_equal(ask("GET", "/v1/nothing", "", &body), 404);
    assert_string_equal(error_of(body), "there is no /v1/nothing; config/openapi.yaml lists what there is");
    json_decref(body);
    assert_int_equal(ask("POST", "/v1/status", "", &body), 405);
    json_decref(body);
    assert_int_equal(ask("DELETE", "/v1/status", "", NULL), 501);
    assert_int_equal(ask("GET", "/v1/status/../status", "", NULL), 404);
    assert_int_equal(ask("GET", "/v1/statu", "", NULL), 404);
    assert_int_equal(ask("GET", "/v1/status%00", "", NULL), 404);
    assert_int_equal(ask("POST", "/v1/channels//test", "", NULL), 404);
    assert_int_equal(ask("POST", "/v1/channels/nobody/test", "", NULL), 404);
    assert_int_equal(ask("POST", "/v1/alerts/al_0/retry", "", NULL), 404);
    assert_int_equal(ask("POST", "/v1/alerts/al_0/drop", "", NULL), 404);
}

static void a_test_is_answered_when_it_went_out(void **state)
{
    json_t *body;

    (void)state;
    assert_int_equal(ask("POST", "/v1/channels/here/test", "", &body), 200);
    assert_true(json_is_string(json_object_get(body, "answer")));
    json_decref(body);
}

static void a_body_has_a_limit(void **state)
{
    char body[API_MAX_BODY_BYTES + 2];

    (void)state;
    memset(body, 'x', sizeof(body));
    body[API_MAX_BODY_BYTES] = '\0';
    assert_int_equal(ask("POST", "/v1/backup", body, NULL), 400);
    body[API_MAX_BODY_BYTES] = 'x';
    body[API_MAX_BODY_BYTES + 1] = '\0';
    assert_int_equal(ask("POST", "/v1/backup", body, NULL), 413);
}

static int ask_with_header_of(size_t bytes)
{
    struct buf request = {0};
    int fd = connect_daemon();

    buf_append_string(&request, "GET /healthz HTTP/1.1\r\nX-Long: ");
    for (size_t i = 0; i < bytes; i++)
        buf_append_string(&request, "x");
    buf_append_string(&request, "\r\n\r\n");
    send(fd, request.data, request.len, MSG_NOSIGNAL);
    buf_free(&request);
    char *answer = receive(fd);
    int status = status_of(answer);
    free(answer);
    return status;
}

static void headers_have_a_limit(void **state)
{
    (void)state;
    assert_true(ask_with_header_of(API_MAX_HEADER_BYTES - 200) == 503 || ask_with_header_of(10) == 200);
    assert_int_equal(ask_with_header_of(API_MAX_HEADER_BYTES + 200), 400);
}

static void more_connections_than_the_limit_wait(void **state)
{
    int idle[API_MAX_CONNECTIONS];
    struct pollfd one_more = {.events = POLLIN};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(idle); i++)
        assert_true((idle[i] = connect_daemon()) >= 0);
    one_more.fd = connect_daemon();
    assert_true(one_more.fd >= 0); /* the kernel's backlog takes it */
    send_text(one_more.fd, "GET /metrics HTTP/1.1\r\n\r\n");
    assert_int_equal(poll(&one_more, 1, 300), 0);
    close(idle[0]);
    char *answer = receive(one_more.fd);
    assert_int_equal(status_of(answer), 200);
    free(answer);
    for (size_t i = 1; i < ARRAY_SIZE(idle); i++)
        close(idle[i]);
}

/* A peer that keeps sending a little outlives evhttp's timeout, not the deadline. */
static void a_connection_has_a_deadline_however_busy(void **state)
{
    int fd = connect_daemon();
    struct pollfd closed = {.fd = fd, .events = POLLIN};
    int64_t began_usec = clock_stopwatch_usec();

    (void)state;
    send_text(fd, "GET /healthz HTTP/1.1\r\n");
    while (clock_stopwatch_usec() - began_usec < 15 * USEC_PER_SEC) {
        if (send(fd, "X", 1, MSG_NOSIGNAL) < 0 || poll(&closed, 1, 200) > 0)
            break;
    }
    int64_t took_usec = clock_stopwatch_usec() - began_usec;
    assert_in_range(took_usec, 4 * USEC_PER_SEC, 9 * USEC_PER_SEC);
    close(fd);
}

static void a_peer_that_leaves_before_its_answer_harms_nothing(void **state)
{
    struct pollfd arrived = {.fd = silent_fd, .events = POLLIN};
    int fd = connect_daemon();

    (void)state;
    send_text(fd, "POST /v1/channels/silent/test HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(poll(&arrived, 1, PATIENCE_MSEC), 1); /* the test is on its way */
    close(fd);
    assert_int_equal(ask("GET", "/v1/status", "", NULL), 200);
}

static void reload_answers_with_the_mistakes(void **state)
{
    json_t *body;

    (void)state;
    write_settings("log: {level: loud}\nzebra: 1\n");
    assert_int_equal(ask("POST", "/v1/reload", "", &body), 422);
    json_t *mistakes = json_object_get(body, "mistakes");
    assert_int_equal(json_array_size(mistakes), 2);
    assert_non_null(
        strstr(json_string_value(json_array_get(mistakes, 1)), "t.yaml:8: log.level: \"loud\" is no level"));
    assert_non_null(strstr(error_of(body), "(and 1 more)"));
    json_decref(body);

    assert_int_equal(ask("GET", "/v1/status", "", &body), 200);
    assert_false(json_is_true(json_object_get(body, "healthy")));
    char *troubles = json_dumps(json_object_get(body, "troubles"), 0);
    assert_non_null(strstr(troubles, "The settings files have mistakes"));
    free(troubles);
    json_decref(body);

    write_settings("");
    assert_int_equal(ask("POST", "/v1/reload", "", NULL), 200);
}

static void a_backup_is_written_once(void **state)
{
    char body[256];
    struct stat st;
    json_t *answer;

    (void)state;
    assert_int_equal(ask("POST", "/v1/backup", "{\"path\": \"copy.db\"}", NULL), 400);
    assert_int_equal(ask("POST", "/v1/backup", "[]", NULL), 400);
    assert_int_equal(ask("POST", "/v1/backup", "", NULL), 400);
    snprintf(body, sizeof(body), "{\"path\": \"%s\"}", path_of("copy.db"));
    int status = ask("POST", "/v1/backup", body, &answer);
    if (status != 200)
        fail_msg("%d: %s", status, error_of(answer));
    json_decref(answer);
    assert_int_equal(stat(path_of("copy.db"), &st), 0);
    assert_int_equal(ask("POST", "/v1/backup", body, NULL), 409);
    assert_int_equal(unlink(path_of("copy.db")), 0);
}

static void metrics_are_openmetrics(void **state)
{
    int fd = connect_daemon();

    (void)state;
    send_text(fd, "GET /metrics HTTP/1.1\r\n\r\n");
    char *answer = receive(fd);
    assert_non_null(strstr(answer, "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8"));
    assert_non_null(strstr(answer, "# TYPE trialwatch_polls counter\n"));
    assert_non_null(strstr(answer, "trialwatch_polls_total{outcome=\"complete\"} 0\n"));
    assert_non_null(strstr(answer, "trialwatch_alerts{channel=\"here\",state=\"due\"} "));
    assert_string_equal(answer + strlen(answer) - 6, "# EOF\n");
    free(answer);
}

/* As nobody, in a process of its own: exits with what the daemon answered, in hundreds. */
static int ask_as_nobody(const char *method, const char *path)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        if (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
            _exit(99);
        _exit(ask(method, path, "", NULL) / 10);
    }
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void others_may_read_but_not_act(void **state)
{
    struct stat st;

    (void)state;
    assert_int_equal(stat(path_of("c.sock"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(directory, 0755), 0);
    assert_int_equal(chmod(path_of("c.sock"), 0666), 0);
    assert_int_equal(ask_as_nobody("GET", "/v1/status"), 20);
    assert_int_equal(ask_as_nobody("POST", "/v1/poll"), 40);
    assert_int_equal(ask_as_nobody("POST", "/v1/reload"), 40);
}

static const yaml_node_t *value_at(yaml_document_t *document, const yaml_node_t *mapping, const char *key)
{
    for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top; pair++)
        if (strcmp((char *)yaml_document_get_node(document, pair->key)->data.scalar.value, key) == 0)
            return yaml_document_get_node(document, pair->value);
    return NULL;
}

/* A path has one for each of its methods. */
static size_t count_operations(yaml_document_t *document, const yaml_node_t *paths)
{
    size_t count = 0;

    for (const yaml_node_pair_t *pair = paths->data.mapping.pairs.start; pair < paths->data.mapping.pairs.top; pair++) {
        const yaml_node_t *path = yaml_document_get_node(document, pair->value);
        count += value_at(document, path, "get") ? 1 : 0;
        count += value_at(document, path, "post") ? 1 : 0;
    }
    return count;
}

static void routes_and_openapi_agree(void **state)
{
    struct config_mistakes none = {.report = NULL};
    struct config_file file;
    size_t count;
    const struct api_route *routes = api_routes(&count);
    const char *top = getenv("top_srcdir");
    char path[4096];

    (void)state;
    snprintf(path, sizeof(path), "%s/config/openapi.yaml", top ? top : ".");
    if (config_file_read(path, &file, NULL) < 0)
        skip();
    assert_int_equal(config_file_parse(&file, &none), 0);
    const yaml_node_t *paths = value_at(&file.document, yaml_document_get_root_node(&file.document), "paths");
    for (size_t i = 0; i < count; i++) {
        const yaml_node_t *entry = value_at(&file.document, paths, routes[i].path);
        if (!entry)
            fail_msg("config/openapi.yaml lacks %s", routes[i].path);
        entry = value_at(&file.document, entry, strcmp(routes[i].method, "GET") == 0 ? "get" : "post");
        assert_non_null(entry);
        assert_string_equal(value_at(&file.document, entry, "summary")->data.scalar.value, routes[i].help);
        assert_string_equal(value_at(&file.document, entry, "x-permission")->data.scalar.value,
                            routes[i].permission == API_ACT ? "act" : "read");
    }
    assert_int_equal(count_operations(&file.document, paths), count);
    config_file_clear(&file);
}

/* With a test message still under way. */
static void sigterm_ends_it_within_a_second(void **state)
{
    int fd = connect_daemon(), status;
    int64_t began_usec = clock_stopwatch_usec();

    (void)state;
    send_text(fd, "POST /v1/channels/silent/test HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(kill(daemon_pid, SIGTERM), 0);
    assert_int_equal(waitpid(daemon_pid, &status, 0), daemon_pid);
    daemon_pid = 0;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_true(clock_stopwatch_usec() - began_usec < USEC_PER_SEC);
    assert_int_equal(access(path_of("c.sock"), F_OK), -1);
    close(fd);
}

static int start_daemon(void **state)
{
    struct sockaddr_in loopback = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    (void)state;
    if (!mkdtemp(directory))
        return -1;
    silent_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(silent_fd, (struct sockaddr *)&loopback, sizeof(loopback)) < 0 || listen(silent_fd, 16) < 0)
        return -1;
    write_settings("");
    daemon_pid = fork();
    if (daemon_pid == 0)
        run_daemon();
    for (int i = 0; i < PATIENCE_MSEC / 10; i++) {
        int fd = connect_daemon();
        if (fd >= 0) {
            close(fd);
            return 0;
        }
        if (waitpid(daemon_pid, NULL, WNOHANG) != 0)
            return -1;
        poll(NULL, 0, 10);
    }
    return -1;
}

static int remove_all(void **state)
{
    static const char *const names[] = {"t.yaml", "h.db", "h.db-wal", "h.db-shm", "h.db.lock", "c.sock"};

    (void)state;
    if (daemon_pid > 0)
        kill(daemon_pid, SIGKILL);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        unlink(path_of(names[i]));
    close(silent_fd);
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_answers_what_the_client_shows),
        cmocka_unit_test(what_is_not_there_is_answered_in_a_sentence),
        cmocka_unit_test(a_test_is_answered_when_it_went_out),
        cmocka_unit_test(a_body_has_a_limit),
        cmocka_unit_test(headers_have_a_limit),
        cmocka_unit_test(more_connections_than_the_limit_wait),
        cmocka_unit_test(a_connection_has_a_deadline_however_busy),
        cmocka_unit_test(a_peer_that_leaves_before_its_answer_harms_nothing),
        cmocka_unit_test(reload_answers_with_the_mistakes),
        cmocka_unit_test(a_backup_is_written_once),
        cmocka_unit_test(metrics_are_openmetrics),
        cmocka_unit_test(others_may_read_but_not_act),
        cmocka_unit_test(routes_and_openapi_agree),
        cmocka_unit_test(sigterm_ends_it_within_a_second),
    };

    return cmocka_run_group_tests(tests, start_daemon, remove_all);
}
