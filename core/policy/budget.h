/*
 * budget.h - bounds the retries that endpoints get (Finagle's RetryBudget): at most 20 % of the
 * first attempts of the last 10 s, and 10 a second besides; and the hedges (hedge.h): at most a
 * part of the same first attempts. Pure.
 *
 * Without it every client multiplies its load by its attempts just when the endpoint is down: by
 * 3.0 for the official SDKs.
 */
#ifndef GL_POLICY_BUDGET_H
#define GL_POLICY_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

#define GL_BUDGET_SLOTS 10 /* of a second */

typedef struct gl_budget {
    uint32_t firsts[GL_BUDGET_SLOTS], retries[GL_BUDGET_SLOTS], hedges[GL_BUDGET_SLOTS];
    uint64_t second; /* second of the newest slot */
} gl_budget;

void gl_budget_first(gl_budget *budget, gl_time now);

/* Takes one retry out of the budget; false: the budget is empty, ask again when the next second
 * begins. */
bool gl_budget_retry(gl_budget *budget, gl_time now);

/* Takes one hedge out of the budget, of which the first attempts times `part` (0 to 1) may go;
 * false: none may go now. */
bool gl_budget_hedge(gl_budget *budget, double part, gl_time now);

/* Returns the retries that are in the budget now. */
uint64_t gl_budget_left(const gl_budget *budget, gl_time now);

#endif
