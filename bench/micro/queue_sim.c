/* queue_sim.c - see queue_sim.h. */
#include "queue_sim.h"

#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/histogram.h"
#include "base/rng.h"

double queue_sim_load(const queue_sim *sim)
{
    double mean =
        sim->sigma < 0 ? sim->service_s : sim->service_s * exp(sim->sigma * sim->sigma / 2);
    return sim->rate * mean / (double)sim->places;
}

static double draw(const queue_sim *sim, gl_rng *rng)
{
    if (sim->sigma < 0) return -sim->service_s * log(1 - gl_rng_uniform(rng));
    return sim->service_s * exp(sim->sigma * gl_rng_normal(rng));
}

static double gap(const queue_sim *sim, gl_rng *rng)
{
    return (sim->even ? 1 : -log(1 - gl_rng_uniform(rng))) / sim->rate;
}

/* Returns the place that is free first. */
static size_t next_place(const queue_sim *sim, const double free_at[QUEUE_PLACES])
{
    size_t first = 0;
    for (size_t i = 1; i < sim->places; i++)
        if (free_at[i] < free_at[first]) first = i;
    return first;
}

/* Stops without memory: a simulation takes a few kilobytes, and has no result without them. */
static void *needed(void *memory)
{
    if (memory == NULL) abort();
    return memory;
}

static void keep(load_side *side, const gl_histogram *h)
{
    uint64_t us, n;
    size_t count = 0;
    for (size_t at = 0; gl_histogram_next(h, &at, &us, &n);) count++;
    side->latency.value = needed(gl_calloc(count + 1, sizeof *side->latency.value));
    for (size_t at = 0; gl_histogram_next(h, &at, &us, &n);) {
        side->latency.value[side->latency.count++] = (struct load_value){ (double)us, (double)n };
        side->latency.total += (double)n;
    }
}

static void run(const queue_sim *sim, uint64_t seed, load_blocks *blocks, load_side *side)
{
    double free_at[QUEUE_PLACES] = { 0 }, at = 0, end = 0;
    gl_rng rng;
    gl_histogram *h = needed(gl_histogram_new());
    gl_rng_seed(&rng, seed);
    while ((at += gap(sim, &rng)) < sim->seconds) {
        double *place = &free_at[next_place(sim, free_at)];
        double done = (at > *place ? at : *place) + draw(sim, &rng);
        load_block_sample sample = { .intended = blocks->start + (gl_time)(at * 1e9),
                                     .done = blocks->start + (gl_time)(done * 1e9),
                                     .failed = gl_rng_uniform(&rng) < sim->error_rate,
                                     .latency_us = (uint64_t)((done - at) * 1e6) + 1,
                                     .ttft_us = -1 };
        *place = done;
        end = fmax(end, done);
        load_blocks_sent(blocks, sample.intended);
        load_blocks_add(blocks, &sample);
        gl_histogram_add(h, sample.latency_us);
        side->ended++;
        side->errors += sample.failed;
    }
    side->throughput = end > 0 ? (side->ended - side->errors) / end : 0;
    keep(side, h);
    gl_histogram_free(h);
}

void queue_sim_blocks(const queue_sim *sim, uint64_t seed, load_blocks *blocks)
{
    load_side side = { .runs = 0 };
    run(sim, seed, blocks, &side);
    gl_free(side.latency.value);
}

bool queue_sim_differ(const queue_sim *before, const queue_sim *after, uint64_t seed,
                      size_t *undecided)
{
    const queue_sim *sims[2] = { before, after };
    load_blocks *blocks[2];
    load_side side[2] = { { .runs = 1 }, { .runs = 1 } };
    load_change change[LOAD_COMPARED];
    bool differ = false;
    for (int i = 0; i < 2; i++) {
        blocks[i] = needed(load_blocks_new(0));
        run(sims[i], 2 * seed + (uint64_t)i, blocks[i], &side[i]);
    }
    for (int i = 0; i < 2; i++) side[i].run = &blocks[i];
    size_t count = load_difference(&side[0], &side[1], change);
    load_difference_judge(change, count);
    for (size_t i = 0; i < count; i++) {
        bool differs = change[i].verdict == LOAD_BETTER || change[i].verdict == LOAD_WORSE;
        differ = differ || differs;
        if (undecided != NULL) *undecided += !differs && change[i].verdict != LOAD_SAME;
    }
    for (int i = 0; i < 2; i++) {
        gl_free(side[i].latency.value);
        load_blocks_free(blocks[i]);
    }
    return differ;
}
