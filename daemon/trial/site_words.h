/* What the words of a site's name are worth for telling which site it is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum word_class {
    WORD_DISTINCTIVE, /* says which one it is */
    WORD_NUMBER,      /* "First", "2nd", "12": tells apart what else has the same name */
    WORD_SPECIALTY,   /* "cancer", "children": what for */
    WORD_GENERIC,     /* "hospital", "university": what it is */
    WORD_EMPTY,       /* "of", "the": nothing */
    WORD_CLASSES
};

struct word_meaning {
    enum word_class word_class;
    const char *same;    /* the form that all spellings share ("centre", "zentrum": "center"); static, or the word */
    bool announces_code; /* the sponsor's own number for the site may follow */
};

/* Of a folded word. */
struct word_meaning site_word_meaning(const char *word);

/* Whether the words of a folded name stand for a name that the sponsor keeps to itself ("research site", "pfizer
 * investigational site"). */
bool site_name_is_anonymous(const char *folded);

/* The short name that the registry uses today for a folded country, static, or country itself. */
const char *site_country_today(const char *country);
