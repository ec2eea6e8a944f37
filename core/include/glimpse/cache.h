/* SPDX-License-Identifier: MIT */
/*
 * cache.h - the prompt cache of docs/playbook.md section 2 (2,000 answers, for two hours), usable
 * without an engine.
 *
 * LRU and TTL, bounded by entries and by bytes. The key of a request is SHA-256 over a canonical
 * form of its JSON (members sorted, numbers in one spelling, without user, stream and the like that
 * do not change the answer); docs/internals/key.md specifies it. Times are arguments (nanoseconds
 * of a monotonic clock, glimpse_monotonic_ns or the caller's own), so a cache can be tested and
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
 * Gives the key of a chat-completions body: SHA-256 of its canonical form.
 *
 *   body: borrowed during the call; not NULL
 *   len: its bytes; 0 = strlen, GLIMPSE_EMPTY = none
 *   key: gets the key; not NULL
 *   Returns: GLIMPSE_OK; BAD_JSON (not one JSON object, nested deeper than 64, an exponent of more
 *     than 18 digits), BAD_UTF8, OOM
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_key_of_chat(const char *body, size_t len, glimpse_key *key);

/*
 * Gives the canonical form, of which a key is the SHA-256.
 *
 *   body: borrowed during the call; not NULL
 *   len: its bytes; 0 = strlen, GLIMPSE_EMPTY = none
 *   out: gets the form, NUL terminated; not NULL
 *   out_len: gets its bytes; may be NULL
 *   Returns: as glimpse_key_of_chat
 *   Owner: the caller's: glimpse_free
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_key_canonical(const char *body, size_t len, char **out,
                                                size_t *out_len);

/*
 * Writes a key as text.
 *
 *   key: not NULL
 *   hex: gets 64 lower-case hex digits and a NUL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_key_hex(const glimpse_key *key, char hex[65]);

/*
 * Reads the monotonic clock.
 *
 *   Returns: nanoseconds since a moment that does not change while the machine runs
 *   Since: 0.1
 */
GLIMPSE_API uint64_t glimpse_monotonic_ns(void);

typedef struct glimpse_cache glimpse_cache;

/* Which sample makes room when a bound is passed. A cache within its bounds keeps everything in
 * both cases. */
typedef enum glimpse_cache_admission {
    GLIMPSE_CACHE_FREQUENCY, /* the one that was asked for less often lately, of the least recently
                                used and the newcomer: a stream of one-off requests cannot push out
                                samples that are asked for again and again */
    GLIMPSE_CACHE_LRU        /* the least recently used */
} glimpse_cache_admission;

typedef struct glimpse_cache_config {
    size_t size;                       /* set by glimpse_cache_config_init */
    int64_t max_entries;               /* default 2000 (docs/playbook.md section 2), at least 1 */
    int64_t max_bytes;                 /* default 64 MiB, samples and book-keeping, at least 1 */
    int64_t ttl_ms;                    /* default 7200000 (2 h), from put; 0 keeps nothing */
    glimpse_cache_admission admission; /* default FREQUENCY */
} glimpse_cache_config;

/*
 * Writes the defaults. Called by the init function below, and by callers in other languages, which
 * set the sizes themselves.
 *
 *   config: its size, and that of each struct in it, is set; not NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_cache_config_defaults(glimpse_cache_config *config);

/*
 * Sets up the struct: its size and the defaults. Call it before a member is set.
 *
 *   config: not NULL
 *   Since: 0.1
 */
static inline void glimpse_cache_config_init(glimpse_cache_config *config)
{
    config->size = sizeof *config;
    glimpse_cache_config_defaults(config);
}

/*
 * Makes an empty cache.
 *
 *   config: NULL = the defaults; copied
 *   cache: gets the cache; not NULL
 *   problem: gets the reason of a refusal; may be NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM
 *   Owner: the caller's, one reference: glimpse_cache_unref
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_cache_new(const glimpse_cache_config *config,
                                            glimpse_cache **cache, glimpse_problem *problem);

/*
 * Adds an owner. A cache may serve several engines of one thread; each takes a reference.
 *
 *   cache: not NULL
 *   Returns: the cache itself
 *   Since: 0.1
 */
GLIMPSE_API glimpse_cache *glimpse_cache_ref(glimpse_cache *cache);

