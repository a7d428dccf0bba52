/* The libcyaml schema made from the table of settings, and a file's text read against it. */
#pragma once

#include "base/err.h"
#include "service/config_settings.h"

struct config_schema;

/* -ENOMEM. */
int config_schema_new(struct config_schema **ret);
void config_schema_free(struct config_schema *schema);

/* Reads one document. Keys that the table does not know are passed over: config_shape tells of them. An empty file is
 * an empty draft. On -EINVAL the sentence is libcyaml's, and *ret_line where it was, 0 when it did not say. */
int config_schema_read(const struct config_schema *schema, const char *text, size_t len, struct settings_draft **ret,
                       size_t *ret_line, struct error *e);

/* Frees what the draft still owns: pointers that were taken out of it are NULL. */
void config_schema_free_draft(const struct config_schema *schema, struct settings_draft *draft);
