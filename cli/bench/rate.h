/*
 * rate.h - how fast an open loop sends, as people write it:
 *
 *   5000                    requests a second, to the end of the run
 *   1000:10s,5000:30s       a step: 10 s of 1,000, 30 s of 5,000
 *   0-5000:30s,5000         a ramp, then on at its end
 */
#ifndef CLI_BENCH_RATE_H
#define CLI_BENCH_RATE_H

#include "load/arrival.h"

/* Returns NULL, or a static sentence on the fault. *seconds: the length of all stretches, INFINITY
 * where the last one has no time. */
const char *rate_read(const char *text, load_stretch stretch[LOAD_STRETCHES], size_t *count,
                      double *seconds);

#endif
