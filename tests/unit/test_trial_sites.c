/* Which old site is which new one. */
#include "trial_records.h"

#include "trial/diff.h"
#include "trial/fold.h"
#include "trial/keysort.h"
#include "trial/site_assign.h"
#include "trial/site_score.h"
#include "trial/site_words.h"
#include "trial/sites.h"

/* Cases of each property. */
#define CASES 3000

static int score_of(const char *a, const char *b)
{
    json_t *left = json_loads(a, 0, NULL), *right = json_loads(b, 0, NULL);
    struct site_features x, y;

    assert_non_null(left);
    assert_non_null(right);
    assert_int_equal(site_read_features(left, &x), 0);
    assert_int_equal(site_read_features(right, &y), 0);
    int score = site_score(&x, &y);
    assert_int_equal(score, site_score(&y, &x));
    json_decref(left);
    json_decref(right);
    return score;
}

#define SITE(facility, city, zip, country)                                                                             \
    "{\"facility\":\"" facility "\",\"city\":\"" city "\",\"zip\":\"" zip "\",\"country\":\"" country "\"}"
#define SITE_NO_ZIP(facility, city, country)                                                                           \
    "{\"facility\":\"" facility "\",\"city\":\"" city "\",\"country\":\"" country "\"}"
#define SITE_AT(facility, city, country, lat, lon)                                                                     \
    "{\"facility\":\"" facility "\",\"city\":\"" city "\",\"country\":\"" country "\",\"geoPoint\":{\"lat\":" lat      \
    ",\"lon\":" lon "}}"

