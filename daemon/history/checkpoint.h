/* Moves what the write-ahead log holds into the file, a little at a time.
 *
 * SQLite does that as a part of a commit, and the loop waits: 4,000 pages, 4 MB, took 20 ms or 450, by the disk and by
 * how far the pages lie apart in a large file. How many pages may come together is learned from how long the last ones
 * took. https://www.sqlite.org/wal.html#ckpt */
#pragma once

#include "history/store.h"

#include <stdint.h>

/* Before anything is known of the disk. */
#define CHECKPOINT_FIRST_PAGES 250

/* From now on the store's commits do it. */
void checkpoint_start(struct store *store);

/* How many pages may come together next, when so many took so long. */
int checkpoint_learn(int pages, int64_t took_usec);
