#include "service/config.h"

#include "service/config_build.h"
#include "service/config_file.h"
#include "service/config_schema.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct load {
    struct config_schema *schema;
    struct config_mistakes mistakes;
    struct config_file files[1 + CONFIG_MAX_FILES]; /* the main one first */
    size_t file_count;
};

static void load_free(struct load *load)
{
    if (!load)
        return;
    for (size_t i = 0; i < load->file_count; i++) {
        config_schema_free_draft(load->schema, load->files[i].draft);
        config_file_clear(&load->files[i]);
    }
    config_schema_free(load->schema);
    free(load);
}
DEFINE_CLEANUP(struct load *, load_free)

static int is_settings_file(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".yaml") == 0;
}

/* DIRECTORY/conf.d for DIRECTORY/trialwatch.yaml. NULL without memory. */
static char *conf_d_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = NULL;

    if (asprintf(&directory, "%.*sconf.d", slash ? (int)(slash - path + 1) : 0, path) < 0)
        return NULL;
    return directory;
}

static int read_one(struct load *load, const char *path, struct error *e)
{
    struct config_file *file = &load->files[load->file_count];
    int r = config_file_read(path, file, e);

    if (r == 0)
        load->file_count++;
    return r;
}

static int read_conf_d(struct load *load, const char *path, struct error *e)
{
    _cleanup_free_ char *directory = conf_d_of(path);
    struct dirent **entries = NULL;
    int r = 0;

    if (!directory)
        return error_set(e, -ENOMEM, "out of memory");
    int count = scandir(directory, &entries, is_settings_file, alphasort);
    if (count < 0)
        return errno == ENOENT ? 0 : error_set(e, -errno, "%s cannot be read: %s", directory, strerror(errno));
    if ((size_t)count > CONFIG_MAX_FILES)
        r = error_set(e, -EFBIG, "%s has more than %zu settings files", directory, CONFIG_MAX_FILES);
    for (int i = 0; i < count; i++) {
        _cleanup_free_ char *name = NULL;
        if (r == 0 && asprintf(&name, "%s/%s", directory, entries[i]->d_name) < 0)
            r = error_set(e, -ENOMEM, "out of memory");
        if (r == 0)
            r = read_one(load, name, e);
        free(entries[i]);
    }
    free(entries);
    return r;
}

/* Only watches and channels come from conf.d. */
static void check_belongs(struct load *load, const struct config_file *file)
{
    for (const struct setting *s = config_settings(); s->key; s++)
        if (strcmp(s->key, "watches") != 0 && strcmp(s->key, "channels") != 0 && config_file_has(file, s->key))
            config_mistake(&load->mistakes, file, s->key,
                           "%s belongs in %s: a file of conf.d adds watches and channels", s->key, load->files[0].path);
}

/* From text to draft; a mistake in shape leaves the draft NULL. */
static int make_draft(struct load *load, struct config_file *file, struct error *e)
{
    size_t line = 0;
    int r = config_file_parse(file, &load->mistakes);

    if (r == -EINVAL)
        return 0;
    if (r < 0)
        return error_set(e, r, "out of memory");
    if (config_file_check_shape(file, &load->mistakes) > 0)
        return 0;
    if (file != &load->files[0])
        check_belongs(load, file);
    r = config_schema_read(load->schema, file->text, file->len, &file->draft, &line, e);
    if (r == -EINVAL) {
        config_mistake_at(&load->mistakes, file, line, "%s", e ? e->text : "this value cannot be read");
        return 0;
    }
    return r;
}

static int build(struct load *load, enum config_secrets secrets, struct config *config)
{
    struct config_build build = {.config = config, .mistakes = &load->mistakes, .secrets = secrets, .complete = true};
    int r = 0;

    for (size_t i = 0; i < load->file_count; i++)
        build.complete = build.complete && load->files[i].draft;
    if (load->files[0].draft)
        r = config_build_main(&build, &load->files[0]);
    for (size_t i = 0; r == 0 && i < load->file_count; i++)
        if (load->files[i].draft)
            r = config_build_channels(&build, &load->files[i]);
    for (size_t i = 0; r == 0 && i < load->file_count; i++)
        if (load->files[i].draft)
            r = config_build_watches(&build, &load->files[i]);
    if (r == 0 && build.complete && config->watch_count == 0 && !config_file_has(&load->files[0], "watches"))
        config_mistake(&load->mistakes, &load->files[0], "watches",
                       "nothing is watched; write for example watches: [{name: freedom, studies: [NCT04614467], "
                       "notify: [here]}], or watches: [] and add them with trialwatch watch add");
    return r;
}

static int load_config(const char *path, enum config_secrets secrets, const struct config_mistakes *mistakes,
                       struct config **ret, struct error *e)
{
    _cleanup_(load_free_cleanup) struct load *load = calloc(1, sizeof(*load));
    _cleanup_config_ struct config *config = calloc(1, sizeof(*config));
    struct error own;

    if (!e)
        e = &own;
    if (!load || !config)
        return error_set(e, -ENOMEM, "out of memory");
    load->mistakes = *mistakes;
    int r = config_schema_new(&load->schema);
    if (r < 0)
        return error_set(e, r, "the table of settings cannot be prepared: %s", strerror(-r));
    r = read_one(load, path, e);
    if (r == 0)
        r = read_conf_d(load, path, e);
    for (size_t i = 0; r == 0 && i < load->file_count; i++)
        r = make_draft(load, &load->files[i], e);
    if (r < 0)
        return r;
    r = build(load, secrets, config);
    if (r < 0)
        return error_set(e, r, "out of memory");
    if (load->mistakes.count > 0)
        return error_set(e, -EINVAL, "%s: %zu %s", path, load->mistakes.count,
                         load->mistakes.count == 1 ? "mistake" : "mistakes");
    *ret = TAKE_PTR(config);
    return 0;
}

int config_load(const char *path, config_report *report, void *userdata, struct config **ret, struct error *e)
{
    struct config_mistakes mistakes = {.report = report, .userdata = userdata};

    return load_config(path, SECRETS_READ, &mistakes, ret, e);
}

int config_check(const char *path, config_report *report, void *userdata, struct config **ret, struct error *e)
{
    struct config_mistakes mistakes = {.report = report, .userdata = userdata};

    return load_config(path, SECRETS_FILES, &mistakes, ret, e);
}

int config_look(const char *path, config_report *report, void *userdata, struct config **ret, struct error *e)
{
    struct config_mistakes mistakes = {.report = report, .userdata = userdata};

    return load_config(path, SECRETS_UNTOUCHED, &mistakes, ret, e);
}

void config_free(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config->watch_count; i++) {
        watch_clear(&config->watches[i]);
        free(config->watch_places[i]);
    }
    for (size_t i = 0; i < config->channel_count; i++)
        channel_clear(&config->channels[i]);
    free(config->registry.base_url);
    free(config->registry.contact);
    free(config->registry.ca_file);
    free(config->history_path);
    free(config->control_path);
    free(config->watches);
    free(config->watch_places);
    free(config->channels);
    free(config->ca_file);
    free(config->heartbeat_url);
    free(config);
}
