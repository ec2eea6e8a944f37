/*
 * stats.c - the snapshot of an engine's counters and gauges. Reads only.
 */
#include "engine.h"

void glimpse_stats_init_version(glimpse_stats *stats, uint32_t version)
{
    *stats = (glimpse_stats){ .version = version };
}

static int64_t quantile(const glimpse_engine *engine, double q)
{
    return (int64_t)gl_histogram_quantile(engine->latencies, q);
}

glimpse_error glimpse_engine_stats(const glimpse_engine *engine, glimpse_stats *stats)
{
    if (engine == NULL || stats == NULL || stats->version != GLIMPSE_STATS_VERSION)
        return GLIMPSE_ERR_INVALID;
    *stats = engine->stats;
    stats->live = engine->requests.count;
    stats->waiting = engine->waiting_count;
    stats->key_stopped = engine->key_stop.on;
    stats->in_flight = (uint64_t)engine->limit.in_flight;
    stats->peak_in_flight = (uint64_t)engine->limit.peak;
    stats->latency_p50_us = quantile(engine, 0.50);
    stats->latency_p75_us = quantile(engine, 0.75);
    stats->latency_p95_us = quantile(engine, 0.95);
    stats->latency_p99_us = quantile(engine, 0.99);
    stats->latency_max_us = (int64_t)gl_histogram_max(engine->latencies);
    if (engine->cache != NULL) glimpse_cache_get_stats(engine->cache, &stats->cache);
    return GLIMPSE_OK;
}

size_t glimpse_engine_room(const glimpse_engine *engine)
{
    if (engine->key_stop.on) return 0;
    uint64_t taken = (uint64_t)engine->limit.in_flight + engine->waiting_count;
    uint64_t concurrency = (uint64_t)engine->limit.concurrency;
    return taken < concurrency ? (size_t)(concurrency - taken) : 0;
}
