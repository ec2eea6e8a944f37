/* lag.h - how late a loop was, weighed by time. Pure. */
#ifndef LOAD_LAG_H
#define LOAD_LAG_H

#include "base/histogram.h"
#include "base/time.h"

/*
 * Adds the delay of a timer that is set again each time it fires, `every`, in ns. Other events that
 * were due while the loop was blocked would each have been late by the rest of the delay: one of
 * them counts for each `every`, so that a share of the histogram is a share of the time. A stop of
 * 2 s with a timer of 10 ms adds 200 of them; the timer alone would count it once.
 */
void load_lag_add(gl_histogram *lag, uint64_t late, gl_time every);

#endif
