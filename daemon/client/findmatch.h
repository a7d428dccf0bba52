/* What `find` looks for in a record. */
#pragma once

#include "base/err.h"
#include "base/macro.h"
#include "client/options.h"
#include "trial/study.h"
#include "trial/watch.h"

#include <jansson.h>
#include <stdbool.h>

#define FINDMATCH_MAX_WORDS 16

struct findmatch {
    const char *condition, *intervention; /* NULL: any; borrowed from the command line */
    json_t *countries;                    /* owned; the spellings of one, NULL: any */
    bool recruiting;
    struct watch_near near; /* within_km 0: any distance */
    char *words_text;       /* owned: the words of --mentions, split in place */
    char *words[FINDMATCH_MAX_WORDS];
    size_t word_count;
};

/* -EINVAL with a sentence. */
int findmatch_read(const struct options *options, struct findmatch *ret, struct error *e);
/* --near and --within alone; ret is untouched without them. */
int findmatch_read_near(const struct options *options, struct watch_near *ret, struct error *e);
void findmatch_clear(struct findmatch *match);
#define _cleanup_findmatch_ _cleanup_(findmatch_clear)

/* Whether every word of the condition stands somewhere among the study's conditions, keywords and titles, and every
 * word of the intervention among its interventions, arms and titles, case and accents folded; a word may go on
 * ("diabet"). */
bool findmatch_study(const struct findmatch *match, const struct study *study);

/* Whether a centre fits; its distance goes to *ret_km, negative when it is not known. */
bool findmatch_site(const struct findmatch *match, const struct study *study, size_t index, double *ret_km);
