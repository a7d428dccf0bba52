#include "trial/shared_tree.h"

#include "base/json_skip.h"
#include "base/macro.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct cursor {
    const char *text;
    size_t len, at;
};

/* The way through both texts. */
struct walk {
    struct cursor text, like;
    /* The bytes of text before this place are equal to those of like that lie as far from them as the cursors do from
     * each other; true of one distance only. */
    size_t same_until;
    size_t distance; /* of like's cursor from that of text, modulo SIZE_MAX + 1 */
};

static char peek(const struct cursor *cursor)
{
    return cursor->at < cursor->len ? cursor->text[cursor->at] : '\0';
}

static bool take(struct cursor *cursor, char wanted)
{
    if (peek(cursor) != wanted || cursor->at == cursor->len)
        return false;
    cursor->at++;
    return true;
}

static bool skip_value(struct cursor *cursor)
{
    size_t end = cursor->at < cursor->len ? json_skip_value(cursor->text, cursor->len, cursor->at) : 0;

    if (end <= cursor->at)
        return false;
    cursor->at = end;
    return true;
}

/* A key, as it is written, and its colon. One with an escape is none here: its order is not that of its bytes. */
static bool take_key(struct cursor *cursor, struct shared_text *ret)
{
    size_t start = cursor->at + 1;
    size_t end = peek(cursor) == '"' ? json_skip_string(cursor->text, cursor->len, cursor->at) : 0;

    if (end == 0)
        return false;
    *ret = (struct shared_text){.text = cursor->text + start, .len = end - 1 - start};
    cursor->at = end;
    return take(cursor, ':') && !memchr(ret->text, '\\', ret->len);
}

static int compare_keys(struct shared_text a, struct shared_text b)
{
    int order = memcmp(a.text, b.text, size_min(a.len, b.len));

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Up to where text goes on like the other. */
static size_t same_until(struct walk *walk)
{
    size_t distance = walk->like.at - walk->text.at;
    size_t end = walk->text.at;

    if (distance == walk->distance && end < walk->same_until)
        return walk->same_until;
    while (end < walk->text.len && end + distance < walk->like.len &&
           walk->text.text[end] == walk->like.text[end + distance])
        end++;
    walk->distance = distance;
    return walk->same_until = end;
}

/* Passes the value if it is written alike in both. */
static bool take_equal(struct walk *walk)
{
    size_t until = same_until(walk);
    size_t end = walk->text.at < until ? json_skip_value(walk->text.text, until, walk->text.at) : 0;

    if (end <= walk->text.at)
        return false;
    walk->like.at += end - walk->text.at;
    walk->text.at = end;
    return true;
}

static json_t *decode_value(struct walk *walk)
{
    const char *start = walk->text.text + walk->text.at;

    if (!skip_value(&walk->text))
        return NULL;
    return json_loadb(start, (size_t)(walk->text.text + walk->text.at - start), JSON_DECODE_ANY, NULL);
}

static json_t *read_value(struct walk *walk, json_t *like);

/* Puts like's cursor on the value of that key, if its object has it. Keys are sorted, so those before are past. */
static bool find_key(struct cursor *like, struct shared_text key)
{
    struct cursor ahead = *like;
    struct shared_text other;

    while (take_key(&ahead, &other)) {
        int order = compare_keys(other, key);
        if (order == 0)
            *like = ahead;
        if (order >= 0)
            return order == 0;
        if (!skip_value(&ahead))
            return false;
        take(&ahead, ',');
        *like = ahead;
    }
    return false;
}

static bool read_member(struct walk *walk, json_t *like, json_t *object)
{
    struct shared_text key;

    if (!take_key(&walk->text, &key))
        return false;
    bool paired = find_key(&walk->like, key);
    json_t *value = paired ? read_value(walk, json_object_getn(like, key.text, key.len)) : decode_value(walk);
    if (paired)
        take(&walk->like, ',');
    return json_object_setn_new(object, key.text, key.len, value) == 0;
}

static bool read_element(struct walk *walk, json_t *like, json_t *array)
{
    json_t *beside = json_array_get(like, json_array_size(array));
    json_t *value = beside ? read_value(walk, beside) : decode_value(walk);

    if (beside)
        take(&walk->like, ',');
    return json_array_append_new(array, value) == 0;
}

/* Passes the members or elements that are left of a container, and its end. */
static bool leave_container(struct cursor *cursor, char last)
{
    while (!take(cursor, last)) {
        if (!skip_value(cursor))
            return false;
        if (!take(cursor, ','))
            take(cursor, ':');
    }
    return true;
}

/* Reads the members or elements of two containers of one kind, and passes both. */
static json_t *read_container(struct walk *walk, json_t *like)
{
    bool is_object = json_is_object(like);
    char last = is_object ? '}' : ']';
    json_t *container = is_object ? json_object() : json_array();
    bool good = container;

    walk->text.at++;
    walk->like.at++;
    for (bool more = peek(&walk->text) != last; good && more; more = take(&walk->text, ','))
        good = is_object ? read_member(walk, like, container) : read_element(walk, like, container);
    if (good && take(&walk->text, last) && leave_container(&walk->like, last))
        return container;
    json_decref(container);
    return NULL;
}

/* like is the value at its cursor. */
static json_t *read_value(struct walk *walk, json_t *like)
{
    char first = peek(&walk->text);

    if (take_equal(walk))
        return json_incref(like);
    if ((first == '{' && json_is_object(like)) || (first == '[' && json_is_array(like)))
        return read_container(walk, like);
    return skip_value(&walk->like) ? decode_value(walk) : NULL;
}

json_t *shared_tree_decode(struct shared_text text, struct shared_text like, json_t *like_tree)
{
    struct walk walk = {.text = {text.text, text.len, 0}, .like = {like.text, like.len, 0}};
    json_t *tree = read_value(&walk, like_tree);

    if (tree && walk.text.at == walk.text.len)
        return tree;
    json_decref(tree);
    return NULL;
}
