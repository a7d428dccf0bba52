/* Whom many watches' index finds is whom trying every watch finds. */
#include "check.h"

#include "base/macro.h"
#include "trial/watch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 12
#define CHANNEL_COUNT 7

enum { WATCHES = 400, ROUNDS = 300 };

static const char *const countries[] = {"United States", "france", "France", "Türkiye", "New Zealand"};
static const char *const states[] = {"Ohio", "ohio", "Île-de-France", "Otago"};
static const char *const cities[] = {"Paris", "PARIS", "Cincinnati", "Dunedin", "Suva"};
static const char *const facilities[] = {"Hospital", "university hospital", "Clinic"};

static long random_below(long end)
{
    return random() % end;
}

static bool one_in(long n)
{
    return random_below(n) == 0;
}

static double random_between(double low, double high)
{
    return low + (high - low) * (double)random_below(1000001) / 1000000;
}

/* Up to two of the names; the caller frees. */
static char **choose_names(const char *const *names, size_t name_count, size_t *ret_count)
{
    char **chosen = calloc(2, sizeof(*chosen));

    *ret_count = (size_t)random_below(3);
    for (size_t i = 0; i < *ret_count; i++)
        chosen[i] = (char *)names[random_below((long)name_count)];
    return chosen;
}

static void make_near(struct watch_near *near)
{
    static const double within_km[] = {1, 100, 300, 1500, 9000, 20000};

    near->set = true;
    near->lat = one_in(8) ? 90 : random_between(-90, 90);
    near->lon = one_in(8) ? -180 : random_between(-180, 180);
    near->within_km = within_km[random_below((long)ARRAY_SIZE(within_km))];
}

static void make_wish(struct watch *watch)
{
    if (one_in(2))
        watch->kinds = UINT64_C(1) << random_below(KIND_COUNT) | UINT64_C(1) << random_below(KIND_COUNT);
    if (one_in(2))
        watch->weights = watch_weights_from((enum weight)random_below(4));
}

struct world {
    struct watch watches[WATCHES];
    const struct watch *pointers[WATCHES];
    char names[WATCHES][NAME_BYTES];
    char *studies[WATCHES];
    char *channels[WATCHES];
    bool members[WATCHES];
    struct watch_set *set;
};

static void make_watch(struct world *world, size_t i)
{
    static char *const ids[] = {"NCT00000001", "NCT00000002", "NCT00000003"};
    static char *const channels[CHANNEL_COUNT] = {"a", "b", "c", "d", "e", "f", "g"};
    struct watch *watch = &world->watches[i];

    snprintf(world->names[i], NAME_BYTES, "w%zu", i);
    world->studies[i] = ids[random_below(3)];
    world->channels[i] = channels[random_below(CHANNEL_COUNT)];
    *watch = (struct watch){.name = world->names[i], .channels = &world->channels[i], .channel_count = 1};
    make_wish(watch);
    if (one_in(4)) {
        watch->studies = &world->studies[i];
        watch->study_count = 1;
    } else if (one_in(4)) {
        watch->query.term = world->names[i];
        world->members[i] = one_in(2);
    } else {
        watch->all_studies = true;
    }
    if (one_in(3))
        make_near(&watch->near);
    if (one_in(3))
        watch->countries = choose_names(countries, ARRAY_SIZE(countries), &watch->country_count);
    if (one_in(4))
        watch->states = choose_names(states, ARRAY_SIZE(states), &watch->state_count);
    if (one_in(4))
        watch->cities = choose_names(cities, ARRAY_SIZE(cities), &watch->city_count);
    if (one_in(4))
        watch->facilities = choose_names(facilities, ARRAY_SIZE(facilities), &watch->facility_count);
    world->pointers[i] = watch;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    srandom(7);
    for (size_t i = 0; i < WATCHES; i++)
        make_watch(world, i);
    *state = world;
    return watch_set_new(world->pointers, WATCHES, &world->set);
}

static int tear_down(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < WATCHES; i++) {
        free(world->watches[i].countries);
        free(world->watches[i].states);
        free(world->watches[i].cities);
        free(world->watches[i].facilities);
    }
    watch_set_free(world->set);
    free(world);
    return 0;
}

/* What a site does not say is as random as what it says. */
static void set_name(json_t *location, const char *field, const char *const *names, size_t count)
{
    if (!one_in(4))
        json_object_set_new(location, field, json_string(names[random_below((long)count)]));
}

static json_t *make_location(void)
{
    json_t *location = json_object();

    set_name(location, "facility", facilities, ARRAY_SIZE(facilities));
    set_name(location, "city", cities, ARRAY_SIZE(cities));
    set_name(location, "state", states, ARRAY_SIZE(states));
    set_name(location, "country", countries, ARRAY_SIZE(countries));
    if (!one_in(3))
        json_object_set_new(
            location, "geoPoint",
            json_pack("{sf sf}", "lat", random_between(-91, 91), "lon", one_in(9) ? 180 : random_between(-181, 181)));
    return location;
}

