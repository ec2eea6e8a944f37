/*
 * digest_set.h - a set of 128-bit digests: open addressing, 16 bytes a slot, between 7/16 and 7/8
 * full.
 *
 * Two texts whose SHA-256 differ count as one with a probability of n^2 / 2^129: at 10^9 texts,
 * 10^-21, and no one knows how to make such a pair. Digests that begin alike can be found by
 * trying, so a digest's place depends on a seed: multiply-shift hashing with secret factors, of
 * which two digests collide by chance alone (Dietzfelbinger and others, 1997). A set that grows
 * moves its digests in the order of their places, so memory is walked once.
 */
#ifndef GL_BASE_DIGEST_SET_H
#define GL_BASE_DIGEST_SET_H

#include <stdbool.h>

#include "base/siphash.h"

typedef struct gl_digest {
    uint64_t high, low;
} gl_digest;

typedef struct gl_digest_set {
    gl_siphash_seed seed;
    gl_digest *slots;       /* all zero: empty */
    size_t count, capacity; /* capacity: a power of two, or 0 */
    unsigned shift;         /* 64 less its logarithm */
} gl_digest_set;

typedef enum gl_digest_added {
    GL_DIGEST_NEW,
    GL_DIGEST_SEEN,
    GL_DIGEST_NO_MEMORY /* the set is as before */
} gl_digest_added;

void gl_digest_set_init(gl_digest_set *set);
void gl_digest_set_free(gl_digest_set *set); /* and back to empty, same seed */

bool gl_digest_set_has(const gl_digest_set *set, gl_digest digest);
gl_digest_added gl_digest_set_add(gl_digest_set *set, gl_digest digest);

/* Returns the first 16 bytes of a digest. */
gl_digest gl_digest_of(const unsigned char *bytes);

#endif