/*
 * Removes an owner; the last one frees it.
 *
 *   cache: NULL is fine
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_cache_unref(glimpse_cache *cache);

/*
 * Looks a sample up. Counts a hit or a miss; a hit becomes the most recently used.
 *
 *   cache: not NULL
 *   key: not NULL
 *   now_ns: nanoseconds of the clock that all calls for this cache use
 *   Returns: the sample stored under key that has not expired, or NULL
 *   Owner: the caller's, a new reference: glimpse_sample_unref
 *   Since: 0.1
 */
GLIMPSE_API glimpse_sample *glimpse_cache_get(glimpse_cache *cache, const glimpse_key *key,
                                              uint64_t now_ns);

/*
 * The same, and tells how long ago the sample was stored.
 *
 *   cache: not NULL
 *   key: not NULL
 *   now_ns: as in glimpse_cache_get
 *   age_ms: gets its age in milliseconds, from 0, where there is one; may be NULL
 *   Returns: as glimpse_cache_get
 *   Owner: the caller's, a new reference: glimpse_sample_unref
 *   Since: 0.1
 */
GLIMPSE_API glimpse_sample *glimpse_cache_get_aged(glimpse_cache *cache, const glimpse_key *key,
                                                   uint64_t now_ns, int64_t *age_ms);

/*
 * Stores a sample in place of the key's last one, and evicts until the bounds hold
 * (glimpse_cache_admission: not always the oldest; it may be the new one). A sample larger than the
 * byte bound is not stored: the last one is gone, and the statistics count the new one as rejected.
 *
 *   cache: not NULL
 *   key: not NULL
 *   sample: a reference is taken
 *   now_ns: as in glimpse_cache_get
 *   Returns: GLIMPSE_OK; OOM: the cache is as before
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_cache_put(glimpse_cache *cache, const glimpse_key *key,
                                            const glimpse_sample *sample, uint64_t now_ns);

/*
 * Removes the sample that is stored under a key.
 *
 *   cache: not NULL
 *   key: not NULL
 *   Returns: true: there was one
 *   Since: 0.1
 */
GLIMPSE_API bool glimpse_cache_remove(glimpse_cache *cache, const glimpse_key *key);

/*
 * Removes everything.
 *
 *   cache: not NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_cache_clear(glimpse_cache *cache);

/*
 * Sets new bounds; shrinks at once.
 *
 *   cache: not NULL
 *   max_entries: samples, at least 1
 *   max_bytes: bytes, at least 1
 *   Returns: GLIMPSE_OK; INVALID: a bound below 1, the cache is as before
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_cache_resize(glimpse_cache *cache, int64_t max_entries,
                                               int64_t max_bytes);

/*
 * Evicts down to these sizes, in portions, so that making a large cache small does not hold up the
 * loop. The bounds stay as they are.
 *
 *   cache: not NULL
 *   entries: samples to be left, from 0
 *   bytes: bytes to be left, from 0
 *   most: the most samples that go in this call
 *   Returns: true: it is now as small as that
 *   Since: 0.1
 */
GLIMPSE_API bool glimpse_cache_trim(glimpse_cache *cache, int64_t entries, int64_t bytes,
                                    size_t most);

typedef struct glimpse_cache_stats {
    size_t size; /* set by glimpse_cache_stats_init */
    uint64_t hits, misses;
    uint64_t evicted;  /* evicted because of a bound */
    uint64_t declined; /* of those, newcomers that were asked for no more often than others */
    uint64_t expired;  /* removed because they were too old */
    uint64_t rejected; /* too large to store */
    uint64_t entries, bytes;
    uint64_t max_entries, max_bytes; /* the bounds now */
    uint64_t shrunk;                 /* times a bound was lowered */
} glimpse_cache_stats;

/*
 * Sets up the struct, to be filled.
 *
 *   stats: not NULL
 *   Since: 0.1
 */
static inline void glimpse_cache_stats_init(glimpse_cache_stats *stats)
{
    stats->size = sizeof *stats;
}

/*
 * Gives the counts since the cache was made, and its present sizes.
 *
 *   cache: not NULL
 *   stats: set up by glimpse_cache_stats_init, or nothing is written
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_cache_get_stats(const glimpse_cache *cache, glimpse_cache_stats *stats);

/*
 * Returns the part of the look-ups that found a sample.
 *
 *   cache: not NULL
 *   Returns: hits / (hits + misses), 0 to 1; 0 before the first look-up
 *   Since: 0.1
 */
GLIMPSE_API double glimpse_cache_hit_rate(const glimpse_cache *cache);

#ifdef __cplusplus
}
#endif
#endif
