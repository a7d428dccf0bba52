/* Whether a JSON value fits a JSON Schema, as far as config/alert.schema.json uses the language. */
#pragma once

#include "check.h"

#include "base/macro.h"

#include <jansson.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct schema_check {
    const json_t *root;
    char wrong[512]; /* the first thing that does not fit, "" when all fits */
};

static inline void schema_complain(struct schema_check *check, const char *where, const char *what)
{
    if (check->wrong[0] == '\0')
        snprintf(check->wrong, sizeof(check->wrong), "%.300s: %.200s", where, what);
}

static inline bool schema_has_type(const json_t *value, const char *type)
{
    static const struct {
        const char *name;
        json_type type;
    } types[] = {{"object", JSON_OBJECT}, {"array", JSON_ARRAY}, {"string", JSON_STRING}, {"integer", JSON_INTEGER}};

    if (strcmp(type, "boolean") == 0)
        return json_is_boolean(value);
    if (strcmp(type, "number") == 0)
        return json_is_number(value);
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (strcmp(types[i].name, type) == 0)
            return json_typeof(value) == types[i].type;
    return false;
}

static inline bool schema_matches(const char *pattern, const char *text)
{
    regex_t regex;

    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool matches = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return matches;
}

static inline void schema_check_scalar(struct schema_check *check, const json_t *schema, const json_t *value,
                                       const char *where)
{
    const json_t *choices = json_object_get(schema, "enum"), *fixed = json_object_get(schema, "const");
    const char *pattern = json_string_value(json_object_get(schema, "pattern"));
    const json_t *minimum = json_object_get(schema, "minimum"), *min_length = json_object_get(schema, "minLength");
    bool chosen = !choices;
    size_t index;
    json_t *choice;

    json_array_foreach (choices, index, choice) {
        chosen = chosen || json_equal(choice, value);
    }
    if (!chosen || (fixed && !json_equal(fixed, value)))
        schema_complain(check, where, "is none of the values allowed");
    if (pattern && json_is_string(value) && !schema_matches(pattern, json_string_value(value)))
        schema_complain(check, where, json_string_value(value));
    if (minimum && json_number_value(value) < json_number_value(minimum))
        schema_complain(check, where, "is too small");
    if (min_length && (json_int_t)json_string_length(value) < json_integer_value(min_length))
        schema_complain(check, where, "is too short");
}

static inline void schema_check_value(struct schema_check *check, const json_t *schema, const json_t *value,
                                      const char *where);

static inline void schema_check_object(struct schema_check *check, const json_t *schema, const json_t *value,
                                       const char *where)
{
    const json_t *properties = json_object_get(schema, "properties");
    size_t index;
    json_t *name, *member;
    const char *key;

    json_array_foreach (json_object_get(schema, "required"), index, name)
        if (!json_object_get(value, json_string_value(name)))
            schema_complain(check, where, json_string_value(name));
    json_object_foreach ((json_t *)value, key, member) {
        char inside[400];
        snprintf(inside, sizeof(inside), "%.300s.%.60s", where, key);
        const json_t *property = json_object_get(properties, key);
        if (property)
            schema_check_value(check, property, member, inside);
        else if (json_is_false(json_object_get(schema, "additionalProperties")))
            schema_complain(check, inside, "is not in the schema");
    }
}

static inline void schema_check_array(struct schema_check *check, const json_t *schema, const json_t *value,
                                      const char *where)
{
    const json_t *first = json_object_get(schema, "prefixItems"), *max = json_object_get(schema, "maxItems");
    size_t index;
    json_t *item;

    if (max && (json_int_t)json_array_size(value) > json_integer_value(max))
        schema_complain(check, where, "has too many items");
    if ((json_int_t)json_array_size(value) < json_integer_value(json_object_get(schema, "minItems")))
        schema_complain(check, where, "has too few items");
    json_array_foreach (value, index, item) {
        const json_t *of_item = first ? json_array_get(first, index) : json_object_get(schema, "items");
        char inside[400];
        snprintf(inside, sizeof(inside), "%.300s[%zu]", where, index);
        if (of_item)
            schema_check_value(check, of_item, item, inside);
    }
}

static inline void schema_check_value(struct schema_check *check, const json_t *schema, const json_t *value,
                                      const char *where)
{
    const char *reference = json_string_value(json_object_get(schema, "$ref"));
    const char *type = json_string_value(json_object_get(schema, "type"));

    if (reference) {
        const char *name = strrchr(reference, '/') + 1;
        schema_check_value(check, json_object_get(json_object_get(check->root, "$defs"), name), value, where);
    }
    if (type && !schema_has_type(value, type)) {
        schema_complain(check, where, type);
        return;
    }
    schema_check_scalar(check, schema, value, where);
    if (json_is_object(value))
        schema_check_object(check, schema, value, where);
    if (json_is_array(value))
        schema_check_array(check, schema, value, where);
}

/* Fails the test with what does not fit. */
static inline void assert_fits_alert_schema(const json_t *document)
{
    const char *source = getenv("srcdir");
    char path[512];

    snprintf(path, sizeof(path), "%s/config/alert.schema.json", source ? source : ".");
    json_t *schema = json_load_file(path, 0, NULL);
    assert_non_null(schema);
    struct schema_check check = {.root = schema};
    schema_check_value(&check, schema, document, "document");
    json_decref(schema);
    if (check.wrong[0])
        fail_msg("%s", check.wrong);
}
