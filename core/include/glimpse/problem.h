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
 * Filled in by each function that takes one, in the caller's memory: "" and "" on success, a
 * sentence on each error. INVALID names the field. For OOM, SETUP and the other errors the field is
 * mostly "", and the sentence is that of the error unless more is known. Never holds a value of the
 * caller's, which may be a secret. Show it as "FIELD: SENTENCE", and where the field is "" as
 * "SENTENCE". Never grows.
 *
 * The field is an argument ("base"), or the path of a member: in a glimpse_config "model",
 * "packing.window_ms", "endpoint.base_url"; in a glimpse_endpoint "base_url". Where a function
 * takes several structs, the argument comes first: "draft.goal", "options.temperature". "size" is
 * the size of a struct that its init function did not set up: the sentence names that function.
 */
typedef struct glimpse_problem {
    char field[48];     /* "packing.window_ms"; "" when no field is at fault */
    char sentence[256]; /* the fault: "must be from 0 to a minute" */
} glimpse_problem;

#ifdef __cplusplus
}
#endif
#endif
