/* SPDX-License-Identifier: MIT */
/*
 * alert.h - alerts: the four things about a running engine that a person should know
 * (docs/playbook.md section 9), judged over a sliding window of the requests that ended.
 *
 * An alert fires once, when its limit has been passed for a sustained time, and clears once. It
 * does not flicker at the limit: it clears a fifth away from it, and after the same time.
 * docs/internals/alerts.md has the rules.
 */
#ifndef GLIMPSE_ALERT_H
#define GLIMPSE_ALERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum glimpse_alert_kind {
    GLIMPSE_ALERT_LATENCY_P50, /* "latency_p50": the median latency is above t2 */
    GLIMPSE_ALERT_LATENCY_P95, /* "latency_p95": the 95th percentile is above t3 */
    GLIMPSE_ALERT_HIT_RATE,    /* "hit_rate": few hits, though requests repeat earlier ones */
    GLIMPSE_ALERT_ERROR_RATE,  /* "error_rate": ended as rate_limited, server_error or error */
    GLIMPSE_ALERT_COUNT
} glimpse_alert_kind;

/*
 * Returns the name of an alert, as in logs and reports.
 *
 *   kind: any value
 *   Returns: static, never NULL; "unknown" for a value out of range
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_alert_name(glimpse_alert_kind kind);

/* The severity of an alert, in Prometheus' usual words; each kind has one. */
typedef enum glimpse_alert_severity {
    GLIMPSE_ALERT_INFO,    /* "info": hit_rate. Money is spent that could be saved */
    GLIMPSE_ALERT_WARNING, /* "warning": latency_p50 and latency_p95. Answers come late */
    GLIMPSE_ALERT_CRITICAL /* "critical": error_rate. Answers fail */
} glimpse_alert_severity;

/*
 * Returns the severity of an alert of this kind.
 *
 *   kind: any value
 *   Returns: its severity
 *   Since: 0.1
 */
GLIMPSE_API glimpse_alert_severity glimpse_alert_severity_of(glimpse_alert_kind kind);

/*
 * Returns the name of a severity.
 *
 *   severity: any value
 *   Returns: "info", "warning" or "critical", static; "unknown" for a value out of range
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_alert_severity_name(glimpse_alert_severity severity);

/* Part of glimpse_config. */
typedef struct glimpse_alerts {
    size_t size; /* set by glimpse_config_init */
    bool on;
    int64_t window_ms;      /* the window: requests that ended in the last window_ms; 100 to 1 h */
    int64_t hold_ms;        /* for how long a limit must be passed; window_ms / 20 to window_ms */
    int64_t min_samples;    /* with fewer requests in the window nothing fires; 1 to 1,000,000 */
    int64_t latency_p50_ms; /* the limit of latency_p50; 0: t2 of each request, below 0: never */
    int64_t latency_p95_ms; /* the limit of latency_p95; 0: t3 of each request, below 0: never */
    double hit_rate;        /* 0 to 1; 0: never */
    double repeated; /* the part of the requests that must repeat an earlier one before the hit rate
                        is judged; above hit_rate, to 1 */
    double error_rate; /* 0 to 1; 1: never */
} glimpse_alerts;

/*
 * t2, t3, 20 % hits and 5 % errors are the limits of docs/playbook.md section 9. A hit rate is
 * judged where 30 % repeat, because docs/playbook.md section 2 aims at hits above 30 %. The window
 * is a minute, because endpoints limit by the minute. A limit must be passed for 15 s: the waits of
 * one request's five attempts are over by then (at most 11.25 s, docs/playbook.md section 3), so a
 * shorter excess is no incident. 20 requests are the fewest of which the 95th percentile is not the
 * slowest one.
 */
#define GLIMPSE_ALERTS_DEFAULT                                                                     \
    { sizeof(glimpse_alerts), true, 60000, 15000, 20, 0, 0, 0.20, 0.30, 0.05 }

/* The alert that fires or clears, as on_alert gets it. Valid while the callback runs. */
typedef struct glimpse_alert {
    glimpse_alert_kind kind;
    bool firing;      /* true: it fires; false: it is over */
    double value;     /* of the window: milliseconds, or a part of 1; 0 without samples */
    double limit;     /* the limit, in the same unit; for latencies where requests have different
                         thresholds, that of the request that ended last */
    double repeated;  /* HIT_RATE: the part of the requests that repeated an earlier one */
    double late;      /* latencies: the part of the requests that were above their own limit */
    uint64_t samples; /* requests in the window that count for this kind */
    int64_t window_ms;
    int64_t lasted_ms;   /* fires: since the limit was passed; clears: since it fired */
    const char *message; /* one line, ready to show */
    glimpse_alert_severity severity;
} glimpse_alert;

/* Called from the loop. It may submit, cancel, close and free, like any callback of the engine. It
 * is not called after glimpse_engine_close. */
typedef void (*glimpse_alert_fn)(const glimpse_alert *alert, void *arg);

#ifdef __cplusplus
}
#endif
#endif
