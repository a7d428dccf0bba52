#include "service/config_schema.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Room for all rows of the table and the ends of its parts. */
#define MAX_FIELDS ((size_t)768)
#define MAX_LISTS 8 /* of mappings */

struct config_schema {
    cyaml_schema_value_t top;
    cyaml_schema_field_t fields[MAX_FIELDS];
    cyaml_schema_value_t entries[MAX_LISTS];
    size_t field_count, entry_count;
};

static const cyaml_schema_value_t text_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, (uint32_t)CONFIG_MAX_TEXT_BYTES),
};

static const cyaml_schema_field_t *add_fields(struct config_schema *schema, const struct setting *settings);

/* A list of mappings needs the schema of one entry. */
static void fill_blocks(struct config_schema *schema, const struct setting *setting, cyaml_schema_value_t *value)
{
    cyaml_schema_value_t *entry = &schema->entries[schema->entry_count++];

    *entry = (cyaml_schema_value_t){
        .type = CYAML_MAPPING,
        .flags = CYAML_FLAG_DEFAULT,
        .data_size = (uint32_t)setting->size,
        .mapping = {.fields = add_fields(schema, setting->settings)},
    };
    value->type = CYAML_SEQUENCE;
    value->flags |= CYAML_FLAG_POINTER;
    value->data_size = (uint32_t)setting->size;
    value->sequence.entry = entry;
    value->sequence.max = (uint32_t)setting->max;
}

static void fill_value(struct config_schema *schema, const struct setting *setting, cyaml_schema_value_t *value)
{
    value->flags = CYAML_FLAG_OPTIONAL;
    switch (setting->shape) {
    case SETTING_TEXT:
        value->type = CYAML_STRING;
        value->flags |= CYAML_FLAG_POINTER;
        value->data_size = sizeof(char);
        value->string.max = (uint32_t)CONFIG_MAX_TEXT_BYTES;
        break;
    case SETTING_NUMBER:
        value->type = CYAML_FLOAT;
        value->data_size = sizeof(double);
        break;
    case SETTING_ALL:
        value->type = CYAML_IGNORE;
        break;
    case SETTING_TEXTS:
        value->type = CYAML_SEQUENCE;
        value->flags |= CYAML_FLAG_POINTER;
        value->data_size = sizeof(char *);
        value->sequence.entry = &text_entry;
        value->sequence.max = (uint32_t)setting->max;
        break;
    case SETTING_BLOCK:
        value->type = CYAML_MAPPING;
        if (setting->size > 0)
            value->flags |= CYAML_FLAG_POINTER;
        value->data_size = (uint32_t)(setting->size > 0 ? setting->size : sizeof(struct settings_draft));
        value->mapping.fields = add_fields(schema, setting->settings);
        break;
    case SETTING_BLOCKS:
        fill_blocks(schema, setting, value);
        break;
    }
}

/* The fields of one mapping, which stand together, ended by one without a key. */
static const cyaml_schema_field_t *add_fields(struct config_schema *schema, const struct setting *settings)
{
    size_t count = 0;

    while (settings[count].key)
        count++;
    cyaml_schema_field_t *fields = &schema->fields[schema->field_count];
    schema->field_count += count + 1;
    for (size_t i = 0; i < count; i++) {
        fields[i].key = settings[i].key;
        fields[i].data_offset = (uint32_t)settings[i].offset;
        if (settings[i].shape == SETTING_TEXTS || settings[i].shape == SETTING_BLOCKS) {
            fields[i].count_offset = (uint32_t)settings[i].count_offset;
            fields[i].count_size = sizeof(size_t);
        }
        fill_value(schema, &settings[i], &fields[i].value);
    }
    return fields;
}

static size_t count_rows(const struct setting *settings)
{
    size_t count = 1;

    for (const struct setting *s = settings; s->key; s++)
        count += 1 + (s->settings ? count_rows(s->settings) : 0);
    return count;
}

int config_schema_new(struct config_schema **ret)
{
    if (count_rows(config_settings()) > MAX_FIELDS)
        return -E2BIG;

    struct config_schema *schema = calloc(1, sizeof(*schema));
    if (!schema)
        return -ENOMEM;
    schema->top = (cyaml_schema_value_t){
        .type = CYAML_MAPPING,
        .flags = CYAML_FLAG_POINTER,
        .data_size = sizeof(struct settings_draft),
        .mapping = {.fields = add_fields(schema, config_settings())},
    };
    *ret = schema;
    return 0;
}

void config_schema_free(struct config_schema *schema)
{
    free(schema);
}

/* What libcyaml says of a failure: first the sentence, then from the inside out where it was. */
struct answer {
    char sentence[256];
    size_t line;
};

static void hear(cyaml_log_t level, void *userdata, const char *format, va_list ap)
{
    struct answer *answer = userdata;
    char text[256];

    (void)level;
    vsnprintf(text, sizeof(text), format, ap);
    text[strcspn(text, "\n")] = '\0';
    const char *place = strstr(text, "(line: ");
    if (place && answer->line == 0)
        answer->line = strtoul(place + strlen("(line: "), NULL, 10);
    if (answer->sentence[0] == '\0')
        snprintf(answer->sentence, sizeof(answer->sentence), "%s", strncmp(text, "Load: ", 6) == 0 ? text + 6 : text);
}

/* libcyaml lets a list grow entry by entry; half as much again each time keeps a long one from being copied each time.
 */
static void *allocate(void *userdata, void *block, size_t size)
{
    (void)userdata;
    if (size == 0) {
        free(block);
        return NULL;
    }
    if (!block)
        return malloc(size);
    return malloc_usable_size(block) >= size ? block : realloc(block, size + size / 2);
}

static cyaml_config_t reading(struct answer *answer)
{
    return (cyaml_config_t){
        .log_fn = hear,
        .log_ctx = answer,
        .log_level = CYAML_LOG_ERROR,
        .mem_fn = allocate,
        .flags = CYAML_CFG_IGNORE_UNKNOWN_KEYS,
    };
}

int config_schema_read(const struct config_schema *schema, const char *text, size_t len, struct settings_draft **ret,
                       size_t *ret_line, struct error *e)
{
    struct answer answer = {.sentence = ""};
    cyaml_config_t config = reading(&answer);
    struct settings_draft *draft = NULL;

    cyaml_err_t r = cyaml_load_data((const uint8_t *)text, len, &config, &schema->top, (cyaml_data_t **)&draft, NULL);
    if (r == CYAML_ERR_OOM)
        return error_set(e, -ENOMEM, "out of memory");
    *ret_line = answer.line;
    if (r != CYAML_OK)
        return error_set(e, -EINVAL, "%s", answer.sentence[0] ? answer.sentence : cyaml_strerror(r));
    if (!draft)
        draft = calloc(1, sizeof(*draft));
    if (!draft)
        return error_set(e, -ENOMEM, "out of memory");
    *ret = draft;
    return 0;
}

void config_schema_free_draft(const struct config_schema *schema, struct settings_draft *draft)
{
    struct answer answer = {.sentence = ""};
    cyaml_config_t config = reading(&answer);

    if (draft)
        cyaml_free(&config, &schema->top, draft, 0);
}
