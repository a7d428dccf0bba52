/* The chain over versions, changes, polls and attempts: entry hash = SHA-256(previous hash ‖ entry), so that nothing in
 * the history can be changed, dropped or swapped without showing. trialwatch-history(5) defines the entries. */
#pragma once

#include "history/store.h"

#define LEDGER_HASH_BYTES 32
#define LEDGER_HEAD_BYTES 96 /* "NUMBER:HEX" with its NUL */

enum ledger_subject { LEDGER_VERSION, LEDGER_POLL, LEDGER_ATTEMPT, LEDGER_CHANGES, LEDGER_SUBJECT_COUNT };

/* Appends the entry for a row that was just written in the same transaction (of changes: the last of them); content is
 * its canonical text. */
int ledger_append(struct store *store, enum ledger_subject subject, int64_t row, const char *content, struct error *e);

/* "1234:8f3a…": the number of the newest entry and its hash; "0:" of an empty history. */
int ledger_head(struct store *store, char ret[static LEDGER_HEAD_BYTES], struct error *e);

struct ledger_report {
    int64_t entries;                  /* that hold */
    int64_t of[LEDGER_SUBJECT_COUNT]; /* of which about each subject */
    char head[LEDGER_HEAD_BYTES];
};

typedef void ledger_progress(int64_t done, int64_t total, void *userdata);

/* Recomputes every entry since that one from the rows themselves. -EUCLEAN names the first that does not hold. */
int ledger_verify(struct store *store, int64_t since_entry, ledger_progress *progress, void *userdata,
                  struct ledger_report *ret, struct error *e);

/* Whether the history still contains what was attested by that head, as far as its ledger says: together with
 * ledger_verify(), that it does. -EINVAL: no head; -EUCLEAN: it does not. */
int ledger_verify_against(struct store *store, const char *head, struct error *e);