static struct study *make_study(void)
{
    json_t *locations = json_array();
    struct study *study;
    struct error e;

    for (long count = one_in(5) ? 0 : random_below(12); count > 0; count--)
        json_array_append_new(locations, make_location());
    json_t *record =
        json_pack("{s{s{ss s[s]} s{so}}}", "protocolSection", "identificationModule", "nctId", "NCT00000001",
                  "nctIdAliases", "NCT00000003", "contactsLocationsModule", "locations", locations);
    assert_int_equal(study_from_json(record, &study, &e), 0);
    json_decref(record);
    return study;
}

static void make_change(const struct world *world, const struct study *study, struct change *change)
{
    size_t sites = study_location_count(study);

    *change = (struct change){.kind = (enum kind)random_below(KIND_COUNT),
                              .weight = (enum weight)random_below(4),
                              .old_index = SITE_NONE,
                              .new_index = SITE_NONE};
    if (change->kind == KIND_LISTED)
        change->after = json_pack("{ss}", "watch", world->names[random_below(WATCHES)]);
    else if (change->kind == KIND_UNLISTED)
        change->before = json_pack("{ss}", "watch", world->names[random_below(WATCHES)]);
    else if (one_in(3))
        change->before = one_in(8) ? NULL : make_location(), change->old_index = 0;
    else if (sites > 0 && one_in(2))
        change->new_index = (size_t)random_below((long)sites);
}

static bool is_concerned(const struct world *world, size_t i, const struct study *study)
{
    const struct watch *watch = world->pointers[i];

    return watch->all_studies || world->members[i] ||
           (watch->study_count > 0 && study_answers_to(study, watch->studies[0]));
}

/* Whether the notice has exactly the watches of its channel that want something, and the changes that they want. */
static size_t check_channel(const struct world *world, const struct study *study, const struct change_list *changes,
                            const char *channel, const struct notice *notice)
{
    bool wanted[64] = {false};
    size_t watch_count = 0, change_count = 0;

    for (size_t i = 0; i < WATCHES; i++) {
        bool any = false;
        if (strcmp(world->channels[i], channel) != 0 || !is_concerned(world, i, study))
            continue;
        for (size_t j = 0; j < changes->count; j++)
            if (watch_wants(world->pointers[i], study, &changes->items[j]))
                any = wanted[j] = true;
        watch_count += any;
    }
    if (!notice) {
        assert_int_equal(watch_count, 0);
        return 0;
    }
    assert_int_equal(notice->watch_count, watch_count);
    for (size_t j = 0; j < changes->count; j++)
        if (wanted[j])
            assert_int_equal(notice->changes[change_count++], j);
    assert_int_equal(notice->change_count, change_count);
    return watch_count;
}

static const struct notice *notice_of(const struct notice_list *notices, const char *channel)
{
    for (size_t i = 0; i < notices->count; i++)
        if (strcmp(notices->items[i].channel, channel) == 0)
            return &notices->items[i];
    return NULL;
}

/* How many watches are told. */
static size_t check_round(const struct world *world)
{
    _cleanup_study_ struct study *study = make_study();
    _cleanup_notice_list_ struct notice_list notices = {0};
    const struct watch *members[WATCHES];
    struct change items[5] = {0};
    struct change_list changes = {.items = items, .count = (size_t)random_below(1 + (long)ARRAY_SIZE(items))};
    size_t member_count = 0, told = 0;

    for (size_t i = 0; i < changes.count; i++)
        make_change(world, study, &items[i]);
    for (size_t i = 0; i < WATCHES; i++)
        if (world->members[i])
            members[member_count++] = world->pointers[i];
    assert_int_equal(watch_set_notices(world->set, study, members, member_count, &changes, &notices), 0);
    for (char channel[] = "a"; channel[0] < 'a' + CHANNEL_COUNT; channel[0]++)
        told += check_channel(world, study, &changes, channel, notice_of(&notices, channel));
    for (size_t i = 0; i < changes.count; i++)
        change_clear(&items[i]);
    return told;
}

static void the_index_finds_whom_trying_every_watch_finds(void **state)
{
    size_t told = 0;

    for (int i = 0; i < ROUNDS; i++)
        told += check_round(*state);
    print_message("%d watches, %d studies: %zu times a watch is told\n", WATCHES, ROUNDS, told);
    assert_in_range(told, ROUNDS, ROUNDS * WATCHES / 2); /* neither nobody nor everybody */
}

/* How many watches of all studies are tried for the changes. */
static void count_visit(const struct watch *watch, void *userdata)
{
    (void)watch;
    ++*(size_t *)userdata;
}

