#include "service/maintenance.h"

#include "base/clock.h"
#include "history/store.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define ABANDON_MSEC 500

struct maintenance {
    struct event *done_event;
    int done_fd; /* an eventfd that the thread writes at its end */
    char *history_path;

    bool running;
    pthread_t thread;
    enum maintenance_work work;
    char *copy_path;
    int result; /* written by the thread, read after it was joined */
    struct error error;
    maintenance_callback *callback;
    void *userdata;
};

static void *run(void *userdata)
{
    struct maintenance *m = userdata;
    uint64_t one = 1;

    if (m->work == MAINTENANCE_BACKUP)
        m->result = store_backup(m->history_path, m->copy_path, &m->error);
    else
        m->result = store_check(m->history_path, m->work == MAINTENANCE_INTEGRITY_CHECK, &m->error);
    while (write(m->done_fd, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
    return NULL;
}

static void on_done(evutil_socket_t fd, short what, void *userdata)
{
    struct maintenance *m = userdata;
    uint64_t count;

    (void)what;
    if (read(fd, &count, sizeof(count)) < 0)
        return;
    pthread_join(m->thread, NULL);
    m->running = false;
    free(TAKE_PTR(m->copy_path));
    if (m->callback)
        m->callback(m->result, m->error.text, m->userdata);
}

int maintenance_new(struct event_base *base, const char *history_path, struct maintenance **ret)
{
    struct maintenance *m = calloc(1, sizeof(*m));

    if (!m)
        return -ENOMEM;
    m->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    m->history_path = strdup(history_path);
    if (m->done_fd >= 0)
        m->done_event = event_new(base, m->done_fd, EV_READ | EV_PERSIST, on_done, m);
    if (!m->history_path || !m->done_event || event_add(m->done_event, NULL) < 0) {
        maintenance_free(m);
        return -ENOMEM;
    }
    *ret = m;
    return 0;
}

/* Whether the job ended in time. */
static bool join_soon(struct maintenance *m)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += ABANDON_MSEC * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    return pthread_timedjoin_np(m->thread, NULL, &until) == 0;
}

void maintenance_free(struct maintenance *m)
{
    if (!m)
        return;
    if (m->done_event)
        event_free(m->done_event);
    if (m->running && !join_soon(m)) {
        pthread_detach(m->thread); /* it still uses m, which therefore stays */
        return;
    }
    if (m->done_fd >= 0)
        close(m->done_fd);
    free(m->history_path);
    free(m->copy_path);
    free(m);
}

int maintenance_start(struct maintenance *m, enum maintenance_work work, const char *copy_path,
                      maintenance_callback *callback, void *userdata, struct error *e)
{
    if (m->running)
        return error_set(e, -EBUSY, "another copy or check of the history is under way; try again when it has ended");
    m->work = work;
    m->error.text[0] = '\0';
    if (copy_path && !(m->copy_path = strdup(copy_path)))
        return error_set(e, -ENOMEM, "out of memory");
    m->callback = callback;
    m->userdata = userdata;
    int r = pthread_create(&m->thread, NULL, run, m);
    if (r != 0) {
        free(TAKE_PTR(m->copy_path));
        return error_set(e, -r, "no thread for the maintenance of the history: %s", strerror(r));
    }
    m->running = true;
    return 0;
}
