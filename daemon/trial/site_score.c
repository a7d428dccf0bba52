#include "trial/site_score.h"

#include "base/macro.h"
#include "trial/site_words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Evidence is added up. The values were set on the judged pairs of versions by these rules of thumb, each a line in
 * test_trial_sites.c: the same place and slot stays the same site however it is spelled; another hospital at the same
 * zip is another site, unless the same person is to be asked; a name that is at several places says nothing without
 * one; anonymous entries are told apart by their place alone. */
enum {
    NAME_SAME_LONG = 950, /* the same name, of two distinctive words or more: enough in another city */
    NAME_SAME = 800,
    NAME_SAME_PLAIN = 700, /* "University Hospital" */
    NAME_SAME_REPEATED = 600,
    NAME_SAME_CORE = 750, /* the same distinctive words, other generic ones */
    NAME_OTHER = -600,
    NAME_UNLIKE_PERCENT = 20, /* up to here names are other names; from here to 100 % … */
    NAME_LIKE = 750,          /* … it rises to this */
    NUMBER_MISSING = -250,    /* "First Hospital" and "Hospital" */
    SPECIALTY_MISSING = -150,

    CODE_SAME = 900,
    CODE_OTHER = -800,

    ZIP_SAME = 750,
    ZIP_SAME_SHORT = 450, /* of a whole district */
    ZIP_OTHER = -500,
    ZIP_LONG_BYTES = 5,

    CITY_SAME = 300,
    CITY_NEAR = -50,
    CITY_UNKNOWN = -250,
    CITY_FAR = -400,
    NEAR_KM = 30,

    ANONYMOUS_SAME = 50,   /* in the same words */
    ANONYMOUS_NAMED = -50, /* a name was given to the site, or taken from it */
    SLOT_SAME = 300,       /* an anonymous entry without a zip, in the same city */
    COUNTRY_OTHER = -600,
    CONTACT_SAME = 750,

    /* these only settle ties */
    POSITION_SAME = 1,
    STATE_SAME = 2,
};

/* Names that leave it open whether they are alike score about 0. */
#define OPEN_PERCENT 55

/* Letter pairs that make two spellings of a word, in percent. */
#define SPELLING_PERCENT 65

/* A slip of the keyboard: letters that may be wrong in a whole name of so many, and how alike that makes two names. */
#define SLIP_LETTERS_EACH 10
#define SLIP_MAX 2
#define SLIP_PERCENT 90

#define EARTH_RADIUS_KM 6371.0
#define RADIANS_PER_DEGREE 0.017453292519943295

/* Words that two names share, by weight, and how many words of each class they share or only one has. */
struct overlap {
    unsigned shared_weight, weight_a, weight_b;
    unsigned shared[WORD_CLASSES], only_a[WORD_CLASSES], only_b[WORD_CLASSES];
};

static struct overlap name_overlap(const struct site_features *a, const struct site_features *b)
{
    struct overlap ret = {0};
    size_t i = 0, j = 0;

    while (i < a->word_count || j < b->word_count) {
        const struct site_word *x = i < a->word_count ? &a->words[i] : NULL;
        const struct site_word *y = j < b->word_count ? &b->words[j] : NULL;
        if (x && y && x->hash == y->hash) {
            /* what is the name of the place in one entry may be distinctive in the other: it counts for less */
            const struct site_word *lesser = x->weight < y->weight ? x : y;
            ret.shared_weight += lesser->weight;
            ret.weight_a += lesser->weight;
            ret.weight_b += lesser->weight;
            ret.shared[lesser->word_class]++;
            i++;
            j++;
        } else if (!y || (x && x->hash < y->hash)) {
            ret.weight_a += x->weight;
            ret.only_a[x->word_class]++;
            i++;
        } else {
            ret.weight_b += y->weight;
            ret.only_b[y->word_class]++;
            j++;
        }
    }
    return ret;
}

/* Neighbouring letters in common, in percent: misspelt, split and garbled words still have most of them. */
static unsigned spelling_percent(const struct site_features *a, const struct site_features *b)
{
    size_t i = 0, j = 0, common = 0;

    while (i < a->pair_count && j < b->pair_count) {
        if (a->pairs[i] == b->pairs[j]) {
            common++;
            i++;
            j++;
        } else if (a->pairs[i] < b->pairs[j]) {
            i++;
        } else {
            j++;
        }
    }
    return common == 0 ? 0 : (unsigned)(200 * common / (a->pair_count + b->pair_count));
}

static size_t least_of(size_t a, size_t b, size_t c)
{
    return size_min(size_min(a, b), c);
}

