#include "trial/site_words.h"

#include "base/macro.h"

#include <string.h>

struct word {
    const char *word; /* folded; sorted by it */
    enum word_class word_class;
    const char *same_as; /* the spelling that stands for all; NULL: this one */
    bool announces_code; /* the sponsor's own number for the site may follow */
};

/* The commonest words in the facility names of the registry's records, in the languages of its sites, as far as they
 * name a type of place, a field of medicine, a legal form or nothing at all, with their spellings and abbreviations.
 * Saints are among them, being spelled in every way: the registry itself moved from "Saint Louis" to "St Louis". */
static const struct word words[] = {
    {"1st", WORD_NUMBER, "1", false},
    {"2nd", WORD_NUMBER, "2", false},
    {"3rd", WORD_NUMBER, "3", false},
    {"4th", WORD_NUMBER, "4", false},
    {"5th", WORD_NUMBER, "5", false},
    {"6th", WORD_NUMBER, "6", false},
    {"a", WORD_EMPTY, NULL, false},
    {"academic", WORD_GENERIC, NULL, false},
    {"academy", WORD_GENERIC, NULL, false},
    {"affiliate", WORD_GENERIC, "affiliated", false},
    {"affiliated", WORD_GENERIC, NULL, false},
    {"ag", WORD_EMPTY, NULL, false},
    {"allergy", WORD_SPECIALTY, NULL, false},
    {"am", WORD_EMPTY, NULL, false},
    {"an", WORD_EMPTY, NULL, false},
    {"and", WORD_EMPTY, NULL, false},
    {"associates", WORD_GENERIC, NULL, false},
    {"at", WORD_EMPTY, NULL, false},
    {"azienda", WORD_GENERIC, NULL, false},
    {"blood", WORD_SPECIALTY, NULL, false},
    {"bolnica", WORD_GENERIC, "hospital", false},
    {"branch", WORD_GENERIC, NULL, false},
    {"breast", WORD_SPECIALTY, NULL, false},
    {"campus", WORD_GENERIC, NULL, false},
    {"cancer", WORD_SPECIALTY, NULL, false},
    {"cardiology", WORD_SPECIALTY, NULL, false},
    {"cardiovascular", WORD_SPECIALTY, "cardiology", false},
    {"care", WORD_GENERIC, NULL, false},
    {"center", WORD_GENERIC, NULL, false},
    {"centers", WORD_GENERIC, "center", false},
    {"central", WORD_GENERIC, NULL, false},
    {"centre", WORD_GENERIC, "center", false},
    {"centres", WORD_GENERIC, "center", false},
    {"centro", WORD_GENERIC, "center", false},
    {"centrum", WORD_GENERIC, "center", false},
    {"chest", WORD_SPECIALTY, NULL, false},
    {"children", WORD_SPECIALTY, NULL, false},
    {"childrens", WORD_SPECIALTY, "children", false},
    {"chirurgie", WORD_SPECIALTY, "surgery", false},
    {"chru", WORD_GENERIC, "chu", false},
    {"chu", WORD_GENERIC, NULL, false},
    {"city", WORD_GENERIC, NULL, false},
    {"clinic", WORD_GENERIC, NULL, false},
    {"clinica", WORD_GENERIC, "clinic", false},
    {"clinical", WORD_GENERIC, NULL, false},
    {"clinico", WORD_GENERIC, "clinical", false},
    {"clinics", WORD_GENERIC, "clinic", false},
    {"clinique", WORD_GENERIC, "clinic", false},
    {"co", WORD_EMPTY, NULL, false},
    {"college", WORD_GENERIC, NULL, false},
    {"community", WORD_GENERIC, NULL, false},
    {"complejo", WORD_GENERIC, NULL, false},
    {"comprehensive", WORD_GENERIC, NULL, false},
    {"consultants", WORD_GENERIC, NULL, false},
    {"corp", WORD_EMPTY, NULL, false},
    {"corporation", WORD_EMPTY, NULL, false},
    {"county", WORD_GENERIC, NULL, false},
    {"ctr", WORD_GENERIC, "center", false},
    {"d", WORD_EMPTY, NULL, false},
    {"da", WORD_EMPTY, NULL, false},
    {"das", WORD_EMPTY, NULL, false},
    {"de", WORD_EMPTY, NULL, false},
    {"dei", WORD_EMPTY, NULL, false},
    {"del", WORD_EMPTY, NULL, false},
    {"della", WORD_EMPTY, NULL, false},
    {"dental", WORD_SPECIALTY, NULL, false},
    {"department", WORD_GENERIC, NULL, false},
    {"dept", WORD_GENERIC, "department", false},
    {"der", WORD_EMPTY, NULL, false},
    {"dermatology", WORD_SPECIALTY, NULL, false},
    {"des", WORD_EMPTY, NULL, false},
    {"di", WORD_EMPTY, NULL, false},
    {"diabetes", WORD_SPECIALTY, NULL, false},
    {"disease", WORD_GENERIC, NULL, false},
    {"diseases", WORD_GENERIC, "disease", false},
    {"division", WORD_GENERIC, NULL, false},
    {"do", WORD_EMPTY, NULL, false},
    {"dr", WORD_EMPTY, NULL, false},
    {"du", WORD_EMPTY, NULL, false},
    {"e", WORD_EMPTY, NULL, false},
    {"egyetem", WORD_GENERIC, "university", false},
    {"el", WORD_EMPTY, NULL, false},
    {"en", WORD_EMPTY, NULL, false},
    {"endocrinology", WORD_SPECIALTY, NULL, false},
    {"et", WORD_EMPTY, NULL, false},
    {"eye", WORD_SPECIALTY, NULL, false},
    {"facility", WORD_GENERIC, NULL, true},
    {"faculty", WORD_GENERIC, NULL, false},
    {"fifth", WORD_NUMBER, "5", false},
    {"first", WORD_NUMBER, "1", false},
    {"fondazione", WORD_GENERIC, "foundation", false},
    {"for", WORD_EMPTY, NULL, false},
    {"foundation", WORD_GENERIC, NULL, false},
    {"fourth", WORD_NUMBER, "4", false},
    {"frauenklinik", WORD_SPECIALTY, "women", false},
    {"fundacion", WORD_GENERIC, "foundation", false},
    {"fur", WORD_EMPTY, NULL, false},
    {"gastroenterology", WORD_SPECIALTY, NULL, false},
    {"general", WORD_GENERIC, NULL, false},
    {"gmbh", WORD_EMPTY, NULL, false},
    {"group", WORD_GENERIC, NULL, false},
    {"hastanesi", WORD_GENERIC, "hospital", false},
    {"health", WORD_GENERIC, NULL, false},
    {"healthcare", WORD_GENERIC, "health", false},
    {"heart", WORD_SPECIALTY, "cardiology", false},
    {"hematology", WORD_SPECIALTY, NULL, false},
    {"hopital", WORD_GENERIC, "hospital", false},
    {"hopitaux", WORD_GENERIC, "hospital", false},
    {"hosp", WORD_GENERIC, "hospital", false},
    {"hospital", WORD_GENERIC, NULL, false},
    {"hospitalario", WORD_GENERIC, "hospital", false},
    {"hospitalier", WORD_GENERIC, "hospital", false},
    {"hospitals", WORD_GENERIC, "hospital", false},
    {"i", WORD_EMPTY, NULL, false},
    {"id", WORD_EMPTY, NULL, true},
    {"ii", WORD_NUMBER, "2", false},
    {"iii", WORD_NUMBER, "3", false},
    {"im", WORD_EMPTY, NULL, false},
    {"immunology", WORD_SPECIALTY, NULL, false},
    {"in", WORD_EMPTY, NULL, false},
    {"inc", WORD_EMPTY, NULL, false},
    {"infectious", WORD_SPECIALTY, NULL, false},
    {"inst", WORD_GENERIC, "institute", false},
    {"institut", WORD_GENERIC, "institute", false},
    {"institute", WORD_GENERIC, NULL, false},
    {"institution", WORD_GENERIC, "institute", true},
    {"instituto", WORD_GENERIC, "institute", false},
    {"instytut", WORD_GENERIC, "institute", false},
    {"international", WORD_GENERIC, NULL, false},
    {"investigacion", WORD_GENERIC, "research", false},
    {"investigational", WORD_GENERIC, NULL, false},
    {"investigative", WORD_GENERIC, "investigational", false},
    {"investigator", WORD_GENERIC, NULL, true},
    {"irccs", WORD_GENERIC, NULL, false},
    {"istituto", WORD_GENERIC, "institute", false},
    {"klinik", WORD_GENERIC, "hospital", false},
    {"kliniken", WORD_GENERIC, "hospital", false},
    {"klinikum", WORD_GENERIC, "hospital", false},
    {"korhaz", WORD_GENERIC, "hospital", false},
    {"krankenhaus", WORD_GENERIC, "hospital", false},
    {"l", WORD_EMPTY, NULL, false},
    {"la", WORD_EMPTY, NULL, false},
    {"le", WORD_EMPTY, NULL, false},
    {"les", WORD_EMPTY, NULL, false},
    {"llc", WORD_EMPTY, NULL, false},
    {"local", WORD_GENERIC, NULL, false},
    {"location", WORD_GENERIC, NULL, false},
    {"los", WORD_EMPTY, NULL, false},
    {"ltd", WORD_EMPTY, NULL, false},
    {"lung", WORD_SPECIALTY, "chest", false},
    {"main", WORD_GENERIC, NULL, false},
    {"maternity", WORD_SPECIALTY, "women", false},
    {"md", WORD_EMPTY, NULL, false},
    {"med", WORD_GENERIC, "medical", false},
    {"medical", WORD_GENERIC, NULL, false},
    {"medicine", WORD_GENERIC, "medical", false},
    {"medico", WORD_GENERIC, "medical", false},
    {"medisch", WORD_GENERIC, "medical", false},
    {"medizin", WORD_GENERIC, "medical", false},
    {"memorial", WORD_GENERIC, NULL, false},
    {"metropolitan", WORD_GENERIC, NULL, false},
    {"municipal", WORD_GENERIC, NULL, false},
    {"national", WORD_GENERIC, NULL, false},
    {"nemocnice", WORD_GENERIC, "hospital", false},
    {"network", WORD_GENERIC, NULL, false},
    {"neurology", WORD_SPECIALTY, NULL, false},
    {"nhs", WORD_GENERIC, NULL, false},
    {"no", WORD_EMPTY, NULL, false},
    {"nr", WORD_EMPTY, NULL, false},
    {"number", WORD_GENERIC, NULL, true},
    {"o", WORD_EMPTY, NULL, false},
    {"of", WORD_EMPTY, NULL, false},
    {"on", WORD_EMPTY, NULL, false},
    {"oncologia", WORD_SPECIALTY, "cancer", false},
    {"oncologico", WORD_SPECIALTY, "cancer", false},
    {"oncologie", WORD_SPECIALTY, "cancer", false},
    {"oncology", WORD_SPECIALTY, "cancer", false},
    {"onkologie", WORD_SPECIALTY, "cancer", false},
    {"ophthalmology", WORD_SPECIALTY, "eye", false},
    {"orthopaedic", WORD_SPECIALTY, "orthopedic", false},
    {"orthopedic", WORD_SPECIALTY, NULL, false},
    {"ospedale", WORD_GENERIC, "hospital", false},
    {"ospedaliera", WORD_GENERIC, "hospital", false},
    {"ospedaliero", WORD_GENERIC, "hospital", false},
    {"others", WORD_EMPTY, NULL, false},
    {"pa", WORD_EMPTY, NULL, false},
    {"partners", WORD_GENERIC, NULL, false},
    {"pc", WORD_EMPTY, NULL, false},
    {"pediatric", WORD_SPECIALTY, "children", false},
    {"pediatrics", WORD_SPECIALTY, "children", false},
    {"people", WORD_SPECIALTY, NULL, false},
    {"peoples", WORD_SPECIALTY, "people", false},
    {"physician", WORD_GENERIC, "physicians", false},
    {"physicians", WORD_GENERIC, NULL, false},
    {"pllc", WORD_EMPTY, NULL, false},
    {"policlinico", WORD_GENERIC, NULL, false},
    {"poliklinik", WORD_GENERIC, NULL, false},
    {"practice", WORD_GENERIC, NULL, false},
    {"private", WORD_GENERIC, NULL, false},
    {"prof", WORD_EMPTY, NULL, false},
    {"provincial", WORD_GENERIC, NULL, false},
    {"psychiatric", WORD_SPECIALTY, "psychiatry", false},
    {"psychiatry", WORD_SPECIALTY, NULL, false},
    {"pty", WORD_EMPTY, NULL, false},
    {"public", WORD_GENERIC, NULL, false},
    {"pulmonary", WORD_SPECIALTY, "chest", false},
    {"reference", WORD_GENERIC, NULL, true},
    {"regional", WORD_GENERIC, NULL, false},
    {"rehabilitation", WORD_SPECIALTY, NULL, false},
    {"research", WORD_GENERIC, NULL, false},
    {"s", WORD_EMPTY, NULL, false},
    {"saint", WORD_GENERIC, "st", false},
    {"sainte", WORD_GENERIC, "st", false},
    {"sairaala", WORD_GENERIC, "hospital", false},
    {"sankt", WORD_GENERIC, "st", false},
    {"santo", WORD_GENERIC, "st", false},
    {"school", WORD_GENERIC, NULL, false},
    {"science", WORD_GENERIC, NULL, false},
    {"sciences", WORD_GENERIC, "science", false},
    {"second", WORD_NUMBER, "2", false},
    {"service", WORD_GENERIC, NULL, false},
    {"services", WORD_GENERIC, "service", false},
    {"site", WORD_GENERIC, NULL, true},
    {"sites", WORD_GENERIC, "site", false},
    {"sixth", WORD_NUMBER, "6", false},
    {"sjukhus", WORD_GENERIC, "hospital", false},
    {"sjukhuset", WORD_GENERIC, "hospital", false},
    {"spa", WORD_EMPTY, NULL, false},
    {"specialist", WORD_GENERIC, "specialists", false},
    {"specialists", WORD_GENERIC, NULL, false},
    {"spital", WORD_GENERIC, "hospital", false},
    {"st", WORD_GENERIC, NULL, false},
    {"state", WORD_GENERIC, NULL, false},
    {"ste", WORD_GENERIC, "st", false},
    {"studies", WORD_GENERIC, "study", false},
    {"study", WORD_GENERIC, NULL, false},
    {"surgery", WORD_SPECIALTY, NULL, false},
    {"surgical", WORD_SPECIALTY, "surgery", false},
    {"sygehus", WORD_GENERIC, "hospital", false},
    {"sykehus", WORD_GENERIC, "hospital", false},
    {"system", WORD_GENERIC, NULL, false},
    {"szpital", WORD_GENERIC, "hospital", false},
    {"technology", WORD_GENERIC, NULL, false},
    {"the", WORD_EMPTY, NULL, false},
    {"therapeutics", WORD_GENERIC, NULL, false},
    {"third", WORD_NUMBER, "3", false},
    {"to", WORD_EMPTY, NULL, false},
    {"treatment", WORD_GENERIC, NULL, false},
    {"trial", WORD_GENERIC, NULL, false},
    {"trials", WORD_GENERIC, "trial", false},
    {"trust", WORD_GENERIC, NULL, false},
    {"tumor", WORD_SPECIALTY, "cancer", false},
    {"und", WORD_EMPTY, NULL, false},
    {"uni", WORD_GENERIC, "university", false},
    {"unit", WORD_GENERIC, NULL, false},
    {"univ", WORD_GENERIC, "university", false},
    {"universidad", WORD_GENERIC, "university", false},
    {"universidade", WORD_GENERIC, "university", false},
    {"universita", WORD_GENERIC, "university", false},
    {"universitaetsklinik", WORD_GENERIC, "university", false},
    {"universitaetsklinikum", WORD_GENERIC, "university", false},
    {"universitaetsmedizin", WORD_GENERIC, "university", false},
    {"universitaetsspital", WORD_GENERIC, "university", false},
    {"universitair", WORD_GENERIC, "university", false},
    {"universitaire", WORD_GENERIC, "university", false},
    {"universitaires", WORD_GENERIC, "university", false},
    {"universitari", WORD_GENERIC, "university", false},
    {"universitaria", WORD_GENERIC, "university", false},
    {"universitario", WORD_GENERIC, "university", false},
    {"universitat", WORD_GENERIC, "university", false},
    {"universitatsklinik", WORD_GENERIC, "university", false},
    {"universitatsklinikum", WORD_GENERIC, "university", false},
    {"universitatsmedizin", WORD_GENERIC, "university", false},
    {"universitatsspital", WORD_GENERIC, "university", false},
    {"universite", WORD_GENERIC, "university", false},
    {"universitet", WORD_GENERIC, "university", false},
    {"university", WORD_GENERIC, NULL, false},
    {"uniwersytet", WORD_GENERIC, "university", false},
    {"urology", WORD_SPECIALTY, NULL, false},
    {"uz", WORD_GENERIC, "university", false},
    {"v", WORD_EMPTY, NULL, false},
    {"veterans", WORD_SPECIALTY, NULL, false},
    {"von", WORD_EMPTY, NULL, false},
    {"women", WORD_SPECIALTY, NULL, false},
    {"womens", WORD_SPECIALTY, "women", false},
    {"y", WORD_EMPTY, NULL, false},
    {"z", WORD_EMPTY, NULL, false},
    {"zentrum", WORD_GENERIC, "center", false},
    {"ziekenhuis", WORD_GENERIC, "hospital", false},
};

