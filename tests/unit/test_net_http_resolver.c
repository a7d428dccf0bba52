/* A resolver that hangs: getaddrinfo() of this program stands before the C library's, also for libcurl. */
#include "check.h"

#include "base/clock.h"
#include "net/http.h"

#include <errno.h>
#include <netdb.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

/* "At once", generously: the lookup itself hangs for as long as the test wants. */
#define AT_ONCE_USEC (500 * USEC_PER_MSEC)

static sem_t entered, release_lookup, left;

struct lookup {
    struct event_base *base;
    struct http *http;
    int calls, error;
};

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
    (void)node;
    (void)service;
    (void)hints;
    (void)ret;
    sem_post(&entered);
    sem_wait(&release_lookup);
    sem_post(&left);
    return EAI_AGAIN;
}

static void on_response(const struct http_response *response, void *userdata)
{
    struct lookup *lookup = userdata;

    lookup->calls++;
    lookup->error = response->error;
    assert_non_null(strstr(response->error_text, "slow.test"));
    assert_null(strstr(response->error_text, "hush"));
}

static int setup(void **state)
{
    struct lookup *lookup = calloc(1, sizeof(*lookup));
    struct error e;

    sem_init(&entered, 0, 0);
    sem_init(&release_lookup, 0, 0);
    sem_init(&left, 0, 0);
    unsetenv("https_proxy");
    lookup->base = event_base_new();
    *state = lookup;
    return http_new(lookup->base, &lookup->http, &e);
}

static int teardown(void **state)
{
    struct lookup *lookup = *state;

    http_free(lookup->http);
    event_base_free(lookup->base);
    free(lookup);
    return 0;
}

/* Starts a request, and turns the loop until its lookup hangs. */
static struct http_request *start_lookup(struct lookup *lookup, int64_t timeout_usec)
{
    struct http_call call = {.method = "GET", .url = "https://slow.test/hush", .timeout_usec = timeout_usec};
    struct http_request *request = NULL;
    struct error e;

    assert_int_equal(http_start(lookup->http, &call, on_response, lookup, &request, &e), 0);
    while (sem_trywait(&entered) < 0)
        event_base_loop(lookup->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    return request;
}

static void end_lookup(void)
{
    sem_post(&release_lookup);
    sem_wait(&left);
}

static void a_timeout_does_not_wait_for_the_resolver(void **state)
{
    struct lookup *lookup = *state;
    int64_t start = clock_stopwatch_usec();

    start_lookup(lookup, 200 * USEC_PER_MSEC);
    while (lookup->calls == 0)
        event_base_loop(lookup->base, EVLOOP_ONCE);
    assert_in_range(clock_stopwatch_usec() - start, 190 * USEC_PER_MSEC, 200 * USEC_PER_MSEC + AT_ONCE_USEC);
    assert_int_equal(lookup->error, -ETIMEDOUT);
    end_lookup();
}

static void cancelling_does_not_wait_for_the_resolver(void **state)
{
    struct lookup *lookup = *state;
    struct http_request *request = start_lookup(lookup, 0);
    int64_t start = clock_stopwatch_usec();

    http_cancel(request);
    assert_in_range(clock_stopwatch_usec() - start, 0, AT_ONCE_USEC);
    assert_int_equal(lookup->calls, 0);
    end_lookup();
}

static void freeing_does_not_wait_for_the_resolver(void **state)
{
    struct lookup *lookup = *state;
    struct error e;

    start_lookup(lookup, 0);
    int64_t start = clock_stopwatch_usec();
    http_free(lookup->http);
    assert_in_range(clock_stopwatch_usec() - start, 0, AT_ONCE_USEC);
    assert_int_equal(lookup->calls, 0);
    end_lookup();
    assert_int_equal(http_new(lookup->base, &lookup->http, &e), 0);
}

static void a_failed_lookup_is_told(void **state)
{
    struct lookup *lookup = *state;

    start_lookup(lookup, 0);
    end_lookup();
    while (lookup->calls == 0)
        event_base_loop(lookup->base, EVLOOP_ONCE);
    assert_int_equal(lookup->error, -EHOSTUNREACH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_timeout_does_not_wait_for_the_resolver, setup, teardown),
        cmocka_unit_test_setup_teardown(cancelling_does_not_wait_for_the_resolver, setup, teardown),
        cmocka_unit_test_setup_teardown(freeing_does_not_wait_for_the_resolver, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failed_lookup_is_told, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
