/*
 * heap.h - binary heap of deadlines whose nodes live inside what they time.
 *
 * The earliest is at the top; equal times leave in the order in which they were set, so that a
 * simulated run replays exactly. An entry holds its index, so moving and removing one is
 * O(log n). Only growing the array can fail, and gl_heap_reserve does that ahead.
 */
#ifndef GL_BASE_HEAP_H
#define GL_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"

typedef struct gl_heap_entry {
    gl_time when;
    uint64_t order; /* ties: the order in which they were set */
    size_t index;   /* GL_HEAP_NONE when it is in no heap */
} gl_heap_entry;

#define GL_HEAP_NONE SIZE_MAX

typedef struct gl_heap {
    gl_heap_entry **entries;
    size_t count, capacity;
    uint64_t next_order;
} gl_heap;

static inline void gl_heap_entry_init(gl_heap_entry *entry)
{
    entry->index = GL_HEAP_NONE;
}

void gl_heap_init(gl_heap *heap);
void gl_heap_free(gl_heap *heap); /* the array; entries are not touched */

/* Room for count entries in all: gl_heap_set cannot fail up to there. false: out of memory. */
bool gl_heap_reserve(gl_heap *heap, size_t count);

/* Puts the entry at `when`, inserting or moving it; GL_TIME_NEVER takes it out. An insertion needs
 * room reserved. Setting the time it already has keeps its place among equals. */
void gl_heap_set(gl_heap *heap, gl_heap_entry *entry, gl_time when);
void gl_heap_remove(gl_heap *heap, gl_heap_entry *entry); /* fine when not in */

/* The earliest, NULL when empty. */
static inline gl_heap_entry *gl_heap_top(const gl_heap *heap)
{
    return heap->count != 0 ? heap->entries[0] : NULL;
}

static inline gl_time gl_heap_next(const gl_heap *heap)
{
    return heap->count != 0 ? heap->entries[0]->when : GL_TIME_NEVER;
}

#endif
