/* SPDX-License-Identifier: MIT */
/*
 * cache.h - the prompt cache of docs/playbook.md section 2, usable without an engine.
 *
 * LRU and TTL, bounded by entries and by bytes. The key of a request is SHA-256 over a canonical
 * form of its JSON; docs/internals/key.md specifies it. Times are arguments (nanoseconds of a
 * monotonic clock, glimpse_monotonic_ns or the caller's own), so a cache can be tested and
 * simulated. One thread.
 */
#ifndef GLIMPSE_CACHE_H
#define GLIMPSE_CACHE_H

#include <glimpse/problem.h>
#include <glimpse/result.h>
#include <glimpse/sample.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct glimpse_key {
    unsigned char bytes[32];
} glimpse_key;

/*
 * The key of a chat-completions body, and the canonical form it is the SHA-256 of. body is
 * borrowed. *out of glimpse_key_canonical is NUL terminated, the caller's (glimpse_free).
 * Errors: BAD_JSON (not one JSON object, nested deeper than 64, an exponent of more than 18
 * digits), BAD_UTF8, OOM.
 */
GLIMPSE_API glimpse_error glimpse_key_of_chat(const char *body, size_t len, glimpse_key *key);
GLIMPSE_API glimpse_error glimpse_key_canonical(const char *body, size_t len, char **out,
                                                size_t *out_len);

/* 64 lower-case hex digits and a NUL. */
GLIMPSE_API void glimpse_key_hex(const glimpse_key *key, char hex[65]);

/* Nanoseconds of the monotonic clock. */
GLIMPSE_API uint64_t glimpse_monotonic_ns(void);

typedef struct glimpse_cache glimpse_cache;

/* What makes room when a bound is passed. A cache within its bounds keeps everything either way. */
typedef enum glimpse_cache_admission {
    GLIMPSE_CACHE_FREQUENCY, /* what was asked for least often lately, of the least recently used
                              * and the newcomer: a stream of one-off requests cannot flush what is
                              * asked for again and again */
    GLIMPSE_CACHE_LRU        /* the least recently used */
} glimpse_cache_admission;

typedef struct glimpse_cache_config {
    size_t size;                       /* set by glimpse_cache_config_init */
    int64_t max_entries;               /* default 2000 (docs/playbook.md section 2), at least 1 */
    int64_t max_bytes;                 /* default 64 MiB, samples and book-keeping, at least 1 */
    int64_t ttl_ms;                    /* default 7200000 (2 h), from put; 0 keeps nothing */
    glimpse_cache_admission admission; /* default FREQUENCY */
} glimpse_cache_config;

GLIMPSE_API void glimpse_cache_config_defaults(glimpse_cache_config *config);

static inline void glimpse_cache_config_init(glimpse_cache_config *config)
{
    config->size = sizeof *config;
    glimpse_cache_config_defaults(config);
}

/* An empty cache with one owner. config NULL means the defaults. Errors: INVALID, OOM. */
GLIMPSE_API glimpse_error glimpse_cache_new(const glimpse_cache_config *config,
                                            glimpse_cache **cache, glimpse_problem *problem);

/* A cache may serve several engines of one thread; each takes a reference. */
GLIMPSE_API glimpse_cache *glimpse_cache_ref(glimpse_cache *cache);
GLIMPSE_API void glimpse_cache_unref(glimpse_cache *cache);

/*
 * The sample stored under key that has not expired at now_ns, as a new reference (unref it), or
 * NULL. Counts a hit or a miss; a hit becomes the most recently used.
 */
GLIMPSE_API glimpse_sample *glimpse_cache_get(glimpse_cache *cache, const glimpse_key *key,
                                              uint64_t now_ns);

/*
 * Stores sample (a reference is taken), replacing what was there, and evicts until the bounds hold
 * (glimpse_cache_admission: not always the oldest, and it may be the new one that goes). A sample
 * larger than the byte bound is not stored: GLIMPSE_OK, what was there is gone, and the statistics
 * count it as rejected. Errors: OOM (the cache is as before).
 */
GLIMPSE_API glimpse_error glimpse_cache_put(glimpse_cache *cache, const glimpse_key *key,
                                            const glimpse_sample *sample, uint64_t now_ns);

GLIMPSE_API bool glimpse_cache_remove(glimpse_cache *cache, const glimpse_key *key);
GLIMPSE_API void glimpse_cache_clear(glimpse_cache *cache);

/* New bounds; shrinks at once. Errors: INVALID (a bound below 1; the cache is as before). */
GLIMPSE_API glimpse_error glimpse_cache_resize(glimpse_cache *cache, int64_t max_entries,
                                               int64_t max_bytes);

/*
 * Evicts down to these sizes, which are no bounds, but at most `most` entries: so that a large
 * cache is made small in portions. Whether it is now as small as that.
 */
GLIMPSE_API bool glimpse_cache_trim(glimpse_cache *cache, int64_t entries, int64_t bytes,
                                    size_t most);

typedef struct glimpse_cache_stats {
    size_t size; /* set by glimpse_cache_stats_init */
    uint64_t hits, misses;
    uint64_t evicted;  /* pushed out by a bound */
    uint64_t declined; /* of those, newcomers that were asked for no more often than others */
    uint64_t expired;  /* found too old */
    uint64_t rejected; /* too large to store */
    uint64_t entries, bytes;
    uint64_t max_entries, max_bytes; /* the bounds now */
    uint64_t shrunk;                 /* times a bound was lowered */
} glimpse_cache_stats;

static inline void glimpse_cache_stats_init(glimpse_cache_stats *stats)
{
    stats->size = sizeof *stats;
}

GLIMPSE_API void glimpse_cache_get_stats(const glimpse_cache *cache, glimpse_cache_stats *stats);

/* hits / (hits + misses), 0 before the first get. */
GLIMPSE_API double glimpse_cache_hit_rate(const glimpse_cache *cache);

#ifdef __cplusplus
}
#endif
#endif
