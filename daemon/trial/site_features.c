#include "trial/site_features.h"

#include "base/buf.h"
#include "trial/fold.h"
#include "trial/site_words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What words weigh in a name, by what they say. */
static const uint8_t class_weights[] = {
    [WORD_DISTINCTIVE] = 8,
    [WORD_NUMBER] = 4,
    [WORD_SPECIALTY] = 3,
    [WORD_GENERIC] = 2,
};

/* Spreads every bit over the whole (the finalizer of MurmurHash3). */
static uint64_t mix(uint64_t hash)
{
    hash ^= hash >> 33;
    hash *= UINT64_C(0xff51afd7ed558ccd);
    hash ^= hash >> 33;
    hash *= UINT64_C(0xc4ceb9fe1a85ec53);
    return hash ^ (hash >> 33);
}

static uint64_t hash_string(const char *text)
{
    return mix(fold_hash(text, strlen(text)));
}

/* Equal values have equal hashes, whatever the order of an object's members. Never 0. */
static uint64_t hash_value(const json_t *value)
{
    uint64_t hash = (uint64_t)json_typeof(value) + 1;
    const char *key;
    json_t *child;
    size_t i;

    if (json_is_string(value)) {
        hash += mix(fold_hash(json_string_value(value), json_string_length(value)));
    } else if (json_is_integer(value)) {
        hash += mix((uint64_t)json_integer_value(value));
    } else if (json_is_real(value)) {
        double real = json_real_value(value);
        hash += mix(fold_hash(&real, sizeof(real)));
    } else if (json_is_array(value)) {
        json_array_foreach (value, i, child)
            hash = mix(hash + hash_value(child));
    } else if (json_is_object(value)) {
        json_object_foreach ((json_t *)value, key, child)
            hash += mix(hash_string(key) + hash_value(child));
    }
    hash = mix(hash);
    return hash ? hash : 1;
}

/* Whether the member is part of a location's name and address. */
static bool is_address(const char *key)
{
    static const char *const members[] = {"facility", "city", "state", "zip", "country"};

    for (size_t i = 0; i < ARRAY_SIZE(members); i++)
        if (strcmp(members[i], key) == 0)
            return true;
    return false;
}

void site_hash(const json_t *location, struct site_hashes *ret)
{
    const char *key;
    json_t *value;

    *ret = (struct site_hashes){0};
    json_object_foreach ((json_t *)location, key, value) {
        uint64_t hash = hash_value(value);
        uint64_t member = mix(hash_string(key) + hash);
        ret->content += member;
        if (strcmp(key, "contacts") == 0)
            ret->contacts = hash;
        else if (strcmp(key, "status") == 0)
            ret->status = hash;
        else if (is_address(key))
            ret->address += member;
        if (strcmp(key, "facility") == 0)
            ret->facility = hash;
        else if (strcmp(key, "city") == 0)
            ret->city = hash;
    }
}

static const char *member_text(const json_t *location, const char *key)
{
    const char *text = json_string_value(json_object_get(location, key));

    return text ? text : "";
}

/* A folded member of the location; the buffer keeps it until the next one. */
static const char *fold_member(const json_t *location, const char *key, struct buf *folded)
{
    buf_reset(folded);
    fold_text(member_text(location, key), folded);
    return buf_string(folded);
}

/* A place by words that are spelled in one way only: "St. Louis" and "Saint Louis" are one, and so are "Kaohsiung" and
 * "Kaohsiung City", "The Hague" and "Hague". */
static void copy_place(char ret[static SITE_TEXT_BYTES], char *folded)
{
    size_t len = 0;
    char *rest;

    for (char *word = strtok_r(folded, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        const char *same = site_word_meaning(word).same;
        if (strcmp(same, "the") == 0 || strcmp(same, "city") == 0)
            continue;
        size_t n = strlen(same);
        if (len + n + 2 > SITE_TEXT_BYTES)
            break;
        if (len > 0)
            ret[len++] = ' ';
        memcpy(ret + len, same, n);
        len += n;
    }
    ret[len] = '\0';
}

/* Letters and digits without gaps, and without leading zeros, which spreadsheets drop. */
static void copy_zip(char ret[static SITE_TEXT_BYTES], const char *folded)
{
    size_t len = 0;

    for (; *folded && len < SITE_TEXT_BYTES - 1; folded++)
        if (*folded != ' ' && (len > 0 || *folded != '0'))
            ret[len++] = *folded;
    ret[len] = '\0';
}

/* Whether the text has the word. */
static bool has_word(const char *text, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word))
        if ((at == text || at[-1] == ' ') && (at[len] == '\0' || at[len] == ' '))
            return true;
    return false;
}

/* A name being read, word by word. */
struct name_reader {
    struct site_features *site;
    const char *country;               /* folded */
    char distinctive[SITE_TEXT_BYTES]; /* letters of such words */
    size_t distinctive_count;
    bool in_code;
};

/* "Site 0012", "Site Number : 840": takes the word as part of a code when it is one. */
static bool read_code(struct name_reader *reader, const char *word, bool announces_code)
{
    bool is_code = reader->in_code && strpbrk(word, "0123456789");

    if (is_code)
        reader->site->code = mix(reader->site->code + hash_string(word + strspn(word, "0")));
    else
        /* letters may stand before the digits: "Research Site US-123" */
        reader->in_code = announces_code || (reader->in_code && strlen(word) <= 3);
    return is_code;
}

