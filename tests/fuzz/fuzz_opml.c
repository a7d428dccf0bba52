/* Any bytes as an OPML file: its feeds come as text, or it is refused with a sentence. */
#include "client/opml.h"

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file's size bounds what comes of it: nothing in it expands. */
struct feeds {
    size_t bytes, max_bytes;
    bool stops; /* at the first one */
};

static void require(bool holds)
{
    if (!holds)
        abort();
}

static int on_feed(const char *title, const char *url, void *userdata)
{
    struct feeds *feeds = userdata;

    require(text_is_utf8(title, strlen(title)) && text_is_utf8(url, strlen(url)));
    feeds->bytes += strlen(title) + strlen(url);
    require(feeds->bytes <= feeds->max_bytes);
    return feeds->stops ? 1 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A byte of ISO 8859-1 has two in UTF-8, and of UTF-16 two have three. */
    struct feeds all = {.max_bytes = 2 * size}, first = {.max_bytes = 2 * size, .stops = true};
    struct error e = {0};
    int r = opml_each((const char *)data, size, on_feed, &all, &e);

    require(r <= 0 && (r == 0 || e.text[0] != '\0'));
    r = opml_each((const char *)data, size, on_feed, &first, &e);
    require(r == 1 || all.bytes == 0);
    return 0;
}
