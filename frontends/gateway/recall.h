/*
 * recall.h - remembers one number for each of many texts: the newest ones, in bounded memory. The
 * texts are hashed under a secret of the process, so no client can make two that are one here. Pure
 * but for memory.
 */
#ifndef GATEWAY_RECALL_H
#define GATEWAY_RECALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/siphash.h"
#include "base/slice.h"

typedef struct gateway_memory {
    uint64_t hash, value;
} gateway_memory;

typedef struct gateway_recall {
    gl_siphash_seed seed;
    gl_map places;        /* by hash: its place in `ring`, plus one */
    gateway_memory *ring; /* when it has `most`, the oldest makes room */
    size_t count, capacity, most, next;
} gateway_recall;

/* most: texts that are remembered. */
void gateway_recall_init(gateway_recall *recall, size_t most);
void gateway_recall_free(gateway_recall *recall);

/* Hashes texts one after another: "a" and "bc" is not "ab" and "c". */
uint64_t gateway_recall_hash(const gateway_recall *recall, const gl_slice *texts, size_t count);

/* false: nothing is remembered of it. */
bool gateway_recall_get(const gateway_recall *recall, uint64_t hash, uint64_t *value);

/* Remembers, in place of what was remembered of this text. Without memory it is forgotten. */
void gateway_recall_put(gateway_recall *recall, uint64_t hash, uint64_t value);

#endif
