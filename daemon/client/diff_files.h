/* trialwatch diff --files OLD NEW: compares two record files without any history. */
#pragma once

#include "base/err.h"

#include <stdio.h>

enum diff_files_form {
    DIFF_FILES_TEXT,    /* for people */
    DIFF_FILES_JSON,    /* one change a line, as change_to_json() writes it */
    DIFF_FILES_SITE_MAP /* {"old":i|null,"new":j|null} for every site, a line each */
};

/* 0, -EIO when a file cannot be read or out cannot be written, or what study_from_text() and diff_studies() return. */
int diff_files(const char *old_path, const char *new_path, enum diff_files_form form, FILE *out, struct error *e);
