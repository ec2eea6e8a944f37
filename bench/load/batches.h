/*
 * batches.h - the uncertainty of a mean whose samples depend on each other. Pure.
 *
 * Samples of a queue do: a request that comes while the queue is long waits, and so do the next
 * ones. Taken for independent they give an interval many times too narrow. So a run is cut into
 * batches of time, and the spread of the batches' means is that of the mean. The correlation of a
 * batch with the one before is taken for a first-order autoregression: its coefficient widens the
 * interval, and leaves fewer degrees of freedom.
 */
#ifndef LOAD_BATCHES_H
#define LOAD_BATCHES_H

#include <stdbool.h>
#include <stddef.h>

#define LOAD_BATCHES 32 /* batches of a side at most, unless it has more runs */

typedef struct load_batch {
    double weight, sum; /* requests or seconds; the sum of the quantity */
    bool joined;        /* it follows the batch before it in the same run */
} load_batch;

typedef struct load_spread {
    double mean;    /* all sums by all weights */
    double error;   /* the standard error of the mean */
    double freedom; /* degrees of freedom; below LOAD_FREEDOM_MIN the error itself is not known */
} load_spread;

/* With fewer independent stretches a run does not show how much it varies. */
#define LOAD_FREEDOM_MIN 3.0

/* Returns the correlation of a batch with the one before, 0 to 0.97: the coefficient of a
 * first-order autoregression. */
double load_batches_correlation(const load_batch *batch, size_t count);

load_spread load_spread_of(const load_batch *batch, size_t count);

#endif
