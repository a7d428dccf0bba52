/* Messages that no study stands behind, and the frame of every message. */
#include "alert/message.h"
#include "alert/message_parts.h"
#include "base/clock.h"

#include <stdio.h>

#define SCHEMA "trialwatch.alert/1"

json_t *message_document_new(const char *channel, const char *id, const char *weight, const char *headline)
{
    char created[CLOCK_TEXT_BYTES];

    return json_pack("{ss ss ss ss sb ss ss s[]}", "schema", SCHEMA, "id", id, "channel", channel, "created",
                     clock_format_utc(clock_wall_usec(), created), "test", 0, "headline", headline, "weight", weight,
                     "studies");
}

json_t *message_test(const char *channel)
{
    char id[48];

    snprintf(id, sizeof(id), "test_%llx", (unsigned long long)clock_wall_usec());
    json_t *document = message_document_new(channel, id, weight_name(WEIGHT_NOTABLE), "Test message from trialwatch");
    int r = json_object_set_new(document, "test", json_true());
    r |= json_object_set_new(document, "text",
                             json_sprintf("This is a test of the channel %s. No study has changed.", channel));
    if (r < 0) {
        json_decref(document);
        return NULL;
    }
    return document;
}

json_t *message_health(const char *channel, const char *id, const char *headline, const char *text)
{
    json_t *document = message_document_new(channel, id, weight_name(WEIGHT_URGENT), headline);

    if (json_object_set_new(document, "text", json_string(text)) < 0) {
        json_decref(document);
        return NULL;
    }
    return document;
}
