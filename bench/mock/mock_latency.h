/*
 * mock_latency.h - how long the simulated model thinks.
 *
 *   0                         at once
 *   1400ms                    always this long (us, ms, s; decimals are fine)
 *   normal:1400ms:300ms       mean and standard deviation, cut off at 0
 *   lognormal:1400ms:2500ms   median and 95th percentile: the shape of real endpoints
 */
#ifndef MOCK_LATENCY_H
#define MOCK_LATENCY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/rng.h"
#include "base/time.h"

typedef struct mock_latency {
    enum { MOCK_LATENCY_FIXED, MOCK_LATENCY_NORMAL, MOCK_LATENCY_LOGNORMAL } kind;
    double middle; /* ns: the value, the mean or the median */
    double spread; /* ns of deviation; of a lognormal the deviation of the logarithm */
} mock_latency;

/* NULL and "" mean 0. false: problem says what is wrong, beginning with "latency:". */
bool mock_latency_parse(mock_latency *latency, const char *spec, char *problem,
                        size_t problem_size);

/* One latency in nanoseconds, at most an hour. A fixed one draws no random number. */
gl_time mock_latency_draw(const mock_latency *latency, gl_rng *rng);

#endif
