#include "base/log.h"

#include "base/text.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Longest line in bytes; what is longer is cut. */
#define LINE_BYTES 2048

static struct {
    pthread_mutex_t lock;
    log_sink *sink;
    void *userdata;
    int max_priority;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .max_priority = LOG_INFO};

static const char *priority_colour(int priority)
{
    if (priority <= LOG_ERR)
        return "\033[31m";
    if (priority == LOG_WARNING)
        return "\033[33m";
    return priority == LOG_DEBUG ? "\033[2m" : "";
}

/* Unless NO_COLOR says something (https://no-color.org). */
static bool wants_colour(void)
{
    const char *no_color = getenv("NO_COLOR");

    return !(no_color && *no_color);
}

/* Under systemd the "<N>" prefix carries the priority; on a terminal a colour does. */
static void write_stderr(int priority, const struct log_event *event, const char *text)
{
    bool terminal = isatty(STDERR_FILENO);

    if (getenv("JOURNAL_STREAM"))
        fprintf(stderr, "<%d>%s\n", priority, text);
    else if (terminal && event && event->to_be_found)
        ;
    else if (terminal && wants_colour())
        fprintf(stderr, "%s%s\033[0m\n", priority_colour(priority), text);
    else
        fprintf(stderr, "%s\n", text);
}

void log_set_sink(log_sink *sink, void *userdata)
{
    pthread_mutex_lock(&state.lock);
    state.sink = sink;
    state.userdata = userdata;
    pthread_mutex_unlock(&state.lock);
}

void log_set_max_priority(int priority)
{
    pthread_mutex_lock(&state.lock);
    state.max_priority = priority;
    pthread_mutex_unlock(&state.lock);
}

void log_write(int priority, const struct log_event *event, const char *format, ...)
{
    char text[LINE_BYTES];
    va_list ap;

    va_start(ap, format);
    int n = vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    if (n >= (int)sizeof(text))
        text_drop_half_character(text);
    text_clean(text);

    pthread_mutex_lock(&state.lock);
    if (priority > state.max_priority)
        ;
    else if (state.sink)
        state.sink(priority, event, text, state.userdata);
    else
        write_stderr(priority, event, text);
    pthread_mutex_unlock(&state.lock);
}
