/*
 * siphash.h - the hash for tables whose keys strangers choose: without the seed nobody can make
 * keys that collide, so no table becomes a list. SipHash-2-4 (Aumasson and Bernstein, 2012).
 */
#ifndef GL_BASE_SIPHASH_H
#define GL_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

typedef struct gl_siphash_seed {
    uint64_t half[2];
} gl_siphash_seed;

/* Takes a seed from the system; a table keeps its own for life. */
gl_siphash_seed gl_siphash_new_seed(void);

uint64_t gl_siphash(const gl_siphash_seed *seed, const void *data, size_t len);

/*
 * Hashes several parts, one after another: `before` is the hash of the parts before (0: none). It
 * has no secret: use it for keys that nobody gains by choosing, and where the same text must have
 * the same hash in every process.
 */
uint64_t gl_hash(uint64_t before, const void *data, size_t len);

#endif
