/* Decodes a canonical text beside another one whose tree is there, as two versions of one record are.
 *
 * Where the bytes of a value are equal in both, the new tree takes the other's node instead of decoding them again: for
 * two versions of a record that is nearly all of it. Neither tree may be changed afterwards. */
#pragma once

#include <jansson.h>
#include <stddef.h>

struct shared_text {
    const char *text; /* canonical; need not end in a NUL */
    size_t len;
};

/* The tree of text, equal to what json_loadb() makes of it, and partly that of like, whose tree is given. NULL when
 * there is no memory, or when it finds what no canonical text has: a decoder then says what. The caller has a reference
 * to what comes back. */
json_t *shared_tree_decode(struct shared_text text, struct shared_text like, json_t *like_tree);
