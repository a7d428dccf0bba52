/* Message documents and channels for the tests of alert/. */
#pragma once

#include "check.h"

#include "alert/channel.h"
#include "alert/delivery.h"

#include <stdio.h>
#include <string.h>

/* What a stranger may write into a title: a second line, markup of every receiver, mentions, what nobody sees. */
#define HOSTILE                                                                                                        \
    "A\r\nBcc: all@example.org\n<script>alert(1)</script> <!channel> <!here|x> @everyone @channel @here **b** "        \
    "[l](http://x) "                                                                                                   \
    "`c` \xE2\x80\xAE"                                                                                                 \
    "reversed\xE2\x80\x8B zero\xEF\xBB\xBF &amp; \x1B[31mred \"q\" 'a'"

static inline json_t *change_document(const char *text, const char *weight)
{
    return json_pack("{sI ss ss ss ss ss}", "id", (json_int_t)1, "kind", "site-opened", "label", "Site opened",
                     "weight", weight, "path", "protocolSection.contactsLocationsModule.locations", "text", text);
}

static inline json_t *study_document(const char *nct_id, const char *title, size_t changes)
{
    json_t *list = json_array();
    char url[100], text[200];

    for (size_t i = 0; i < changes; i++) {
        snprintf(text, sizeof(text), "Now recruiting: Hospital number %zu & Partners, Springfield, Illinois", i + 1);
        json_array_append_new(list, change_document(text, i < 3 ? "urgent" : "notable"));
    }
    snprintf(url, sizeof(url), "https://clinicaltrials.gov/study/%s", nct_id);
    return json_pack("{ss ss ss ss ss s[s] s[s] ss si ss ss so s[{ss ss}]}", "nct_id", nct_id, "url", url, "title",
                     title, "status", "RECRUITING", "sponsor", "Caladrius Biosciences", "alerts",
                     "al_00000000000000000000000000000000", "watches", "freedom", "refresh", "2021-10-05T09:00:00",
                     "version", 8, "seen", "2021-10-05T14:00:00Z", "headline", "Now recruiting at 3 sites", "changes",
                     list, "highlights", "word", "diabetes", "line", "Inclusion: diabetes under control");
}

/* A message about so many studies with so many changes each. */
static inline json_t *document(const char *headline, const char *title, size_t studies, size_t changes)
{
    json_t *list = json_array();
    char nct_id[32];

    for (size_t i = 0; i < studies; i++) {
        snprintf(nct_id, sizeof(nct_id), "NCT%08zu", i + 1);
        json_array_append_new(list, study_document(nct_id, title, changes));
    }
    json_t *message =
        json_pack("{ss ss ss ss sb ss ss ss so}", "schema", "trialwatch.alert/1", "id",
                  "msg_0123456789abcdef0123456789abcdef", "channel", "cardiology", "created", "2021-10-05T14:00:05Z",
                  "test", 0, "headline", headline, "weight", "urgent", "ledger_head", "12:8f3a", "studies", list);
    if (studies == 1)
        json_object_set_new(message, "history_command", json_string("trialwatch history NCT00000001"));
    assert_non_null(message);
    return message;
}

static inline void channel_make(struct channel *channel, const char *type)
{
    *channel = (struct channel){.name = strdup("cardiology"), .type = channel_type_find(type)};
    assert_non_null(channel->type);
}

static inline void channel_set(struct channel *channel, const char *option, const char *text)
{
    size_t index = channel_option_index(channel->type, option);

    free(channel->values[index].text);
    channel->values[index].text = strdup(text);
}

static inline void channel_add(struct channel *channel, const char *option, const char *text)
{
    struct channel_value *value = &channel->values[channel_option_index(channel->type, option)];

    value->list = realloc(value->list, (value->list_count + 1) * sizeof(*value->list));
    value->list[value->list_count++] = strdup(text);
}

/* A channel of that type with what it requires. */
static inline void channel_make_ready(struct channel *channel, const char *type)
{
    channel_make(channel, type);
    for (size_t i = 0; i < CHANNEL_MAX_OPTIONS && channel->type->options[i].name; i++)
        if (strcmp(channel->type->options[i].name, "url") == 0)
            channel_set(channel, "url", "https://receiver.example.org/hook");
    if (strcmp(type, "ntfy") == 0)
        channel_set(channel, "topic", "trials");
    if (strcmp(type, "email") == 0) {
        channel_add(channel, "to", "one@example.org");
        channel_add(channel, "to", "two@example.org");
        channel_set(channel, "from", "trialwatch@example.org");
        channel_set(channel, "server", "smtp://mail.example.org:587");
    }
    if (strcmp(type, "command") == 0)
        channel_add(channel, "run", "/bin/cat");
}

/* The body that a type makes of a message, which is released. The caller frees. */
static inline char *render_body(const char *type, json_t *message, unsigned shorter)
{
    struct render_context context = {.now_usec = INT64_C(1633442405000000), .shorter = shorter};
    _cleanup_rendering_ struct rendering rendering = {0};
    struct channel channel;
    struct error e = {0};

    channel_make_ready(&channel, type);
    if (delivery_render(&channel, message, &context, &rendering, &e) < 0)
        fail_msg("%s: %s", type, e.text);
    channel_clear(&channel);
    json_decref(message);
    return strdup(buf_string(&rendering.body));
}
