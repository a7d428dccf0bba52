#include "service/sd.h"

#include "base/log_fields.h"
#include "base/text.h"

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

struct parts {
    struct iovec *items; /* owned, their texts too */
    int count, capacity;
};

static void parts_clear(struct parts *parts)
{
    for (int i = 0; i < parts->count; i++)
        free(parts->items[i].iov_base);
    free(parts->items);
}

static void add(struct parts *parts, const char *name, const char *value, size_t max_bytes)
{
    char *text;

    if (!value || parts->count == parts->capacity)
        return;
    int len = asprintf(&text, "%s=%.*s", name, (int)text_cut_at_character(value, max_bytes), value);
    if (len >= 0)
        parts->items[parts->count++] = (struct iovec){text, (size_t)len};
}

static void send_line(int priority, const struct log_event *event, const char *text, void *userdata)
{
    size_t more = event && event->more ? event->more->count : 0, capacity = 3 + FIELD_COUNT + more;
    _cleanup_(parts_clear) struct parts parts = {calloc(capacity, sizeof(*parts.items)), 0, (int)capacity};
    char number[16];

    (void)userdata;
    if (!parts.items)
        return;
    snprintf(number, sizeof(number), "%d", priority);
    add(&parts, "MESSAGE", text, strlen(text));
    add(&parts, "PRIORITY", number, FIELD_BYTES);
    if (event)
        add(&parts, "MESSAGE_ID", event->message_id, FIELD_BYTES);
    for (size_t i = 0; event && i < FIELD_COUNT && event->fields[i].name; i++)
        add(&parts, event->fields[i].name, event->fields[i].value, FIELD_BYTES);
    for (size_t i = 0; i < more; i++)
        add(&parts, event->more->items[i].name, event->more->items[i].value, FIELD_BYTES);
    sd_journal_sendv(parts.items, parts.count);
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
