/*
 * id_set.h - the ids seen so far: 16 bytes of SHA-256 each in an open-addressed table between 7/16
 * and 7/8 full. Two ids that differ count as one with a probability of n^2 / 2^129: at 10^9 ids,
 * 10^-21, and nobody can make such a pair.
 */
#ifndef CLI_BATCH_ID_SET_H
#define CLI_BATCH_ID_SET_H

#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/siphash.h"

typedef struct id_set {
    gl_sha256 *sha;
    gl_siphash_seed seed;
    struct id_hash {
        uint64_t high, low; /* both 0 = empty */
    } *slots;
    size_t count, capacity; /* capacity: a power of two, or 0 */
} id_set;

typedef enum id_set_verdict {
    ID_NEW,
    ID_SEEN,
    ID_FAILED /* no memory, no SHA-256 */
} id_set_verdict;

void id_set_init(id_set *set);
void id_set_free(id_set *set);
void id_set_clear(id_set *set);
id_set_verdict id_set_add(id_set *set, gl_slice id);

#endif
