/* SPDX-License-Identifier: MIT */
/*
 * config.h - all of an engine's settings, and the words that they share with a request's options.
 */
#ifndef GLIMPSE_CONFIG_H
#define GLIMPSE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glimpse/alert.h>
#include <glimpse/cache.h>
#include <glimpse/endpoint.h>
#include <glimpse/latency.h>
#include <glimpse/log.h>
#include <glimpse/packing.h>
#include <glimpse/pool.h>
#include <glimpse/problem.h>
#include <glimpse/profile.h>
#include <glimpse/result.h>
#include <glimpse/sampler.h>
#include <glimpse/store.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Which sampler the engine sets up where config.sampler is NULL (docs/playbook.md section 2.1). */
typedef enum glimpse_use_openai {
    GLIMPSE_USE_OPENAI_AUTO, /* the endpoint when a key or another base URL than OpenAI's is given,
                              * else the local sampler */
    GLIMPSE_USE_OPENAI_ALWAYS, /* the endpoint, or glimpse_engine_new fails */
    GLIMPSE_USE_OPENAI_NEVER   /* the local sampler */
} glimpse_use_openai;

/*
 * What happens to requests while the circuit is open, which is while the endpoint has failed, or
 * has been later than t4, for a sustained time. Single probes find out when it is back.
 */
typedef enum glimpse_breaker {
    GLIMPSE_BREAKER_LOCAL, /* the fallback answers at once; late answers open the circuit too */
    GLIMPSE_BREAKER_WAIT,  /* waits in the queue; a probe costs it none of its attempts, unless an
                              answer had begun, which has to be paid for */
    GLIMPSE_BREAKER_FAIL,  /* fails at once, without a fallback unless that is ALWAYS on */
    GLIMPSE_BREAKER_OFF    /* the circuit never opens, and a refused key stops nothing: after any
                              failure the next request is sent. For load tests */
} glimpse_breaker;

/* Which request goes first when several wait for admission. */
typedef enum glimpse_priority {
    GLIMPSE_PRIORITY_BULK,       /* the default */
    GLIMPSE_PRIORITY_INTERACTIVE /* overtakes bulk, but for every eighth */
} glimpse_priority;

/* How a request uses the stored answers, in memory and in the store. */
typedef enum glimpse_cache_control {
    GLIMPSE_CACHE_USE,     /* the default: takes a stored answer, stores a new one */
    GLIMPSE_CACHE_REFRESH, /* takes none and follows no identical request; stores a new one */
    GLIMPSE_CACHE_BYPASS,  /* takes none, stores none, coalesces nothing */
    GLIMPSE_CACHE_ONLY     /* sends nothing: without a stored answer it fails with NOT_CACHED */
} glimpse_cache_control;

/*
 * All of an engine's settings. Strings are borrowed until glimpse_engine_new returns; NULL means
 * absent. Members are only ever appended.
 */
