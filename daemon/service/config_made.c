/* A watch that stands in no file. */
#include "service/config_build.h"
#include "service/config_schema.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct making {
    struct config_schema *schema;
    struct config_file file; /* as if it held this watch alone */
    struct config config;    /* the channels are borrowed */
};

static void making_clear(struct making *making)
{
    for (size_t i = 0; i < making->config.watch_count; i++) {
        watch_clear(&making->config.watches[i]);
        free(making->config.watch_places[i]);
    }
    free(making->config.watches);
    free(making->config.watch_places);
    config_schema_free_draft(making->schema, making->file.draft);
    config_file_clear(&making->file);
    config_schema_free(making->schema);
}

/* JSON is YAML too. */
static int write_file(struct making *making, const char *settings, struct error *e)
{
    int len = asprintf(&making->file.text, "{\"watches\": [%s]}", settings);

    if (len < 0) {
        making->file.text = NULL;
        return error_set(e, -ENOMEM, "out of memory");
    }
    making->file.len = (size_t)len;
    if (making->file.len > CONFIG_MAX_FILE_BYTES)
        return error_set(e, -EFBIG, "a watch may have at most %zu bytes", CONFIG_MAX_FILE_BYTES);
    return 0;
}

/* 0 also when mistakes were told. */
static int make(struct making *making, const struct config *config, struct config_mistakes *mistakes, struct error *e)
{
    struct config_build build = {.config = &making->config, .mistakes = mistakes, .complete = true};
    size_t line;
    int r = config_file_parse(&making->file, mistakes);

    if (r < 0)
        return r == -EINVAL ? 0 : error_set(e, r, "out of memory");
    if (config_file_check_shape(&making->file, mistakes) > 0)
        return 0;
    r = config_schema_read(making->schema, making->file.text, making->file.len, &making->file.draft, &line, e);
    if (r == -EINVAL)
        config_mistake(mistakes, &making->file, "watches", "%s", e->text);
    if (r < 0)
        return r == -EINVAL ? 0 : r;
    making->config.channels = config->channels;
    making->config.channel_count = config->channel_count;
    r = config_build_watches(&build, &making->file);
    return r < 0 ? error_set(e, r, "out of memory") : 0;
}

int config_make_watch(const struct config *config, const char *settings, config_report *report, void *userdata,
                      struct watch *ret, struct error *e)
{
    _cleanup_(making_clear) struct making making = {0};
    struct config_mistakes mistakes = {.report = report, .userdata = userdata};
    int r = config_schema_new(&making.schema);

    if (r < 0)
        return error_set(e, r, "the table of settings cannot be prepared: %s", strerror(-r));
    r = write_file(&making, settings, e);
    if (r == 0)
        r = make(&making, config, &mistakes, e);
    if (r == 0 && (mistakes.count > 0 || making.config.watch_count != 1))
        r = error_set(e, -EINVAL, "the watch has %zu %s", mistakes.count, mistakes.count == 1 ? "mistake" : "mistakes");
    if (r < 0)
        return r;
    *ret = making.config.watches[0];
    making.config.watches[0] = (struct watch){0};
    return 0;
}
