/*
 * blocks.h - a run in blocks of time, each with small histograms, in bounded memory. They show how
 * much the figures of one run depend on the time at which they were taken. A comparison needs that,
 * because the samples of a queue are not independent (batches.h).
 *
 * When the blocks are full, two become one, and a block spans twice the time; so a run of any
 * length ends with LOAD_BLOCKS / 2 of them or more, unless it was shorter than that many
 * milliseconds.
 *
 * Joining happens while requests are in flight, and all of them wait for it. So it looks at no slot
 * below or above those in use, and the memory is touched before the run: 1.7 MB of pages first
 * touched by a join held the loop for 2.4 ms, in every run, 128 ms after its start.
 */
#ifndef LOAD_BLOCKS_H
#define LOAD_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/time.h"

#define LOAD_BLOCKS 128
/* 64 steps an octave, 1 us to 71 minutes: a slot is at most 1.6 % wide, which is less than the
 * smallest change that a comparison reports (2 %). */
#define LOAD_BLOCK_SLOTS 1728

typedef struct load_block {
    uint64_t ended, errors; /* requests that were scheduled in it */
    uint64_t answers;       /* answers that came in it, whenever their requests were sent */
    uint32_t latency[LOAD_BLOCK_SLOTS];
    uint32_t ttft[LOAD_BLOCK_SLOTS];
} load_block;

/* The lowest slot that load_blocks_add used, and the one behind the highest; 0, 0: none. */
typedef struct load_block_range {
    size_t from, to;
} load_block_range;

typedef struct load_blocks {
    gl_time start, width;           /* of a block, ns */
    size_t count;                   /* up to the last one with a scheduled request */
    load_block_range latency, ttft; /* of all blocks */
    load_block block[LOAD_BLOCKS];
} load_blocks;

load_blocks *load_blocks_new(gl_time start); /* NULL: out of memory */
void load_blocks_free(load_blocks *blocks);

/* Call when a request is sent: from now on the blocks reach to here. Answers do not widen them, or
 * the last straggler of a run of seconds would make blocks of minutes. */
void load_blocks_sent(load_blocks *blocks, gl_time at);

/* A request that was sent has ended. */
typedef struct load_block_sample {
    gl_time intended, done;
    bool failed;
    uint64_t latency_us;
    int64_t ttft_us; /* below 0: it had no first token */
} load_block_sample;

void load_blocks_add(load_blocks *blocks, const load_block_sample *sample);

/* The slot of a value and its lower end, us. A slot reaches to the lower end of the next. */
size_t load_block_slot(uint64_t us);
uint64_t load_block_slot_us(size_t slot);

/* Returns how many of a histogram's values are below us; a slot's values are taken as spread over
 * it. */
double load_block_below(const uint32_t slots[LOAD_BLOCK_SLOTS], double us);

/* Their sum in us, each taken for the middle of its slot. */
double load_block_sum(const uint32_t slots[LOAD_BLOCK_SLOTS]);

/* ,"blocks":{...}: docs/internals/bench.md has its members. */
void load_blocks_json(const load_blocks *blocks, gl_buf *out);

#endif
