/*
 * digest_map.h - 128 bits of a digest, and for each a number where numbers are wanted: open
 * addressing, between 7/16 and 7/8 full, 16 bytes a slot and 4 more with numbers.
 *
 * Two texts whose SHA-256 differ count as one with a probability of n^2 / 2^129: at 10^9 texts,
 * 10^-21, and nobody can make such a pair. Digests that begin alike can be found by trying, so
 * where a digest stands depends on a seed.
 */
#ifndef GL_BASE_DIGEST_MAP_H
#define GL_BASE_DIGEST_MAP_H

#include <stdbool.h>

#include "base/siphash.h"

typedef struct gl_digest {
    uint64_t high, low;
} gl_digest;

typedef struct gl_digest_map {
    gl_siphash_seed seed;
    gl_digest *slots;       /* all zero: empty */
    uint32_t *numbers;      /* NULL in a set */
    size_t count, capacity; /* capacity: a power of two, or 0 */
    bool is_set;
} gl_digest_map;

/* The first 16 bytes of a digest. */
gl_digest gl_digest_of(const unsigned char *bytes);

void gl_digest_map_init(gl_digest_map *map);
void gl_digest_set_init(gl_digest_map *set); /* without numbers */
void gl_digest_map_free(gl_digest_map *map); /* and back to empty, same seed */

/* Room for one more. false: out of memory (the map is as before). */
bool gl_digest_map_reserve(gl_digest_map *map);

/* Whether it is there; its number in *number, unless that is NULL. */
bool gl_digest_map_get(const gl_digest_map *map, gl_digest digest, uint32_t *number);

/* Adds it, or gives it another number; of a set the number is nothing. Room is reserved. */
void gl_digest_map_put(gl_digest_map *map, gl_digest digest, uint32_t number);

#endif