static void one_site_is_known_however_it_is_spelled(void **state)
{
    static const struct {
        const char *a, *b;
    } cases[] = {
        /* case, accents, compatibility forms, mojibake, question marks */
        {SITE("MEMORIAL HOSPITAL OF NOWHERE", "Springfield", "12345", "United States"),
         SITE("Memorial Hospital of Nowhere", "Springfield", "12345", "United States")},
        {SITE("Hôpital de la Croix-Rousse", "Lyon", "69004", "France"),
         SITE("Hopital de la Croix Rousse", "Lyon", "69004", "France")},
        {SITE("Hôpital Édouard Herriot", "Lyon", "69003", "France"),
         SITE("HÃ´pital Ã‰douard Herriot", "Lyon", "69003", "France")},
        {SITE("Hôpital Édouard Herriot", "Lyon", "69003", "France"),
         SITE("H?pital ?douard Herriot", "Lyon", "69003", "France")},
        {SITE("Szpital Łódzki", "Łódź", "90-001", "Poland"), SITE("Szpital Lodzki", "Lodz", "90001", "Poland")},
        {SITE("Klinik ﬁnis", "Wien", "1090", "Austria"), SITE("Klinik Finis", "Wien", "1090", "Austria")},
        /* cities and states that the registry spells anew */
        {SITE("Mercy Clinic", "Saint Louis", "63110", "United States"),
         SITE("Mercy Clinic", "St. Louis", "63110", "United States")},
        {SITE("Research Site", "Milano", "20132", "Italy"), SITE("Research Site", "Milan", "20132", "Italy")},
        {SITE_NO_ZIP("Kaohsiung Hospital", "Kaohsiung", "Taiwan"),
         SITE_NO_ZIP("Kaohsiung Hospital", "Kaohsiung City", "Taiwan")},
        {SITE("Severance", "Seoul", "03722", "Korea, Republic of"), SITE("Severance", "Seoul", "3722", "South Korea")},
        /* words added, dropped, abbreviated, translated, misspelt */
        {SITE("Mayo Clinic", "Rochester", "55905", "United States"),
         SITE("Mayo Clinic Hospital, Dept. of Oncology", "Rochester", "55905-0001", "United States")},
        {SITE_NO_ZIP("Metro Davao Medical and Research Centre", "Davao City", "Philippines"),
         SITE_NO_ZIP("Metro Davao Medical And Research Center Inc.", "Davao City", "Philippines")},
        {SITE_NO_ZIP("Keimyung University Dongsan Hospital", "Daegu", "South Korea"),
         SITE_NO_ZIP("Keimyung University", "Daegu", "South Korea")},
        {SITE("Universitätsklinikum Heidelberg", "Heidelberg", "69120", "Germany"),
         SITE("University Hospital Heidelberg", "Heidelberg", "69120", "Germany")},
        {SITE("Rambam Medical Center", "Haifa", "3109601", "Israel"),
         SITE("Ramba mMedical Center", "Haifa", "3109601", "Israel")},
        {SITE_NO_ZIP("The First Hospital of Jilin University", "Changchun", "China"),
         SITE_NO_ZIP("1st Hosp. of Jilin Univ.", "Changchun", "China")},
        /* another zip at the same name and city; another city, if the name is distinctive enough */
        {SITE("Asan Medical Center", "Seoul", "05505", "South Korea"),
         SITE("Asan Medical Center", "Seoul", "138-736", "South Korea")},
        {SITE_AT("Goztepe Suleyman Yalcin City Hospital", "Istanbul", "Turkey", "41.0", "28.9"),
         SITE_AT("Goztepe Suleyman Yalcin City Hospital", "Kocaeli", "Turkey (Türkiye)", "39.6", "27.5")},
        /* anonymous entries, by place; their names are given and taken */
        {SITE("Research Site", "Berlin", "10365", "Germany"),
         SITE("Research Site", "Berlin-Lichtenberg", "10365", "Germany")},
        {SITE_NO_ZIP("Pfizer Investigational Site", "Osaka", "Japan"), SITE_NO_ZIP("Research Site", "Osaka", "Japan")},
        {SITE("Local Institution - 0012", "Ghent", "9000", "Belgium"), SITE("UZ Gent", "Ghent", "9000", "Belgium")},
        {SITE("Old Name ( Site 1112)", "Milwaukee", "53226", "United States"),
         SITE("Froedtert Hospital ( Site 1112)", "Milwaukee", "53226", "United States")},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (score_of(cases[i].a, cases[i].b) < SITE_SCORE_SAME)
            fail_msg("taken for two: %s %s", cases[i].a, cases[i].b);
}

static void two_sites_are_told_apart_however_near(void **state)
{
    static const struct {
        const char *a, *b;
    } cases[] = {
        /* another hospital in the same city, even at the same zip */
        {SITE_NO_ZIP("Princess Margaret Hospital", "Hong Kong", "Hong Kong"),
         SITE_NO_ZIP("Queen Mary Hospital", "Hong Kong", "Hong Kong")},
        {SITE("Memorial Hermann Hospital", "Houston", "77030", "United States"),
         SITE("Ben Taub Hospital", "Houston", "77030", "United States")},
        {SITE_NO_ZIP("First Affiliated Hospital of Nanchang University", "Nanchang", "China"),
         SITE_NO_ZIP("Second Affiliated Hospital of Nanchang University", "Nanchang", "China")},
        {SITE("Severance Hospital", "Seoul", "03722", "South Korea"),
         SITE("Gangnam Severance Hospital", "Seoul", "06273", "South Korea")},
        {SITE_NO_ZIP("Beijing Cancer Hospital", "Beijing", "China"),
         SITE_NO_ZIP("Beijing Chest Hospital", "Beijing", "China")},
        /* a chain's name in another city */
        {SITE("Texas Oncology", "Dallas", "75246", "United States"),
         SITE("Texas Oncology", "Austin", "78705", "United States")},
        /* anonymous entries at other places, or with other numbers */
        {SITE("Research Site", "Tokyo", "104-0045", "Japan"), SITE("Research Site", "Tokyo", "160-8582", "Japan")},
        {SITE_NO_ZIP("Research Site", "Tokyo", "Japan"), SITE_NO_ZIP("Research Site", "Osaka", "Japan")},
        {SITE("Local Institution - 0012", "Ghent", "9000", "Belgium"),
         SITE("Local Institution - 0013", "Ghent", "9000", "Belgium")},
        {"{}", "{}"},
        {SITE_NO_ZIP("University Hospital", "Basel", "Switzerland"),
         SITE_NO_ZIP("University Hospital", "Bern", "Switzerland")},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (score_of(cases[i].a, cases[i].b) >= SITE_SCORE_SAME)
            fail_msg("taken for one: %s %s", cases[i].a, cases[i].b);
}

static void words_have_their_meaning(void **state)
{
    static const struct {
        const char *word, *same;
        enum word_class word_class;
    } cases[] = {
        {"1st", "1", WORD_NUMBER},
        {"zentrum", "center", WORD_GENERIC},
        {"ziekenhuis", "hospital", WORD_GENERIC},
        {"of", "of", WORD_EMPTY},
        {"krankenhaus", "hospital", WORD_GENERIC},
        {"sankt", "st", WORD_GENERIC},
        {"oncology", "cancer", WORD_SPECIALTY},
        {"mayo", "mayo", WORD_DISTINCTIVE},
        {"175", "175", WORD_NUMBER},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct word_meaning meaning = site_word_meaning(cases[i].word);
        assert_string_equal(meaning.same, cases[i].same);
        assert_int_equal(meaning.word_class, cases[i].word_class);
    }
}

static void anonymous_names_are_known(void **state)
{
    static const char *const anonymous[] = {
        "",
        "research site",
        "investigational site 0123",
        "pfizer investigational site",
        "local institution 0012",
        "research facility id org 001231",
        "research site us 1 2",
        "for additional information regarding investigative sites for this trial contact 1 877"};
    static const char *const named[] = {"mayo clinic", "duke clinical research institute site 1234", "centro medico",
                                        "wits clinical research cmjah clinical trial site", "website hospital"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(anonymous); i++)
        assert_true(site_name_is_anonymous(anonymous[i]));
    for (size_t i = 0; i < ARRAY_SIZE(named); i++)
        assert_false(site_name_is_anonymous(named[i]));
}

static void assert_folds(const char *text, const char *folded)
{
    _cleanup_buf_ struct buf out = {0};

    assert_int_equal(fold_text(text, &out), 0);
    assert_string_equal(buf_string(&out), folded);
}

static void text_is_folded(void **state)
{
    (void)state;
    assert_folds("", "");
    assert_folds("  The  St. Luke's--Hospital ", "the st lukes hospital");
    assert_folds("Universitätsklinikum Łódź, ﬁ ½ Straße", "universitatsklinikum lodz fi 1 2 strasse");
    assert_folds("ÇANKAYA İstanbul ısı", "cankaya istanbul isi");
    assert_folds("UniversitÃ¤t MÃ¼nchen, HÃ´pital, â€œCitéâ€\xc2\x9d", "universitat munchen hopital cite");
    assert_folds("Ã", "a"); /* no second half: the letter itself */
    assert_folds("東京大学", "東京大学");
    assert_folds("\xff\xfe"
                 "a\xc3",
                 "a");
}

static void the_best_assignment_is_not_the_greedy_one(void **state)
{
    /* greedy takes 0–0 (10) and leaves 1 alone; best is 0–1 and 1–0 (9 + 9) */
    struct site_edge edges[] = {{0, 0, 10}, {0, 1, 9}, {1, 0, 9}};
    size_t right_of[2];

    (void)state;
    assert_int_equal(site_assign(edges, ARRAY_SIZE(edges), 2, 2, right_of), 0);
    assert_int_equal(right_of[0], 1);
    assert_int_equal(right_of[1], 0);
}

/* Tries every assignment of lefts from the first on. */
static int best_gain(int gain[5][5], size_t left, unsigned taken)
{
    if (left == 5)
        return 0;
    int best = best_gain(gain, left + 1, taken);
    for (size_t j = 0; j < 5; j++) {
        if (gain[left][j] > 0 && !(taken & 1U << j)) {
            int with = gain[left][j] + best_gain(gain, left + 1, taken | 1U << j);
            best = with > best ? with : best;
        }
    }
    return best;
}

static void small_groups_are_solved_exactly(void **state)
{
    struct random_source random = {.state = 7};

    (void)state;
    for (int n = 0; n < CASES; n++) {
        int gain[5][5] = {0}, sum = 0;
        struct site_edge edges[25];
        size_t count = 0, right_of[5];
        bool taken[5] = {false};
        for (size_t i = 0; i < 5; i++)
            for (size_t j = 0; j < 5; j++)
                if (random_below(&random, 2))
                    edges[count++] = (struct site_edge){i, j, gain[i][j] = 1 + (int)random_below(&random, 20)};
        assert_int_equal(site_assign(edges, count, 5, 5, right_of), 0);
        for (size_t i = 0; i < 5; i++) {
            if (right_of[i] == SITE_UNASSIGNED)
                continue;
            assert_false(taken[right_of[i]]);
            taken[right_of[i]] = true;
            sum += gain[i][right_of[i]];
        }
        assert_int_equal(sum, best_gain(gain, 0, 0));
    }
}

static void large_groups_are_assigned_one_to_one(void **state)
{
    enum { N = 60 };
    static struct site_edge edges[N * N];
    size_t right_of[N];

    (void)state;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            edges[i * N + j] = (struct site_edge){i, j, i == j ? 3 : 1};
    assert_int_equal(site_assign(edges, ARRAY_SIZE(edges), N, N, right_of), 0);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(right_of[i], i);
}

static void keys_are_sorted_and_keep_the_order_of_equals(void **state)
{
    struct random_source random = {.state = 11};
    struct keyed items[500];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(items); i++)
        items[i] = (struct keyed){random_below(&random, 50) * UINT64_C(0x0101010101010101), i};
    assert_int_equal(keyed_sort(items, ARRAY_SIZE(items)), 0);
    for (size_t i = 1; i < ARRAY_SIZE(items); i++)
        assert_true(items[i - 1].key < items[i].key ||
                    (items[i - 1].key == items[i].key && items[i - 1].place < items[i].place));
    assert_int_equal(keyed_sort(items, 0), 0);
    assert_int_equal(keyed_run(items, 1), 1);
}

/* A word that no other number has. */
static void make_word(char text[static 16], size_t number)
{
    static const char *const syllables[] = {"ba", "do", "ke", "lu", "mi", "no", "pa", "ri", "so", "tu", "ve", "za"};

    text[0] = '\0';
    for (int i = 0; i < 4; i++) {
        strcat(text, syllables[number % ARRAY_SIZE(syllables)]);
        number /= ARRAY_SIZE(syllables);
    }
    text[0] = (char)(text[0] - 'a' + 'A');
}

/* A site of its own; every third is anonymous. */
static json_t *make_site(struct random_source *random, size_t number)
{
    static const char *const types[] = {"%s General Hospital", "University of %s Medical Center", "%s Clinic"};
    static const char *const statuses[] = {"RECRUITING", "NOT_YET_RECRUITING", "COMPLETED"};
    char word[16], city[16], name[64], zip[16];

    make_word(word, number);
    make_word(city, number / 3 + 5000);
    snprintf(zip, sizeof(zip), "%05zu", 10000 + number * 7);
    if (number % 3 == 0)
        snprintf(name, sizeof(name), "Research Site");
    else
        snprintf(name, sizeof(name), types[number % ARRAY_SIZE(types)], word);
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:{s:f,s:f}}", "facility", name, "city", city, "zip", zip, "country",
                     "Nowhere", "status", statuses[random_below(random, ARRAY_SIZE(statuses))], "geoPoint", "lat",
                     (double)(number / 3 % 90), "lon", (double)(number / 3 % 180));
}

