#include "service/config_file.h"

#include "base/suggest.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* A key as it is quoted in a mistake, cut. */
#define KEY_BYTES 64

struct walk {
    struct config_file *file;
    struct config_mistakes *mistakes;
    size_t values;     /* visited, with what aliases repeat */
    size_t unreadable; /* by libcyaml */
};

static yaml_node_t *node_at(struct walk *walk, int id)
{
    return yaml_document_get_node(&walk->file->document, id);
}

static size_t line_of(const yaml_node_t *node)
{
    return node->start_mark.line + 1;
}

/* "url, every, contact" */
static void list_keys(const struct setting *settings, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (const struct setting *s = settings; s->key && used < size; s++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", s->key);
}

static void tell_unknown_key(struct walk *walk, const yaml_node_t *key, const char *name,
                             const struct setting *settings, const char *parent)
{
    const char *names[CHANNEL_MAX_OPTIONS + CONFIG_MAX_CHANNEL_TYPES + 16];
    char keys[512];
    size_t count = 0;

    for (const struct setting *s = settings; s->key && count < ARRAY_SIZE(names); s++)
        names[count++] = s->key;
    const char *meant = suggest_nearest(name, names, count);
    list_keys(settings, keys, sizeof(keys));
    if (meant)
        config_mistake_at(walk->mistakes, walk->file, line_of(key), "%s has no setting \"%s\"; did you mean %s?",
                          parent, name, meant);
    else if (count == 0)
        config_mistake_at(walk->mistakes, walk->file, line_of(key), "%s has no settings; write {}", parent);
    else
        config_mistake_at(walk->mistakes, walk->file, line_of(key), "%s has no setting \"%s\"; it takes %s", parent,
                          name, keys);
}

static void tell_shape(struct walk *walk, const yaml_node_t *node, const struct setting *setting)
{
    static const char *const wanted[] = {
        [SETTING_TEXT] = "one value",  [SETTING_NUMBER] = "a number",
        [SETTING_TEXTS] = "a list",    [SETTING_ALL] = "a list or the word all",
        [SETTING_BLOCK] = "a mapping", [SETTING_BLOCKS] = "a list of mappings",
    };

    walk->unreadable++;
    config_mistake_at(walk->mistakes, walk->file, line_of(node), "%s should be %s, such as %s: %s", setting->key,
                      wanted[setting->shape], setting->key, setting->example);
}

static void walk_mapping(struct walk *walk, const yaml_node_t *mapping, const struct setting *settings,
                         const char *parent);

/* Whether the limit on values holds; told once. */
static bool count_value(struct walk *walk)
{
    if (++walk->values == CONFIG_MAX_VALUES + 1) {
        walk->unreadable++;
        config_mistake_at(walk->mistakes, walk->file, 0, "has more than %zu values", CONFIG_MAX_VALUES);
    }
    return walk->values <= CONFIG_MAX_VALUES && walk->mistakes->count <= CONFIG_MAX_MISTAKES;
}

/* The entries of a list: texts or mappings. */
static void walk_list(struct walk *walk, const yaml_node_t *list, const struct setting *setting)
{
    const yaml_node_item_t *start = list->data.sequence.items.start, *top = list->data.sequence.items.top;

    if ((size_t)(top - start) > setting->max) {
        walk->unreadable++;
        config_mistake_at(walk->mistakes, walk->file, line_of(list), "%s may have at most %zu entries", setting->key,
                          setting->max);
        return;
    }
    for (const yaml_node_item_t *item = start; item < top; item++) {
        const yaml_node_t *entry = node_at(walk, *item);
        if (!count_value(walk))
            return;
        if (setting->shape == SETTING_BLOCKS && entry->type == YAML_MAPPING_NODE) {
            walk_mapping(walk, entry, setting->settings,
                         strcmp(setting->key, "watches") == 0 ? "a watch" : "a channel");
        } else if (setting->shape == SETTING_BLOCKS || entry->type != YAML_SCALAR_NODE) {
            walk->unreadable++;
            config_mistake_at(walk->mistakes, walk->file, line_of(entry), "an entry of %s should be %s", setting->key,
                              setting->shape == SETTING_BLOCKS ? "a mapping that begins with - name: …" : "one value");
        }
    }
}

static void walk_value(struct walk *walk, const yaml_node_t *node, const struct setting *setting)
{
    if (setting->shape == SETTING_TEXT || setting->shape == SETTING_NUMBER) {
        if (node->type != YAML_SCALAR_NODE)
            tell_shape(walk, node, setting);
    } else if (setting->shape == SETTING_BLOCK) {
        if (node->type == YAML_MAPPING_NODE)
            walk_mapping(walk, node, setting->settings, setting->key);
        else
            tell_shape(walk, node, setting);
    } else if (setting->shape == SETTING_ALL && config_node_is_all(node)) {
        return;
    } else if (node->type == YAML_SEQUENCE_NODE) {
        walk_list(walk, node, setting);
    } else {
        tell_shape(walk, node, setting);
    }
}

static void walk_mapping(struct walk *walk, const yaml_node_t *mapping, const struct setting *settings,
                         const char *parent)
{
    uint64_t seen = 0; /* bit: index in settings, of which no table has more than 64 */

    for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top;
         pair++) {
        const yaml_node_t *key = node_at(walk, pair->key);
        char name[KEY_BYTES];
        if (!count_value(walk))
            return;
        if (key->type != YAML_SCALAR_NODE) {
            walk->unreadable++;
            config_mistake_at(walk->mistakes, walk->file, line_of(key), "a setting's name should be a plain word");
            continue;
        }
        snprintf(name, sizeof(name), "%s", (const char *)key->data.scalar.value);
        text_drop_half_character(name);
        const struct setting *setting = config_setting_by_key(settings, name);
        if (!setting) {
            tell_unknown_key(walk, key, name, settings, parent);
            continue;
        }
        uint64_t bit = UINT64_C(1) << (setting - settings);
        if (seen & bit) {
            walk->unreadable++;
            config_mistake_at(walk->mistakes, walk->file, line_of(key), "%s is given twice in %s", name, parent);
        }
        seen |= bit;
        walk_value(walk, node_at(walk, pair->value), setting);
    }
}

size_t config_file_check_shape(struct config_file *file, struct config_mistakes *mistakes)
{
    struct walk walk = {.file = file, .mistakes = mistakes};

    if (!file->has_document)
        return 0;
    const yaml_node_t *root = yaml_document_get_root_node(&file->document);
    if (root->type != YAML_MAPPING_NODE) {
        config_mistake_at(mistakes, file, line_of(root),
                          "a settings file is a mapping: registry:, watches:, channels: and so on");
        return 1;
    }
    walk_mapping(&walk, root, config_settings(), "a settings file");
    return walk.unreadable;
}
