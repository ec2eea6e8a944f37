/*
 * cache_traces.h - seeded sequences of requests, for the hit rates of a cache. Each is endless and
 * the same on every machine; numbers stand for keys.
 */
#ifndef BENCH_CACHE_TRACES_H
#define BENCH_CACHE_TRACES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"

typedef enum trace_kind {
    TRACE_ZIPF_09, /* 100,000 keys, popularity 1 / rank^0.9 */
    TRACE_ZIPF_11, /* the same, 1 / rank^1.1 */
    TRACE_MIX_70,  /* 70 % Zipf 0.9 over 20,000 keys, 30 % asked for once and never again */
    TRACE_MIX_30,  /* 30 % and 70 % */
    TRACE_SCAN,    /* a hot set of 3/4 of the cache; after five caches' worth of it a scan of two */
    TRACE_LOOP,    /* 1.1 caches' worth of keys, again and again */
    TRACE_SHIFT,   /* a hot set of 3/4 of the cache, another one after ten caches' worth */
    TRACE_SLIDE,   /* a hot set of 3/4 of the cache, one key exchanged at every fourth request */
    TRACE_RECENT, /* every third key is new, the others are from half a cache's worth of new ones */
    TRACE_KINDS
} trace_kind;

typedef struct cache_trace {
    trace_kind kind;
    uint64_t entries; /* of the cache: the measure of a hot set */
    gl_rng rng;
    uint64_t at, fresh; /* requests so far, next new key */
    double *sums;       /* Zipf: sums of popularity by rank */
    uint32_t keys;
} cache_trace;

const char *trace_name(trace_kind kind);

/* false: out of memory. */
bool trace_start(cache_trace *trace, trace_kind kind, uint64_t entries, uint64_t seed);
void trace_end(cache_trace *trace);

uint64_t trace_next(cache_trace *trace);

#endif