static json_t *make_sites(struct random_source *random, size_t first, size_t count)
{
    json_t *sites = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(sites, make_site(random, first + i));
    return sites;
}

/* One of the things that happen to a name or an address. */
static void rename_site(struct random_source *random, json_t *site)
{
    const char *facility = json_string_value(json_object_get(site, "facility"));
    char text[200];

    switch (random_below(random, 5)) {
    case 0:
        snprintf(text, sizeof(text), "%s, Department of Medicine", facility);
        json_object_set_new(site, "facility", json_string(text));
        break;
    case 1:
        snprintf(text, sizeof(text), "THE %s INC.", facility);
        for (char *c = text; *c; c++)
            *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
        json_object_set_new(site, "facility", json_string(text));
        break;
    case 2:
        snprintf(text, sizeof(text), "%s City", json_string_value(json_object_get(site, "city")));
        json_object_set_new(site, "city", json_string(text));
        break;
    case 3:
        json_object_set_new(site, "state", json_string("Some State"));
        break;
    default:
        json_object_del(site, "zip");
        break;
    }
}

/* Two versions of made-up sites, their map and their changes. */
struct pair {
    struct study *before, *after;
    struct site_map map;
    struct change_list changes;
};

static void pair_free(struct pair *pair)
{
    study_free(pair->before);
    study_free(pair->after);
    site_map_free(&pair->map);
    change_list_free(&pair->changes);
}
#define _cleanup_pair_ _cleanup_(pair_free)

