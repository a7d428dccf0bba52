/* "Did you mean": the known word nearest to a mistyped one. */
#pragma once

#include <stddef.h>

/* NULL when none is near enough to be worth saying. */
const char *suggest_nearest(const char *typed, const char *const *words, size_t count);
