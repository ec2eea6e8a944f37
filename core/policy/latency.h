/* latency.h - when the notices of a request are due and what they say (docs/playbook.md section 1).
 * Pure.
 */
#ifndef GL_POLICY_LATENCY_H
#define GL_POLICY_LATENCY_H

#include <glimpse/latency.h>

#include "base/time.h"

/* None of the four is set: they are those of what stands above. */
bool gl_thresholds_inherit(const glimpse_thresholds *thresholds);

/* When threshold number n (0 to 3) is due for what started at start; NEVER from 4 on. */
gl_time gl_latency_due(const glimpse_thresholds *thresholds, gl_time start, int n);

/* How many thresholds have passed after elapsed (0 to 4). */
int gl_latency_crossed(const glimpse_thresholds *thresholds, uint64_t elapsed_ns);

/* The notice of threshold number n (0 to 3). */
void gl_latency_notice(int n, uint64_t elapsed_ns, glimpse_notice *notice);

#endif