/* Takes over both lists. */
static struct pair compare(json_t *before, json_t *after)
{
    struct pair pair = {.before = study_with_sites("RECRUITING", before),
                        .after = study_with_sites("RECRUITING", after)};

    assert_int_equal(sites_match(pair.before, pair.after, &pair.map), 0);
    assert_int_equal(diff_studies(pair.before, pair.after, &pair.map, &pair.changes, NULL), 0);
    return pair;
}

static size_t count_kind(const struct pair *pair, enum kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < pair->changes.count; i++)
        count += pair->changes.items[i].kind == kind;
    return count;
}

/* Silent changes: of the order, and where a list stays that nothing is in. */
static size_t count_silent(const struct pair *pair)
{
    size_t count = 0;

    for (size_t i = 0; i < pair->changes.count; i++)
        count += pair->changes.items[i].weight == WEIGHT_SILENT;
    return count;
}

static void assert_mirrors(const struct pair *pair)
{
    _cleanup_site_map_ struct site_map back = {0};

    assert_int_equal(sites_match(pair->after, pair->before, &back), 0);
    assert_int_equal(back.old_count, pair->map.new_count);
    assert_memory_equal(back.new_of_old, pair->map.old_of_new, back.old_count * sizeof(size_t));
    assert_memory_equal(back.old_of_new, pair->map.new_of_old, back.new_count * sizeof(size_t));
}

