#include "alert/filter.h"

#include "alert/filter_child.h"
#include "alert/message.h"
#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct texts {
    char **items; /* owned, as what they point to */
    size_t count;
};

struct filter {
    pid_t pid; /* 0 once waited for */
    int fd;    /* what the child writes */
    bool too_late;
    struct buf written; /* owned */
    struct filter_result result;
    struct event *readable; /* owned; NULL of one that is waited for */
    struct event *limit;    /* owned; real time: the child does not follow a simulated clock */
    filter_callback *callback;
    void *userdata;
};

void filter_result_clear(struct filter_result *result)
{
    for (size_t i = 0; i < result->count; i++)
        free(result->answers[i].text);
    free(result->answers);
    *result = (struct filter_result){0};
}

static void texts_clear(struct texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->items[i]);
    free(texts->items);
}

static int texts_make(const json_t *documents, struct texts *ret)
{
    size_t index;
    json_t *document;

    ret->items = calloc(json_array_size(documents) + 1, sizeof(*ret->items));
    if (!ret->items)
        return -ENOMEM;
    json_array_foreach (documents, index, document) {
        ret->items[index] = json_dumps(document, MESSAGE_DUMP_FLAGS | JSON_ENCODE_ANY);
        if (!ret->items[index])
            return -ENOMEM;
        ret->count++;
    }
    return 0;
}

/* No handler of ours may run in the child before it has none. */
static pid_t fork_quietly(void)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid != 0)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid;
}

static int give_birth(struct filter *filter, const char *program, const struct texts *texts)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) < 0)
        return -errno;
    filter->pid = fork_quietly();
    if (filter->pid == 0)
        filter_child_live(fds[1], program, texts->items, texts->count);
    int r = filter->pid < 0 ? -errno : 0;
    close(fds[1]);
    filter->fd = fds[0];
    fcntl(filter->fd, F_SETFL, O_NONBLOCK);
    if (r < 0)
        filter->pid = 0;
    return r;
}

static void end_child(struct filter *filter, int *ret_status)
{
    if (filter->pid <= 0)
        return;
    while (waitpid(filter->pid, ret_status, 0) < 0 && errno == EINTR)
        ;
    filter->pid = 0;
}

static void filter_free(struct filter *filter)
{
    if (!filter)
        return;
    if (filter->pid > 0)
        kill(filter->pid, SIGKILL);
    end_child(filter, NULL);
    if (filter->readable)
        event_free(filter->readable);
    if (filter->limit)
        event_free(filter->limit);
    if (filter->fd >= 0)
        close(filter->fd);
    buf_free(&filter->written);
    filter_result_clear(&filter->result);
    free(filter);
}
DEFINE_CLEANUP(struct filter *, filter_free)

/* 0 at the end of what the child writes, -EAGAIN when more may come. */
static int read_written(struct filter *filter)
{
    char bytes[64 * 1024];
    ssize_t n;

    while ((n = read(filter->fd, bytes, sizeof(bytes))) > 0 || (n < 0 && errno == EINTR))
        if (n > 0 && buf_append(&filter->written, bytes, (size_t)n) < 0)
            return 0;
    return n < 0 && errno == EAGAIN ? -EAGAIN : 0;
}

/* The texts of the frames; true when the last one of all is there. */
static bool read_frames(struct filter *filter)
{
    struct filter_result *result = &filter->result;
    const char *at = buf_string(&filter->written);
    size_t left = filter->written.len, answered = 0;
    struct filter_frame frame;

    for (; left >= sizeof(frame); at += frame.len, left -= frame.len) {
        memcpy(&frame, at, sizeof(frame));
        at += sizeof(frame);
        left -= sizeof(frame);
        if (frame.len > left)
            return false;
        if (frame.outcome <= 0) {
            result->error = frame.outcome;
            error_set(&result->why, frame.outcome, "%.*s", (int)size_min(frame.len, ERROR_TEXT_BYTES), at);
            return true;
        }
        if (answered == result->count)
            return false;
        result->answers[answered++] = (struct filter_answer){
            .outcome = (enum filter_outcome)frame.outcome, .truth = frame.truth, .text = strndup(at, frame.len)};
    }
    return false;
}

