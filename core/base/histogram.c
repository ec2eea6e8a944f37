/*
 * histogram.c - see histogram.h. Owns its counters: 96 KiB, of which only the touched pages and
 * cache lines cost anything. Each 64 of them have their sum beside them, so that a quantile reads
 * at most 192 sums and 64 counters.
 *
 * Values below 1024 have a counter each. Above, each octave [2^k, 2^(k+1)) is cut into 512 equal
 * steps; a step is at most 1/512 of its lower end, and its middle stands for it, so a reported
 * value is off by at most 1/1024 (0.098 %). The last octave ends at 2^32 us (71 minutes).
 */
#include "base/histogram.h"

#include <math.h>

#include "base/alloc.h"

#define STEP_BITS 9
#define STEPS     (1 << STEP_BITS)
#define TOP_BITS  32
/* Two exact octaves' worth below 2 * STEPS, then one set of steps an octave. */
#define SLOTS     ((TOP_BITS - STEP_BITS + 1) * STEPS)
#define GROUP     64
#define VALUE_MAX ((UINT64_C(1) << TOP_BITS) - 1)

struct gl_histogram {
    uint64_t count, max;
    double sum;
    uint64_t groups[SLOTS / GROUP];
    uint64_t slots[SLOTS];
};

gl_histogram *gl_histogram_new(void)
{
    return gl_calloc(1, sizeof(gl_histogram));
}

void gl_histogram_free(gl_histogram *histogram)
{
    gl_free(histogram);
}

/* How far the value is shifted right to lie in [STEPS, 2 * STEPS); 0 below. */
static int shift_of(uint64_t us)
{
    int top = 63 - __builtin_clzll(us | 1);
    return top > STEP_BITS ? top - STEP_BITS : 0;
}

static size_t slot_of(uint64_t us)
{
    int shift = shift_of(us);
    return (size_t)shift * STEPS + (size_t)(us >> shift);
}

/* Returns the middle of the slot. */
static uint64_t value_of(size_t slot)
{
    if (slot < 2 * STEPS) return slot;
    int shift = (int)(slot / STEPS) - 1;
    uint64_t low = (uint64_t)(slot % STEPS + STEPS) << shift;
    return low + ((UINT64_C(1) << shift) >> 1);
}

void gl_histogram_add(gl_histogram *histogram, uint64_t us)
{
    if (us == 0) us = 1;
    histogram->count++;
    histogram->sum += (double)us;
    if (us > histogram->max) histogram->max = us;
    size_t slot = slot_of(us < VALUE_MAX ? us : VALUE_MAX);
    histogram->slots[slot]++;
    histogram->groups[slot / GROUP]++;
}

uint64_t gl_histogram_count(const gl_histogram *histogram)
{
    return histogram->count;
}

uint64_t gl_histogram_max(const gl_histogram *histogram)
{
    return histogram->max;
}

uint64_t gl_histogram_rank(uint64_t count, double q)
{
    /* 0.07 * 100 is a little above 7 in binary; a value within rounding of a whole rank is that
     * rank. */
    double exact = q * (double)count;
    double rank = ceil(exact - exact * 4e-16);
    if (rank >= (double)count) return count;
    return rank > 1.0 ? (uint64_t)rank : 1;
}

uint64_t gl_histogram_quantile(const gl_histogram *histogram, double q)
{
    if (histogram->count == 0) return 0;
    uint64_t want = gl_histogram_rank(histogram->count, q), seen = 0;
    if (want == histogram->count) return histogram->max;
    size_t group = 0;
    while (seen + histogram->groups[group] < want) seen += histogram->groups[group++];
    size_t slot = group * GROUP;
    while ((seen += histogram->slots[slot]) < want) slot++;
    uint64_t value = value_of(slot);
    return value < histogram->max ? value : histogram->max;
}

double gl_histogram_mean(const gl_histogram *histogram)
{
    return histogram->count != 0 ? histogram->sum / (double)histogram->count : 0;
}

bool gl_histogram_next(const gl_histogram *histogram, size_t *at, uint64_t *us, uint64_t *count)
{
    while (*at < SLOTS) {
        if (histogram->slots[*at] == 0) {
            *at += *at % GROUP == 0 && histogram->groups[*at / GROUP] == 0 ? GROUP : 1;
            continue;
        }
        *us = value_of(*at);
        *count = histogram->slots[(*at)++];
        return true;
    }
    return false;
}
