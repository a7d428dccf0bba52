#include "client/terminal.h"

#include "base/macro.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_COLUMNS 80

/* less where it is installed; without it the text itself. */
#define DEFAULT_PAGER "if command -v less >/dev/null; then exec less; else exec cat; fi"

/* Quit when it fits on a screen, keep colours, leave the text standing. */
#define DEFAULT_LESS "FRX"

static const char *const style_sequences[STYLE_COUNT] = {
    [STYLE_NONE] = "",          [STYLE_BOLD] = "\033[1m",    [STYLE_DIM] = "\033[2m",       [STYLE_RED] = "\033[31m",
    [STYLE_GREEN] = "\033[32m", [STYLE_YELLOW] = "\033[33m", [STYLE_STRUCK] = "\033[9;31m",
};

static size_t columns_of(int fd)
{
    struct winsize size = {0};
    const char *told = getenv("COLUMNS");
    long columns = told ? strtol(told, NULL, 10) : 0;

    if (columns > 0 && columns < 10000)
        return (size_t)columns;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return DEFAULT_COLUMNS;
}

static bool wants_colours(void)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    return !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

void terminal_open(struct terminal *terminal)
{
    *terminal = (struct terminal){.out = stdout};
    terminal->is_terminal = isatty(STDOUT_FILENO);
    if (!terminal->is_terminal)
        return;
    terminal->columns = columns_of(STDOUT_FILENO);
    terminal->colours = wants_colours();
}

static void become_pager(const char *command, int input)
{
    dup2(input, STDIN_FILENO);
    signal(SIGPIPE, SIG_DFL);
    setenv("LESS", DEFAULT_LESS, 0);
    execl("/bin/sh", "sh", "-c", command, NULL);
    _exit(127);
}

void terminal_start_pager(struct terminal *terminal)
{
    const char *command = getenv("PAGER");
    int ends[2];

    if (!terminal->is_terminal || terminal->pager != 0)
        return;
    if (!command)
        command = DEFAULT_PAGER;
    if (*command == '\0' || strcmp(command, "cat") == 0 || pipe2(ends, O_CLOEXEC) < 0)
        return;

    FILE *input = fdopen(ends[1], "w");
    pid_t pid = input ? fork() : -1;
    if (pid == 0)
        become_pager(command, ends[0]);
    close(ends[0]);
    if (pid < 0) {
        if (input)
            fclose(input);
        else
            close(ends[1]);
        return;
    }
    signal(SIGPIPE, SIG_IGN);
    terminal->out = input;
    terminal->pager = pid;
}

int terminal_close(struct terminal *terminal)
{
    bool failed = ferror(terminal->out) != 0;
    int r = 0;

    if (fflush(terminal->out) != 0)
        r = -errno;
    else if (failed)
        r = -EIO;
    if (terminal->pager == 0)
        return r;

    fclose(terminal->out);
    terminal->out = stdout;
    while (waitpid(terminal->pager, NULL, 0) < 0 && errno == EINTR)
        ;
    terminal->pager = 0;
    return r == -EPIPE || failed ? 0 : r;
}

const char *terminal_style(const struct terminal *terminal, enum style style)
{
    return terminal->colours ? style_sequences[style] : "";
}

const char *terminal_plain(const struct terminal *terminal)
{
    return terminal->colours ? "\033[0m" : "";
}

void terminal_show_progress(const char *what, long long done, long long total)
{
    if (!isatty(STDERR_FILENO))
        return;
    if (total > 0)
        fprintf(stderr, "\r%s: %lld of %lld (%lld%%)\033[K", what, done, total, done * 100 / total);
    else
        fprintf(stderr, "\r%s: %lld\033[K", what, done);
    fflush(stderr);
}

void terminal_clear_progress(void)
{
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}
