/* A search of the registry's web page as a watch: the address that somebody copied from the browser, or that of an RSS
 * feed of the same search. Pure. */
#pragma once

#include "base/err.h"
#include "trial/watch.h"

#include <jansson.h>

#define SEARCH_URL_MAX_BYTES ((size_t)16 * 1024)

/* Fills the query and near of ret, or its studies for the address of one study; the caller clears it. left_out, an
 * array, gets every parameter that asks something and cannot be taken over, as "parameter=value". -EINVAL with a
 * sentence when it is no such address, or nothing is left to ask. */
int search_url_read(const char *url, struct watch *ret, json_t *left_out, struct error *e);
