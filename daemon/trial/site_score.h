/* How likely two locations are the same site. */
#pragma once

#include "trial/site_features.h"

/* From this score on two locations may be one site; below they are not. */
#define SITE_SCORE_SAME 500

/* Symmetric; the more, the surer. */
int site_score(const struct site_features *a, const struct site_features *b);
