/* Ownership and size helpers that every file may use.
 *
 * A local that owns something is declared with _cleanup_(function); ownership leaves it by TAKE_PTR. */
#pragma once

#include <stddef.h>
#include <stdlib.h>

#define _cleanup_(function) __attribute__((cleanup(function)))
#define _printf_(text, first) __attribute__((format(printf, text, first)))
#define _unused_ __attribute__((unused))
#define _nodiscard_ __attribute__((warn_unused_result))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The value of a pointer variable, which is NULL afterwards. */
#define TAKE_PTR(pointer)                                                                                              \
    ({                                                                                                                 \
        __typeof__(pointer) taken_ = (pointer);                                                                        \
        (pointer) = NULL;                                                                                              \
        taken_;                                                                                                        \
    })

/* Defines NAME_cleanup(TYPE *) for _cleanup_ from a destructor that takes NULL. */
#define DEFINE_CLEANUP(type, destructor)                                                                               \
    static inline void destructor##_cleanup(type *owned)                                                               \
    {                                                                                                                  \
        destructor(*owned);                                                                                            \
    }

static inline void free_cleanup(void *owned)
{
    free(*(void **)owned);
}
#define _cleanup_free_ _cleanup_(free_cleanup)

static inline size_t size_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t size_max(size_t a, size_t b)
{
    return a > b ? a : b;
}
