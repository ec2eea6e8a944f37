/* rng.c - see rng.h. */
#include "base/rng.h"

#include <math.h>
#include <sys/random.h>

#include "base/time.h"

#define MULTIPLIER UINT64_C(6364136223846793005)
#define INCREMENT  UINT64_C(1442695040888963407)

void gl_rng_seed(gl_rng *rng, uint64_t seed)
{
    rng->state = seed + INCREMENT;
    (void)gl_rng_next(rng);
}

uint32_t gl_rng_next(gl_rng *rng)
{
    uint64_t state = rng->state;
    rng->state = state * MULTIPLIER + INCREMENT;
    uint32_t xorshifted = (uint32_t)(((state >> 18) ^ state) >> 27);
    uint32_t rotation = (uint32_t)(state >> 59);
    return (xorshifted >> rotation) | (xorshifted << ((32 - rotation) & 31));
}

double gl_rng_uniform(gl_rng *rng)
{
    uint64_t high = gl_rng_next(rng), low = gl_rng_next(rng);
    return (double)(((high << 32) | low) >> 11) * 0x1.0p-53;
}

uint32_t gl_rng_below(gl_rng *rng, uint32_t bound)
{
    /* Drop the lowest values so that the number of the others divides evenly. */
    uint32_t threshold = (UINT32_C(0) - bound) % bound;
    for (;;) {
        uint32_t n = gl_rng_next(rng);
        if (n >= threshold) return n % bound;
    }
}

double gl_rng_normal(gl_rng *rng)
{
    /* Box and Muller; 1 - u keeps log away from 0. */
    double radius = sqrt(-2.0 * log(1.0 - gl_rng_uniform(rng)));
    return radius * cos(6.283185307179586 * gl_rng_uniform(rng));
}

uint64_t gl_rng_system_seed(void)
{
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed || seed == 0)
        seed = gl_clock_now() | 1;
    return seed;
}
