/*
 * rng.h - small seeded random numbers for jitter and simulation (never for secrets): PCG32
 * (O'Neill, pcg-random.org), 64 bits of state.
 */
#ifndef GL_BASE_RNG_H
#define GL_BASE_RNG_H

#include <stdint.h>

typedef struct gl_rng {
    uint64_t state;
} gl_rng;

void gl_rng_seed(gl_rng *rng, uint64_t seed);
uint32_t gl_rng_next(gl_rng *rng);
double gl_rng_uniform(gl_rng *rng);                 /* 0 <= u < 1, 53 bits */
uint32_t gl_rng_below(gl_rng *rng, uint32_t bound); /* 0 <= n < bound, unbiased; bound > 0 */
double gl_rng_normal(gl_rng *rng);                  /* mean 0, deviation 1 */

/* A seed from the system, never 0. */
uint64_t gl_rng_system_seed(void);

#endif
