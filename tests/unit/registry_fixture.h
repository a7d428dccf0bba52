/* What the tests of registry/ share: a history in a folder of its own, one watch, and records made up for the purpose.
 */
#pragma once

#include "check.h"
#include "full_disk.h"

#include "base/buf.h"
#include "history/outbox.h"
#include "history/polls.h"
#include "history/store.h"
#include "history/versions.h"
#include "trial/watch.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FIXTURE_MAX_STUDIES 8

struct fixture {
    char folder[32];
    char path[64];
    struct store *store;
    char *studies[FIXTURE_MAX_STUDIES];
    char *channels[1];
    struct watch watch;
    struct watch_set *watches;
};

static inline void fixture_open_store(struct fixture *fixture)
{
    struct error e;

    if (store_open(fixture->path, STORE_WRITE, &fixture->store, &e) < 0)
        fail_msg("%s", e.text);
}

/* One watch for all kinds of change of the studies named, told through the channel "cardiology". */
static inline void fixture_watch(struct fixture *fixture, const char *const *studies, size_t count)
{
    const struct watch *const watches[] = {&fixture->watch};

    assert_true(count <= FIXTURE_MAX_STUDIES);
    watch_set_free(fixture->watches);
    for (size_t i = 0; i < count; i++)
        fixture->studies[i] = (char *)studies[i];
    fixture->channels[0] = (char *)"cardiology";
    fixture->watch = (struct watch){
        .name = (char *)"freedom",
        .studies = fixture->studies,
        .study_count = count,
        .kinds = UINT64_MAX,
        .channels = fixture->channels,
        .channel_count = 1,
    };
    assert_int_equal(watch_set_new(watches, 1, &fixture->watches), 0);
}

static inline void fixture_begin(struct fixture *fixture, const char *const *studies, size_t count)
{
    *fixture = (struct fixture){.folder = "/tmp/trialwatch-test-XXXXXX"};
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof(fixture->path), "%s/history.db", fixture->folder);
    fixture_open_store(fixture);
    fixture_watch(fixture, studies, count);
}

static inline void fixture_end(struct fixture *fixture)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal", ".lock", "-lock"};
    char path[96];

    store_close(fixture->store);
    watch_set_free(fixture->watches);
    for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
        snprintf(path, sizeof(path), "%s%s", fixture->path, endings[i]);
        unlink(path);
    }
    rmdir(fixture->folder);
}

/* A record with that many sites, recruiting or not. holder stands for what changes at every refresh. */
static inline void fixture_append_record(struct buf *out, const char *nct_id, const char *status, int sites,
                                         const char *holder)
{
    buf_printf(out,
               "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"%s\",\"briefTitle\":\"Synthetic %s\"},"
               "\"statusModule\":{\"overallStatus\":\"%s\"},\"contactsLocationsModule\":{\"locations\":[",
               nct_id, nct_id, status);
    for (int i = 0; i < sites; i++)
        buf_printf(out,
                   "%s{\"facility\":\"Hospital %d\",\"city\":\"Gainesville\",\"state\":\"Florida\",\"zip\":\"%05d\","
                   "\"country\":\"United States\"}",
                   i > 0 ? "," : "", i, 32600 + i);
    buf_printf(out, "]}},\"derivedSection\":{\"miscInfoModule\":{\"versionHolder\":\"%s\"}},\"hasResults\":false}",
               holder);
}

/* The number of the study's newest version, 0 when it was never seen. */
static inline long fixture_version(struct fixture *fixture, const char *nct_id)
{
    struct version version;
    struct error e;

    return versions_newest(fixture->store, nct_id, &version, &e) == 0 ? version.number : 0;
}

static inline long fixture_alerts_due(struct fixture *fixture)
{
    struct outbox_counts counts;

    assert_int_equal(outbox_count(fixture->store, NULL, &counts, NULL), 0);
    return counts.due;
}

static inline int fixture_count_poll(const struct poll *poll, void *userdata)
{
    long *counts = userdata;

    counts[poll->outcome]++;
    return 0;
}

/* How many polls ended so. */
static inline long fixture_polls(struct fixture *fixture, enum poll_outcome outcome)
{
    long counts[POLL_FAILED + 1] = {0};

    assert_int_equal(polls_each(fixture->store, 0, 1000, fixture_count_poll, counts, NULL), 0);
    return counts[outcome];
}
