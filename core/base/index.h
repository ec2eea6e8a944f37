/*
 * index.h - finds the items of an array by a hash of their keys: open addressing over the numbers
 * of the items, at most half full, 4 bytes a place.
 *
 * The items, their keys and the seed of the hash stay the owner's. Several items may have one key:
 * they are found in the order in which they were added, until the table grows. A number is never
 * taken out again. Only growing can fail, and gl_index_reserve does that ahead.
 */
#ifndef GL_BASE_INDEX_H
#define GL_BASE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gl_index {
    uint32_t *places; /* number of the item + 1; 0: empty */
    size_t size;      /* places: a power of two, or 0 */
    size_t count;     /* of them, full */
} gl_index;

/* Returns the hash of the owner's item of this number. */
typedef uint64_t (*gl_index_hash)(const void *owner, uint32_t number);

void gl_index_init(gl_index *index);
void gl_index_free(gl_index *index); /* and back to empty */

/* Makes room for count numbers in all; hash places anew those that are there. false: out of memory,
 * or the numbers do not fit 32 bits; the index is unchanged. */
bool gl_index_reserve(gl_index *index, size_t count, gl_index_hash hash, const void *owner);

/* Adds a number, below UINT32_MAX, for the hash of its item; room is reserved. */
void gl_index_add(gl_index *index, uint64_t hash, uint32_t number);

/* A walk over the numbers whose items may have a hash. The owner compares the keys. */
typedef struct gl_index_walk {
    const gl_index *index;
    size_t at; /* the next place */
} gl_index_walk;

static inline gl_index_walk gl_index_find(const gl_index *index, uint64_t hash)
{
    return (gl_index_walk){ index, (size_t)hash };
}

/* Gives the next number. false: there is none, and no item beyond those given has the hash. */
static inline bool gl_index_next(gl_index_walk *walk, uint32_t *number)
{
    if (walk->index->size == 0) return false;
    uint32_t found = walk->index->places[walk->at++ & (walk->index->size - 1)];
    *number = found - 1;
    return found != 0;
}

#endif
