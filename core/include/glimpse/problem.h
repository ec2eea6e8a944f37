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
 * Filled by each function that takes one, in the caller's memory: "" and "" on success, a sentence
 * on each error. INVALID names the field; of OOM, SETUP and the others no field is to blame, and
 * the sentence is that of the error where nothing nearer is known. Never holds a value that was
 * given, which may be a secret. Shown as "FIELD: SENTENCE", or the sentence alone. Never grows.
 *
 * The field is the argument ("base"), or the member of the struct that was given, with the names of
 * the structs that it is in: of a glimpse_config "model", "packing.window_ms", "endpoint.base_url";
 * of a glimpse_endpoint "base_url". Where several structs are given, the argument comes first:
 * "draft.goal", "options.temperature". "size" is that of a struct which its init function did not
 * set up: the sentence names that function.
 */
typedef struct glimpse_problem {
    char field[48];     /* "packing.window_ms"; "" when none is to blame */
    char sentence[256]; /* what is wrong with it: "must be from 0 to a minute" */
} glimpse_problem;

#ifdef __cplusplus
}
#endif
#endif