static void assert_applies(const struct pair *pair)
{
    json_t *result = NULL;

    assert_int_equal(diff_apply(study_record(pair->before), &pair->changes, &result, NULL), 0);
    assert_true(json_equal(result, (json_t *)study_record(pair->after)));
    json_decref(result);
}

static void shuffling_the_list_changes_nothing(void **state)
{
    struct random_source random = {.state = 1};

    (void)state;
    for (int i = 0; i < CASES; i++) {
        json_t *before = make_sites(&random, random_below(&random, 1000), 1 + random_below(&random, 30));
        json_t *after = json_deep_copy(before);
        shuffle_array(&random, after);
        _cleanup_pair_ struct pair pair = compare(before, after);
        assert_int_equal(pair.changes.count, count_kind(&pair, KIND_SITE_ORDER));
        assert_mirrors(&pair);
        assert_applies(&pair);
    }
}

static void renaming_k_of_n_yields_k_renames_and_nothing_else(void **state)
{
    struct random_source random = {.state = 2};

    (void)state;
    for (int i = 0; i < CASES; i++) {
        size_t renamed = 0, n;
        json_t *site, *before = make_sites(&random, random_below(&random, 1000), 1 + random_below(&random, 30));
        json_t *after = json_deep_copy(before);
        json_array_foreach (after, n, site) {
            if (random_below(&random, 3) == 0) {
                rename_site(&random, site);
                renamed++;
            }
        }
        if (random_below(&random, 2))
            shuffle_array(&random, after);
        _cleanup_pair_ struct pair pair = compare(before, after);
        assert_int_equal(count_kind(&pair, KIND_SITE_RENAMED), renamed);
        assert_int_equal(pair.changes.count, renamed + count_kind(&pair, KIND_SITE_ORDER));
        assert_mirrors(&pair);
        assert_applies(&pair);
    }
}