/* Letters to insert, drop, exchange, or swap with their neighbour to make one name the other. */
static size_t count_slips(const struct site_features *a, const struct site_features *b)
{
    /* rows of the table that are still needed: before the last, last, this */
    size_t rows[3][SITE_TEXT_BYTES + 1];
    const char *x = a->letters, *y = b->letters;

    for (size_t j = 0; j <= b->letter_count; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a->letter_count; i++) {
        size_t *row = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b->letter_count; j++) {
            row[j] = least_of(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x[i - 1] != y[j - 1]));
            if (i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1])
                row[j] = size_min(row[j], before[j - 2] + 1);
        }
    }
    return rows[a->letter_count % 3][b->letter_count];
}

/* Letters that one name has and the other has not. A slip makes two at most, so that this tells most other names at
 * once. */
static size_t count_odd_letters(const struct site_features *a, const struct site_features *b)
{
    int counts[256] = {0};
    size_t odd = 0;

    for (size_t i = 0; i < a->letter_count; i++)
        counts[(unsigned char)a->letters[i]]++;
    for (size_t j = 0; j < b->letter_count; j++)
        counts[(unsigned char)b->letters[j]]--;
    for (size_t c = 0; c < ARRAY_SIZE(counts); c++)
        odd += (size_t)abs(counts[c]);
    return odd;
}

/* Whether the names differ by no more than slips of the keyboard. */
static bool is_slip(const struct site_features *a, const struct site_features *b)
{
    size_t least = size_min(a->letter_count, b->letter_count), most = size_max(a->letter_count, b->letter_count);
    size_t allowed = size_min(least / SLIP_LETTERS_EACH + (least > SLIP_LETTERS_EACH / 2), SLIP_MAX);

    return most - least <= allowed && count_odd_letters(a, b) <= 2 * allowed && count_slips(a, b) <= allowed;
}

/* How much of the names is the same, in percent; half by what one adds to the other, half by what of the shorter is in
 * the longer. The latter counts only for words that say something. */
static unsigned overlap_percent(const struct overlap *overlap)
{
    unsigned sum = overlap->weight_a + overlap->weight_b;
    unsigned least = overlap->weight_a < overlap->weight_b ? overlap->weight_a : overlap->weight_b;

    if (overlap->shared_weight == 0)
        return 0;
    unsigned all = 200 * overlap->shared_weight / sum;
    return overlap->shared[WORD_DISTINCTIVE] == 0 ? all : (all + 100 * overlap->shared_weight / least) / 2;
}

static int same_name_score(const struct site_features *a, const struct site_features *b, bool same_city)
{
    if (same_city ? a->repeated_here || b->repeated_here : a->repeated || b->repeated)
        return NAME_SAME_REPEATED;
    if (a->distinctive_count == 0)
        return NAME_SAME_PLAIN;
    return a->distinctive_count > 1 ? NAME_SAME_LONG : NAME_SAME;
}

/* How alike two names are that are not the same, in percent. */
static unsigned likeness_percent(const struct site_features *a, const struct site_features *b,
                                 const struct overlap *overlap)
{
    unsigned percent = overlap_percent(overlap);
    unsigned spelling = spelling_percent(a, b);
    unsigned only = overlap->only_a[WORD_DISTINCTIVE] + overlap->only_b[WORD_DISTINCTIVE];
    bool other_words = overlap->shared[WORD_DISTINCTIVE] == 0 && only > 0;

    if (spelling >= SPELLING_PERCENT)
        return spelling > percent ? spelling : percent;
    if ((other_words || percent <= NAME_UNLIKE_PERCENT) && is_slip(a, b))
        return SLIP_PERCENT;
    if (!other_words)
        return percent;
    /* each its own distinctive words; or one has some where the other has none, which leaves it open */
    if (a->distinctive_count > 0 && b->distinctive_count > 0)
        return 0;
    return percent < OPEN_PERCENT ? percent : OPEN_PERCENT;
}

/* The score of names that are so much alike. */
static int likeness_score(unsigned percent, const struct overlap *overlap)
{
    bool same_core = overlap->shared[WORD_DISTINCTIVE] > 0 && overlap->only_a[WORD_DISTINCTIVE] == 0 &&
                     overlap->only_b[WORD_DISTINCTIVE] == 0;

    if (same_core)
        return NAME_SAME_CORE;
    return NAME_OTHER + ((int)percent - NAME_UNLIKE_PERCENT) * (NAME_LIKE - NAME_OTHER) / (100 - NAME_UNLIKE_PERCENT);
}

