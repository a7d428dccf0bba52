/* A watch that is put together from the command line: its settings as JSON, in the words of trialwatch.yaml(5). */
#pragma once

#include "base/err.h"
#include "client/options.h"

#include <jansson.h>
#include <stdbool.h>

/* All options of `trialwatch watch`. */
extern const struct option_spec watchform_options[];

/* Whether any option says what to watch. */
bool watchform_is_given(const struct options *options);

/* The settings that the options and the arguments from first on (studies) give, without a name where they give none.
 * -EINVAL with a sentence. */
int watchform_read(const struct options *options, size_t first, json_t **ret, struct error *e);

/* Gives settings a name if they have none, made of text: "Coronary artery disease" becomes "coronary-artery-disease".
 */
int watchform_name(json_t *settings, const char *text, struct error *e);
