/*
 * cache_hits.c - hit rates of the prompt cache: plain LRU and admission by frequency.
 *
 *   glimpse-micro-cache-hits [ENTRIES [SEED]]
 *
 * Each of the sequences of cache_traces.h, 1,000,000 requests long, through a cache of ENTRIES
 * (2000); a miss is put. The numbers are the same on every machine, except the nanoseconds of one
 * request: a get, and the put that follows a miss.
 */
#include <glimpse/cache.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "cache_traces.h"

enum { REQUESTS = 1000000 };

typedef struct outcome {
    double hit_rate, ns;
} outcome;

static bool run(trace_kind kind, glimpse_cache_admission admission, int64_t entries, uint64_t seed,
                const glimpse_sample *sample, outcome *out)
{
    glimpse_cache_config config;
    glimpse_cache *cache;
    cache_trace requests;
    glimpse_cache_config_init(&config);
    config.max_entries = entries;
    config.max_bytes = INT64_MAX;
    config.admission = admission;
    if (glimpse_cache_new(&config, &cache, NULL) != GLIMPSE_OK) return false;
    bool ok = trace_start(&requests, kind, (uint64_t)entries, seed);
    gl_time from = gl_clock_now();
    for (int i = 0; i < REQUESTS && ok; i++) {
        uint64_t number = trace_next(&requests);
        glimpse_key key = { { 0 } };
        memcpy(key.bytes, &number, sizeof number);
        glimpse_sample *found = glimpse_cache_get(cache, &key, 0);
        if (found == NULL) ok = glimpse_cache_put(cache, &key, sample, 0) == GLIMPSE_OK;
        glimpse_sample_unref(found);
    }
    out->ns = (double)(gl_clock_now() - from) / REQUESTS;
    out->hit_rate = glimpse_cache_hit_rate(cache);
    trace_end(&requests);
    glimpse_cache_unref(cache);
    return ok;
}

int main(int argc, char **argv)
{
    int64_t entries = argc > 1 ? strtoll(argv[1], NULL, 10) : 2000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 42;
    glimpse_sample_fields fields;
    glimpse_sample *sample;
    if (argc > 3 || entries < 4) {
        fputs("usage: glimpse-micro-cache-hits [ENTRIES, at least 4 [SEED]]\n", stderr);
        return 64;
    }
    glimpse_sample_fields_init(&fields);
    fields.text = fields.essence = "";
    if (glimpse_sample_new(&fields, &sample, NULL) != GLIMPSE_OK) return 71;
    printf("%lld entries, seed %llu, %d requests; hit rate in %%, ns a request\n",
           (long long)entries, (unsigned long long)seed, REQUESTS);
    printf("%-10s %8s %10s %8s %8s %8s\n", "", "lru", "frequency", "points", "lru ns", "freq ns");
    int code = 0;
    for (int kind = 0; kind < TRACE_KINDS && code == 0; kind++) {
        outcome lru, frequency;
        if (!run((trace_kind)kind, GLIMPSE_CACHE_LRU, entries, seed, sample, &lru) ||
            !run((trace_kind)kind, GLIMPSE_CACHE_FREQUENCY, entries, seed, sample, &frequency))
            code = 71;
        else
            printf("%-10s %8.2f %10.2f %+8.2f %8.0f %8.0f\n", trace_name((trace_kind)kind),
                   100 * lru.hit_rate, 100 * frequency.hit_rate,
                   100 * (frequency.hit_rate - lru.hit_rate), lru.ns, frequency.ns);
    }
    glimpse_sample_unref(sample);
    return code;
}
