/* The canonical texts of ledger entries. For this room only; trialwatch-history(5) says the same to everybody.
 *
 * An entry is UTF-8 text: its fields joined by one TAB. In a field a backslash stands as \\, a TAB as \t, a newline as
 * \n. Numbers are decimal without leading zeros, times microseconds since 1970 in UTC, an absent value the empty field.
 *
 *   version  NCT-ID  ORIGIN  NUMBER  SEEN  REFRESH  POLL  HASH
 *       ORIGIN "seen" or "archive"; POLL the poll's id, empty for an archived one; HASH the SHA-256 of the canonical
 *       bytes, 64 lower case hexadecimal digits
 *   poll  ID  STARTED  FINISHED  OUTCOME  REFRESH  API-VERSION  REQUESTS  RECORDS  CHANGED  MISSING  BYTES  REASON  IDS
 *       OUTCOME "unchanged", "complete" or "failed"; IDS the JSON array in polls.missing_ids, byte for byte
 *
 * The hash of entry n is SHA-256(hash of entry n - 1 ‖ text), both as bytes; before entry 1 there are 32 zero bytes. */
#pragma once

#include "base/buf.h"
#include "history/polls.h"
#include "history/versions.h"

#include <stdbool.h>

/* Append to out; buf_status() tells of a failure. */
void ledger_entry_version(const struct version *version, struct buf *out);
void ledger_entry_poll(const struct poll *poll, const char *missing_ids, struct buf *out);

/* Whether this is the text of an unchanged poll, whose row may have been pruned. */
bool ledger_entry_may_be_pruned(const char *text);
