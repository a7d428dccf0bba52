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
 *   changes  FIRST  LAST  HASH
 *       the rows of one version that were written together; HASH the SHA-256 of their texts, a newline after each:
 *       ID  NCT-ID  NUMBER  SEEN  KIND  WEIGHT  PATH  BEFORE  AFTER  SITE  OLD-INDEX  NEW-INDEX  OLD-ITEM  NEW-ITEM
 *       WITH-STUDY  EFFECTIVE-BEFORE  EFFECTIVE-AFTER  NOTE
 *   attempt  ID  MESSAGE  CHANNEL  STARTED  LATENCY  OUTCOME  RETRY-AT  CODE  ANSWER  THREAD  ALERTS
 *       OUTCOME "delivered", "retry" or "failed"; ALERTS the JSON object of what was in the message, {} with a retry:
 *       {"alert's id":["NCT id",number of the version,[ids of its changes]],…}, sorted by id
 *
 * The hash of entry n is SHA-256(hash of entry n - 1 ‖ text), both as bytes; before entry 1 there are 32 zero bytes. */
#pragma once

#include "base/buf.h"
#include "history/polls.h"
#include "history/versions.h"

#include <stdbool.h>

/* Appends a field with what would end it written otherwise. */
void ledger_entry_escape(const char *text, struct buf *out);

/* Append to out; buf_status() tells of a failure. */
void ledger_entry_version(const struct version *version, struct buf *out);
void ledger_entry_poll(const struct poll *poll, const char *missing_ids, struct buf *out);

/* Whether this is the text of an unchanged poll, whose row may have been pruned. */
bool ledger_entry_may_be_pruned(const char *text);