static int like_name_score(const struct site_features *a, const struct site_features *b)
{
    struct overlap overlap = name_overlap(a, b);

    if (overlap.only_a[WORD_NUMBER] > 0 && overlap.only_b[WORD_NUMBER] > 0)
        return NAME_OTHER;
    unsigned percent = likeness_percent(a, b, &overlap);
    if (percent <= NAME_UNLIKE_PERCENT)
        return NAME_OTHER;
    int score = likeness_score(percent, &overlap);
    if (overlap.only_a[WORD_NUMBER] + overlap.only_b[WORD_NUMBER] > 0)
        score += NUMBER_MISSING;
    if (overlap.only_a[WORD_SPECIALTY] + overlap.only_b[WORD_SPECIALTY] > 0)
        score += SPECIALTY_MISSING;
    return score;
}

static int code_score(const struct site_features *a, const struct site_features *b)
{
    if (!a->code || !b->code)
        return 0;
    return a->code == b->code ? CODE_SAME : CODE_OTHER;
}

static int name_score(const struct site_features *a, const struct site_features *b, bool same_city)
{
    if (a->anonymous && b->anonymous)
        return a->name == b->name ? ANONYMOUS_SAME : 0;
    if (a->anonymous || b->anonymous)
        return ANONYMOUS_NAMED;
    return a->name == b->name ? same_name_score(a, b, same_city) : like_name_score(a, b);
}

/* Equal, or one the beginning of the other ("55905-0001"). */
static bool is_same_zip(const char *a, const char *b)
{
    size_t len_a = strlen(a), len_b = strlen(b);
    size_t least = len_a < len_b ? len_a : len_b;

    return len_a == len_b ? strcmp(a, b) == 0 : least >= ZIP_LONG_BYTES && strncmp(a, b, least) == 0;
}

static int zip_score(const struct site_features *a, const struct site_features *b)
{
    if (!*a->zip || !*b->zip)
        return 0;
    if (!is_same_zip(a->zip, b->zip))
        return ZIP_OTHER;
    return strlen(a->zip) >= ZIP_LONG_BYTES ? ZIP_SAME : ZIP_SAME_SHORT;
}

/* Good enough for telling near from far. */
static double distance_km(const struct site_features *a, const struct site_features *b)
{
    double x = (a->lon - b->lon) * cos((a->lat + b->lat) / 2 * RADIANS_PER_DEGREE);
    double y = a->lat - b->lat;

    return EARTH_RADIUS_KM * RADIANS_PER_DEGREE * sqrt(x * x + y * y);
}

/* Whether one name is the other with words added: "Washington", "Washington D.C." */
static bool begins_with_words(const char *text, const char *start)
{
    size_t len = strlen(start);

    return len > 0 && strncmp(text, start, len) == 0 && (text[len] == '\0' || text[len] == ' ');
}

/* "Milano" and "Milan": the same beginning, and little behind it. */
static bool is_like_city(const char *a, const char *b)
{
    size_t same = 0;

    while (a[same] && a[same] == b[same])
        same++;
    return same >= 4 && strlen(a + same) <= 3 && strlen(b + same) <= 3;
}

static bool is_same_position(const struct site_features *a, const struct site_features *b)
{
    return a->has_position && b->has_position &&
           !(a->lat < b->lat || a->lat > b->lat || a->lon < b->lon || a->lon > b->lon);
}

static int city_score(const struct site_features *a, const struct site_features *b)
{
    if (begins_with_words(a->city, b->city) || begins_with_words(b->city, a->city) || is_same_position(a, b))
        return CITY_SAME;
    if (is_like_city(a->city, b->city))
        return CITY_NEAR;
    if (a->has_position && b->has_position)
        return distance_km(a, b) <= NEAR_KM ? CITY_NEAR : CITY_FAR;
    return begins_with_words(a->state, b->city) || begins_with_words(b->state, a->city) ? CITY_NEAR : CITY_UNKNOWN;
}

static bool share_contact(const struct site_features *a, const struct site_features *b)
{
    for (size_t i = 0; i < a->contact_count; i++)
        for (size_t j = 0; j < b->contact_count; j++)
            if (a->contacts[i] == b->contacts[j])
                return true;
    return false;
}

int site_score(const struct site_features *a, const struct site_features *b)
{
    int city = city_score(a, b);
    int score = name_score(a, b, city == CITY_SAME) + code_score(a, b) + zip_score(a, b) + city;

    if ((a->anonymous || b->anonymous) && (!*a->zip || !*b->zip) && city == CITY_SAME)
        score += SLOT_SAME;
    if (a->country != b->country)
        score += COUNTRY_OTHER;
    if (share_contact(a, b))
        score += CONTACT_SAME;
    if (is_same_position(a, b))
        score += POSITION_SAME;
    if (*a->state && strcmp(a->state, b->state) == 0)
        score += STATE_SAME;
    return score;
}
