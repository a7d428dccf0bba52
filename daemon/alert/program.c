#include "alert/program.h"

#include "base/clock.h"
#include "base/macro.h"
#include "base/text.h"
#include "base/timer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct program {
    pid_t pid;   /* 0 once waited for */
    int exit_fd; /* readable when the program has ended */
    int output_fd;
    struct event *ended;  /* owned */
    struct event *output; /* owned */
    struct timer *limit;  /* owned */
    program_callback *callback;
    void *userdata;
    int64_t started_usec;
    struct program_result result;
};

static void kill_group(struct program *program)
{
    siginfo_t info;

    if (program->pid <= 0)
        return;
    kill(-program->pid, SIGKILL);
    waitid(P_PID, (id_t)program->pid, &info, WEXITED);
    program->pid = 0;
}

static void program_free(struct program *program)
{
    if (program->ended)
        event_free(program->ended);
    if (program->output)
        event_free(program->output);
    timer_free(program->limit);
    if (program->exit_fd >= 0)
        close(program->exit_fd);
    if (program->output_fd >= 0)
        close(program->output_fd);
    free(program);
}

void program_cancel(struct program *program)
{
    if (!program)
        return;
    kill_group(program);
    program_free(program);
}

static void finish(struct program *program)
{
    program_callback *callback = program->callback;
    void *userdata = program->userdata;
    struct program_result result = program->result;

    result.latency_usec = clock_stopwatch_usec() - program->started_usec;
    result.said[strcspn(result.said, "\n")] = '\0';
    program_free(program);
    callback(&result, userdata);
}

static void keep(struct program *program, const char *bytes, size_t len)
{
    size_t used = strlen(program->result.said);
    size_t room = sizeof(program->result.said) - 1 - used;

    memcpy(program->result.said + used, bytes, size_min(len, room)); /* zeroed before, so it stays ended */
}

/* What is more than a line is read and forgotten, so that the program does not wait for a reader. */
static bool read_output(struct program *program)
{
    char bytes[4096];
    ssize_t n;

    while ((n = read(program->output_fd, bytes, sizeof(bytes))) > 0)
        keep(program, bytes, strnlen(bytes, (size_t)n));
    return n < 0 && errno == EAGAIN;
}

static void on_output(evutil_socket_t fd, short what, void *userdata)
{
    struct program *program = userdata;

    (void)fd;
    (void)what;
    if (!read_output(program))
        event_del(program->output);
}

static void on_ended(evutil_socket_t fd, short what, void *userdata)
{
    struct program *program = userdata;
    siginfo_t info = {0};

    (void)fd;
    (void)what;
    if (waitid(P_PID, (id_t)program->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
        return;
    read_output(program);
    kill_group(program); /* children that it left behind; before its own pid is free for others */
    program->result.status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
    finish(program);
}

static void on_limit(void *userdata)
{
    struct program *program = userdata;

    kill_group(program);
    program->result.error = -ETIMEDOUT;
    finish(program);
}

/* A file in memory that holds the input and is read from its start. */
static int input_file(const void *input, size_t len)
{
    int fd = memfd_create("trialwatch-alert", MFD_CLOEXEC);

    if (fd < 0)
        return -errno;
    for (size_t done = 0; done < len;) {
        ssize_t n = write(fd, (const char *)input + done, len - done);
        if (n < 0 && errno != EINTR) {
            int r = -errno;
            close(fd);
            return r;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    lseek(fd, 0, SEEK_SET);
    return fd;
}

static void describe(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int input_fd, int output_fd)
{
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_adddup2(actions, input_fd, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(actions, output_fd, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(actions, output_fd, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
    posix_spawn_file_actions_addchdir_np(actions, "/");
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
}

static int spawn(struct program *program, char *const *argv, int input_fd, int output_fd)
{
    static char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    describe(&actions, &attributes, input_fd, output_fd);
    int r = -posix_spawn(&program->pid, argv[0], &actions, &attributes, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (r < 0) {
        program->pid = 0;
        return r;
    }
    program->exit_fd = pidfd_open(program->pid, 0);
    return program->exit_fd < 0 ? -errno : 0;
}

static int watch(struct program *program, struct event_base *base, int64_t timeout_usec)
{
    program->ended = event_new(base, program->exit_fd, EV_READ | EV_PERSIST, on_ended, program);
    program->output = event_new(base, program->output_fd, EV_READ | EV_PERSIST, on_output, program);
    if (!program->ended || !program->output || timer_new(base, on_limit, program, &program->limit) < 0)
        return -ENOMEM;
    event_add(program->ended, NULL);
    event_add(program->output, NULL);
    timer_arm_in(program->limit, timeout_usec);
    return 0;
}

static int start(struct program *program, char *const *argv, int input_fd)
{
    int pipe_fds[2];

    if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0)
        return -errno;
    program->output_fd = pipe_fds[0];
    fcntl(pipe_fds[1], F_SETFL, 0); /* only our end must not wait */
    int r = spawn(program, argv, input_fd, pipe_fds[1]);
    close(pipe_fds[1]);
    return r;
}

int program_start(struct event_base *base, char *const *argv, const void *input, size_t input_len, int64_t timeout_usec,
                  program_callback *callback, void *userdata, struct program **ret, struct error *e)
{
    struct program *program = calloc(1, sizeof(*program));

    if (!program)
        return error_set(e, -ENOMEM, "Out of memory");
    program->exit_fd = program->output_fd = -1;
    program->callback = callback;
    program->userdata = userdata;
    program->started_usec = clock_stopwatch_usec();
    int input_fd = input_file(input, input_len);
    int r = input_fd < 0 ? input_fd : start(program, argv, input_fd);
    if (input_fd >= 0)
        close(input_fd);
    if (r >= 0)
        r = watch(program, base, timeout_usec);
    if (r < 0) {
        program_cancel(program);
        return error_set(e, r, "%s cannot be started: %s", argv[0], strerror(-r));
    }
    *ret = program;
    return 0;
}
