#include "base/clock.h"
#include "base/log.h"
#include "service/config_build.h"

#include <errno.h>
#include <event2/http.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>
#include <unistd.h>

static const struct log_level {
    const char *name;
    int priority;
} log_levels[] = {
    {"error", LOG_ERR}, {"warning", LOG_WARNING}, {"notice", LOG_NOTICE}, {"info", LOG_INFO}, {"debug", LOG_DEBUG},
};

const char *config_where(char where[static CONFIG_WHERE_BYTES], const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vsnprintf(where, CONFIG_WHERE_BYTES, format, ap);
    va_end(ap);
    return where;
}

bool config_is_loopback(const char *url)
{
    struct evhttp_uri *uri = evhttp_uri_parse_with_flags(url, EVHTTP_URI_NONCONFORMANT);
    const char *host = uri ? evhttp_uri_get_host(uri) : NULL;
    bool loopback = false;

    if (host) {
        unsigned a, b, c, d;
        char rest;
        loopback = strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 || strcmp(host, "::1") == 0 ||
                   (sscanf(host, "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &rest) == 4 && a == 127);
    }
    if (uri)
        evhttp_uri_free(uri);
    return loopback;
}

static bool is_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t len = strlen(name);

    return len > 0 && len <= CONFIG_MAX_NAME_BYTES && strspn(name, allowed) == len && name[0] != '.' && name[0] != '-';
}

void config_check_name(struct config_build *build, const struct config_file *file, const struct config_name *name)
{
    if (!name->name)
        config_mistake(build->mistakes, file, name->where, "a %s needs a name", name->what);
    else if (!is_name(name->name))
        config_mistake(build->mistakes, file, name->where,
                       "\"%s\" is no name for a %s: use up to %zu letters, digits, dots, dashes and underscores, "
                       "beginning with a letter or digit",
                       name->name, name->what, CONFIG_MAX_NAME_BYTES);
    else if (name->taken)
        config_mistake(build->mistakes, file, name->where, "there is already a %s named %s", name->what, name->name);
}

/* The draft's text at a row of the table, or the default; an empty one is a mistake. NULL when there is neither. */
static const char *text_or_default(struct config_build *build, const struct config_file *file, const char *path)
{
    const struct setting *setting = config_setting_find(path);
    const char *text = *(char *const *)((const char *)file->draft + setting->offset);

    if (text && *text == '\0') {
        config_mistake(build->mistakes, file, path, "%s is empty; write for example %s", path, setting->example);
        return setting->otherwise;
    }
    return text ? text : setting->otherwise;
}

static int take_text(struct config_build *build, const struct config_file *file, const char *path, char **ret)
{
    const char *text = text_or_default(build, file, path);

    *ret = text ? strdup(text) : NULL;
    return text && !*ret ? -ENOMEM : 0;
}

static int64_t take_duration(struct config_build *build, const struct config_file *file, const char *path,
                             int64_t min_usec, int64_t max_usec)
{
    const char *text = text_or_default(build, file, path);
    struct error e = {0};
    int64_t usec = min_usec;

    if (config_parse_duration(text, min_usec, max_usec, &usec, &e) < 0)
        config_mistake(build->mistakes, file, path, "%s: %s", path, e.text);
    return usec;
}

static bool take_flag(struct config_build *build, const struct config_file *file, const char *path)
{
    const char *text = text_or_default(build, file, path);

    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        config_mistake(build->mistakes, file, path, "%s: \"%s\" is neither; write true or false", path, text);
    return strcmp(text, "true") == 0;
}

/* A whole number with this unit behind it. */
static long take_number(struct config_build *build, const struct config_file *file, const char *path, const char *unit,
                        long max)
{
    const char *text = text_or_default(build, file, path);
    char *end;
    long number = strtol(text, &end, 10);

    if (end == text || strcmp(end, unit) != 0 || number < 1 || number > max)
        config_mistake(build->mistakes, file, path, "%s: \"%s\" should be between 1%s and %ld%s", path, text, unit, max,
                       unit);
    return number;
}

static int64_t take_retain(struct config_build *build, const struct config_file *file)
{
    if (strcmp(text_or_default(build, file, "history.retain"), "forever") == 0)
        return 0;
    return take_duration(build, file, "history.retain", USEC_PER_DAY, 36500 * USEC_PER_DAY);
}

static int take_ca_file(struct config_build *build, const struct config_file *file, const char *path, char **ret)
{
    int r = take_text(build, file, path, ret);

    if (r < 0 || !*ret || build->secrets == SECRETS_UNTOUCHED)
        return r;
    if (access(*ret, R_OK) < 0)
        config_mistake(build->mistakes, file, path, "%s: %s cannot be read: %s", path, *ret, strerror(errno));
    return 0;
}

/* The URL of a dead man's switch, or a reference to where it is kept. */
static int take_heartbeat(struct config_build *build, const struct config_file *file)
{
    const char *path = "health.heartbeat";
    _cleanup_free_ char *text = NULL, *secret = NULL;
    struct error e = {0};
    bool plain;
    int r = take_text(build, file, path, &text);

    if (r < 0 || !text)
        return r;
    if (config_is_secret_reference(text)) {
        r = config_read_secret(text, build->secrets, &secret, &e);
        if (r < 0 && r != -ENOMEM)
            config_mistake(build->mistakes, file, path, "%s: %s", path, e.text);
        if (r == 0 && !secret)
            build->config->credentials_unread = true;
        if (r < 0 || !secret)
            return r == -ENOMEM ? r : 0;
        free(text);
        text = TAKE_PTR(secret);
    }
    if (!channel_url_ok(text, &plain)) {
        config_mistake(build->mistakes, file, path,
                       "%s should begin with https:// (http:// only for a loopback address)", path);
        return 0;
    }
    build->config->heartbeat_url = TAKE_PTR(text);
    return 0;
}

static void check_registry_url(struct config_build *build, const struct config_file *file, const char *url)
{
    struct evhttp_uri *uri = evhttp_uri_parse(url);
    const char *scheme = uri ? evhttp_uri_get_scheme(uri) : NULL;
    const char *host = uri ? evhttp_uri_get_host(uri) : NULL;

    if (!scheme || !host || *host == '\0' || (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0))
        config_mistake(build->mistakes, file, "registry.url",
                       "registry.url: \"%s\" is no URL; write for example https://clinicaltrials.gov/api/v2", url);
    else if (evhttp_uri_get_userinfo(uri) || evhttp_uri_get_query(uri) || evhttp_uri_get_fragment(uri))
        config_mistake(build->mistakes, file, "registry.url",
                       "registry.url should be a host and a path only, such as https://clinicaltrials.gov/api/v2");
    else if (strcmp(scheme, "http") == 0 && !config_is_loopback(url))
        config_mistake(build->mistakes, file, "registry.url",
                       "registry.url: http is not protected on its way; write https://%s, or use a loopback address",
                       host);
    if (uri)
        evhttp_uri_free(uri);
}

static void check_contact(struct config_build *build, const struct config_file *file, const char *contact)
{
    if (!contact) {
        config_mistake(build->mistakes, file, "registry.contact",
                       "registry.contact is missing: a mail address or URL by which the registry's operators can "
                       "reach you");
        return;
    }
    bool plain = true;
    for (const char *c = contact; *c; c++)
        plain = plain && *c > ' ' && *c < 0x7F;
    if (!plain ||
        (!strchr(contact, '@') && strncmp(contact, "https://", 8) != 0 && strncmp(contact, "http://", 7) != 0))
        config_mistake(build->mistakes, file, "registry.contact",
                       "registry.contact: \"%s\" is neither a mail address nor a URL; write for example "
                       "trials@example.org",
                       contact);
}

static int build_registry(struct config_build *build, struct config_file *file)
{
    struct poller_settings *registry = &build->config->registry;
    int r = take_text(build, file, "registry.url", &registry->base_url);

    if (r == 0)
        r = take_text(build, file, "registry.contact", &registry->contact);
    if (r == 0)
        r = take_ca_file(build, file, "registry.ca_file", &registry->ca_file);
    if (r < 0)
        return r;
    for (size_t len = strlen(registry->base_url); len > 0 && registry->base_url[len - 1] == '/'; len--)
        registry->base_url[len - 1] = '\0';
    check_registry_url(build, file, registry->base_url);
    check_contact(build, file, registry->contact);
    registry->every_usec = take_duration(build, file, "registry.every", USEC_PER_SEC, 30 * USEC_PER_DAY);
    registry->spacing_usec = take_duration(build, file, "registry.spacing",
                                           config_is_loopback(registry->base_url) ? 0 : USEC_PER_SEC, USEC_PER_HOUR);
    registry->timeout_usec = take_duration(build, file, "registry.timeout", USEC_PER_SEC, USEC_PER_HOUR);
    return 0;
}

static void check_log_level(struct config_build *build, const struct config_file *file)
{
    const char *text = text_or_default(build, file, "log.level");

    for (size_t i = 0; i < ARRAY_SIZE(log_levels); i++)
        if (strcmp(log_levels[i].name, text) == 0) {
            build->config->log_priority = log_levels[i].priority;
            return;
        }
    config_mistake(build->mistakes, file, "log.level",
                   "log.level: \"%s\" is no level; write error, warning, notice, info or debug", text);
}

int config_build_main(struct config_build *build, struct config_file *file)
{
    struct config *config = build->config;
    int r = build_registry(build, file);

    if (r == 0)
        r = take_text(build, file, "history.path", &config->history_path);
    if (r == 0)
        r = take_text(build, file, "control.socket", &config->control_path);
    if (r == 0)
        r = take_ca_file(build, file, "ca_file", &config->ca_file);
    if (r == 0)
        r = take_heartbeat(build, file);
    if (r < 0)
        return r;
    if (strlen(config->control_path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
        config_mistake(build->mistakes, file, "control.socket",
                       "control.socket: a socket's path may have at most %zu bytes",
                       sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
    config->retain_usec = take_retain(build, file);
    config->backfill = take_flag(build, file, "history.backfill");
    check_log_level(build, file);
    config->surges.percent = (int)take_number(build, file, "breaker.share", "%", 100);
    config->surges.studies = take_number(build, file, "breaker.minimum", "", 1000000);
    config->health_after_usec = take_duration(build, file, "health.after", USEC_PER_MINUTE, 365 * USEC_PER_DAY);
    return 0;
}
