/* What libjq does for alert/filter, in the child process: nothing bounds it here. */
#pragma once

#include "alert/filter.h"

/* Called once a document, in order. */
typedef void filter_jq_visitor(enum filter_outcome outcome, bool truth, const char *text, size_t len, void *userdata);

/* documents are JSON texts. -EINVAL when it is no jq program, -EOPNOTSUPP without libjq, -ENOMEM. */
int filter_jq_run(const char *program, char *const *documents, size_t count, filter_jq_visitor *visit, void *userdata,
                  struct error *e);
