/* Any bytes as a pasted address: it is refused with a sentence, or becomes a watch that reads back from its settings as
 * it is, which asks for something. */
#include "registry/search_url.h"

#include "base/text.h"
#include "trial/watch_json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* No text of the settings is another than what was asked for. */
static void check_texts(const json_t *value)
{
    const char *key;
    const json_t *member;
    size_t i;

    if (json_is_string(value))
        require(strcmp(json_string_value(value), "(unreadable text)") != 0 && json_string_length(value) > 0);
    json_array_foreach (value, i, member)
        check_texts(member);
    json_object_foreach ((json_t *)value, key, member)
        if (strcmp(key, "name") != 0)
            check_texts(member);
}

static void check_watch(const struct watch *watch)
{
    json_t *settings = watch_to_json(watch), *again;
    struct watch copy;
    struct error e;

    require(settings && (watch_has_query(watch) || watch->study_count > 0));
    check_texts(settings);
    require(watch_from_json(settings, &copy, &e) == 0);
    again = watch_to_json(&copy);
    require(json_equal(settings, again));
    watch_clear(&copy);
    json_decref(settings);
    json_decref(again);
}

static void check_left_out(const json_t *left_out)
{
    const json_t *text;
    size_t i;

    json_array_foreach (left_out, i, text) {
        require(json_is_string(text));
        for (const char *c = json_string_value(text); *c; c++)
            require(text_control_bytes(c) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *url = strndup((const char *)data, size);
    json_t *left_out = json_array();
    struct error e = {0};
    struct watch watch;

    require(url && left_out);
    if (search_url_read(url, &watch, left_out, &e) < 0) {
        require(e.text[0] != '\0');
    } else {
        check_watch(&watch);
        check_left_out(left_out);
        watch_clear(&watch);
    }
    json_decref(left_out);
    free(url);
    return 0;
}
