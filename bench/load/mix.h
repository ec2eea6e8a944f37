/*
 * mix.h - chooses the next request: one of a pool, which repeats, or one that never comes again. So
 * it is known of each request whether a cache could have answered it. Pure.
 */
#ifndef LOAD_MIX_H
#define LOAD_MIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

#define LOAD_POOL_MAX ((size_t)1000000)

typedef struct load_mix {
    double pool_ratio; /* 0 to 1: the part of requests from the pool */
    size_t pool_size;
    double *below; /* Zipf: the part of draws that fall on this one or one before; NULL: uniform */
    unsigned char *seen; /* of the pool, a bit each */
    uint64_t unique;     /* drawn so far */
    gl_rng rng;
} load_mix;

typedef struct load_pick {
    uint64_t number; /* the same for the same request; from pool_size on, it is unique */
    bool repeated;   /* it came before */
} load_pick;

/* pool_size 1 to LOAD_POOL_MAX; zipf 0: uniform, else the exponent: the k-th comes 1 / k^zipf as
 * often as the first. false: out of memory. Free it in either case. */
bool load_mix_init(load_mix *mix, double pool_ratio, size_t pool_size, double zipf, uint64_t seed);
void load_mix_free(load_mix *mix);

load_pick load_mix_next(load_mix *mix);

#endif
