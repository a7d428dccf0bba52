/* JSON and CSV on their way out: machines read them, but a terminal may be in between. */
#pragma once

#include "base/buf.h"

#include <jansson.h>

/* flags are jansson's. Appends; 0 or -ENOMEM. C1 control characters, which JSON lets pass, are escaped; reals have the
 * digits that say them. */
int output_append_json(struct buf *out, const json_t *value, size_t flags);

/* A cell as RFC 4180 has it: quoted where needed. Control characters but line feeds become spaces; what a spreadsheet
 * would take for a formula has an apostrophe before it. Appends. */
void output_append_csv(struct buf *out, const char *text);
