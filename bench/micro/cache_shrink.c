/*
 * cache_shrink.c - how long one portion holds up the loop when memory is short.
 *
 *   glimpse-micro-cache-shrink
 *
 * Fills a cache of 1,000,000 answers of 1 KiB and evicts half of it as the library does, in
 * portions of 1024; prints the longest and the mean.
 */
#include <glimpse/cache.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"

enum { ENTRIES = 1000000, PORTION = 1024 };

int main(void)
{
    static const char body[1024];
    glimpse_cache_config config;
    glimpse_cache *cache;
    glimpse_cache_config_init(&config);
    config.max_entries = ENTRIES;
    config.max_bytes = INT64_MAX;
    if (glimpse_cache_new(&config, &cache, NULL) != GLIMPSE_OK) return 71;
    for (uint64_t i = 0; i < ENTRIES; i++) {
        glimpse_sample_fields fields;
        glimpse_sample *sample;
        glimpse_key key = { { 0 } };
        memcpy(key.bytes, &i, sizeof i);
        glimpse_sample_fields_init(&fields);
        fields.text = fields.essence = "";
        fields.body = body;
        fields.body_len = sizeof body;
        if (glimpse_sample_new(&fields, &sample, NULL) != GLIMPSE_OK ||
            glimpse_cache_put(cache, &key, sample, 0) != GLIMPSE_OK)
            return 71;
        glimpse_sample_unref(sample);
    }
    uint64_t longest = 0, all = 0;
    int portions = 0;
    for (bool done = false; !done; portions++) {
        gl_time from = gl_clock_now();
        done = glimpse_cache_trim(cache, ENTRIES / 2, INT64_MAX, PORTION);
        uint64_t took = gl_clock_now() - from;
        if (took > longest) longest = took;
        all += took;
    }
    printf("%d portions of %d: longest %.2f ms, mean %.2f ms\n", portions, PORTION,
           (double)longest * 1e-6, (double)all * 1e-6 / portions);
    glimpse_cache_unref(cache);
    return 0;
}
