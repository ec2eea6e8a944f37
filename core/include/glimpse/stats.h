/* SPDX-License-Identifier: MIT */
/*
 * stats.h - what an engine has done so far (docs/playbook.md section 9).
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

/* Whether the endpoint is asked: see glimpse_breaker in engine.h. */
typedef enum glimpse_circuit {
    GLIMPSE_CIRCUIT_CLOSED, /* it is */
    GLIMPSE_CIRCUIT_OPEN,   /* it is not */
    GLIMPSE_CIRCUIT_PROBING /* one request finds out */
} glimpse_circuit;

/* What requests that are queued wait for, besides a place in the window or the circuit. */
typedef enum glimpse_wait {
    GLIMPSE_WAIT_NONE,
    GLIMPSE_WAIT_ASKED,         /* the endpoint asked to wait: Retry-After */
    GLIMPSE_WAIT_REQUESTS,      /* a limit of requests, set or learned from answers */
    GLIMPSE_WAIT_TOKENS,        /* of tokens */
    GLIMPSE_WAIT_PROJECT_TOKENS /* of a project's tokens */
} glimpse_wait;

/* Places for values that a later version may know; the unused ones are zero. */
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
    uint64_t store_hits, store_misses; /* lookups in the store; what memory had is not asked */
    uint64_t coalesced;                /* followed an identical request that was under way */
    uint64_t attempts;                 /* requests sent */
    uint64_t retries;                  /* attempts after a request's first */
    uint64_t stale;                    /* results after t4 */
    uint64_t key_stops;                /* times the key was stopped: see glimpse_engine_resume */
    bool key_stopped;                  /* it is now */
    uint64_t live, waiting;            /* requests now: not delivered; queued for admission */
    uint64_t in_flight;                /* attempts running now */
    uint64_t peak_in_flight;           /* the most that ever ran at once */
    uint64_t connected;                /* attempts that had a connection */
    uint64_t window;                   /* attempts allowed in flight now */
    glimpse_circuit circuit;           /* now */
    uint64_t circuit_opened;           /* how often */
    uint64_t circuit_refused;          /* results that an open circuit ended */
    uint64_t prompt_tokens; /* sums over answers to requests that were sent, where they said */
    uint64_t completion_tokens;
    int64_t latency_p50_us, latency_p75_us, latency_p95_us, latency_p99_us, latency_max_us;
    glimpse_thresholds thresholds; /* in force now, of the engine's model */
    /* While the circuit is not closed, else 0: why it opened or a probe last failed, how many did,
     * and for how long it has been open. */
    glimpse_error circuit_error;
    int circuit_http_status;
    uint64_t circuit_probes;
    int64_t circuit_open_ns;
    glimpse_packing_stats packing;
    /* By glimpse_alert_kind. */
    bool alerts_firing[GLIMPSE_ALERT_ROOM];       /* now */
    uint64_t alerts_fired[GLIMPSE_ALERT_ROOM];    /* how often */
    int64_t alerts_first_ns[GLIMPSE_ALERT_ROOM];  /* when first, since the engine began */
    int64_t alerts_firing_ns[GLIMPSE_ALERT_ROOM]; /* how long in all, until now */
    double alerts_worst[GLIMPSE_ALERT_ROOM]; /* the worst value while it fired, as in glimpse_alert
                                              */
    glimpse_cache_stats cache; /* of the engine's cache, which other engines may share */
    /* The words of circuit_error, NULL while the circuit is closed; the engine's, until its next
     * turn. */
    const char *circuit_message;
    /* Of the window since the first attempt: its mean over time and the least, in attempts; what is
     * below one rests between two of them. */
    double window_mean, window_least;
    uint64_t window_most;      /* what the configuration allows */
    int window_status;         /* of the last refusal: 429, 503, 529; 0: there was none */
    glimpse_wait waits_for;    /* now */
    int64_t waits_ns;          /* until the next of the queue may go; 0: nothing is waited for */
    uint64_t waits_per_minute; /* the limit that is kept; 0: none, or its rate is not known */
    bool waits_set;            /* the limit is the caller's: rpm, tpm */
    /* The circuit is open, no connection was ever made, and that was tried as often, and waited for
     * as long, as one request's attempts are; without GLIMPSE_BREAKER_WAIT, at once. */
    bool unreachable;
    /* Connections that had carried a request before and ended under the next one, before a byte of
     * its answer: it was asked again at once on a new one. */
    uint64_t connections_died;
} glimpse_stats;

/*
 * Writes the defaults. For the init function below, and for a caller in another language, which
 * sets the sizes itself.
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
