/* The links of the ledger. For this room only. */
#pragma once

#include "history/ledger.h"

#include <stdint.h>

/* Number 0 and 32 zero bytes of an empty ledger. */
int ledger_read_head(struct store *store, int64_t *ret_number, uint8_t ret_hash[static LEDGER_HASH_BYTES],
                     struct error *e);

/* Goes on from the hash of the entry before to that of this one. */
int ledger_chain(uint8_t hash[static LEDGER_HASH_BYTES], const char *entry, struct error *e);

void ledger_format_head(int64_t number, const uint8_t hash[static LEDGER_HASH_BYTES],
                        char ret[static LEDGER_HEAD_BYTES]);