/* What sponsors write instead of a name, as counted in the registry's records: mostly alone, with the sponsor's name
 * before ("Pfizer Investigational Site") or with a number behind ("Local Institution - 0012"). */
static const char *const anonymous_phrases[] = {
    "research site",
    "investigational site",
    "investigative site",
    "investigator site",
    "investigation site",
    "local institution",
    "research facility",
    "study site",
    "clinical site",
    "clinical trial site",
    "trial site",
    "selected site",
    "clinical research site",
    "clinical study site",
    "investigational research facility",
    "multiple sites",
    "various sites",
    "site reference",
    "facility id",
};

/* One of these is in every phrase above. */
static const char *const anonymous_nouns[] = {"site", "facility", "local institution"};

/* Words that a sponsor's name before an anonymous phrase may have, and a number in words and parts behind it. */
#define MAX_WORDS_BEFORE 3
#define MAX_WORDS_BEHIND 4

/* Countries that the registry calls otherwise today than in older versions (its country list against that of ISO 3166).
 */
static const struct {
    const char *before, *today;
} countries[] = {
    {"czech republic", "czechia"},
    {"iran islamic republic of", "iran"},
    {"korea republic of", "south korea"},
    {"republic of korea", "south korea"},
    {"korea democratic peoples republic of", "north korea"},
    {"lao peoples democratic republic", "laos"},
    {"libyan arab jamahiriya", "libya"},
    {"macedonia the former yugoslav republic of", "north macedonia"},
    {"moldova republic of", "moldova"},
    {"palestinian territories occupied", "palestinian territories"},
    {"russian federation", "russia"},
    {"swaziland", "eswatini"},
    {"syrian arab republic", "syria"},
    {"tanzania united republic of", "tanzania"},
    {"turkey turkiye", "turkey"},
    {"turkiye", "turkey"},
    {"viet nam", "vietnam"},
};