static void adding_and_dropping_count_right(void **state)
{
    struct random_source random = {.state = 3};

    (void)state;
    for (int i = 0; i < CASES; i++) {
        size_t first = random_below(&random, 1000), count = random_below(&random, 30), kept = 0;
        size_t added = random_below(&random, 10);
        json_t *site, *before = make_sites(&random, first, count);
        json_t *after = make_sites(&random, first + 2000, added);
        size_t n;
        json_array_foreach (before, n, site) {
            if (random_below(&random, 4) == 0)
                continue;
            json_array_append(after, site);
            kept++;
        }
        shuffle_array(&random, after);
        _cleanup_pair_ struct pair pair = compare(before, after);
        assert_int_equal(count_kind(&pair, KIND_SITE_REMOVED), count - kept);
        assert_int_equal(count_kind(&pair, KIND_SITE_ADDED) + count_kind(&pair, KIND_SITE_OPENED), added);
        assert_int_equal(pair.changes.count, count - kept + added + count_silent(&pair));
        assert_mirrors(&pair);
        assert_applies(&pair);
    }
}

static void duplicates_count_as_a_multiset(void **state)
{
    struct random_source random = {.state = 4};

    (void)state;
    for (int i = 0; i < CASES; i++) {
        size_t first = random_below(&random, 1000), more = 0, less = 0;
        json_t *before = json_array(), *after = json_array();
        for (size_t n = 0; n < 5; n++) {
            json_t *site = make_site(&random, first + n);
            size_t old_count = random_below(&random, 4), new_count = random_below(&random, 4);
            for (size_t k = 0; k < old_count; k++)
                json_array_append(before, site);
            for (size_t k = 0; k < new_count; k++)
                json_array_append(after, site);
            more += new_count > old_count ? new_count - old_count : 0;
            less += old_count > new_count ? old_count - new_count : 0;
            json_decref(site);
        }
        shuffle_array(&random, before);
        shuffle_array(&random, after);
        _cleanup_pair_ struct pair pair = compare(before, after);
        assert_int_equal(count_kind(&pair, KIND_SITE_REMOVED), less);
        assert_int_equal(count_kind(&pair, KIND_SITE_ADDED) + count_kind(&pair, KIND_SITE_OPENED), more);
        assert_int_equal(pair.changes.count, more + less + count_silent(&pair));
        assert_mirrors(&pair);
        assert_applies(&pair);
    }
}

