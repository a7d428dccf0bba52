/* The table of kinds: what a difference at a path of the record is called, and how much it weighs.
 *
 * Every difference between two records falls under exactly one row; paths are the registry's, dotted. */
#pragma once

#include "base/macro.h"

#include <stdbool.h>

enum weight { WEIGHT_SILENT, WEIGHT_ROUTINE, WEIGHT_NOTABLE, WEIGHT_URGENT };

enum kind {
    /* the study enters or leaves what a query watch sees; made by registry/, never by diff */
    KIND_LISTED,
    KIND_UNLISTED,
    /* sites */
    KIND_SITE_OPENED,
    KIND_SITE_CLOSED,
    KIND_SITE_STATUS,
    KIND_SITE_ADDED,
    KIND_SITE_REMOVED,
    KIND_SITE_RENAMED,
    KIND_SITE_CONTACT,
    KIND_SITE_GEOPOINT,
    KIND_SITE_ORDER,
    KIND_SITE_OTHER,
    /* the study itself */
    KIND_STATUS,
    KIND_WHY_STOPPED,
    KIND_RESULTS,
    KIND_DATES,
    KIND_ENROLLMENT,
    KIND_ELIGIBILITY,
    KIND_PRIMARY_OUTCOME,
    KIND_OUTCOME,
    KIND_SPONSOR,
    KIND_TITLE,
    KIND_DESCRIPTION,
    KIND_CONDITION,
    KIND_INTERVENTION,
    KIND_DESIGN,
    KIND_OVERSIGHT,
    KIND_CONTACT,
    KIND_REFERENCE,
    KIND_SHARING,
    KIND_DOCUMENT,
    KIND_EXPANDED_ACCESS,
    KIND_IDENTIFICATION,
    KIND_SUBMISSION, /* the sponsor's and registry's bookkeeping: submission dates, tracking */
    KIND_DERIVED,    /* what the registry computes: MeSH terms, browse leaves */
    KIND_OTHER,      /* no row of its own: a field that is new to us */
    KIND_COUNT
};

struct kind_info {
    const char *name;  /* "site-opened": settings, tables, JSON */
    const char *label; /* "Site opened": people */
    enum weight weight;
    const char *help; /* one sentence for the manual */
};

/* How the values under a path are compared. */
enum grain {
    GRAIN_LEAVES, /* objects are entered, each differing leaf or array is one change */
    GRAIN_WHOLE,  /* one change with the whole value before and after */
    GRAIN_TEXT,   /* likewise, and what kind of edit it was is noted */
    GRAIN_ITEMS,  /* a list whose items are told apart by what they say: added, dropped or reworded, one change each */
    GRAIN_SITES,  /* the locations: compared by identity, see trial/sites */
    GRAIN_IGNORED /* no change */
};

struct path_rule {
    const char *path; /* it and everything under it that has no longer row */
    enum kind kind;
    enum grain grain;
};

const struct kind_info *kind_info(enum kind kind);

/* KIND_COUNT when the name is unknown. */
enum kind kind_from_name(const char *name);

/* The row with the longest path that is path or one of its parents; never NULL. */
const struct path_rule *kind_rule_for_path(const char *path);

/* Whether some row's path lies strictly under path. */
bool kind_rule_below(const char *path);

const char *weight_name(enum weight weight);

/* -EINVAL when unknown. */
int weight_from_name(const char *name, enum weight *ret);
