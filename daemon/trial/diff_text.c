/* What a changed text says about itself: a trifle, or something that weighs more. */
#include "trial/diff_internal.h"

#include "trial/textdiff.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Words in a reason for stopping that speak of harm to participants, by their beginnings. From the terms of the
 * regulations on safety reporting (21 CFR 312.32, ICH E2A, clinical hold in 21 CFR 312.42) and their everyday forms. */
static const char *const safety_words[] = {"safety",   "unsafe", "adverse", "toxic",      "hepatotox", "cardiotox",
                                           "neurotox", "death",  "died",    "fatal",      "mortalit",  "harm",
                                           "hold",     "risk",   "susar",   "side-effect"};

/* Words that a safety word must equal, being too short to stand for the beginning of others. */
static const char *const safety_exact_words[] = {"sae", "saes", "dlt", "dlts"};

/* Words that deny what follows them in a clause: most reasons that mention safety say that it was not the reason. */
static const char *const denials[] = {"no", "not", "non", "without", "unrelated", "neither", "nor", "never"};

/* Words after which a denial no longer holds. */
static const char *const turns[] = {"but", "and", "because", "however", "although", "as", "while", "whereas", "since"};

static bool word_is(const char *word, size_t len, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]) == len && strncasecmp(word, list[i], len) == 0)
            return true;
    return false;
}

static bool word_is_safety(const char *word, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(safety_words); i++) {
        size_t stem = strlen(safety_words[i]);
        if (len >= stem && strncasecmp(word, safety_words[i], stem) == 0)
            return true;
    }
    return word_is(word, len, safety_exact_words, ARRAY_SIZE(safety_exact_words));
}

/* Whether the text names a safety word that is not denied in its clause. */
static bool speaks_of_safety(const char *text)
{
    bool denied = false;

    while (*text) {
        size_t len = 0;
        while (isalnum((unsigned char)text[len]) || (len > 0 && text[len] == '-'))
            len++;
        if (len == 0) {
            if (strchr(".,;:!?()", *text))
                denied = false;
            text++;
            continue;
        }
        if (word_is(text, len, denials, ARRAY_SIZE(denials)))
            denied = true;
        else if (word_is(text, len, turns, ARRAY_SIZE(turns)))
            denied = false;
        else if (!denied && word_is_safety(text, len))
            return true;
        text += len;
    }
    return false;
}

const char *diff_text_note(const char *before, const char *after)
{
    switch (textdiff_nature(before, after)) {
    case TEXTDIFF_EQUAL:
        return NULL;
    case TEXTDIFF_REWRAPPED:
        return NOTE_REWRAPPED;
    case TEXTDIFF_RENUMBERED:
        return NOTE_RENUMBERED;
    case TEXTDIFF_REWORDED:
        break;
    }
    return NOTE_REWORDED;
}

void diff_weigh_text(struct change *change)
{
    const char *before = json_string_value(change->before);
    const char *after = json_string_value(change->after);

    if (before && after)
        change->note = diff_text_note(before, after);
    if (change_has_note(change, NOTE_REWRAPPED) || change_has_note(change, NOTE_RENUMBERED)) {
        if (change->weight > WEIGHT_ROUTINE)
            change->weight = WEIGHT_ROUTINE;
    } else if (change->kind == KIND_WHY_STOPPED && after && speaks_of_safety(after)) {
        change->weight = WEIGHT_URGENT;
    }
}