static void a_change_is_not_tried_with_watches_of_other_kinds_and_places(void **state)
{
    static char *france[] = {"France"}, *ohio[] = {"Ohio"};
    enum { OTHERS = 1000 };
    struct watch *watches = calloc(OTHERS + 1, sizeof(*watches));
    const struct watch **pointers = calloc(OTHERS + 1, sizeof(*pointers));
    static const char text[] = "{\"protocolSection\":{\"identificationModule\":{\"nctId\":\"NCT00000001\"},"
                               "\"contactsLocationsModule\":{\"locations\":[{\"country\":\"France\",\"city\":\"Paris\","
                               "\"state\":\"x\",\"geoPoint\":{\"lat\":48.85,\"lon\":2.35}}]}}}";
    struct change status = {
        .kind = KIND_STATUS, .weight = WEIGHT_URGENT, .old_index = SITE_NONE, .new_index = SITE_NONE};
    struct change_list changes = {.items = &status, .count = 1};
    struct watch_set *set;
    struct study *study;
    struct error e;
    size_t visits = 0;

    (void)state;
    for (int i = 0; i < OTHERS; i++) {
        struct watch *watch = &watches[i];
        *watch = (struct watch){.name = "other", .all_studies = true, .kinds = UINT64_C(1) << KIND_STATUS};
        if (i % 3 == 0)
            watch->near = (struct watch_near){true, 39, -84, 300};
        else if (i % 3 == 1)
            watch->states = ohio, watch->state_count = 1;
        else
            watch->countries = france, watch->country_count = 1, watch->kinds = UINT64_C(1) << KIND_RESULTS;
        pointers[i] = watch;
    }
    watches[OTHERS] = (struct watch){.name = "mine",
                                     .all_studies = true,
                                     .kinds = UINT64_C(1) << KIND_STATUS,
                                     .countries = france,
                                     .country_count = 1};
    pointers[OTHERS] = &watches[OTHERS];
    assert_int_equal(watch_set_new(pointers, OTHERS + 1, &set), 0);
    assert_int_equal(study_from_text(text, strlen(text), &study, &e), 0);
    assert_int_equal(watch_set_visit_concerned(set, study, &changes, count_visit, &visits), 0);
    assert_int_equal(visits, 1);
    study_free(study);
    watch_set_free(set);
    free(watches);
    free(pointers);
}

#define RADIANS_PER_DEGREE (3.14159265358979323846 / 180)

/* A study with one site, so far from near in a random direction. */
static struct study *make_study_at(const struct watch_near *near, double km)
{
    double lat = near->lat * RADIANS_PER_DEGREE, way = km / 6371.0088, course = random_between(0, 6.2832);
    double sine = sin(lat) * cos(way) + cos(lat) * sin(way) * cos(course);
    double east = atan2(sin(course) * sin(way) * cos(lat), cos(way) - sin(lat) * sine) / RADIANS_PER_DEGREE;
    json_t *record = json_pack("{s{s{ss} s{s[{s{sf sf}}]}}}", "protocolSection", "identificationModule", "nctId",
                               "NCT00000001", "contactsLocationsModule", "locations", "geoPoint", "lat",
                               asin(sine) / RADIANS_PER_DEGREE, "lon", remainder(near->lon + east, 360));
    struct study *study;
    struct error e;

    assert_int_equal(study_from_json(record, &study, &e), 0);
    json_decref(record);
    return study;
}

static void a_site_at_the_edge_of_where_a_watch_looks_finds_it(void **state)
{
    struct watch watch = {.name = (char[]){"w"}, .all_studies = true, .kinds = UINT64_MAX};
    const struct watch *pointer = &watch;
    struct change opened = {.weight = WEIGHT_URGENT, .kind = KIND_SITE_OPENED, .old_index = SITE_NONE};
    struct change_list changes = {.items = &opened, .count = 1};

    (void)state;
    for (int i = 0; i < 20000; i++) {
        size_t visits = 0;
        struct watch_set *set;
        make_near(&watch.near);
        struct study *study = make_study_at(&watch.near, watch.near.within_km * random_between(0.99, 0.9999999));
        assert_true(watch_wants(&watch, study, &opened));
        assert_int_equal(watch_set_new(&pointer, 1, &set), 0);
        assert_int_equal(watch_set_visit_concerned(set, study, &changes, count_visit, &visits), 0);
        assert_int_equal(visits, 1);
        watch_set_free(set);
        study_free(study);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_site_at_the_edge_of_where_a_watch_looks_finds_it),
        cmocka_unit_test_setup_teardown(the_index_finds_whom_trying_every_watch_finds, set_up, tear_down),
        cmocka_unit_test(a_change_is_not_tried_with_watches_of_other_kinds_and_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
