/* A history in a folder of its own, and small studies to put into it. */
#pragma once

#include "check.h"
#include "outsider.h"

#include "base/buf.h"
#include "base/clock.h"
#include "history/changes.h"
#include "history/ledger.h"
#include "history/polls.h"
#include "history/sites.h"
#include "history/store.h"
#include "history/versions.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REFRESH_1 "2026-02-11T09:00:05"
#define NCT_1 "NCT04614467"
#define NCT_2 "NCT03508609"

struct fixture {
    char dir[64];
    char path[96];
    struct store *store;
    struct error e;
    int64_t poll;     /* the running one, 0 before fixture_poll() */
    int64_t now_usec; /* moves by an hour with every version */
};

/* Shows the sentence of a call that should have worked. */
#define assert_ok(f, call) assert_ok_at((f), (call), __FILE__, __LINE__)
static inline void assert_ok_at(struct fixture *f, int r, const char *file, int line)
{
    if (r < 0)
        print_error("%s:%d: %s: %s\n", file, line, strerror(-r), f->e.text);
    _assert_int_equal((uintmax_t)r, 0, file, line);
}

static inline int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    strcpy(f->dir, "/tmp/history-test.XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof(f->path), "%s/history.db", f->dir);
    f->now_usec = INT64_C(1770800405) * USEC_PER_SEC;
    assert_ok(f, store_open(f->path, STORE_WRITE, &f->store, &f->e));
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;

    store_close(f->store);
    nftw(f->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

static inline void fixture_close(struct fixture *f)
{
    store_close(TAKE_PTR(f->store));
}

static inline void fixture_reopen(struct fixture *f)
{
    fixture_close(f);
    assert_ok(f, store_open(f->path, STORE_WRITE, &f->store, &f->e));
}

#define test_with_history(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

/* A record with that many sites and a text that makes it its own. The caller frees. */
static inline struct study *make_study(const char *nct_id, const char *status, size_t sites, const char *summary)
{
    json_t *locations = json_array();
    struct study *study = NULL;
    char facility[64];

    for (size_t i = 0; i < sites; i++) {
        snprintf(facility, sizeof(facility), "Hospital %zu", i + 1);
        json_array_append_new(locations,
                              json_pack("{s:s, s:s, s:s, s:s, s:{s:f, s:f}, s:[{s:s}]}", "facility", facility, "city",
                                        "Cincinnati", "state", "Ohio", "country", i % 2 ? "Germany" : "United States",
                                        "geoPoint", "lat", 39.5, "lon", -84.25, "contacts", "name", "A Person"));
        if (strcmp(status, "RECRUITING") == 0)
            json_object_set_new(json_array_get(locations, i), "status", json_string("RECRUITING"));
    }
    json_t *record = json_pack(
        "{s:{s:{s:s, s:s, s:[s]}, s:{s:s}, s:{s:s}, s:{s:o}}}", "protocolSection", "identificationModule", "nctId",
        nct_id, "briefTitle", "A trial of cells", "nctIdAliases", "NCT00000042", "statusModule", "overallStatus",
        status, "descriptionModule", "briefSummary", summary, "contactsLocationsModule", "locations", locations);
    assert_non_null(record);
    assert_int_equal(study_from_json(record, &study, NULL), 0);
    json_decref(record);
    return study;
}

/* Begins a poll in a transaction of its own. */
static inline void fixture_poll(struct fixture *f)
{
    struct poll poll = {.started_usec = f->now_usec};

    strcpy(poll.refresh, REFRESH_1);
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, polls_begin(f->store, &poll, &f->e));
    assert_ok(f, store_commit(f->store, &f->e));
    f->poll = poll.id;
}

static inline struct poll fixture_poll_end(struct fixture *f, enum poll_outcome outcome)
{
    struct poll poll = {.id = f->poll,
                        .started_usec = f->now_usec,
                        .finished_usec = f->now_usec + USEC_PER_SEC,
                        .outcome = outcome,
                        .requests = 2,
                        .records = 1,
                        .bytes = 4711};

    strcpy(poll.refresh, REFRESH_1);
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, polls_finish(f->store, &poll, NULL, 0, &f->e));
    assert_ok(f, store_commit(f->store, &f->e));
    return poll;
}

/* In a transaction: the version with its changes and sites, as intake does it. */
static inline int take_in(struct fixture *f, const struct study *study, const struct study *before, struct version *ret,
                          int64_t *ids)
{
    _cleanup_site_map_ struct site_map map = {0};
    _cleanup_change_list_ struct change_list changes = {0};

    *ret = (struct version){.seen_usec = f->now_usec += USEC_PER_HOUR, .poll = f->poll};
    strcpy(ret->refresh, REFRESH_1);
    if (before) {
        assert_int_equal(sites_match(before, study, &map), 0);
        assert_ok(f, diff_studies(before, study, &map, &changes, &f->e));
    }
    int r = versions_append(f->store, study, before, (long)changes.count, ret, &f->e);
    if (r >= 0)
        r = history_sites_update(f->store, ret, before, study, before ? &map : NULL, &changes, &f->e);
    _cleanup_free_ int64_t *own_ids = calloc(changes.count + 1, sizeof(*own_ids));
    assert_non_null(own_ids);
    if (r >= 0)
        r = changes_append(f->store, ret, &changes, ids ? ids : own_ids, &f->e);
    return r;
}

/* The same in a transaction of its own, in a poll that begins when none runs. */
static inline struct version fixture_take_in(struct fixture *f, const struct study *study, const struct study *before)
{
    struct version version;

    if (f->poll == 0)
        fixture_poll(f);
    assert_ok(f, store_begin(f->store, &f->e));
    assert_ok(f, take_in(f, study, before, &version, NULL));
    assert_ok(f, store_commit(f->store, &f->e));
    return version;
}

static inline void assert_body_is(struct fixture *f, const struct version *version, const struct study *study)
{
    _cleanup_free_ char *bytes = NULL;
    size_t len, expected_len;
    const char *expected = study_canonical(study, &expected_len);

    assert_ok(f, versions_body(f->store, version, &bytes, &len, &f->e));
    assert_int_equal(len, expected_len);
    assert_memory_equal(bytes, expected, len);
}

/* The content of a file, NULL of what is none. The caller frees. */
static __attribute__((noinline, unused)) char *slurp(const char *path, size_t *ret_len)
{
    struct stat st;

    *ret_len = 0;
    if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
        return NULL;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    *ret_len = (size_t)st.st_size;
    char *bytes = malloc(*ret_len + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *ret_len, file), *ret_len);
    fclose(file);
    return bytes;
}

static inline void spill(const char *path, const void *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}
