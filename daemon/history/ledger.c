#include "history/ledger.h"

#include "history/digest.h"
#include "history/ledger_chain.h"
#include "history/sql.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

_Static_assert(LEDGER_VERSION == 0 && LEDGER_POLL == 1 && LEDGER_ATTEMPT == 2 && LEDGER_CHANGES == 3,
               "ledger.subject in schema.sql");
_Static_assert(LEDGER_HASH_BYTES == DIGEST_BYTES, "the ledger's hash is SHA-256");

int ledger_read_head(struct store *store, int64_t *ret_number, uint8_t ret_hash[static LEDGER_HASH_BYTES],
                     struct error *e)
{
    _cleanup_query_ struct query query = {0};
    int r = query_row(&query, store, SQL_LEDGER_HEAD, e);

    if (r == -ENOENT) {
        *ret_number = 0;
        memset(ret_hash, 0, LEDGER_HASH_BYTES);
        return 0;
    }
    if (r < 0)
        return r;
    *ret_number = query_integer(&query, 0);
    return query_copy_blob(&query, 1, ret_hash, LEDGER_HASH_BYTES);
}

int ledger_chain(uint8_t hash[static LEDGER_HASH_BYTES], const char *entry, struct error *e)
{
    if (digest_two(hash, LEDGER_HASH_BYTES, entry, strlen(entry), hash) < 0)
        return error_set(e, -ENOMEM, "out of memory");
    return 0;
}

int ledger_append(struct store *store, enum ledger_subject subject, int64_t row, const char *content, struct error *e)
{
    uint8_t hash[LEDGER_HASH_BYTES];
    int64_t number;
    int r = ledger_read_head(store, &number, hash, e);

    if (r >= 0)
        r = ledger_chain(hash, content, e);
    if (r < 0)
        return r;
    return sql_run(store, SQL_LEDGER_INSERT, e, INT(number + 1), INT(subject), INT(row),
                   TEXT(subject == LEDGER_POLL || subject == LEDGER_ATTEMPT ? content : NULL),
                   BLOB(hash, sizeof(hash)));
}

void ledger_format_head(int64_t number, const uint8_t hash[static LEDGER_HASH_BYTES],
                        char ret[static LEDGER_HEAD_BYTES])
{
    char hex[DIGEST_HEX_BYTES];

    snprintf(ret, LEDGER_HEAD_BYTES, "%" PRId64 ":%s", number,
             number == 0 ? "" : digest_hex(hash, LEDGER_HASH_BYTES, hex));
}

int ledger_head(struct store *store, char ret[static LEDGER_HEAD_BYTES], struct error *e)
{
    uint8_t hash[LEDGER_HASH_BYTES];
    int64_t number;
    int r = ledger_read_head(store, &number, hash, e);

    if (r < 0)
        return r;
    ledger_format_head(number, hash, ret);
    return 0;
}

static bool is_lower_hex(const char *text)
{
    return text[strspn(text, "0123456789abcdef")] == '\0';
}

/* "NUMBER:" of an attested head, and the 64 digits behind it, or none of entry 0. */
static int parse_head(const char *head, int64_t *ret_number, const char **ret_hex, struct error *e)
{
    size_t digits = strspn(head, "0123456789");

    /* 18 digits are always below 2^63. */
    if (digits > 0 && digits <= 18 && head[digits] == ':') {
        *ret_number = strtoll(head, NULL, 10);
        *ret_hex = head + digits + 1;
        if (strlen(*ret_hex) == (*ret_number == 0 ? 0 : DIGEST_HEX_BYTES - 1) && is_lower_hex(*ret_hex))
            return 0;
    }
    return error_set(e, -EINVAL, "\"%.100s\" is no head of a ledger: it should read NUMBER:HASH, as alerts give it",
                     head);
}

int ledger_verify_against(struct store *store, const char *head, struct error *e)
{
    _cleanup_query_ struct query query = {0};
    uint8_t hash[LEDGER_HASH_BYTES];
    char hex[DIGEST_HEX_BYTES];
    const char *attested = "";
    int64_t number = 0;
    int r = parse_head(head, &number, &attested, e);

    if (r < 0 || number == 0)
        return r;
    r = query_row(&query, store, SQL_LEDGER_HASH, e, INT(number));
    if (r == -ENOENT)
        return error_set(e, -EUCLEAN,
                         "history %s ends before entry %" PRId64 ", which was attested: it is an older one",
                         store->path, number);
    if (r >= 0)
        r = query_copy_blob(&query, 0, hash, sizeof(hash));
    if (r < 0)
        return r;
    if (strcmp(digest_hex(hash, sizeof(hash), hex), attested) != 0)
        return error_set(e, -EUCLEAN, "history %s is not the one that was attested: entry %" PRId64 " has hash %s",
                         store->path, number, hex);
    return 0;
}
