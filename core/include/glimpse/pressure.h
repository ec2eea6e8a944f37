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

/*
 * Writes the defaults. For the init function below, and for a caller in another language, which
 * sets the sizes itself.
 *
 *   config: its size, and that of each struct in it, is set; not NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_pressure_config_defaults(glimpse_pressure_config *config);

/*
 * Sets up the struct: its size and the defaults. Call it before a member is set.
 *
 *   config: not NULL
 *   Since: 0.1
 */
static inline void glimpse_pressure_config_init(glimpse_pressure_config *config)
{
    config->size = sizeof *config;
    glimpse_pressure_config_defaults(config);
}

/*
 * Watches the kernel's word of memory for a cache. Its bounds now are the most it will have; nobody
 * else resizes it meanwhile. An event halves what the cache may hold, from the loop, down to a
 * sixteenth. What is watched does not keep the loop running. Where the kernel offers nothing it is
 * GLIMPSE_OK all the same, and the bounds stay.
 *
 *   base: the caller's loop; it outlives what is made here; not NULL
 *   cache: a reference is taken; not NULL
 *   config: NULL = the defaults; copied
 *   pressure: gets the watch; not NULL
 *   problem: says why it was refused; may be NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM
 *   Owner: the caller's: glimpse_pressure_free
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_pressure_new(struct event_base *base, glimpse_cache *cache,
                                               const glimpse_pressure_config *config,
                                               glimpse_pressure **pressure,
                                               glimpse_problem *problem);

/*
 * Ends the watch, before the base. The cache keeps the bounds that it has now.
 *
 *   pressure: NULL is fine
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_pressure_free(glimpse_pressure *pressure);

/*
 * Which of the kernel's files are watched.
 *
 *   pressure: not NULL
 *   Returns: GLIMPSE_PRESSURE_ values, added
 *   Since: 0.1
 */
GLIMPSE_API unsigned glimpse_pressure_sources(const glimpse_pressure *pressure);

#ifdef __cplusplus
}
#endif
#endif
