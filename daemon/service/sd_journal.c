#include "service/sd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef HAVE_SYSTEMD

#include <sys/uio.h>
#include <systemd/sd-journal.h>

#define FIELD_COUNT ARRAY_SIZE(((struct log_event *)NULL)->fields)
/* A field's value in the journal is cut at this. */
#define FIELD_BYTES 512

/* Whether the journal really is behind standard error: the variable survives a redirection. */
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;

    return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
           st.st_dev == device && st.st_ino == inode;
}

static void send_line(int priority, const struct log_event *event, const char *text, void *userdata)
{
    char fields[2 + FIELD_COUNT][FIELD_BYTES];
    struct iovec parts[3 + FIELD_COUNT];
    _cleanup_free_ char *message = NULL;
    int count = 0;

    (void)userdata;
    if (asprintf(&message, "MESSAGE=%s", text) < 0) {
        message = NULL;
        return;
    }
    parts[count++] = (struct iovec){message, strlen(message)};
    snprintf(fields[0], FIELD_BYTES, "PRIORITY=%d", priority);
    parts[count++] = (struct iovec){fields[0], strlen(fields[0])};
    if (event && event->message_id) {
        snprintf(fields[1], FIELD_BYTES, "MESSAGE_ID=%s", event->message_id);
        parts[count++] = (struct iovec){fields[1], strlen(fields[1])};
    }
    for (size_t i = 0; event && i < FIELD_COUNT && event->fields[i].name; i++) {
        if (!event->fields[i].value)
            continue;
        snprintf(fields[2 + i], FIELD_BYTES, "%s=%s", event->fields[i].name, event->fields[i].value);
        parts[count++] = (struct iovec){fields[2 + i], strlen(fields[2 + i])};
    }
    sd_journal_sendv(parts, count);
}

bool sd_log_to_journal(void)
{
    if (!stderr_is_journal())
        return false;
    log_set_sink(send_line, NULL);
    return true;
}

#else

bool sd_log_to_journal(void)
{
    return false;
}

#endif
