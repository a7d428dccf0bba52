/* What the program tells its operator.
 *
 * A line has a syslog priority, a sentence, and optionally fields (TRIALWATCH_STUDY=…) and a message id for the
 * journal's catalog. Where lines go is one sink, stderr by default; service/sd replaces it by the journal. Any thread
 * may log. A function either logs or returns an error, never both. */
#pragma once

#include "base/macro.h"

#include <stdbool.h>
#include <stddef.h>
#include <syslog.h>

struct log_field {
    const char *name; /* journal field name, e.g. "TRIALWATCH_STUDY" */
    const char *value;
};

struct log_fields;

struct log_event {
    const char *message_id;        /* 32 hex digits of an event the catalog explains, or NULL */
    struct log_field fields[6];    /* ended by the first NULL name, or full */
    const struct log_fields *more; /* further ones, see base/log_fields; NULL: none */
    bool to_be_found;              /* there to be looked up later: no line on a terminal */
};

typedef void log_sink(int priority, const struct log_event *event, const char *text, void *userdata);

/* sink NULL brings stderr back. userdata must outlive the sink. */
void log_set_sink(log_sink *sink, void *userdata);

/* Lines less urgent than this (LOG_ERR … LOG_DEBUG) are dropped. Default LOG_INFO. */
void log_set_max_priority(int priority);

/* event may be NULL. The text is cleaned, see text_clean(), and cut at 2047 bytes. */
void log_write(int priority, const struct log_event *event, const char *format, ...) _printf_(3, 4);

/* A line about one study, watch, channel or alert, which its field names. */
#define log_about(priority, field, value, ...)                                                                         \
    log_write((priority), &(const struct log_event){.fields = {{(field), (value)}}}, __VA_ARGS__)

#define log_error(...) log_write(LOG_ERR, NULL, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, NULL, __VA_ARGS__)
#define log_notice(...) log_write(LOG_NOTICE, NULL, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, NULL, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, NULL, __VA_ARGS__)
