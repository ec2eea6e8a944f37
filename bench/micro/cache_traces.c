/* cache_traces.c - see cache_traces.h. */
#include "cache_traces.h"

#include <math.h>

#include "base/alloc.h"

#define FIRST_FRESH UINT64_C(1000000000) /* past every key of a hot set */

const char *trace_name(trace_kind kind)
{
    static const char *const names[TRACE_KINDS] = { "zipf-0.9",  "zipf-1.1", "mix-70-30",
                                                    "mix-30-70", "scan",     "loop",
                                                    "shift",     "slide",    "recent" };
    return names[kind];
}

bool trace_start(cache_trace *trace, trace_kind kind, uint64_t entries, uint64_t seed)
{
    *trace = (cache_trace){ .kind = kind, .entries = entries, .fresh = FIRST_FRESH };
    gl_rng_seed(&trace->rng, seed);
    if (kind > TRACE_MIX_30) return true;
    trace->keys = kind <= TRACE_ZIPF_11 ? 100000 : 20000;
    trace->sums = gl_malloc(trace->keys * sizeof *trace->sums);
    if (trace->sums == NULL) return false;
    double sum = 0;
    for (uint32_t i = 0; i < trace->keys; i++) {
        sum += pow(i + 1, kind == TRACE_ZIPF_11 ? -1.1 : -0.9);
        trace->sums[i] = sum;
    }
    return true;
}

void trace_end(cache_trace *trace)
{
    gl_free(trace->sums);
    trace->sums = NULL;
}

static uint64_t zipf(cache_trace *trace)
{
    double wanted = gl_rng_uniform(&trace->rng) * trace->sums[trace->keys - 1];
    uint32_t low = 0, high = trace->keys - 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (trace->sums[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint64_t hot(cache_trace *trace)
{
    return gl_rng_below(&trace->rng, (uint32_t)(trace->entries * 3 / 4));
}

uint64_t trace_next(cache_trace *trace)
{
    uint64_t at = trace->at++, entries = trace->entries;
    switch (trace->kind) {
    case TRACE_MIX_70:
        return gl_rng_uniform(&trace->rng) < 0.7 ? zipf(trace) : trace->fresh++;
    case TRACE_MIX_30:
        return gl_rng_uniform(&trace->rng) < 0.3 ? zipf(trace) : trace->fresh++;
    case TRACE_SCAN:
        return at % (7 * entries) < 5 * entries ? hot(trace) : trace->fresh++;
    case TRACE_LOOP:
        return at % (entries * 11 / 10);
    case TRACE_SHIFT:
        return at / (10 * entries) * entries + hot(trace);
    case TRACE_SLIDE:
        return at / 4 + hot(trace);
    case TRACE_RECENT:
        if (at % 3 == 0) return trace->fresh++;
        return trace->fresh - 1 - gl_rng_below(&trace->rng, (uint32_t)(entries / 2));
    case TRACE_ZIPF_09:
    case TRACE_ZIPF_11:
    case TRACE_KINDS:
        break;
    }
    return zipf(trace);
}
