#include "history/ledger_entry.h"

#include "history/digest.h"

#include <string.h>

void ledger_entry_escape(const char *text, struct buf *out)
{
    size_t plain;

    while (text[plain = strcspn(text, "\\\t\n")] != '\0') {
        buf_append(out, text, plain);
        buf_append_string(out, text[plain] == '\\' ? "\\\\" : text[plain] == '\t' ? "\\t" : "\\n");
        text += plain + 1;
    }
    buf_append(out, text, plain);
}

static void add_text(struct buf *out, const char *text)
{
    buf_append(out, "\t", 1);
    ledger_entry_escape(text, out);
}

static void add_number(struct buf *out, int64_t number)
{
    buf_printf(out, "\t%lld", (long long)number);
}

void ledger_entry_version(const struct version *version, struct buf *out)
{
    char hex[DIGEST_HEX_BYTES];

    buf_append_string(out, "version");
    add_text(out, version->nct_id);
    add_text(out, version->origin == VERSION_SEEN ? "seen" : "archive");
    add_number(out, version->number);
    add_number(out, version->seen_usec);
    add_text(out, version->refresh);
    if (version->origin == VERSION_SEEN)
        add_number(out, version->poll);
    else
        add_text(out, "");
    add_text(out, digest_hex(version->hash, sizeof(version->hash), hex));
}

void ledger_entry_poll(const struct poll *poll, const char *missing_ids, struct buf *out)
{
    buf_append_string(out, "poll");
    add_number(out, poll->id);
    add_number(out, poll->started_usec);
    add_number(out, poll->finished_usec);
    add_text(out, poll_outcome_name(poll->outcome));
    add_text(out, poll->refresh);
    add_text(out, poll->api_version);
    add_number(out, poll->requests);
    add_number(out, poll->records);
    add_number(out, poll->changed);
    add_number(out, poll->missing);
    add_number(out, poll->bytes);
    add_text(out, poll->reason);
    add_text(out, missing_ids);
}

/* The start of the field with this index, 0 the first; NULL when there are fewer. */
static const char *field(const char *text, size_t index)
{
    while (text && index-- > 0) {
        text = strchr(text, '\t');
        if (text)
            text++;
    }
    return text;
}

bool ledger_entry_may_be_pruned(const char *text)
{
    const char *outcome = field(text, 4);

    return strncmp(text, "poll\t", 5) == 0 && outcome && strncmp(outcome, "unchanged\t", 10) == 0;
}
