/* SPDX-License-Identifier: MIT */
/*
 * problem.h - why a function refused what it was given: the field, and a sentence about it.
 */
#ifndef GLIMPSE_PROBLEM_H
#define GLIMPSE_PROBLEM_H

#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Filled by each function that takes one, in the caller's memory: "" and "" on success. Never holds
 * a value that was given, which may be a secret. To be shown as "FIELD: SENTENCE". Never grows.
 */
typedef struct glimpse_problem {
    char field[48];     /* the member ("packing.window_ms") or argument; "" when none is to blame */
    char sentence[256]; /* what is wrong with it: "must be from 0 to a minute" */
} glimpse_problem;

#ifdef __cplusplus
}
#endif
#endif
