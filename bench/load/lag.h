/* lag.h - how late a loop was, weighed by time. Pure. */
#ifndef LOAD_LAG_H
#define LOAD_LAG_H

#include "base/histogram.h"
#include "base/time.h"

/*
 * A timer that is set again each time it fires, `every`, fired so late, ns. What was due while the
 * loop stood still would each have been late by what was left of it: these count as well, one each
 * `every`, so that a part of the histogram is a part of the time. Of a stop of 2 s with a timer of
 * 10 ms, 200 of them; the timer itself counts it once.
 */
void load_lag_add(gl_histogram *lag, uint64_t late, gl_time every);

#endif
