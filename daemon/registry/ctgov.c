#include "registry/ctgov.h"

#include "base/text.h"
#include "net/http.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.1"
#endif

#define NCT_ID_LENGTH 11

/* totalCount of the first page shows whether a listing came in full. Commas may stand in a query as they are. */
#define WHOLE_QUERY "/studies?pageSize=%d&countTotal=true"
#define STUDIES_QUERY WHOLE_QUERY "&filter.ids="
#define FOUND_QUERY "/studies?pageSize=%d&countTotal=true&fields=NCTId&%s"
#define TOKEN_QUERY "&pageToken="

int ctgov_append_user_agent(struct buf *out, const char *contact)
{
    return buf_printf(out, "trialwatch/" PACKAGE_VERSION " (+%s)", contact);
}

/* "127." and the rest of a dotted quad; a name such as 127.example.org is not. */
static bool is_loopback_quad(const char *host, size_t len)
{
    return len > 4 && memcmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") >= len;
}

bool ctgov_url_is_loopback(const char *url)
{
    if (strncasecmp(url, "http://", 7) != 0)
        return false;
    const char *host = url + 7;
    if (strncmp(host, "[::1]", 5) == 0)
        return host[5] == '\0' || strchr(":/", host[5]);

    size_t authority = strcspn(host, "/?#");
    size_t len = strcspn(host, ":/?#");
    if (memchr(host, '@', authority) || memchr(host, '\\', authority))
        return false;
    return is_loopback_quad(host, len) || (len == 9 && strncasecmp(host, "localhost", 9) == 0);
}

/* The base without slashes at its end. */
static int base_length(const char *base_url)
{
    size_t len = strlen(base_url);

    while (len > 0 && base_url[len - 1] == '/')
        len--;
    return (int)size_min(len, CTGOV_URL_BYTES);
}

/* All of a request's URL but its ids. */
static size_t studies_overhead(const char *base_url)
{
    int fixed = snprintf(NULL, 0, "%.*s" STUDIES_QUERY TOKEN_QUERY, base_length(base_url), base_url, CTGOV_PAGE_SIZE);

    return (size_t)fixed + CTGOV_TOKEN_BYTES;
}

int ctgov_check_base_url(const char *base_url, struct error *e)
{
    if (strncasecmp(base_url, "https://", 8) != 0 && !ctgov_url_is_loopback(base_url))
        return error_set(e, -EINVAL,
                         "the registry's address %s must begin with https:// (http:// only on this machine)", base_url);
    if (studies_overhead(base_url) + NCT_ID_LENGTH >= CTGOV_URL_BYTES)
        return error_set(e, -EINVAL, "the registry's address has %zu bytes, too many to ask anything there",
                         strlen(base_url));
    return 0;
}

int ctgov_append_version_url(struct buf *out, const char *base_url)
{
    return buf_printf(out, "%.*s/version", base_length(base_url), base_url);
}

size_t ctgov_ids_per_request(const char *base_url)
{
    size_t overhead = studies_overhead(base_url);

    if (overhead + NCT_ID_LENGTH >= CTGOV_URL_BYTES)
        return 1;
    size_t room = CTGOV_URL_BYTES - 1 - overhead;
    return (room + 1) / (NCT_ID_LENGTH + 1); /* the last one has no comma */
}

static int append_ids(struct buf *out, const char *const *ids, size_t count, struct error *e)
{
    if (count == 0)
        return error_set(e, -EINVAL, "there is no study to ask for");
    for (size_t i = 0; i < count; i++) {
        if (!text_is_nct_id(ids[i]))
            return error_set(e, -EINVAL, "%s is no NCT id: NCT and eight digits", ids[i]);
        buf_printf(out, "%s%s", i > 0 ? "," : "", ids[i]);
    }
    return 0;
}

