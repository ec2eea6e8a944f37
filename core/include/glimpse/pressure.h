/* SPDX-License-Identifier: MIT */
/*
 * pressure.h - a cache that gives memory back when the kernel says that it is short, and grows
 * again when it is not (docs/internals/cache.md).
 *
 * An engine does this with a cache of its own, unless glimpse_config.cache_dynamic is off. For a
 * cache of the caller's it is asked for here. One thread.
 */
#ifndef GLIMPSE_PRESSURE_H
#define GLIMPSE_PRESSURE_H

#include <glimpse/cache.h>
#include <glimpse/log.h>
#include <glimpse/problem.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base;

typedef struct glimpse_pressure glimpse_pressure;

/* What the kernel offers, and is watched. */
enum {
    GLIMPSE_PRESSURE_SYSTEM = 1, /* /proc/pressure/memory */
    GLIMPSE_PRESSURE_CGROUP = 2, /* memory.pressure of our own cgroup (version 2) */
    GLIMPSE_PRESSURE_EVENTS = 4  /* its memory.events: a limit was reached */
};

typedef struct glimpse_pressure_config {
    size_t size;      /* set by glimpse_pressure_config_init */
    int64_t quiet_ms; /* 30000: without an event before the cache grows */
    int64_t step_ms;  /* 10000: between the steps, each an eighth of the bounds it had */
    const char *root; /* ""; put before every path that is opened; borrowed during new */
    glimpse_log_fn log;
    void *log_arg;
    glimpse_log_level log_level; /* WARN */
} glimpse_pressure_config;

GLIMPSE_API void glimpse_pressure_config_defaults(glimpse_pressure_config *config);

static inline void glimpse_pressure_config_init(glimpse_pressure_config *config)
{
    config->size = sizeof *config;
    glimpse_pressure_config_defaults(config);
}

/*
 * Watches on the base, for a cache (a reference is taken) whose bounds now are the most it will
 * have; nobody else resizes it meanwhile. config NULL means the defaults. An event halves what the
 * cache may hold, from the loop, down to a sixteenth. What is watched does not keep the loop
 * running. Where the kernel offers nothing it is GLIMPSE_OK all the same, and the bounds stay.
 * Errors: INVALID, OOM.
 */
GLIMPSE_API glimpse_error glimpse_pressure_new(struct event_base *base, glimpse_cache *cache,
                                               const glimpse_pressure_config *config,
                                               glimpse_pressure **pressure,
                                               glimpse_problem *problem);

/* Before the base. The cache keeps the bounds that it has now. NULL is fine. */
GLIMPSE_API void glimpse_pressure_free(glimpse_pressure *pressure);

/* GLIMPSE_PRESSURE_ values, together. */
GLIMPSE_API unsigned glimpse_pressure_sources(const glimpse_pressure *pressure);

#ifdef __cplusplus
}
#endif
#endif
