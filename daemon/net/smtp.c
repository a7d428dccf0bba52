#include "net/smtp.h"

#include "base/clock.h"
#include "base/macro.h"
#include "net/smtp_check.h"
#include "net/smtp_send.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#define FAREWELL_SEC 1 /* how long smtp_free() waits for mails under way */

TAILQ_HEAD(smtp_job_list, smtp_job);

/* Owned by the list it is in; while it is sent, by its worker. */
struct smtp_job {
    struct smtp *smtp;
    struct smtp_server server; /* all texts owned */
    struct smtp_mail mail;     /* likewise */
    smtp_callback *callback;
    void *userdata;
    struct smtp_worker *worker;
    struct smtp_result result;
    bool cancelled;
    enum { JOB_QUEUED, JOB_SENDING, JOB_SENT } state;
    TAILQ_ENTRY(smtp_job) link;
};

struct smtp_worker {
    struct smtp *smtp;
    pthread_t thread;
    char *url; /* owned; the server's whose mails it takes */
    struct smtp_job_list queue;
    size_t job_count; /* queued and the one under way */
    bool ended;       /* touches nothing any more */
};

/* Shared by the loop's thread and the workers; the last one to leave frees it. */
struct smtp {
    pthread_mutex_t lock; /* of everything but the event */
    pthread_cond_t wake;  /* a job was queued, closing was set, or a worker ended */
    struct smtp_worker workers[SMTP_MAX_SERVERS];
    size_t worker_count;
    struct smtp_job_list sent;
    int sent_fd; /* eventfd: something is in sent */
    struct event *sent_event;
    bool closing;
    atomic_bool abandoned;
    size_t users;
};

static void free_secret(const char *secret)
{
    if (secret)
        explicit_bzero((char *)secret, strlen(secret));
    free((char *)secret);
}

static void job_free(struct smtp_job *job)
{
    if (!job)
        return;
    free((char *)job->server.url);
    free((char *)job->server.username);
    free_secret(job->server.password);
    free_secret(job->server.oauth_bearer);
    free((char *)job->server.ca_file);
    free((char *)job->mail.from);
    for (size_t i = 0; job->mail.recipients && i < job->mail.recipient_count; i++)
        free((char *)job->mail.recipients[i]);
    free((void *)job->mail.recipients);
    free((char *)job->mail.message);
    free(job);
}
DEFINE_CLEANUP(struct smtp_job *, job_free)

static void free_jobs(struct smtp_job_list *list)
{
    struct smtp_job *job;

    while ((job = TAILQ_FIRST(list))) {
        TAILQ_REMOVE(list, job, link);
        job_free(job);
    }
}

/* Called with the lock held, which it gives back. */
static void leave(struct smtp *smtp)
{
    bool last = --smtp->users == 0;

    pthread_mutex_unlock(&smtp->lock);
    if (!last)
        return;
    free_jobs(&smtp->sent);
    for (size_t i = 0; i < smtp->worker_count; i++)
        free(smtp->workers[i].url);
    if (smtp->sent_fd >= 0)
        close(smtp->sent_fd);
    pthread_cond_destroy(&smtp->wake);
    pthread_mutex_destroy(&smtp->lock);
    free(smtp);
}

/* Sends the worker's first job. Called with the lock held, which is given back meanwhile. */
static void send_first(struct smtp_worker *worker)
{
    struct smtp *smtp = worker->smtp;
    struct smtp_job *job = TAILQ_FIRST(&worker->queue);

    TAILQ_REMOVE(&worker->queue, job, link);
    job->state = JOB_SENDING;
    pthread_mutex_unlock(&smtp->lock);
    smtp_send(&job->server, &job->mail, &smtp->abandoned, &job->result);
    pthread_mutex_lock(&smtp->lock);
    job->state = JOB_SENT;
    worker->job_count--;
    TAILQ_INSERT_TAIL(&smtp->sent, job, link);
    eventfd_write(smtp->sent_fd, 1);
}

static void *work(void *userdata)
{
    struct smtp_worker *worker = userdata;
    struct smtp *smtp = worker->smtp;

    pthread_mutex_lock(&smtp->lock);
    while (!smtp->closing)
        if (TAILQ_EMPTY(&worker->queue))
            pthread_cond_wait(&smtp->wake, &smtp->lock);
        else
            send_first(worker);
    worker->ended = true;
    pthread_cond_broadcast(&smtp->wake);
    leave(smtp);
    return NULL;
}

