/* mix.c - see mix.h. */
#include "load/mix.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"

bool load_mix_init(load_mix *mix, double pool_ratio, size_t pool_size, double zipf, uint64_t seed)
{
    memset(mix, 0, sizeof *mix);
    mix->pool_ratio = pool_ratio;
    mix->pool_size = pool_size;
    gl_rng_seed(&mix->rng, seed);
    mix->seen = gl_calloc(pool_size / 8 + 1, 1);
    if (mix->seen == NULL) return false;
    if (zipf <= 0) return true;
    mix->below = gl_malloc(pool_size * sizeof *mix->below);
    if (mix->below == NULL) return false;
    double sum = 0;
    for (size_t i = 0; i < pool_size; i++) mix->below[i] = sum += pow((double)(i + 1), -zipf);
    for (size_t i = 0; i < pool_size; i++) mix->below[i] /= sum;
    return true;
}

void load_mix_free(load_mix *mix)
{
    gl_free(mix->below);
    gl_free(mix->seen);
    memset(mix, 0, sizeof *mix);
}

/* The first of the pool with more than u of the draws at or before it. */
static size_t zipf_at(const load_mix *mix, double u)
{
    size_t low = 0, high = mix->pool_size - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (mix->below[middle] > u)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

load_pick load_mix_next(load_mix *mix)
{
    if (gl_rng_uniform(&mix->rng) >= mix->pool_ratio)
        return (load_pick){ mix->pool_size + mix->unique++, false };
    size_t n = mix->below != NULL ? zipf_at(mix, gl_rng_uniform(&mix->rng))
                                  : gl_rng_below(&mix->rng, (uint32_t)mix->pool_size);
    unsigned char bit = (unsigned char)(1U << (n % 8));
    load_pick pick = { n, (mix->seen[n / 8] & bit) != 0 };
    mix->seen[n / 8] |= bit;
    return pick;
}