typedef struct glimpse_config {
    size_t size; /* set by glimpse_config_init */

    /* Parts that replace the default ones. Each is referenced; the caller keeps its own reference.
     * NULL: made by the composition. */
    glimpse_sampler *sampler;
    glimpse_sampler *fallback;
    glimpse_cache *cache;
    glimpse_store *store; /* asked after the memory cache; NULL: there is none */

    glimpse_use_openai use_openai;
    glimpse_endpoint endpoint; /* not read when sampler is given */

    /* The parameters of drafts, sent as the model's profile wants them: models of the families o1,
     * o3, o4 and gpt-5 get max_completion_tokens, and no temperature. A raw body is sent as it was
     * written. */
    const char *model;  /* "gpt-4o-mini" */
    double temperature; /* 0.7, 0 to 2 */
    int64_t max_tokens; /* 256 */

    glimpse_profiles *profiles; /* NULL: the built-in ones. Referenced */

    glimpse_thresholds thresholds; /* when on_notice is called; GLIMPSE_INHERIT, all four: those of
                                    * each model's profile (1500, 2500, 4000, 6000 ms:
                                    * docs/playbook.md section 1) */
    bool thresholds_auto; /* false: the thresholds stay. true: each model's begin with these and
                             follow its latencies' p50, p75, p95 and p99:
                             docs/internals/thresholds.md */

    /* The prompt cache (docs/playbook.md section 2). cache_entries 0 = no cache. Not read when
     * cache is given. */
    int64_t cache_entries; /* 2000 */
    int64_t cache_bytes;   /* 64 MiB */
    int64_t cache_ttl_ms;  /* 7200000 */
    bool cache_dynamic;    /* true: smaller while the kernel reports that memory is short
                            * (<glimpse/pressure.h>) */
    glimpse_cache_control cache_control; /* USE */
    bool coalesce; /* true: identical requests in flight are sent once; with a cache or a store */

    /* Attempts of one request, and the waits between them (docs/playbook.md section 3):
     * glimpse_backoff_policy. */
    int max_attempts;           /* 5 */
    int64_t base_delay_ms;      /* 500 */
    int64_t max_delay_ms;       /* 60000 */
    int64_t max_retry_after_ms; /* 120000: a longer wait that the server asks for is not retried */

    /* How many requests the endpoint gets at once, and how fast. */
    int64_t concurrency;     /* 64: most attempts in flight; starts there, shrinks on overload */
    int64_t rpm, tpm;        /* requests and tokens a minute; -1: learned from the answers' headers,
                              * 0: no limit and no learning */
    glimpse_breaker breaker; /* LOCAL: the effect of an open circuit on requests */

    /* Limits of one attempt; 0 = none. GLIMPSE_INHERIT: the limit of the model's profile. */
    int64_t connect_timeout_ms;    /* 5000 */
    int64_t first_byte_timeout_ms; /* INHERIT (none) */
    int64_t idle_timeout_ms;       /* INHERIT (none) */
    int64_t timeout_ms;            /* INHERIT (600000) */
    int64_t deadline_ms;           /* 0: of a request, over all attempts and waits */

    glimpse_packing packing; /* off: similar drafts share a request (docs/playbook.md section 5) */

    bool fallback_on; /* true: a failed request gets an essence from the fallback in place of an
                       * answer (docs/playbook.md section 4) */
    int64_t close_grace_ms; /* 5000: the time that close gives attempts in flight */
    uint64_t seed;          /* of the jitter; 0 = from the system */

    glimpse_log_fn log; /* NULL = silence */
    void *log_arg;
    glimpse_log_level log_level; /* WARN */

    glimpse_alerts alerts;     /* on: GLIMPSE_ALERTS_DEFAULT (docs/playbook.md section 9) */
    glimpse_alert_fn on_alert; /* NULL: alerts go to the log and the statistics only */
    void *alert_arg;

    unsigned omit; /* 0: a sum of glimpse_omit: parameters that drafts are sent without, besides
                      those that the model's profile leaves out */

    bool adaptive; /* true: refusals lower the number in flight, and hold back all requests for as
                      long as the endpoint asks to wait. false: concurrency is a plain bound */

    /* Defaults of requests that do not set these options. */
    glimpse_priority priority; /* BULK */
    bool stream;               /* false: drafts are not sent as streams */
    bool arrivals;             /* false: the arrival times of a stream's pieces are not kept */

    /* Several endpoints in place of `endpoint`; NULL: that one. Not with `sampler`. Its strings and
     * lists are borrowed like all others. */
    const glimpse_pool *pool;
    /* How long a refused key rests before one request tries it again, and twice as long after each
     * time in vain, to ten minutes at most. 0: until glimpse_engine_resume. */
    int64_t key_probe_ms; /* INHERIT: 60000 with a pool, else 0 */
    /* A second attempt of a request whose first one has brought nothing for so long, at another
     * endpoint where there is one; the first answer wins, and the other attempt is cancelled. 0:
     * off; GLIMPSE_HEDGE_P95: as long as 95 % of the model's answers take. */
    int64_t hedge_ms;
    double hedge_budget; /* 0.05, 0 to 1: the most of them, as a part of the first attempts of the
                            last 10 s */

    /* What counts for the alert error_rate; NULL: rate_limited, server_error and error. */
    bool (*alert_failed)(const glimpse_result *result);
} glimpse_config;

/* For glimpse_config.hedge_ms. */
#define GLIMPSE_HEDGE_P95 (-1)

/*
 * Writes the defaults. Called by the init function below, and by callers in other languages, which
 * set the sizes themselves.
 *
 *   config: its size, and that of each struct in it, is set; not NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_config_defaults(glimpse_config *config);

/*
 * Sets up the struct: its size and the defaults. Call it before a member is set.
 *
 *   config: not NULL
 *   Since: 0.1
 */
static inline void glimpse_config_init(glimpse_config *config)
{
    config->size = sizeof *config;
    config->endpoint.size = sizeof config->endpoint;
    config->packing.size = sizeof config->packing;
    config->alerts.size = sizeof config->alerts;
    glimpse_config_defaults(config);
}

/*
 * Takes the variables that are set in the environment: those of glimpse_endpoint_from_env, and
 * GLIMPSE_USE_OPENAI, GLIMPSE_MODEL, GLIMPSE_THRESHOLDS.
 *
 *   config: set up by glimpse_config_init; the strings put into it are the environment's own
 *   problem: names the variable; may be NULL
 *   Returns: GLIMPSE_OK; INVALID: a variable cannot be read
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_config_from_env(glimpse_config *config, glimpse_problem *problem);

/*
 * Makes the first checks of glimpse_engine_new.
 *
 *   config: set up by glimpse_config_init
 *   problem: gets the reason of a refusal; may be NULL
 *   Returns: GLIMPSE_OK; INVALID
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_config_check(const glimpse_config *config,
                                               glimpse_problem *problem);

#ifdef __cplusplus
}
#endif
#endif
