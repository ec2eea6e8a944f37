/*
 * queue_sim.h - a server with a queue, simulated: what a run of `glimpse bench` against it would
 * keep. In no time of its own, seeded.
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

/* A run from an idle server: what a report keeps of it in blocks. */
void queue_sim_blocks(const queue_sim *sim, uint64_t seed, load_blocks *blocks);

/* A run of each, from an idle server, held against each other as `bench --compare` does. Whether
 * anything is told different; untold, if not NULL, counts the metrics of which nothing can be said.
 */
bool queue_sim_differ(const queue_sim *before, const queue_sim *after, uint64_t seed,
                      size_t *undecided);

#endif
