#include "service/config_file.h"

#include <errno.h>
#include <string.h>

/* yaml_document_get_node() wants to be able to change the document; nothing here does. */
static yaml_node_t *node_at(const struct config_file *file, int id)
{
    return yaml_document_get_node((yaml_document_t *)&file->document, id);
}

static const yaml_node_pair_t *find_pair(const struct config_file *file, const yaml_node_t *mapping, const char *key,
                                         size_t len)
{
    for (const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top;
         pair++) {
        const yaml_node_t *name = node_at(file, pair->key);
        if (name->type == YAML_SCALAR_NODE && name->data.scalar.length == len &&
            memcmp(name->data.scalar.value, key, len) == 0)
            return pair;
    }
    return NULL;
}

/* One step down: "key" or "[3]". Moves *where behind it, *line to what was found. NULL when it is not there. */
static const yaml_node_t *step(const struct config_file *file, const yaml_node_t *node, const char **where,
                               size_t *line)
{
    if (**where == '[') {
        char *end;
        size_t index = strtoul(*where + 1, &end, 10);
        *where = end + (*end == ']');
        if (node->type != YAML_SEQUENCE_NODE)
            return NULL;
        const yaml_node_item_t *start = node->data.sequence.items.start;
        if (index >= (size_t)(node->data.sequence.items.top - start))
            return NULL;
        const yaml_node_t *entry = node_at(file, start[index]);
        *line = entry->start_mark.line + 1;
        return entry;
    }

    size_t len = strcspn(*where, ".[");
    const yaml_node_pair_t *pair = node->type == YAML_MAPPING_NODE ? find_pair(file, node, *where, len) : NULL;
    *where += len;
    if (!pair)
        return NULL;
    *line = node_at(file, pair->key)->start_mark.line + 1;
    return node_at(file, pair->value);
}

/* Goes down a path as far as it is there. */
static const yaml_node_t *find(const struct config_file *file, const char *where, size_t *ret_line)
{
    *ret_line = 1;
    if (!file->has_document)
        return NULL;
    const yaml_node_t *node = yaml_document_get_root_node((yaml_document_t *)&file->document);
    while (node && *where) {
        if (*where == '.')
            where++;
        node = step(file, node, &where, ret_line);
    }
    return node;
}

size_t config_file_line(const struct config_file *file, const char *where)
{
    size_t line;

    find(file, where, &line);
    return line;
}

bool config_file_has(const struct config_file *file, const char *where)
{
    size_t line;

    return find(file, where, &line) != NULL;
}

bool config_node_is_all(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE && strcmp((const char *)node->data.scalar.value, "all") == 0;
}

bool config_file_says_all(const struct config_file *file, const char *where)
{
    size_t line;
    const yaml_node_t *node = find(file, where, &line);

    return node && config_node_is_all(node);
}

int config_file_texts(const struct config_file *file, const char *where, char ***ret, size_t *ret_count)
{
    size_t line, count = 0;
    const yaml_node_t *list = find(file, where, &line);

    *ret = NULL;
    *ret_count = 0;
    if (!list || list->type != YAML_SEQUENCE_NODE)
        return 0;
    const yaml_node_item_t *start = list->data.sequence.items.start, *top = list->data.sequence.items.top;
    char **texts = calloc((size_t)(top - start) + 1, sizeof(*texts));
    for (const yaml_node_item_t *item = start; texts && item < top; item++) {
        texts[count] = strdup((const char *)node_at(file, *item)->data.scalar.value);
        if (!texts[count++]) {
            while (count > 0)
                free(texts[--count]);
            free(TAKE_PTR(texts));
        }
    }
    *ret = texts;
    *ret_count = count;
    return texts ? 0 : -ENOMEM;
}
