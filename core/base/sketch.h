/*
 * sketch.h - about how often each of very many keys was seen lately: a count-min sketch of 4-bit
 * counters that ages by halving (TinyLFU; Einziger, Friedman, Manes, 2017).
 *
 * A key has four counters in one block of 64 bytes; what was seen of it is the least of them, so an
 * estimate is never too low but by age, and stops at 15. Nothing here is exact, nothing is slow:
 * one block ages at a time, so no addition ever walks the whole.
 */
#ifndef GL_BASE_SKETCH_H
#define GL_BASE_SKETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GL_SKETCH_MOST 15 /* what 4 bits hold */

typedef struct gl_sketch {
    struct gl_sketch_block {
        uint64_t words[8];
    } *blocks;      /* NULL until reserved */
    size_t count;   /* blocks, a power of two, or 0 */
    size_t oldest;  /* the block that ages next */
    unsigned added; /* since one aged */
} gl_sketch;

/* Bytes that the sketch takes for one key it was reserved for: 8, and as many again right after it
 * has grown. */
#define GL_SKETCH_KEY_BYTES ((size_t)16)

void gl_sketch_init(gl_sketch *sketch);
void gl_sketch_free(gl_sketch *sketch);

/* Room to tell this many keys apart; what was seen so far is kept. Never shrinks. false: out of
 * memory (the sketch is as before). */
bool gl_sketch_reserve(gl_sketch *sketch, size_t keys);

/* Sees a key once more. hash is well mixed: all its bits count. */
void gl_sketch_add(gl_sketch *sketch, uint64_t hash);

/* How often it was seen lately, 0 to GL_SKETCH_MOST. */
unsigned gl_sketch_estimate(const gl_sketch *sketch, uint64_t hash);

/* Everything counts half; gl_sketch_add does the same, a block at a time. */
void gl_sketch_halve(gl_sketch *sketch);

#endif
