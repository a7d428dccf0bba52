/* A country as people name it. */
#pragma once

#include <jansson.h>

/* The spellings under which the registry may list a country that is given by its name or its ISO 3166 alpha-2 code: a
 * new array of strings, the given one among them. NULL without memory, or when it is not UTF-8. */
json_t *country_spellings(const char *country);
