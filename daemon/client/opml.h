/* OPML: the list of feeds that every feed reader exports. */
#pragma once

#include "base/err.h"

#include <stddef.h>

/* Called for every outline that has a feed, with its title ("" without one). 0 to go on. */
typedef int opml_visitor(const char *title, const char *url, void *userdata);

/* 0, what visit returned when not 0, -EINVAL with a sentence for what is not XML, or -EOPNOTSUPP when the program was
 * built without expat. */
int opml_each(const char *text, size_t len, opml_visitor *visit, void *userdata, struct error *e);
