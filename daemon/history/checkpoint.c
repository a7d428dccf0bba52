#include "history/checkpoint.h"

#include "base/clock.h"
#include "history/sql.h"

/* A checkpoint waits for the disk twice, whatever it moves: fewer pages would only mean more waiting. */
#define LEAST_PAGES 100
#define MOST_PAGES 2000

#define LONG_USEC (12 * USEC_PER_MSEC)
#define SHORT_USEC (4 * USEC_PER_MSEC)

int checkpoint_learn(int pages, int64_t took_usec)
{
    if (took_usec > LONG_USEC)
        return pages / 2 > LEAST_PAGES ? pages / 2 : LEAST_PAGES;
    if (took_usec < SHORT_USEC)
        return pages * 2 < MOST_PAGES ? pages * 2 : MOST_PAGES;
    return pages;
}

/* After a commit. What cannot be moved now, since somebody reads the file as it was, is moved another time; and a
 * failure of the disk shows at the next commit, the data being in the log. */
static int on_commit(void *userdata, sqlite3 *db, const char *name, int pages)
{
    struct store *store = userdata;
    int moved = 0;

    if (pages < store->checkpoint_pages)
        return SQLITE_OK;
    int64_t began_usec = clock_stopwatch_usec();
    if (sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, &moved) == SQLITE_OK && moved == pages)
        store->checkpoint_pages = checkpoint_learn(store->checkpoint_pages, clock_stopwatch_usec() - began_usec);
    return SQLITE_OK;
}

void checkpoint_start(struct store *store)
{
    store->checkpoint_pages = CHECKPOINT_FIRST_PAGES;
    sqlite3_wal_hook(store->db, on_commit, store);
}
