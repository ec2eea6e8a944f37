/* SPDX-License-Identifier: MIT */
/*
 * stats.h - an engine's counters and gauges (docs/playbook.md section 9).
 */
#ifndef GLIMPSE_STATS_H
#define GLIMPSE_STATS_H

#include <glimpse/alert.h>
#include <glimpse/cache.h>
#include <glimpse/latency.h>
#include <glimpse/packing.h>
#include <glimpse/result.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The state of the circuit: see glimpse_breaker in engine.h. */
typedef enum glimpse_circuit {
    GLIMPSE_CIRCUIT_CLOSED, /* requests are sent */
    GLIMPSE_CIRCUIT_OPEN,   /* requests are not sent */
    GLIMPSE_CIRCUIT_PROBING /* one request tests the endpoint */
} glimpse_circuit;

/* The reason for which queued requests wait, besides the window and the circuit. */
typedef enum glimpse_wait {
    GLIMPSE_WAIT_NONE,
    GLIMPSE_WAIT_ASKED,         /* the endpoint's Retry-After */
    GLIMPSE_WAIT_REQUESTS,      /* a limit of requests, set or learned from answers */
    GLIMPSE_WAIT_TOKENS,        /* a limit of tokens */
    GLIMPSE_WAIT_PROJECT_TOKENS /* a limit of a project's tokens */
} glimpse_wait;

/* Room for values of later versions; unused places are zero. */
enum {
    GLIMPSE_STATUS_ROOM = 16,
    GLIMPSE_SOURCE_ROOM = 8,
    GLIMPSE_NOTICE_ROOM = 8,
    GLIMPSE_ALERT_ROOM = 8
};

typedef struct glimpse_stats {
    size_t size; /* set by glimpse_stats_init */
    uint64_t submitted;
    uint64_t delivered; /* on_result has run */
    uint64_t by_status[GLIMPSE_STATUS_ROOM];
    uint64_t by_source[GLIMPSE_SOURCE_ROOM];
    uint64_t notices[GLIMPSE_NOTICE_ROOM];
    uint64_t store_hits, store_misses; /* lookups in the store, after a miss in memory */
    uint64_t coalesced;                /* requests that followed an identical one under way */
    uint64_t attempts;                 /* requests sent */
    uint64_t retries;                  /* attempts after a request's first */
    uint64_t stale;                    /* results after t4 */
    uint64_t key_stops;                /* times the key was stopped: see glimpse_engine_resume */
    bool key_stopped;                  /* the key is stopped now */
    uint64_t live, waiting;            /* requests now: not delivered; queued for admission */
    uint64_t in_flight;                /* attempts running now */
    uint64_t peak_in_flight;           /* the most that ever ran at once */
    uint64_t connected;                /* attempts that had a connection */
    uint64_t window;                   /* attempts allowed in flight now */
    glimpse_circuit circuit;           /* its state now */
    uint64_t circuit_opened;           /* how often it opened */
    uint64_t circuit_refused;          /* results that an open circuit ended */
    uint64_t prompt_tokens; /* sums over answers to sent requests, where they report usage */
    uint64_t completion_tokens;
    int64_t latency_p50_us, latency_p75_us, latency_p95_us, latency_p99_us, latency_max_us;
    glimpse_thresholds thresholds; /* in force now, for the engine's model */
    /* While the circuit is not closed, else 0: why it opened or a probe last failed, how many
     * probes failed, and for how long it has been open. */
    glimpse_error circuit_error;
    int circuit_http_status;
    uint64_t circuit_probes;
    int64_t circuit_open_ns;
    glimpse_packing_stats packing;
    /* Indexed by glimpse_alert_kind. */
    bool alerts_firing[GLIMPSE_ALERT_ROOM];       /* now */
    uint64_t alerts_fired[GLIMPSE_ALERT_ROOM];    /* how often it fired */
    int64_t alerts_first_ns[GLIMPSE_ALERT_ROOM];  /* from the engine's start to its first firing */
    int64_t alerts_firing_ns[GLIMPSE_ALERT_ROOM]; /* time spent firing, until now */
    double alerts_worst[GLIMPSE_ALERT_ROOM]; /* the worst value while it fired, as in glimpse_alert
                                              */
    glimpse_cache_stats cache; /* of the engine's cache, which other engines may share */
    /* The message of circuit_error, NULL while the circuit is closed; valid until the engine's next
     * turn. */
    const char *circuit_message;
    /* The window since the first attempt: its mean over time and its minimum, in attempts; a window
     * below one is a rest between two attempts. */
    double window_mean, window_least;
    uint64_t window_most;   /* the configured limit */
    int window_status;      /* HTTP status of the last refusal: 429, 503, 529; 0: there was none */
    glimpse_wait waits_for; /* now */
    int64_t waits_ns;       /* until the next queued request may go; 0: none waits */
    uint64_t waits_per_minute; /* the limit that holds; 0: none, or its rate is not known */
    bool waits_set;            /* the limit is the caller's own: rpm, tpm */
    /* The circuit is open, no connection was ever made, and there were as many tries, with the
     * waits between them, as one request has attempts; without GLIMPSE_BREAKER_WAIT, at once. */
    bool unreachable;
    /* Connections that had carried a request before and broke under the next one, before a byte of
     * its answer: that was sent again at once on a new one. */
    uint64_t connections_died;
} glimpse_stats;

/* One endpoint of an engine, now. */
typedef struct glimpse_endpoint_stats {
    size_t size;      /* set by glimpse_endpoint_stats_init */
    const char *name; /* "": the one endpoint of an engine without a pool */
    bool open;        /* a request that comes now may be sent there, if only to try it */
    bool key_stopped; /* it refused the key, or the key's money is used up */
    glimpse_circuit circuit;
    uint64_t in_flight;  /* attempts running */
    uint64_t window;     /* attempts allowed in flight */
    const char *problem; /* the code of the error that opened the circuit or stopped the key; NULL:
                            neither is */
    int http_status;     /* of that error; 0: no answer came */
    uint64_t attempts;   /* sent to it */
    uint64_t answered, failed; /* of them; what is in flight is neither, nor what was cancelled */
    uint64_t circuit_opened;   /* times its circuit opened */
} glimpse_endpoint_stats;      /* the texts are valid until the engine's next turn */

/*
 * Writes the defaults. Called by the init function below, and by callers in other languages, which
 * set the size themselves.
 *
 *   stats: its size is set; not NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_endpoint_stats_defaults(glimpse_endpoint_stats *stats);

/*
 * Sets up the struct: its size and the defaults.
 *
 *   stats: not NULL
 *   Since: 0.1
 */
static inline void glimpse_endpoint_stats_init(glimpse_endpoint_stats *stats)
{
    stats->size = sizeof *stats;
    glimpse_endpoint_stats_defaults(stats);
}

/*
 * Writes the defaults. Called by the init function below, and by callers in other languages, which
 * set the sizes themselves.
 *
 *   stats: its size, and that of each struct in it, is set; not NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_stats_defaults(glimpse_stats *stats);

/*
 * Sets up the struct: its size and the defaults. Call it before a member is set.
 *
 *   stats: not NULL
 *   Since: 0.1
 */
static inline void glimpse_stats_init(glimpse_stats *stats)
{
    stats->size = sizeof *stats;
    stats->packing.size = sizeof stats->packing;
    stats->cache.size = sizeof stats->cache;
    glimpse_stats_defaults(stats);
}

#ifdef __cplusplus
}
#endif
#endif
