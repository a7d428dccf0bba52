/* What the files that recompute the ledger share. */
#pragma once

#include "history/ledger_chain.h"
#include "history/sql.h"

struct verification {
    struct store *store;
    struct error *e;
    int64_t first, last; /* entries */
    ledger_progress *progress;
    void *userdata;
    int64_t done, total;
    int64_t bad_version; /* the row of the first whose body fails; 0: none */
    struct error bad;
    int64_t last_version, last_change; /* the rows that the entries before are about end here */
    uint8_t hash[LEDGER_HASH_BYTES];   /* of the entry before */
    struct ledger_report report;
};

/* -EUCLEAN with a sentence that names the entry. */
int ledger_broken(struct verification *v, int64_t entry, const char *why);

/* The row of SQL_LEDGER_PAGE, which should be the entry with that number. */
int ledger_verify_entry(struct verification *v, const struct query *query, int64_t expected);
