/* latency.h - says when the notices of a request are due, and words them (docs/playbook.md section
 * 1). Pure. */
#ifndef GL_POLICY_LATENCY_H
#define GL_POLICY_LATENCY_H

#include <glimpse/latency.h>

#include "base/time.h"

/* Returns true when none of the four is set, so that the thresholds of the next level above
 * hold. */
bool gl_thresholds_inherit(const glimpse_thresholds *thresholds);

/* As glimpse_thresholds_check, for thresholds that are a member: problem names "thresholds.t1_ms".
 */
glimpse_error gl_thresholds_check(const glimpse_thresholds *thresholds, glimpse_problem *problem);

/* Returns when threshold number n (0 to 3) is due for a request that started at start; NEVER from 4
 * on. */
gl_time gl_latency_due(const glimpse_thresholds *thresholds, gl_time start, int n);

/* Returns how many thresholds have passed after elapsed (0 to 4). */
int gl_latency_crossed(const glimpse_thresholds *thresholds, uint64_t elapsed_ns);

/* Fills in the notice of threshold number n (0 to 3). */
void gl_latency_notice(int n, uint64_t elapsed_ns, glimpse_notice *notice);

#endif
