/*
 * calibrate.h - t1 to t4 of a model from its observed latencies: its p50, p75, p95 and p99 (the
 * calibration column of docs/playbook.md section 1). Pure.
 *
 *   recent   the last 1,000 to 2,000 latencies, or those of the last quarter to half of an hour
 *            where there are fewer: two generations, the older of which is forgotten as a third
 *            begins
 *   bounded  each threshold stays within a quarter and four times of its set value, and rises
 *            by at least a twentieth from one to the next, so that four notices are never one
 *   damped   at most once in 10 s each goes a quarter of the way, in logarithms, to where it should
 *            be, and by no more than a fifth of itself
 *
 * Nothing moves before there are 100: below that no p99 has been seen. Memory: 7 KB, no list.
 */
#ifndef GL_POLICY_CALIBRATE_H
#define GL_POLICY_CALIBRATE_H

#include <stdbool.h>
#include <stdint.h>

#include <glimpse/latency.h>

#include "base/time.h"

#define GL_CALIBRATE_MIN        100
#define GL_CALIBRATE_GENERATION 1000
#define GL_CALIBRATE_AGE        (15 * 60 * GL_SECOND)
#define GL_CALIBRATE_STEP       (10 * GL_SECOND)
#define GL_CALIBRATE_RANGE      4 /* times the set value, either way */

/* 32 steps an octave, 1 ms to 2^27 ms (a day and a half): within 1.1 %. */
#define GL_CALIBRATE_SLOTS (27 * 32)

typedef struct gl_calibrate {
    glimpse_thresholds set, now;                    /* the configured thresholds; those in force */
    double at[4];                                   /* those in force, ms, before rounding */
    uint32_t seen[2][GL_CALIBRATE_SLOTS], count[2]; /* the newer generation, the older one */
    gl_time since, stepped; /* start of the newer generation; the last step */
} gl_calibrate;

/* `set` must be checked (glimpse_thresholds_check). */
void gl_calibrate_init(gl_calibrate *calibrate, const glimpse_thresholds *set, gl_time now);

/* Adds an answer's latency. true: the thresholds in force moved. */
bool gl_calibrate_saw(gl_calibrate *calibrate, uint64_t elapsed_ns, gl_time now);

#endif