static int append_token(struct buf *out, const char *token, struct error *e)
{
    buf_append_string(out, TOKEN_QUERY);
    size_t before = out->len;
    http_append_escaped(out, token);
    if (out->len - before > CTGOV_TOKEN_BYTES)
        return error_set(e, -E2BIG, "the registry's page token has more than %zu bytes", CTGOV_TOKEN_BYTES);
    return 0;
}

static int check_url(const struct buf *out, size_t before, struct error *e)
{
    if (buf_status(out) < 0)
        return error_set(e, buf_status(out), "there is no memory to write a question to the registry");
    if (out->len - before >= CTGOV_URL_BYTES)
        return error_set(e, -E2BIG, "A question to the registry would have %zu bytes, %zu is the limit",
                         out->len - before, CTGOV_URL_BYTES - 1);
    return 0;
}

int ctgov_append_query_url(struct buf *out, const char *base_url, const char *question, const char *token,
                           struct error *e)
{
    size_t before = out->len;

    buf_printf(out, "%.*s" FOUND_QUERY, base_length(base_url), base_url, CTGOV_PAGE_SIZE, question);
    int r = token ? append_token(out, token, e) : 0;
    return r < 0 ? r : check_url(out, before, e);
}

int ctgov_append_whole_url(struct buf *out, const char *base_url, const char *token, struct error *e)
{
    size_t before = out->len;

    buf_printf(out, "%.*s" WHOLE_QUERY, base_length(base_url), base_url, CTGOV_PAGE_SIZE);
    int r = token ? append_token(out, token, e) : 0;
    return r < 0 ? r : check_url(out, before, e);
}

int ctgov_append_studies_url(struct buf *out, const char *base_url, const char *const *ids, size_t count,
                             const char *token, struct error *e)
{
    size_t before = out->len;

    buf_printf(out, "%.*s" STUDIES_QUERY, base_length(base_url), base_url, CTGOV_PAGE_SIZE);
    int r = append_ids(out, ids, count, e);
    if (r == 0 && token)
        r = append_token(out, token, e);
    return r < 0 ? r : check_url(out, before, e);
}

/* Strangers' text that ends up on a terminal and in tables: printable ASCII of at most that many bytes. */
static bool is_plain(const json_t *value, size_t max_bytes)
{
    const char *text = json_string_value(value);

    if (!text || json_string_length(value) > max_bytes)
        return false;
    for (; *text; text++) {
        if (*text < ' ' || *text > '~')
            return false;
    }
    return true;
}

/* The timestamp only has to be told from another one, so its form is not checked further. */
static int read_refresh(const json_t *answer, char ret[static REFRESH_BYTES], struct error *e)
{
    const json_t *timestamp = json_object_get(answer, "dataTimestamp");

    ret[0] = '\0';
    if (!timestamp || json_is_null(timestamp))
        return 0;
    if (!is_plain(timestamp, REFRESH_BYTES - 1))
        return error_set(e, -EBADMSG, "the registry's dataTimestamp is no time such as 2026-02-11T09:00:05");
    snprintf(ret, REFRESH_BYTES, "%s", json_string_value(timestamp));
    return 0;
}

static int read_version(const json_t *answer, struct ctgov_version *ret, struct error *e)
{
    const json_t *api_version = json_object_get(answer, "apiVersion");
    struct ctgov_version version;

    if (!is_plain(api_version, sizeof(version.api_version) - 1))
        return error_set(e, -EBADMSG, "the registry's answer about its version has no apiVersion such as 2.0.5");
    int r = read_refresh(answer, version.refresh, e);
    if (r < 0)
        return r;
    snprintf(version.api_version, sizeof(version.api_version), "%s", json_string_value(api_version));
    *ret = version;
    return 0;
}

int ctgov_read_version(const char *text, size_t len, struct ctgov_version *ret, struct error *e)
{
    json_error_t why;
    json_t *answer = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);

    if (!answer)
        return error_set(e, -EBADMSG, "the registry's answer about its version is not JSON: %s", why.text);
    int r = read_version(answer, ret, e);
    json_decref(answer);
    return r;
}
