/* SPDX-License-Identifier: MIT */
/*
 * problem.h - the reason of a refusal: the field, and a sentence about it.
 */
#ifndef GLIMPSE_PROBLEM_H
#define GLIMPSE_PROBLEM_H

#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Filled in by each function that takes one, in the caller's memory; "" and "" on success. Never
 * holds a value of the caller's, which may be a secret. Show it as "FIELD: SENTENCE". Never grows.
 */
typedef struct glimpse_problem {
    char field[48]; /* the member ("packing.window_ms") or argument; "" when no field is at fault */
    char sentence[256]; /* the fault: "must be from 0 to a minute" */
} glimpse_problem;

#ifdef __cplusplus
}
#endif
#endif
