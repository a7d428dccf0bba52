#include "alert/filter_child.h"

#include "alert/filter_jq.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static void write_all(int fd, const void *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = write(fd, (const char *)bytes + done, len - done);
        if (n < 0 && errno != EINTR)
            _exit(EXIT_FAILURE);
        done += n > 0 ? (size_t)n : 0;
    }
}

static void write_frame(int fd, int outcome, bool truth, const char *text, size_t len)
{
    const struct filter_frame frame = {.outcome = outcome, .truth = truth, .len = len};

    write_all(fd, &frame, sizeof(frame));
    write_all(fd, text, len);
}

static void on_answer(enum filter_outcome outcome, bool truth, const char *text, size_t len, void *userdata)
{
    write_frame(*(int *)userdata, (int)outcome, truth, text, len);
}

/* The daemon's own memory counts too: it is shared, but mapped. */
static rlim_t mapped_bytes(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file && fscanf(file, "%ld", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return pages > 0 ? (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) : (rlim_t)FILTER_MEMORY_BYTES;
}

/* Should the machine's memory end, this process goes first. */
static void volunteer(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    write_all(fd, "1000", 4);
    close(fd);
}

/* The hard limit of work kills without saying why: it comes a second later. */
static bool is_bounded(void)
{
    rlim_t bytes = mapped_bytes() + (rlim_t)FILTER_MEMORY_BYTES;
    const struct rlimit core = {0, 0}, work = {FILTER_CPU_SEC, FILTER_CPU_SEC + 1}, memory = {bytes, bytes};

    return setrlimit(RLIMIT_CORE, &core) == 0 && setrlimit(RLIMIT_CPU, &work) == 0 &&
           setrlimit(RLIMIT_AS, &memory) == 0;
}

/* Nothing of the daemon's is left to the program: no signal handlers, descriptors, environment, and no life after it.
 */
static int leave_home(int fd)
{
    static char *empty[] = {NULL}; /* libjq reads it, so it must be there */
    sigset_t none;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int standard = STDIN_FILENO; null >= 0 && standard <= STDERR_FILENO; standard++)
        dup2(null, standard);
    if (fd != STDERR_FILENO + 1) {
        dup2(fd, STDERR_FILENO + 1);
        fd = STDERR_FILENO + 1;
    }
    closefrom(fd + 1);
    environ = empty;
    volunteer();
    return fd;
}

_Noreturn void filter_child_live(int fd, const char *program, char *const *documents, size_t count)
{
    struct error e = {0};

    fd = leave_home(fd);
    int r = is_bounded() ? filter_jq_run(program, documents, count, on_answer, &fd, &e)
                         : error_set(&e, -EPERM, "the program cannot be bounded: %s", strerror(errno));
    write_frame(fd, r, false, e.text, strlen(e.text));
    _exit(EXIT_SUCCESS);
}
