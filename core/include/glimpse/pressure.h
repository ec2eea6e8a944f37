/* SPDX-License-Identifier: MIT */
/*
 * pressure.h - a cache that gives memory back while the kernel reports that it is short, and grows
 * again afterwards (docs/internals/cache.md).
 *
 * An engine does this with its own cache, unless glimpse_config.cache_dynamic is off. Call this for
 * a cache of the caller's. One thread.
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

/* The kernel's files that are watched, where they exist. */
enum {
    GLIMPSE_PRESSURE_SYSTEM = 1, /* /proc/pressure/memory */
    GLIMPSE_PRESSURE_CGROUP = 2, /* memory.pressure of our own cgroup (version 2) */
    GLIMPSE_PRESSURE_EVENTS = 4  /* its memory.events: a limit was reached */
};

typedef struct glimpse_pressure_config {
    size_t size;      /* set by glimpse_pressure_config_init */
    int64_t quiet_ms; /* 30000: the time without an event before the cache grows */
    int64_t step_ms;  /* 10000: between the steps, each an eighth of the bounds it had */
    const char *root; /* ""; a prefix of every path that is opened; borrowed during new */
    glimpse_log_fn log;
    void *log_arg;
    glimpse_log_level log_level; /* WARN */
} glimpse_pressure_config;

/*
 * Writes the defaults. Called by the init function below, and by callers in other languages, which
 * set the sizes themselves.
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
 * Watches the kernel's reports on memory for a cache. The cache's present bounds are the largest it
 * will have; the caller must not resize it meanwhile. An event halves the bounds, from the loop,
 * down to a sixteenth. The watch does not keep the loop running. Where the kernel has none of the
 * files it returns GLIMPSE_OK all the same, and the bounds stay.
 *
 *   base: the caller's loop; must outlive the new object; not NULL
 *   cache: a reference is taken; not NULL
 *   config: NULL = the defaults; copied
 *   pressure: gets the watch; not NULL
 *   problem: gets the reason of a refusal; may be NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM
 *   Owner: the caller's: glimpse_pressure_free
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_pressure_new(struct event_base *base, glimpse_cache *cache,
                                               const glimpse_pressure_config *config,
                                               glimpse_pressure **pressure,
                                               glimpse_problem *problem);

/*
 * Ends the watch; call it before the base is freed. The cache keeps its present bounds.
 *
 *   pressure: NULL is fine
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_pressure_free(glimpse_pressure *pressure);

/*
 * Returns which of the kernel's files are watched.
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
