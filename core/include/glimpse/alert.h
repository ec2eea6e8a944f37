/* SPDX-License-Identifier: MIT */
/*
 * alert.h - alerts: the four things about a running engine that a person should be told of
 * (docs/playbook.md section 9), judged over a sliding window of the requests that ended in it.
 *
 * An alert fires once, when its limit has been passed for a sustained time, and clears once. It
 * does not come and go at the limit: it clears a fifth away from it, and after as long a time.
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
    GLIMPSE_ALERT_LATENCY_P50, /* "latency_p50": the median of what was waited is above t2 */
    GLIMPSE_ALERT_LATENCY_P95, /* "latency_p95": its 95th percentile is above t3 */
    GLIMPSE_ALERT_HIT_RATE,    /* "hit_rate": few hits, though requests repeat earlier ones */
    GLIMPSE_ALERT_ERROR_RATE,  /* "error_rate": ended rate_limited, server_error or error */
    GLIMPSE_ALERT_COUNT
} glimpse_alert_kind;

/*
 * The name of an alert, as it stands in logs and reports.
 *
 *   kind: any value
 *   Returns: static, never NULL; "unknown" for a value out of range
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_alert_name(glimpse_alert_kind kind);

/* How much it matters, in Prometheus' usual words; the same for an alert each time. */
typedef enum glimpse_alert_severity {
    GLIMPSE_ALERT_INFO,    /* "info": hit_rate. Money is spent that need not be */
    GLIMPSE_ALERT_WARNING, /* "warning": latency_p50 and latency_p95. Answers come, and late */
    GLIMPSE_ALERT_CRITICAL /* "critical": error_rate. Answers do not come */
} glimpse_alert_severity;

/*
 * How grave an alert of this kind is.
 *
 *   kind: any value
 *   Returns: its severity
 *   Since: 0.1
 */
GLIMPSE_API glimpse_alert_severity glimpse_alert_severity_of(glimpse_alert_kind kind);

/*
 * The name of a severity.
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
    int64_t window_ms;      /* what is looked at: the requests that ended in so long; 100 to 1 h */
    int64_t hold_ms;        /* how long a limit must be passed, or kept again; a twentieth of
                             * window_ms to all of it */
    int64_t min_samples;    /* fewer requests in a window say nothing; 1 to 1,000,000 */
    int64_t latency_p50_ms; /* the limit of latency_p50; 0: t2 of each request, below 0: never */
    int64_t latency_p95_ms; /* the limit of latency_p95; 0: t3 of each request, below 0: never */
    double hit_rate;        /* 0 to 1; 0: never */
    double repeated;        /* the part of the requests that must repeat an earlier one before the
                             * hit rate means anything; above hit_rate, to 1 */
    double error_rate;      /* 0 to 1; 1: never */
} glimpse_alerts;

/*
 * t2, t3, 20 % hits and 5 % errors are the limits of docs/playbook.md section 9. A hit rate says
 * something where 30 % repeat, because docs/playbook.md section 2 aims at hits above 30 %. The
 * window is a minute, because endpoints limit by the minute. A limit must be passed for 15 s: the
 * waits of one request's five attempts are over by then (at most 11.25 s, docs/playbook.md
 * section 3), so a shorter excess is no incident. 20 requests are the fewest of which the 95th
 * percentile is not the slowest one.
 */
#define GLIMPSE_ALERTS_DEFAULT                                                                     \
    { sizeof(glimpse_alerts), true, 60000, 15000, 20, 0, 0, 0.20, 0.30, 0.05 }

/* What is told when an alert fires or clears. Valid while the callback runs. */
typedef struct glimpse_alert {
    glimpse_alert_kind kind;
    bool firing;      /* true: it fires; false: it is over */
    double value;     /* of the window: milliseconds, or a part of 1; 0 without samples */
    double limit;     /* what it was measured by, in the same unit; of latencies where requests
                       * have different thresholds, that of the one that ended last */
    double repeated;  /* HIT_RATE: the part of the requests that repeated an earlier one */
    double late;      /* latencies: the part of the requests that were above their own limit */
    uint64_t samples; /* requests in the window that count for this kind */
    int64_t window_ms;
    int64_t lasted_ms;   /* fires: since the limit was passed; over: since it fired */
    const char *message; /* one line, ready to show */
    glimpse_alert_severity severity;
} glimpse_alert;

/* Called from the loop. It may do what any callback of the engine may: submit, cancel, close, free.
 * None comes after the engine was told to close. */
typedef void (*glimpse_alert_fn)(const glimpse_alert *alert, void *arg);

#ifdef __cplusplus
}
#endif
#endif