/* Why it did not come to its end. */
static void blame(struct filter *filter, int status)
{
    struct filter_result *result = &filter->result;
    bool late = filter->too_late || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU);

    if (buf_status(&filter->written) < 0)
        result->error = error_set(&result->why, -EFBIG, "the program wrote more than %zu MiB and was stopped",
                                  FILTER_MAX_RESULT_BYTES / 1024 / 1024);
    else if (late)
        result->error =
            error_set(&result->why, -ETIMEDOUT, "the program took longer than %d s and was stopped", FILTER_CPU_SEC);
    else
        result->error = error_set(&result->why, -EDQUOT, "the program needed more than %zu MiB of memory",
                                  FILTER_MEMORY_BYTES / 1024 / 1024);
}

static void conclude(struct filter *filter)
{
    int status = 0;

    if (buf_status(&filter->written) < 0 && filter->pid > 0)
        kill(filter->pid, SIGKILL);
    end_child(filter, &status);
    if (!read_frames(filter))
        blame(filter, status);
}

static int begin(const char *program, const json_t *documents, struct filter **ret)
{
    _cleanup_(texts_clear) struct texts texts = {0};
    _cleanup_(filter_free_cleanup) struct filter *filter = calloc(1, sizeof(*filter));

    if (!filter)
        return -ENOMEM;
    filter->fd = -1;
    filter->written.max_bytes = FILTER_MAX_RESULT_BYTES;
    filter->result.answers = calloc(json_array_size(documents) + 1, sizeof(*filter->result.answers));
    int r = filter->result.answers ? texts_make(documents, &texts) : -ENOMEM;
    if (r < 0)
        return r;
    filter->result.count = texts.count;
    r = give_birth(filter, program, &texts);
    if (r == 0)
        *ret = TAKE_PTR(filter);
    return r;
}

static void wait_for(struct filter *filter)
{
    int64_t until_usec = clock_stopwatch_usec() + FILTER_WALL_USEC;
    struct pollfd readable = {.fd = filter->fd, .events = POLLIN};

    while (read_written(filter) == -EAGAIN) {
        int64_t left_usec = until_usec - clock_stopwatch_usec();
        if (left_usec <= 0) {
            filter->too_late = true;
            kill(filter->pid, SIGKILL);
            return;
        }
        poll(&readable, 1, (int)(left_usec / USEC_PER_MSEC) + 1);
    }
}

void filter_run(const char *program, const json_t *documents, struct filter_result *ret)
{
    _cleanup_(filter_free_cleanup) struct filter *filter = NULL;
    int r = begin(program, documents, &filter);

    *ret = (struct filter_result){0};
    if (r < 0) {
        ret->error = error_set(&ret->why, r, "the program cannot be run: %s", strerror(-r));
        return;
    }
    wait_for(filter);
    conclude(filter);
    *ret = filter->result;
    filter->result = (struct filter_result){0};
}

int filter_check(const char *program, struct error *e)
{
    _cleanup_filter_result_ struct filter_result result = {0};

    filter_run(program, NULL, &result);
    return result.error < 0 ? error_set(e, result.error, "%s", result.why.text) : 0;
}

static void finish(struct filter *filter)
{
    event_del(filter->readable);
    event_del(filter->limit);
    conclude(filter);
    filter->callback(&filter->result, filter->userdata);
    filter_free(filter);
}

static void on_readable(evutil_socket_t fd, short what, void *userdata)
{
    (void)fd;
    (void)what;
    if (read_written(userdata) != -EAGAIN)
        finish(userdata);
}

static void on_limit(evutil_socket_t fd, short what, void *userdata)
{
    struct filter *filter = userdata;

    (void)fd;
    (void)what;
    filter->too_late = true;
    kill(filter->pid, SIGKILL);
    finish(filter);
}

int filter_start(struct event_base *base, const char *program, const json_t *documents, filter_callback *callback,
                 void *userdata, struct filter **ret, struct error *e)
{
    const struct timeval within = {.tv_sec = FILTER_WALL_USEC / USEC_PER_SEC};
    _cleanup_(filter_free_cleanup) struct filter *filter = NULL;
    int r = begin(program, documents, &filter);

    if (r < 0)
        return error_set(e, r, "a jq program cannot be run: %s", strerror(-r));
    filter->callback = callback;
    filter->userdata = userdata;
    filter->readable = event_new(base, filter->fd, EV_READ | EV_PERSIST, on_readable, filter);
    filter->limit = evtimer_new(base, on_limit, filter);
    if (!filter->readable || !filter->limit || event_add(filter->readable, NULL) < 0 ||
        event_add(filter->limit, &within) < 0)
        return error_set(e, -ENOMEM, "Out of memory");
    *ret = TAKE_PTR(filter);
    return 0;
}

void filter_cancel(struct filter *filter)
{
    filter_free(filter);
}
