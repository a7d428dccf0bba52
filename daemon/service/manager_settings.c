#include "service/manager_internal.h"

#include "base/log.h"

#include <errno.h>

int manager_settings_load(const char *path, config_report *report, void *userdata, struct manager_settings *ret,
                          struct error *e)
{
    struct manager_settings settings = {0};
    int r = config_load(path, report, userdata, &settings.config, e);

    if (r == 0)
        *ret = settings;
    return r;
}

int manager_settings_complete(struct manager_settings *settings, struct store *store, struct error *e)
{
    struct error why;
    int r = watchlist_new(settings->config, store, &settings->watchlist, e);

    if (r < 0)
        return r;
    if (watchlist_index(settings->watchlist, &settings->watches) < 0)
        return error_set(e, -ENOMEM, "the watches cannot be taken in: out of memory");
    if (watchlist_note(settings->watchlist, store, &why) < 0)
        log_warning("The history does not know these watches: %s", why.text);
    return 0;
}

void manager_settings_clear(struct manager_settings *settings)
{
    watch_set_free(settings->watches);
    watchlist_free(settings->watchlist);
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
