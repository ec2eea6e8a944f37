/*
 * sketch.h - about how often each of very many keys was seen lately: a count-min sketch of 4-bit
 * counters that ages by halving (TinyLFU; Einziger, Friedman, Manes, 2017).
 *
 * A key has four counters in one block of 64 bytes. Its estimate is the least of them, at most 15,
 * so only ageing makes it too low. One block ages at a time, so no addition walks the whole sketch.
 */
#ifndef GL_BASE_SKETCH_H
#define GL_BASE_SKETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GL_SKETCH_MOST 15 /* the most that 4 bits hold */

typedef struct gl_sketch {
    struct gl_sketch_block {
        uint64_t words[8];
    } *blocks;      /* NULL until reserved */
    size_t count;   /* blocks, a power of two, or 0 */
    size_t oldest;  /* the block that ages next */
    unsigned added; /* additions since a block aged */
} gl_sketch;

/* Bytes that the sketch takes for one key it was reserved for: 8, and as many again right after it
 * has grown. */
#define GL_SKETCH_KEY_BYTES ((size_t)16)

void gl_sketch_init(gl_sketch *sketch);
void gl_sketch_free(gl_sketch *sketch);

/* Makes room to tell this many keys apart; counts are kept. Never shrinks. false: out of memory
 * (the sketch is unchanged). */
bool gl_sketch_reserve(gl_sketch *sketch, size_t keys);

/* Counts a key. hash is well mixed: all its bits count. */
void gl_sketch_add(gl_sketch *sketch, uint64_t hash);

/* Returns how often the key was counted lately, 0 to GL_SKETCH_MOST. */
unsigned gl_sketch_estimate(const gl_sketch *sketch, uint64_t hash);

/* Halves all counters; gl_sketch_add does the same, a block at a time. */
void gl_sketch_halve(gl_sketch *sketch);

#endif