static bool is_number(const char *word)
{
    return word[strspn(word, "0123456789")] == '\0';
}

static const struct word *find_word(const char *word)
{
    size_t low = 0, high = ARRAY_SIZE(words);

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        /* the first letter mostly decides */
        int order = *word - *words[middle].word;
        if (order == 0)
            order = strcmp(word, words[middle].word);
        if (order == 0)
            return &words[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

struct word_meaning site_word_meaning(const char *word)
{
    const struct word *known = find_word(word);

    if (!known)
        return (struct word_meaning){is_number(word) ? WORD_NUMBER : WORD_DISTINCTIVE, word, false};
    return (struct word_meaning){known->word_class, known->same_as ? known->same_as : word, known->announces_code};
}

/* Where the phrase stands as whole words in the text, or NULL. */
static const char *find_phrase(const char *text, const char *phrase)
{
    size_t len = strlen(phrase);

    for (const char *at = strstr(text, phrase); at; at = strstr(at + 1, phrase))
        if ((at == text || at[-1] == ' ') && (at[len] == '\0' || at[len] == ' '))
            return at;
    return NULL;
}

static size_t count_words(const char *text, size_t len)
{
    size_t count = 0;

    for (size_t i = 0; i < len; i++)
        count += text[i] != ' ' && (i == 0 || text[i - 1] == ' ');
    return count;
}

static bool may_be_anonymous(const char *folded)
{
    for (size_t i = 0; i < ARRAY_SIZE(anonymous_nouns); i++)
        if (strstr(folded, anonymous_nouns[i]))
            return true;
    return *folded == '\0';
}

bool site_name_is_anonymous(const char *folded)
{
    if (!may_be_anonymous(folded))
        return false;
    if (strncmp(folded, "for additional information", strlen("for additional information")) == 0)
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(anonymous_phrases); i++) {
        const char *at = find_phrase(folded, anonymous_phrases[i]);
        if (at && count_words(folded, (size_t)(at - folded)) <= MAX_WORDS_BEFORE &&
            count_words(at, strlen(at)) <=
                count_words(anonymous_phrases[i], strlen(anonymous_phrases[i])) + MAX_WORDS_BEHIND)
            return true;
    }
    return *folded == '\0';
}

const char *site_country_today(const char *country)
{
    for (size_t i = 0; i < ARRAY_SIZE(countries); i++)
        if (*countries[i].before == *country && strcmp(countries[i].before, country) == 0)
            return countries[i].today;
    return country;
}
