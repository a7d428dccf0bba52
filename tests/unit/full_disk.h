/* Files that may not grow, as on a full disk. */
#pragma once

#include "check.h"

#include <signal.h>
#include <sys/resource.h>

/* Returns the limit that make_room_on_disk() sets again. */
static inline struct rlimit fill_disk(void)
{
    struct rlimit before, full;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    full = before;
    full.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
    return before;
}

static inline void make_room_on_disk(const struct rlimit *before)
{
    assert_int_equal(setrlimit(RLIMIT_FSIZE, before), 0);
}
