/* What the tests of registry/intake share: an intake into a history of its own. */
#pragma once

#include "registry_fixture.h"

#include "registry/intake.h"

struct setting {
    struct fixture fixture;
    struct intake *intake;
    int64_t poll;
};

/* A look at a refresh; what comes next belongs to it. */
static inline void begin_poll(struct setting *setting, const char *refresh)
{
    struct poll poll = {.started_usec = 1};

    assert_int_equal(store_begin(setting->fixture.store, NULL), 0);
    assert_int_equal(polls_begin(setting->fixture.store, &poll, NULL), 0);
    assert_int_equal(store_commit(setting->fixture.store, NULL), 0);
    setting->poll = poll.id;
    intake_set_poll(setting->intake, poll.id, refresh);
}

static inline struct setting *open_setting(const char *const *watched, size_t count, intake_asked *asked)
{
    struct setting *setting = calloc(1, sizeof(*setting));

    fixture_begin(&setting->fixture, watched, count);
    assert_int_equal(intake_new(setting->fixture.store, setting->fixture.watches, asked, NULL, &setting->intake), 0);
    begin_poll(setting, "2026-02-11T09:00:05");
    return setting;
}

static inline int tear_down(void **state)
{
    struct setting *setting = *state;

    intake_free(setting->intake);
    fixture_end(&setting->fixture);
    free(setting);
    return 0;
}

/* Every step of one record, which is not committed by that. */
static inline int take_steps(struct setting *setting, const char *text, size_t len, struct intake_result *ret,
                             struct error *e)
{
    int r;

    intake_begin(setting->intake, text, len);
    do
        r = intake_step(setting->intake, ret, e);
    while (r > 0);
    return r;
}
