/*
 * latency.h - the latency of the simulated model.
 *
 *   0                         at once
 *   1400ms                    always this long (us, ms, s; decimals are fine)
 *   normal:1400ms:300ms       mean and standard deviation, cut off at 0
 *   lognormal:1400ms:2500ms   median and 95th percentile: the shape of real endpoints
 *   mix:90%:lognormal:1400ms:2500ms,10%:8s   that share of each of them; 100 % in all
 *   recorded:FILE             the durations in FILE, one a line, in order, again from the start
 *   recorded-random:FILE      drawn from them by the seed
 */
#ifndef MOCK_LATENCY_H
#define MOCK_LATENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/time.h"
#include "mock/recorded.h"

#define MOCK_LATENCY_PARTS 8 /* of a mixture */

typedef struct mock_latency_part {
    enum { MOCK_LATENCY_FIXED, MOCK_LATENCY_NORMAL, MOCK_LATENCY_LOGNORMAL } kind;
    double middle;  /* ns: the value, the mean or the median */
    double spread;  /* ns of deviation; of a lognormal the deviation of the logarithm */
    uint32_t share; /* of a million */
} mock_latency_part;

typedef struct mock_latency {
    mock_latency_part part[MOCK_LATENCY_PARTS];
    size_t count; /* of a mixture; else 0, and part[0] is all */
    mock_recorded recorded;
} mock_latency;

/* NULL and "" mean 0. false: problem names the error, beginning with this name and a colon. Only
 * recorded times have to be freed; freeing is always allowed. */
bool mock_latency_parse(mock_latency *latency, const char *name, const char *spec, char *problem,
                        size_t problem_size);
void mock_latency_free(mock_latency *latency);

/* Draws one latency in nanoseconds, at most an hour. A fixed one, and recorded ones in their order,
 * need no random number. */
gl_time mock_latency_draw(mock_latency *latency, gl_rng *rng);

#endif
