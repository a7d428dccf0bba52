/* Any bytes as a stranger's text: whatever the sink, text comes out, and nothing that its receiver takes for more. */
#include "alert/sink.h"
#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void require(bool holds)
{
    if (!holds)
        abort();
}

typedef void sink(struct buf *out, const char *text);

/* What no receiver may get, whatever its language. */
static void check_visible(const struct buf *out)
{
    const char *text = buf_string(out);

    require(buf_status(out) == 0);
    require(text_is_utf8(text, out->len));
    require(strlen(text) == out->len);
    for (const char *c = text; *c; c++)
        require(text_control_bytes(c) == 0);
    require(!strstr(text, "\xE2\x80\xAE") && !strstr(text, "\xE2\x80\xAD") && !strstr(text, "\xEF\xBB\xBF"));
}

static void run(sink *append, const char *text, struct buf *out)
{
    append(out, text);
    check_visible(out);
}

static void check_line(const char *text)
{
    _cleanup_buf_ struct buf once = {0}, twice = {0};

    run(sink_append_line, text, &once);
    require(!strstr(buf_string(&once), "\xE2\x80\x8B"));
    run(sink_append_line, buf_string(&once), &twice);
    require(strcmp(buf_string(&once), buf_string(&twice)) == 0);
}

static void check_html(const char *text)
{
    _cleanup_buf_ struct buf out = {0};

    run(sink_append_html, text, &out);
    require(!strpbrk(buf_string(&out), "<>\"'"));
}

/* Every & of Slack's is one of its three entities, and no mention follows an @. */
static void check_slack(const char *text)
{
    _cleanup_buf_ struct buf out = {0};

    run(sink_append_slack, text, &out);
    require(!strpbrk(buf_string(&out), "<>"));
    for (const char *c = buf_string(&out); (c = strchr(c, '&')); c++)
        require(strncmp(c, "&amp;", 5) == 0 || strncmp(c, "&lt;", 4) == 0 || strncmp(c, "&gt;", 4) == 0);
    require(!strstr(buf_string(&out), " @everyone") && !strstr(buf_string(&out), " @channel"));
}

/* Every character that begins markup has a backslash of its own. */
static void check_markdown(const char *text)
{
    _cleanup_buf_ struct buf out = {0};

    run(sink_append_markdown, text, &out);
    for (const char *c = buf_string(&out); *c; c++) {
        if (*c == '\\') {
            c++;
            require(*c != '\0');
            continue;
        }
        require(!strchr("`*_~|<>[]()#:!", *c));
    }
    require(!strstr(buf_string(&out), " @everyone") && !strstr(buf_string(&out), " @here"));
}

static void check_url(const char *text)
{
    _cleanup_buf_ struct buf out = {0};

    run(sink_append_url, text, &out);
    require(!strpbrk(buf_string(&out), "<>()|\"' \\"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);

    require(text);
    check_line(text);
    check_html(text);
    check_slack(text);
    check_markdown(text);
    check_url(text);
    free(text);
    return 0;
}