static void the_map_does_not_depend_on_the_order(void **state)
{
    struct random_source random = {.state = 5};

    (void)state;
    for (int i = 0; i < CASES; i++) {
        size_t first = random_below(&random, 1000), n;
        json_t *site, *before = make_sites(&random, first, 20), *after = make_sites(&random, first + 10, 20);
        json_array_foreach (after, n, site)
            if (random_below(&random, 2))
                rename_site(&random, site);
        json_t *shuffled = json_deep_copy(after);
        shuffle_array(&random, shuffled);
        json_t *keep = json_incref(before);
        _cleanup_pair_ struct pair pair = compare(before, after);
        _cleanup_pair_ struct pair other = compare(keep, shuffled);
        for (size_t k = 0; k < pair.map.old_count; k++) {
            const json_t *a = study_location(pair.after, pair.map.new_of_old[k]);
            const json_t *b = study_location(other.after, other.map.new_of_old[k]);
            assert_true(a == b || json_equal((json_t *)a, (json_t *)b));
        }
    }
}

static void a_site_listed_twice_keeps_the_status_of_each(void **state)
{
    json_t *before = json_loads("[{\"facility\":\"A\",\"city\":\"X\",\"status\":\"RECRUITING\"},"
                                "{\"facility\":\"A\",\"city\":\"X\",\"status\":\"COMPLETED\"}]",
                                0, NULL);
    json_t *after = json_loads("[{\"facility\":\"a\",\"city\":\"X\",\"status\":\"COMPLETED\"},"
                               "{\"facility\":\"a\",\"city\":\"X\",\"status\":\"RECRUITING\"}]",
                               0, NULL);

    (void)state;
    _cleanup_pair_ struct pair pair = compare(before, after);
    assert_int_equal(pair.map.new_of_old[0], 1);
    assert_int_equal(pair.map.new_of_old[1], 0);
}

static void the_person_to_ask_tells_sites_apart(void **state)
{
    json_t *before = json_loads(
        "[{\"facility\":\"Old Hospital\",\"city\":\"X\",\"zip\":\"12345\",\"contacts\":[{\"name\":\"Ann\"}]}]", 0,
        NULL);
    json_t *after =
        json_loads("[{\"facility\":\"Riverside\",\"city\":\"X\",\"zip\":\"12345\",\"contacts\":[{\"name\":\"Bob\"}]},"
                   "{\"facility\":\"Lakeview\",\"city\":\"X\",\"zip\":\"12345\",\"contacts\":[{\"name\":\"Ann\"}]}]",
                   0, NULL);

    (void)state;
    _cleanup_pair_ struct pair pair = compare(before, after);
    assert_int_equal(pair.map.new_of_old[0], 1);
}

static void a_call_centre_does_not_make_sites_one(void **state)
{
    json_t *before =
        json_loads("[{\"facility\":\"Riverside\",\"city\":\"X\",\"zip\":\"1\",\"contacts\":[{\"phone\":\"800\"}]},"
                   "{\"facility\":\"Elsewhere\",\"city\":\"Y\",\"zip\":\"2\",\"contacts\":[{\"phone\":\"800\"}]}]",
                   0, NULL);
    json_t *after =
        json_loads("[{\"facility\":\"Lakeview\",\"city\":\"X\",\"zip\":\"1\",\"contacts\":[{\"phone\":\"800\"}]},"
                   "{\"facility\":\"Elsewhere\",\"city\":\"Y\",\"zip\":\"2\",\"contacts\":[{\"phone\":\"800\"}]}]",
                   0, NULL);

    (void)state;
    _cleanup_pair_ struct pair pair = compare(before, after);
    assert_true(pair.map.new_of_old[0] == SITE_NONE);
    assert_int_equal(pair.map.new_of_old[1], 1);
}

static void studies_without_locations_match_nothing(void **state)
{
    (void)state;
    _cleanup_pair_ struct pair none = compare(json_array(), json_array());
    assert_int_equal(none.map.old_count + none.map.new_count, 0);
    _cleanup_pair_ struct pair odd = compare(json_string("x"), json_loads("[{}]", 0, NULL));
    assert_int_equal(odd.map.old_count, 0);
    assert_true(odd.map.old_of_new[0] == SITE_NONE);
}

