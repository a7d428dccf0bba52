/* What of a location tells which site it is, made ready for comparing many with many. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Hashes of a location's raw parts; equal parts have equal hashes. 0 stands for an absent part. */
struct site_hashes {
    uint64_t content; /* all of it */
    uint64_t facility;
    uint64_t city;
    uint64_t address; /* facility, city, state, zip, country */
    uint64_t contacts;
    uint64_t status;
};

void site_hash(const json_t *location, struct site_hashes *ret);

/* What is longer is cut: this is enough to tell places apart. */
#define SITE_MAX_WORDS 16
#define SITE_MAX_CONTACTS 8
#define SITE_TEXT_BYTES 48

struct site_word {
    uint64_t hash;
    uint8_t weight;     /* more for words that say which site it is */
    uint8_t word_class; /* of enum word_class; the name of the place counts as generic */
};

/* Folded parts; a name is a bag of words, most of them worth little. 0 and "" stand for what is absent. */
struct site_features {
    uint64_t address; /* name and place together */
    uint64_t name;    /* of all words in their order */
    bool anonymous;
    bool repeated;      /* several sites of the study have the name: it does not tell which; set by trial/sites */
    bool repeated_here; /* even in the same city; likewise */
    uint64_t code;      /* the number that the sponsor gave the site in its name */
    struct site_word words[SITE_MAX_WORDS]; /* by hash, each once */
    size_t word_count;
    size_t distinctive_count;
    uint16_t pairs[SITE_TEXT_BYTES]; /* of neighbouring letters in the distinctive words, sorted */
    size_t pair_count;
    char letters[SITE_TEXT_BYTES]; /* of the name, without gaps */
    size_t letter_count;

    char zip[SITE_TEXT_BYTES]; /* letters and digits, without leading zeros */
    char city[SITE_TEXT_BYTES];
    char state[SITE_TEXT_BYTES];
    uint64_t country;
    bool has_position;
    double lat, lon; /* degrees */

    uint64_t contacts[SITE_MAX_CONTACTS]; /* people of this site alone; set by trial/sites */
    size_t contact_count;
};

/* All but what is set by trial/sites. 0 or -ENOMEM. */
int site_read_features(const json_t *location, struct site_features *ret);

/* Names, phones and addresses of the first people at a location, each as a hash. Returns their number. */
size_t site_read_contacts(const json_t *location, uint64_t ret[static SITE_MAX_CONTACTS]);