/* Calls back for what was sent. One job at a time, since a callback may cancel another. */
static void on_sent(evutil_socket_t fd, _unused_ short what, void *userdata)
{
    struct smtp *smtp = userdata;
    eventfd_t count;

    eventfd_read(fd, &count);
    for (;;) {
        pthread_mutex_lock(&smtp->lock);
        struct smtp_job *job = TAILQ_FIRST(&smtp->sent);
        if (job)
            TAILQ_REMOVE(&smtp->sent, job, link);
        pthread_mutex_unlock(&smtp->lock);
        if (!job)
            return;
        if (!job->cancelled)
            job->callback(&job->result, job->userdata);
        job_free(job);
    }
}

int smtp_new(struct event_base *base, struct smtp **ret, struct error *e)
{
    pthread_condattr_t attributes;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return error_set(e, -ENOMEM, "libcurl does not start");
    struct smtp *smtp = calloc(1, sizeof(*smtp));
    if (!smtp)
        return error_set(e, -ENOMEM, "no memory for mail");
    pthread_mutex_init(&smtp->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&smtp->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    TAILQ_INIT(&smtp->sent);
    smtp->users = 1;
    smtp->sent_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (smtp->sent_fd >= 0)
        smtp->sent_event = event_new(base, smtp->sent_fd, EV_READ | EV_PERSIST, on_sent, smtp);
    if (!smtp->sent_event || event_add(smtp->sent_event, NULL) < 0) {
        smtp_free(smtp);
        return error_set(e, -ENOMEM, "no memory for mail");
    }
    *ret = smtp;
    return 0;
}

/* Called with the lock held. */
static bool all_ended(const struct smtp *smtp)
{
    for (size_t i = 0; i < smtp->worker_count; i++)
        if (!smtp->workers[i].ended)
            return false;
    return true;
}

/* Called with the lock held. */
static void wait_for_workers(struct smtp *smtp)
{
    struct timespec deadline;
    int r = 0;

    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += FAREWELL_SEC;
    while (!all_ended(smtp) && r == 0)
        r = pthread_cond_timedwait(&smtp->wake, &smtp->lock, &deadline);
    atomic_store(&smtp->abandoned, true);
}

void smtp_free(struct smtp *smtp)
{
    pthread_t ended[SMTP_MAX_SERVERS];
    size_t ended_count = 0;

    if (!smtp)
        return;
    if (smtp->sent_event)
        event_free(smtp->sent_event);
    pthread_mutex_lock(&smtp->lock);
    smtp->closing = true;
    for (size_t i = 0; i < smtp->worker_count; i++)
        free_jobs(&smtp->workers[i].queue);
    pthread_cond_broadcast(&smtp->wake);
    wait_for_workers(smtp);
    for (size_t i = 0; i < smtp->worker_count; i++)
        if (smtp->workers[i].ended)
            ended[ended_count++] = smtp->workers[i].thread;
        else
            pthread_detach(smtp->workers[i].thread);
    leave(smtp);
    for (size_t i = 0; i < ended_count; i++)
        pthread_join(ended[i], NULL);
}

/* Starts a worker for the server. Called with the lock held. NULL: no thread or memory to be had. */
static struct smtp_worker *start_worker(struct smtp *smtp, const char *url)
{
    struct smtp_worker *worker = &smtp->workers[smtp->worker_count];
    sigset_t all, before;

    *worker = (struct smtp_worker){.smtp = smtp, .url = strdup(url)};
    if (!worker->url)
        return NULL;
    TAILQ_INIT(&worker->queue);
    sigfillset(&all); /* signals are the loop's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(&worker->thread, NULL, work, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r != 0) {
        free(TAKE_PTR(worker->url));
        return NULL;
    }
    pthread_setname_np(worker->thread, "smtp");
    smtp->worker_count++;
    smtp->users++;
    return worker;
}

/* The worker whose queue a mail for the server goes to: its own; else a new one; when there are enough, the one with
 * the least to do, which becomes the server's own when it has nothing to do. Called with the lock held. */
static struct smtp_worker *choose_worker(struct smtp *smtp, const char *url)
{
    struct smtp_worker *least = &smtp->workers[0];

    for (size_t i = 0; i < smtp->worker_count; i++) {
        struct smtp_worker *worker = &smtp->workers[i];
        if (strcmp(worker->url, url) == 0)
            return worker;
        if (worker->job_count < least->job_count)
            least = worker;
    }
    if (smtp->worker_count < SMTP_MAX_SERVERS)
        return start_worker(smtp, url);
    char *copy = least->job_count == 0 ? strdup(url) : NULL;
    if (copy) {
        free(least->url);
        least->url = copy;
    }
    return least;
}

/* Copies text, also NULL, and remembers in failed that there was no memory. */
static const char *copy_text(const char *text, bool *failed)
{
    char *copy = text ? strdup(text) : NULL;

    *failed |= text && !copy;
    return copy;
}

static int copy_job(struct smtp_job *job, const struct smtp_server *server, const struct smtp_mail *mail)
{
    const char **recipients = calloc(mail->recipient_count, sizeof(*recipients));
    char *message = malloc(mail->message_len + 1);
    bool failed = !recipients || !message;

    job->server = (struct smtp_server){
        .url = copy_text(server->url, &failed),
        .tls = server->tls,
        .username = copy_text(server->username, &failed),
        .password = copy_text(server->password, &failed),
        .oauth_bearer = copy_text(server->oauth_bearer, &failed),
        .ca_file = copy_text(server->ca_file, &failed),
        .timeout_usec = server->timeout_usec,
    };
    for (size_t i = 0; recipients && i < mail->recipient_count; i++)
        recipients[i] = copy_text(mail->recipients[i], &failed);
    if (message && mail->message_len > 0)
        memcpy(message, mail->message, mail->message_len);
    job->mail = (struct smtp_mail){
        .from = copy_text(mail->from, &failed),
        .recipients = recipients,
        .recipient_count = mail->recipient_count,
        .message = message,
        .message_len = mail->message_len,
    };
    return failed ? -ENOMEM : 0;
}

/* Hands the job to a worker. */
static int queue_job(struct smtp *smtp, struct smtp_job *job, struct error *e)
{
    int r = 0;

    pthread_mutex_lock(&smtp->lock);
    struct smtp_worker *worker = choose_worker(smtp, job->server.url);
    if (!worker) {
        r = error_set(e, -EAGAIN, "no thread could be started for mail");
    } else if (worker->job_count >= SMTP_QUEUE_MAX) {
        r = error_set(e, -EAGAIN, "%zu mails wait for this server already", worker->job_count);
    } else {
        job->worker = worker;
        worker->job_count++;
        TAILQ_INSERT_TAIL(&worker->queue, job, link);
        pthread_cond_broadcast(&smtp->wake);
    }
    pthread_mutex_unlock(&smtp->lock);
    return r;
}

int smtp_submit(struct smtp *smtp, const struct smtp_server *server, const struct smtp_mail *mail,
                smtp_callback *callback, void *userdata, struct smtp_job **ret, struct error *e)
{
    _cleanup_(job_free_cleanup) struct smtp_job *job = NULL;

    int r = smtp_check(server, mail, e);
    if (r < 0)
        return r;
    job = calloc(1, sizeof(*job));
    if (!job || copy_job(job, server, mail) < 0)
        return error_set(e, -ENOMEM, "no memory for a mail of %zu bytes", mail->message_len);
    job->smtp = smtp;
    job->callback = callback;
    job->userdata = userdata;
    r = queue_job(smtp, job, e);
    if (r < 0)
        return r;
    *ret = TAKE_PTR(job);
    return 0;
}

void smtp_cancel(struct smtp_job *job)
{
    if (!job)
        return;

    struct smtp *smtp = job->smtp;
    pthread_mutex_lock(&smtp->lock);
    bool queued = job->state == JOB_QUEUED;
    if (queued) {
        TAILQ_REMOVE(&job->worker->queue, job, link);
        job->worker->job_count--;
    }
    job->cancelled = true; /* otherwise on_sent() frees it */
    pthread_mutex_unlock(&smtp->lock);
    if (queued)
        job_free(job);
}
