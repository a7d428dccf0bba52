/* One settings file: its text, its YAML nodes with their lines, and the mistakes found in it.
 *
 * libcyaml fills structs but forgets where a value stood; libyaml's document, which is kept beside, answers that. */
#pragma once

#include "service/config.h"
#include "service/config_settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

struct config_file {
    char *path; /* owned; as the operator wrote it; NULL of what stands in no file */
    char *text; /* owned */
    size_t len;
    yaml_document_t document;
    bool has_document;
    bool is_main;                 /* not one of conf.d */
    struct settings_draft *draft; /* owned; NULL while a mistake in shape keeps it from being read */
};

/* After so many mistakes the rest is not told. */
#define CONFIG_MAX_MISTAKES ((size_t)100)

struct config_mistakes {
    config_report *report; /* may be NULL */
    void *userdata;
    size_t count;
};

/* Reports "FILE:LINE: sentence"; where is a path such as "watches[0].notify[1]", whose line is looked up: that of the
 * nearest parent that is there. */
void config_mistake(struct config_mistakes *mistakes, const struct config_file *file, const char *where,
                    const char *format, ...) _printf_(4, 5);
/* The same for a line that is known (from 1), 0 for none. */
void config_mistake_at(struct config_mistakes *mistakes, const struct config_file *file, size_t line,
                       const char *format, ...) _printf_(4, 5);

/* -ENOENT, -EACCES …: the file cannot be read, with a sentence. -EFBIG past CONFIG_MAX_FILE_BYTES. */
int config_file_read(const char *path, struct config_file *ret, struct error *e);
void config_file_clear(struct config_file *file);

/* Makes the document. -EINVAL after telling of a mistake in the YAML itself; -ENOMEM. An empty file has no document. */
int config_file_parse(struct config_file *file, struct config_mistakes *mistakes);

/* The line (from 1) of the key or list entry at a path, or of its nearest parent that is there; 1 for an empty file. */
size_t config_file_line(const struct config_file *file, const char *where);
/* "FILE:LINE" of it, which the caller frees; NULL without memory. */
char *config_file_place(const struct config_file *file, const char *where);
/* Whether something is at that path. */
bool config_file_has(const struct config_file *file, const char *where);
/* Whether the word all is at that path; the same of a node. */
bool config_file_says_all(const struct config_file *file, const char *where);
bool config_node_is_all(const yaml_node_t *node);
/* Copies of the texts of the list at that path, none when there is no list; the caller frees. 0 or -ENOMEM. */
int config_file_texts(const struct config_file *file, const char *where, char ***ret, size_t *ret_count);

/* Compares the document with the table of settings and tells of keys that it does not know, keys given twice, and
 * values of another shape. Returns the number of values that libcyaml could not read: with 0 the draft can be made. */
size_t config_file_check_shape(struct config_file *file, struct config_mistakes *mistakes);
