/* What the history knows of a plan's queries. */
#pragma once

#include "history/store.h"
#include "registry/plan.h"

/* Fills what each query found before, and whether it runs. */
int plan_recall(struct plan *plan, struct store *store, struct error *e);
