#include "service/manager_internal.h"

#include <errno.h>
#include <stdlib.h>

int manager_settings_load(const char *path, config_report *report, void *userdata, struct manager_settings *ret,
                          struct error *e)
{
    struct manager_settings settings = {0};
    int r = config_load(path, report, userdata, &settings.config, e);

    if (r < 0)
        return r;
    settings.watch_list = calloc(settings.config->watch_count, sizeof(*settings.watch_list));
    if (settings.watch_list) {
        for (size_t i = 0; i < settings.config->watch_count; i++)
            settings.watch_list[i] = &settings.config->watches[i];
        r = watch_set_new(settings.watch_list, settings.config->watch_count, &settings.watches);
    }
    if (!settings.watch_list || r < 0) {
        manager_settings_clear(&settings);
        return error_set(e, r < 0 ? r : -ENOMEM, "the watches cannot be taken in: out of memory");
    }
    *ret = settings;
    return 0;
}

void manager_settings_clear(struct manager_settings *settings)
{
    watch_set_free(settings->watches);
    free(settings->watch_list);
    config_free(settings->config);
    *settings = (struct manager_settings){0};
}

struct dispatch_settings manager_dispatch_settings(const struct manager_settings *settings)
{
    return (struct dispatch_settings){
        .channels = settings->config->channels,
        .channel_count = settings->config->channel_count,
        .watches = settings->watches,
        .ca_file = settings->config->ca_file,
        .surges = settings->config->surges,
        .health_after_usec = settings->config->health_after_usec,
    };
}
