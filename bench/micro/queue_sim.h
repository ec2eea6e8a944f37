/*
 * queue_sim.h - a simulated server with a queue: the blocks that a run of `glimpse bench` against
 * it would keep. Runs in simulated time, seeded.
 */
#ifndef BENCH_QUEUE_SIM_H
#define BENCH_QUEUE_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "load/difference.h"

#define QUEUE_PLACES 64

typedef struct queue_sim {
    uint64_t places;         /* requests served at once, at most QUEUE_PLACES; others wait */
    double service_s, sigma; /* median of a lognormal; sigma below 0: exponential, of this mean */
    bool even;               /* arrivals at equal gaps, not Poisson */
    double rate, seconds;    /* Poisson arrivals */
    double error_rate;
} queue_sim;

/* Part of the time that a place is busy. */
double queue_sim_load(const queue_sim *sim);

/* Simulates a run from an idle server, and keeps its blocks as a report does. */
void queue_sim_blocks(const queue_sim *sim, uint64_t seed, load_blocks *blocks);

/* Simulates a run of each, from an idle server, and compares them as `bench --compare` does.
 * Returns true when a metric is reported to differ; undecided, if not NULL, counts the metrics
 * without a verdict. */
bool queue_sim_differ(const queue_sim *before, const queue_sim *after, uint64_t seed,
                      size_t *undecided);

#endif
