/* trialwatch watch import: watches of a list of ids, of the address of a search, or of an OPML file of its feeds. */
#include "base/text.h"
#include "client/opml.h"
#include "client/watch.h"
#include "client/watchform.h"
#include "registry/search_url.h"
#include "trial/watch_json.h"

#include <errno.h>
#include <string.h>

#define MAX_FILE_BYTES ((size_t)8 * 1024 * 1024)
/* Of one file; each is a request to the daemon. */
#define MAX_WATCHES ((size_t)1000)

struct import {
    const struct client *client;
    const json_t *form; /* what the options say of every watch */
    json_t *found;      /* array of {"settings", "left_out"} */
    json_t *studies;    /* of the list of ids */
    size_t line;
    struct error *e;
};

static int no_memory(struct import *import)
{
    return error_set(import->e, -ENOMEM, "no memory to import watches");
}

/* A watch with these settings beside those of the options. Takes them over, also on failure. */
static int add_found(struct import *import, json_t *settings, json_t *left_out, const char *name)
{
    json_t *whole = json_deep_copy(import->form);
    int r = whole && settings && left_out && json_object_update_missing(whole, settings) == 0 ? 0 : no_memory(import);

    if (r == 0 && json_array_size(import->found) == MAX_WATCHES)
        r = error_set(import->e, -EINVAL, "these are more than %zu watches", MAX_WATCHES);
    if (r == 0)
        r = watchform_name(whole, name, import->e);
    if (r == 0 &&
        json_array_append_new(import->found, json_pack("{s:O, s:O}", "settings", whole, "left_out", left_out)) < 0)
        r = no_memory(import);
    json_decref(whole);
    json_decref(settings);
    json_decref(left_out);
    return r;
}

/* title: a name for it; "": what it asks. */
static int add_url(struct import *import, const char *title, const char *url)
{
    json_t *left_out = json_array();
    struct watch watch;
    int r = search_url_read(url, &watch, left_out, import->e);

    if (r < 0) {
        json_decref(left_out);
        return r;
    }
    json_t *settings = watch_to_json(&watch);
    watch_clear(&watch);
    json_object_del(settings, "name");
    return add_found(import, settings, left_out, title);
}

static int on_feed(const char *title, const char *url, void *userdata)
{
    struct import *import = userdata;
    int r = add_url(import, title, url);

    if (r < 0) {
        struct error why = *import->e;
        error_set(import->e, r, "the feed \"%.100s\": %.800s", *title ? title : url, why.text);
    }
    return r;
}

static int add_id(struct import *import, const char *typed)
{
    char nct_id[TEXT_NCT_ID_BYTES];

    if (!text_read_nct_id(typed, nct_id))
        return error_set(import->e, -EINVAL, "line %zu: \"%.80s\" is no NCT id; one is NCT and eight digits",
                         import->line, typed);
    return json_array_append_new(import->studies, json_string(nct_id)) < 0 ? no_memory(import) : 0;
}

/* Ids with blanks or commas between, or the address of a search; behind # is a comment. */
static int read_line(struct import *import, char *line)
{
    int r = 0;

    line += strspn(line, " \t\r");
    if (strncmp(line, "http", 4) == 0) {
        line[strcspn(line, " \t\r")] = '\0';
        return add_url(import, "", line);
    }
    line[strcspn(line, "#")] = '\0';
    for (char *id; r == 0 && (id = strsep(&line, " \t\r,;"));)
        r = *id ? add_id(import, id) : 0;
    return r;
}

/* "cardiology" of "lists/cardiology.txt". */
static char *name_of_file(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = strcmp(path, "-") == 0 ? "imported" : slash ? slash + 1 : path;
    const char *dot = strrchr(base, '.');

    return strndup(base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
}

static int read_list(struct import *import, char *text, const char *path)
{
    _cleanup_free_ char *name = name_of_file(path);
    char *line;
    int r = name ? 0 : no_memory(import);

    while (r == 0 && (line = strsep(&text, "\n"))) {
        import->line++;
        r = read_line(import, line);
    }
    if (r == 0 && json_array_size(import->studies) > 0)
        r = add_found(import, json_pack("{s:O}", "studies", import->studies), json_array(), name);
    return r;
}

static int read_file(const char *path, struct buf *out, struct error *e)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char chunk[16 * 1024];
    size_t n;

    out->max_bytes = MAX_FILE_BYTES;
    if (!file)
        return error_set(e, -EINVAL, "%s cannot be read: %s", path, strerror(errno));
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0 && buf_append(out, chunk, n) == 0)
        ;
    bool failed = ferror(file);
    if (file != stdin)
        fclose(file);
    if (failed)
        return error_set(e, -EINVAL, "%s cannot be read: %s", path, strerror(errno));
    if (buf_status(out) < 0)
        return error_set(e, -EINVAL, "%s has more than %zu bytes", path, MAX_FILE_BYTES);
    return memchr(out->data ? out->data : "", '\0', out->len) ? error_set(e, -EINVAL, "%s is no text", path) : 0;
}

