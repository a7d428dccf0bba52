/* The child process of alert/filter: it runs one program and writes what came of it. Only filter includes this. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What it writes before each text: one for every document in order, then one for the end. */
struct filter_frame {
    int32_t outcome; /* an enum filter_outcome; at the end 0 or a negative errno, whose sentence the text is */
    int32_t truth;
    uint64_t len; /* of the text */
};

/* Gives up all that it has of its parent's but fd, bounds itself, and works. documents are JSON texts. */
_Noreturn void filter_child_live(int fd, const char *program, char *const *documents, size_t count);
