#include "alert/filter.h"
#include "service/config_build.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* One channel on its way from the draft. */
struct channel_build {
    struct config_build *build;
    struct config_file *file;
    struct channel *channel;
    size_t index; /* in the file's draft */
    bool unread;  /* a secret was left unread: the values cannot be checked together */
};

static void tell(struct channel_build *b, const char *key, const char *sentence)
{
    char where[CONFIG_WHERE_BYTES];

    config_where(where, "channels[%zu].%s", b->index, key);
    config_mistake(b->build->mistakes, b->file, where, "channel %s: %s",
                   b->channel->name ? b->channel->name : "without a name", sentence);
}

/* The same, with the key named. */
static void tell_key(struct channel_build *b, const char *key, const char *sentence)
{
    char text[ERROR_TEXT_BYTES + 96];

    snprintf(text, sizeof(text), "%s: %s", key, sentence);
    tell(b, key, text);
}

/* The same for an option of the channel's type. */
static void tell_option(struct channel_build *b, const char *option, const char *sentence)
{
    char key[96];

    snprintf(key, sizeof(key), "%s.%s", b->channel->type->name, option);
    tell_key(b, key, sentence);
}

/* Whether the channel talks only to this machine: its secrets may then stand in the file. */
static bool is_for_trying_out(const struct channel *channel)
{
    bool some = false;

    for (size_t i = 0; i < CHANNEL_MAX_OPTIONS && channel->type->options[i].name; i++) {
        const char *text = channel->values[i].text;
        if (!text || !strstr(text, "://"))
            continue;
        if (!config_is_loopback(text))
            return false;
        some = true;
    }
    return some;
}

static int read_secret_option(struct channel_build *b, const struct channel_option *option, struct channel_value *value,
                              bool trying_out)
{
    _cleanup_free_ char *secret = NULL;
    struct error e = {0};

    if (trying_out && !config_is_secret_reference(value->text))
        return 0;
    int r = config_read_secret(value->text, b->build->secrets, &secret, &e);
    if (r == -ENOMEM)
        return r;
    if (r < 0) {
        b->unread = true;
        tell_option(b, option->name, e.text);
    } else if (!secret) {
        b->unread = b->build->config->credentials_unread = true;
    } else {
        free(value->text);
        value->text = TAKE_PTR(secret);
        if (strncmp(value->text, "http://", 7) == 0 && !config_is_loopback(value->text))
            tell_option(b, option->name, "the URL behind this secret should begin with https://");
    }
    return 0;
}

static int check_option(struct channel_build *b, const struct channel_option *option, struct channel_value *value,
                        bool trying_out)
{
    bool given = option->kind == OPTION_LIST ? value->list_count > 0 : value->text && *value->text;
    char sentence[ERROR_TEXT_BYTES];

    if (!given) {
        if (option->required || (value->text && *value->text == '\0')) {
            snprintf(sentence, sizeof(sentence), "is missing: %s", option->help);
            tell_option(b, option->name, sentence);
            b->unread = true;
        }
        return 0;
    }
    if (option->kind == OPTION_SECRET)
        return read_secret_option(b, option, value, trying_out);
    if (option->kind == OPTION_BOOL && strcmp(value->text, "true") != 0 && strcmp(value->text, "false") != 0)
        tell_option(b, option->name, "should be true or false");
    if (option->kind == OPTION_TEXT && strncmp(value->text, "http://", 7) == 0 && !config_is_loopback(value->text))
        tell_option(b, option->name, "http is not protected on its way; write https://, or use a loopback address");
    return 0;
}

static int check_options(struct channel_build *b)
{
    struct channel *channel = b->channel;
    bool trying_out = is_for_trying_out(channel);
    size_t option = 0;
    struct error e = {0};
    int r = 0;

    for (size_t i = 0; r == 0 && i < CHANNEL_MAX_OPTIONS && channel->type->options[i].name; i++)
        r = check_option(b, &channel->type->options[i], &channel->values[i], trying_out);
    if (r < 0 || b->unread || !channel->type->check)
        return r;
    r = channel->type->check(channel, &option, &e);
    if (r < 0 && r != -ENOMEM) {
        tell_option(b, channel->type->options[option].name, e.text);
        r = 0;
    }
    return r;
}

/* The one type that the draft has; tells when there is none or several. */
static bool find_type(struct channel_build *b, const struct channel_draft *draft, size_t *ret_index)
{
    size_t type_count, found = 0;
    const struct channel_type *const *types = channel_types(&type_count);
    struct buf names = {.max_bytes = 512};

    for (size_t t = 0; t < type_count; t++) {
        buf_printf(&names, "%s%s", t ? ", " : "", types[t]->name);
        if (draft->types[t]) {
            *ret_index = t;
            found++;
        }
    }
    if (found != 1) {
        char sentence[ERROR_TEXT_BYTES];
        snprintf(sentence, sizeof(sentence), "should have exactly one of %s", buf_string(&names));
        tell(b, "name", sentence);
    }
    buf_free(&names);
    return found == 1;
}

/* What every type of channel has. */
static int take_manners(struct channel_build *b, struct channel_draft *draft)
{
    struct config_pace pace = {draft->digest, draft->quiet, draft->rate, draft->give_up};
    const char *key;
    struct error e = {0};
    int r = config_parse_pace(&pace, &b->channel->pace, &key, &e);

    if (r == -ENOMEM)
        return r;
    if (r < 0)
        tell_key(b, key, e.text);
    b->channel->payload = TAKE_PTR(draft->payload);
    if (b->channel->payload && filter_check(b->channel->payload, &e) < 0)
        tell_key(b, "payload", e.text);
    return 0;
}

static int build_channel(struct channel_build *b, struct channel_draft *draft)
{
    struct channel *channel = b->channel;
    size_t index, type_count;
    int r = take_manners(b, draft);

    if (r < 0 || !find_type(b, draft, &index))
        return r;
    channel->type = channel_types(&type_count)[index];
    if (channel->payload && channel->type->transport == TRANSPORT_SMTP)
        tell_key(b, "payload", "mail takes none: its form is made of two parts and headers");
    memcpy(channel->values, draft->types[index]->values, sizeof(channel->values));
    memset(draft->types[index]->values, 0, sizeof(draft->types[index]->values));
    return check_options(b);
}

static bool is_taken(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->channel_count; i++)
        if (name && config->channels[i].name && strcmp(config->channels[i].name, name) == 0)
            return true;
    return false;
}

int config_build_channels(struct config_build *build, struct config_file *file)
{
    struct config *config = build->config;
    size_t count = file->draft->channel_count;

    if (count == 0)
        return 0;
    if (config->channel_count + count > CONFIG_MAX_CHANNELS) {
        config_mistake(build->mistakes, file, "channels", "there may be at most %zu channels", CONFIG_MAX_CHANNELS);
        return 0;
    }
    struct channel *channels = reallocarray(config->channels, config->channel_count + count, sizeof(*channels));
    if (!channels)
        return -ENOMEM;
    config->channels = channels;
    for (size_t i = 0; i < count; i++) {
        struct channel_draft *draft = &file->draft->channels[i];
        char where[CONFIG_WHERE_BYTES];
        struct config_name name = {"channel", draft->name, config_where(where, "channels[%zu].name", i),
                                   is_taken(config, draft->name)};
        config_check_name(build, file, &name);
        struct channel *channel = &channels[config->channel_count++];
        *channel = (struct channel){.name = TAKE_PTR(draft->name)};
        struct channel_build b = {.build = build, .file = file, .channel = channel, .index = i};
        int r = build_channel(&b, draft);
        if (r < 0)
            return r;
    }
    return 0;
}