/* Many more than any real study has, with nothing in common but one city: ends soon, whatever the machine. */
static void many_sites_end_soon(void **state)
{
    json_t *before = json_array(), *after = json_array();

    (void)state;
    for (size_t i = 0; i < 20000; i++) {
        char text[64], word[16];
        make_word(word, i);
        snprintf(text, sizeof(text), "%s Clinic", word);
        json_array_append_new(before, json_pack("{s:s,s:s}", "facility", text, "city", "X"));
        snprintf(text, sizeof(text), "Institute %s%s", word, word);
        json_array_append_new(after, json_pack("{s:s,s:s}", "facility", text, "city", "X"));
    }
    _cleanup_pair_ struct pair pair = compare(before, after);
    assert_int_equal(count_kind(&pair, KIND_SITE_REMOVED), 20000);
}

static json_t *truth_study(const json_t *truth, const char *date_key)
{
    _cleanup_free_ char *path = NULL;

    assert_true(asprintf(&path, "%s/versions/%s/%s.json", registry_folder(),
                         json_string_value(json_object_get(truth, "nct")),
                         json_string_value(json_object_get(truth, date_key))) > 0);
    return json_of_file(path);
}

static void judged_pairs_are_matched_as_judged(void **state)
{
    size_t right = 0, wrong = 0;
    glob_t files;

    (void)state;
    if (!registry_folder())
        skip();
    registry_files("truth/NCT*.json", &files);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        json_t *entry, *truth = json_of_file(files.gl_pathv[i]);
        _cleanup_study_ struct study *before = study_of(truth_study(truth, "before"));
        _cleanup_study_ struct study *after = study_of(truth_study(truth, "after"));
        _cleanup_site_map_ struct site_map map = {0};
        size_t n;
        assert_int_equal(sites_match(before, after, &map), 0);
        json_array_foreach (json_object_get(truth, "same"), n, entry) {
            bool same = map.new_of_old[json_integer_value(json_array_get(entry, 0))] ==
                        (size_t)json_integer_value(json_array_get(entry, 1));
            right += same;
            wrong += !same;
        }
        json_array_foreach (json_object_get(truth, "removed"), n, entry)
            wrong += map.new_of_old[json_integer_value(entry)] != SITE_NONE;
        json_array_foreach (json_object_get(truth, "added"), n, entry)
            wrong += map.old_of_new[json_integer_value(entry)] != SITE_NONE;
        json_decref(truth);
    }
    globfree(&files);
    print_message("%zu sites as judged, %zu not\n", right, wrong);
    assert_true(wrong * 100 <= right);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_site_is_known_however_it_is_spelled),
        cmocka_unit_test(two_sites_are_told_apart_however_near),
        cmocka_unit_test(words_have_their_meaning),
        cmocka_unit_test(anonymous_names_are_known),
        cmocka_unit_test(text_is_folded),
        cmocka_unit_test(the_best_assignment_is_not_the_greedy_one),
        cmocka_unit_test(small_groups_are_solved_exactly),
        cmocka_unit_test(large_groups_are_assigned_one_to_one),
        cmocka_unit_test(keys_are_sorted_and_keep_the_order_of_equals),
        cmocka_unit_test(shuffling_the_list_changes_nothing),
        cmocka_unit_test(renaming_k_of_n_yields_k_renames_and_nothing_else),
        cmocka_unit_test(adding_and_dropping_count_right),
        cmocka_unit_test(duplicates_count_as_a_multiset),
        cmocka_unit_test(the_map_does_not_depend_on_the_order),
        cmocka_unit_test(a_site_listed_twice_keeps_the_status_of_each),
        cmocka_unit_test(the_person_to_ask_tells_sites_apart),
        cmocka_unit_test(a_call_centre_does_not_make_sites_one),
        cmocka_unit_test(studies_without_locations_match_nothing),
        cmocka_unit_test(many_sites_end_soon),
        cmocka_unit_test(judged_pairs_are_matched_as_judged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
