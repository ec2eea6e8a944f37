/*
 * sketch.c - the counters of sketch.h.
 *
 * The blocks are a power of two, chosen by the low bits of the hash. A growth doubles the blocks as
 * two copies of the old ones: one more bit of the hash chooses between them, so every key finds its
 * counts in its new block. In a block, row r of a key is one of the 32 counters of words 2r and 2r
 * + 1, chosen by 5 of the upper bits of the hash.
 */
#include "base/sketch.h"

#include <string.h>

#include "base/alloc.h"
#include "base/array.h"

enum { ROWS = 4, KEYS_A_BLOCK = 8 };

/* Additions after which one block ages: each key is seen about 8 times while the whole ages once,
 * by the sizes above. Measured with glimpse-micro-cache-hits; docs/internals/cache.md. */
#define AGE_EVERY (8u * KEYS_A_BLOCK)

void gl_sketch_init(gl_sketch *sketch)
{
    *sketch = (gl_sketch){ 0 };
}

void gl_sketch_free(gl_sketch *sketch)
{
    gl_free(sketch->blocks);
    gl_sketch_init(sketch);
}

bool gl_sketch_reserve(gl_sketch *sketch, size_t keys)
{
    size_t count = sketch->count, wanted = keys / KEYS_A_BLOCK + (keys % KEYS_A_BLOCK != 0);
    struct gl_sketch_block *blocks =
        gl_array_room(sketch->blocks, &count, wanted, 1, sizeof *blocks);
    if (blocks == NULL) return false;
    if (sketch->count == 0) {
        memset(blocks, 0, sizeof *blocks);
        sketch->count = 1;
    }
    for (size_t have = sketch->count; have < count; have *= 2)
        memcpy(blocks + have, blocks, have * sizeof *blocks);
    sketch->blocks = blocks;
    sketch->count = count;
    return true;
}

static struct gl_sketch_block *block_of(const gl_sketch *sketch, uint64_t hash)
{
    return &sketch->blocks[hash & (sketch->count - 1)];
}

/* Finds row r of the key: the word, and the shift of the counter in it. */
static unsigned word_of(uint64_t hash, unsigned row)
{
    return 2 * row + (unsigned)(hash >> (44 + 5 * row) & 1);
}

static unsigned shift_of(uint64_t hash, unsigned row)
{
    return 4 * (unsigned)(hash >> (45 + 5 * row) & 15);
}

unsigned gl_sketch_estimate(const gl_sketch *sketch, uint64_t hash)
{
    if (sketch->count == 0) return 0;
    const struct gl_sketch_block *block = block_of(sketch, hash);
    unsigned least = GL_SKETCH_MOST;
    for (unsigned row = 0; row < ROWS; row++) {
        unsigned n = (unsigned)(block->words[word_of(hash, row)] >> shift_of(hash, row) & 15);
        if (n < least) least = n;
    }
    return least;
}

static void halve(struct gl_sketch_block *block)
{
    for (size_t i = 0; i < sizeof block->words / sizeof block->words[0]; i++)
        block->words[i] = block->words[i] >> 1 & UINT64_C(0x7777777777777777);
}

void gl_sketch_add(gl_sketch *sketch, uint64_t hash)
{
    if (sketch->count == 0) return;
    unsigned least = gl_sketch_estimate(sketch, hash);
    struct gl_sketch_block *block = block_of(sketch, hash);
    for (unsigned row = 0; row < ROWS && least < GL_SKETCH_MOST; row++) {
        uint64_t *word = &block->words[word_of(hash, row)];
        unsigned shift = shift_of(hash, row);
        if ((*word >> shift & 15) == least) *word += UINT64_C(1) << shift;
    }
    if (++sketch->added < AGE_EVERY) return;
    sketch->added = 0;
    if (sketch->oldest >= sketch->count) sketch->oldest = 0;
    halve(&sketch->blocks[sketch->oldest++]);
}

void gl_sketch_halve(gl_sketch *sketch)
{
    for (size_t i = 0; i < sketch->count; i++) halve(&sketch->blocks[i]);
}