static int read_source(struct import *import, const char *source)
{
    _cleanup_buf_ struct buf text = {0};

    if (strncmp(source, "http://", 7) == 0 || strncmp(source, "https://", 8) == 0)
        return add_url(import, "", source);
    int r = read_file(source, &text, import->e);
    if (r < 0)
        return r;
    const char *start = buf_string(&text);
    start += strncmp(start, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    if (start[strspn(start, " \t\r\n")] == '<')
        r = opml_each(start, strlen(start), on_feed, import, import->e);
    else
        r = *start ? read_list(import, text.data + (start - text.data), source) : 0;
    if (r == 0 && json_array_size(import->found) == 0)
        return error_set(import->e, -EINVAL, "%s names no study and no search", source);
    return r;
}

/* Two feeds may ask alike: "angina", "angina-2". */
static int make_names_unique(struct import *import)
{
    size_t i;
    const json_t *entry;
    json_auto_t *taken = json_object();

    json_array_foreach (import->found, i, entry) {
        json_t *settings = json_object_get(entry, "settings");
        const char *name = json_string_value(json_object_get(settings, "name"));
        char longer[80];
        snprintf(longer, sizeof(longer), "%s", name);
        for (size_t n = 2; json_object_get(taken, longer); n++)
            snprintf(longer, sizeof(longer), "%.55s-%zu", name, n);
        if (json_object_set_new(taken, longer, json_true()) < 0 ||
            json_object_set_new(settings, "name", json_string(longer)) < 0)
            return no_memory(import);
    }
    return 0;
}

static void say_added(const struct client *client, const json_t *entry)
{
    const json_t *settings = json_object_get(entry, "settings"), *left_out;
    _cleanup_buf_ struct buf asks = {0};
    size_t i;

    watch_describe(&asks, settings);
    client_say(client, "The watch %s is added: %s.", json_string_value(json_object_get(settings, "name")),
               buf_string(&asks));
    json_array_foreach (json_object_get(entry, "left_out"), i, left_out)
        client_say(client, "  Left out, since a watch cannot ask it: %s", json_string_value(left_out));
}

static int add_all(struct import *import)
{
    size_t i;
    json_t *entry;

    json_array_foreach (import->found, i, entry) {
        json_t *row = NULL;
        int r = watch_add(import->client, json_object_get(entry, "settings"), &row, import->e);
        if (r == 0)
            r = json_object_set(entry, "watch", row) < 0 ? no_memory(import) : 0;
        json_decref(row);
        if (r < 0 && i > 0)
            client_say(import->client, "%zu of %zu are added.", i, json_array_size(import->found));
        if (r < 0)
            return r;
        say_added(import->client, entry);
    }
    return 0;
}

int watch_import_run(struct client *client, struct error *e)
{
    json_auto_t *form = NULL, *found = json_array(), *studies = json_array();
    struct import import = {.client = client, .found = found, .studies = studies, .e = e};
    int r = found && studies ? watchform_read(&client->options, 2, &form, e) : no_memory(&import);

    import.form = form;
    if (r == 0)
        r = read_source(&import, options_argument(&client->options, 1));
    if (r == 0 && options_has(&client->options, "name") && json_array_size(found) > 1)
        r = error_set(e, -EINVAL, "these are %zu watches: leave out --name, or import them one by one",
                      json_array_size(found));
    if (r == 0)
        r = make_names_unique(&import);
    if (r == 0)
        r = add_all(&import);
    return r < 0 || !client->json ? r : client_print_json(client, found, e);
}