static void add_letters(char letters[static SITE_TEXT_BYTES], size_t *count, const char *word)
{
    for (; *word && *count < SITE_TEXT_BYTES; word++)
        letters[(*count)++] = *word;
}

static void add_word(struct name_reader *reader, const char *word)
{
    struct site_features *site = reader->site;
    struct word_meaning meaning = site_word_meaning(word);

    if (read_code(reader, word, meaning.announces_code))
        return;
    add_letters(site->letters, &site->letter_count, word);
    if (meaning.word_class == WORD_EMPTY)
        return;
    if (meaning.word_class == WORD_DISTINCTIVE) {
        /* the name of the place does not tell apart the hospitals in it */
        if (has_word(site->city, meaning.same) || has_word(site->state, meaning.same) ||
            has_word(reader->country, meaning.same))
            meaning.word_class = WORD_GENERIC;
        else
            add_letters(reader->distinctive, &reader->distinctive_count, meaning.same);
    }
    uint64_t hash = hash_string(meaning.same);
    site->name = mix(site->name + hash);
    if (site->word_count < SITE_MAX_WORDS)
        site->words[site->word_count++] = (struct site_word){
            .hash = hash,
            .weight = class_weights[meaning.word_class],
            .word_class = (uint8_t)meaning.word_class,
        };
}

/* Makes the words a set: sorted, each once. Names have few of them. */
static void finish_words(struct site_features *site)
{
    size_t count = 0;

    for (size_t i = 0; i < site->word_count; i++) {
        struct site_word word = site->words[i];
        size_t at = count;
        while (at > 0 && site->words[at - 1].hash > word.hash)
            at--;
        if (at > 0 && site->words[at - 1].hash == word.hash)
            continue;
        memmove(&site->words[at + 1], &site->words[at], (count - at) * sizeof(word));
        site->words[at] = word;
        site->distinctive_count += word.word_class == WORD_DISTINCTIVE;
        count++;
    }
    site->word_count = count;
}

/* Makes the pairs of neighbouring letters, sorted. */
static void finish_pairs(struct name_reader *reader)
{
    struct site_features *site = reader->site;

    for (size_t i = 0; i + 1 < reader->distinctive_count; i++) {
        uint16_t pair =
            (uint16_t)((unsigned char)reader->distinctive[i] << 8 | (unsigned char)reader->distinctive[i + 1]);
        size_t at = site->pair_count++;
        for (; at > 0 && site->pairs[at - 1] > pair; at--)
            site->pairs[at] = site->pairs[at - 1];
        site->pairs[at] = pair;
    }
}

/* Needs city and state. */
static void read_name(struct site_features *site, char *folded, const char *country)
{
    struct name_reader reader = {.site = site, .country = country};
    char *rest;

    site->anonymous = site_name_is_anonymous(folded);
    for (char *word = strtok_r(folded, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        add_word(&reader, word);
    finish_words(site);
    finish_pairs(&reader);
}

static void read_position(const json_t *location, struct site_features *site)
{
    const json_t *position = json_object_get(location, "geoPoint");
    const json_t *lat = json_object_get(position, "lat");
    const json_t *lon = json_object_get(position, "lon");

    site->has_position = json_is_number(lat) && json_is_number(lon);
    site->lat = json_number_value(lat);
    site->lon = json_number_value(lon);
}

size_t site_read_contacts(const json_t *location, uint64_t ret[static SITE_MAX_CONTACTS])
{
    static const char *const keys[] = {"name", "phone", "email"};
    const json_t *contacts = json_object_get(location, "contacts");
    json_t *contact;
    size_t count = 0, i;

    json_array_foreach (contacts, i, contact)
        for (size_t k = 0; k < ARRAY_SIZE(keys) && count < SITE_MAX_CONTACTS; k++)
            if (*member_text(contact, keys[k]))
                ret[count++] = hash_string(member_text(contact, keys[k]));
    return count;
}

int site_read_features(const json_t *location, struct site_features *ret)
{
    _cleanup_buf_ struct buf folded = {0}, country = {0};

    *ret = (struct site_features){0};
    fold_member(location, "city", &folded);
    if (folded.len > 0)
        copy_place(ret->city, folded.data);
    fold_member(location, "state", &folded);
    if (folded.len > 0)
        copy_place(ret->state, folded.data);
    copy_zip(ret->zip, fold_member(location, "zip", &folded));
    fold_member(location, "country", &country);
    ret->country = hash_string(site_country_today(buf_string(&country)));
    fold_member(location, "facility", &folded);
    if (folded.len > 0)
        read_name(ret, folded.data, buf_string(&country));
    else
        ret->anonymous = true;
    ret->address = mix(mix(mix(ret->name + ret->code) + hash_string(ret->zip)) + hash_string(ret->city)) + ret->country;
    read_position(location, ret);
    return buf_status(&folded) < 0 || buf_status(&country) < 0 ? -ENOMEM : 0;
}
