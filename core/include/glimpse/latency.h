/* SPDX-License-Identifier: MIT */
/*
 * latency.h - the latency monitor of docs/playbook.md section 1: the four thresholds t1
 * to t4 are notices, never aborts.
 *
 * The engine runs one for every request. glimpse_latency_monitor_* offers the same for any other
 * asynchronous operation.
 */
#ifndef GLIMPSE_LATENCY_H
#define GLIMPSE_LATENCY_H

#include <glimpse/problem.h>
#include <glimpse/result.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base;

/* A number that is not set, so that the level above decides: for a request's options that is the
 * engine's configuration, for the configuration's thresholds and time limits the model's
 * profile. */
#define GLIMPSE_INHERIT (-1)

/* Milliseconds since the start, strictly rising, all above 0 and at most 24 h. Never grows. */
typedef struct glimpse_thresholds {
    int64_t t1_ms; /* "trying": playbook default 1500, OpenAI's observed median was 1.4 s */
    int64_t t2_ms; /* "matching intent": 2500, about p75 */
    int64_t t3_ms; /* the patience hinge, with choices: 4000, near p95 */
    int64_t t4_ms; /* "degraded": 6000, past p99; a result after it is stale */
} glimpse_thresholds;

#define GLIMPSE_THRESHOLDS_DEFAULT { 1500, 2500, 4000, 6000 }
#define GLIMPSE_THRESHOLDS_INHERIT                                                                 \
    { GLIMPSE_INHERIT, GLIMPSE_INHERIT, GLIMPSE_INHERIT, GLIMPSE_INHERIT }

typedef enum glimpse_notice_kind {
    GLIMPSE_NOTICE_TRYING,          /* t1 */
    GLIMPSE_NOTICE_MATCHING_INTENT, /* t2 */
    GLIMPSE_NOTICE_PATIENCE,        /* t3: choices lists what a program may offer its user */
    GLIMPSE_NOTICE_DEGRADED,        /* t4 */
    GLIMPSE_NOTICE_RETRY,           /* an attempt failed and another will be made */
    GLIMPSE_NOTICE_COUNT
} glimpse_notice_kind;

/* Offers to a person at t3. They are data: nothing happens unless the caller acts. */
typedef enum glimpse_choice {
    GLIMPSE_CHOICE_KEEP_WAITING, /* do nothing */
    GLIMPSE_CHOICE_REDIAL,       /* cancel and submit again */
    GLIMPSE_CHOICE_ESSENCE_ONLY, /* cancel and show the local essence */
    GLIMPSE_CHOICE_COMMIT,       /* go on without an answer, take it when it comes */
    GLIMPSE_CHOICE_COUNT
} glimpse_choice;

/* Valid while the callback runs. */
typedef struct glimpse_notice {
    glimpse_notice_kind kind;
    int64_t elapsed_ms;            /* since submit, never less than the threshold */
    const char *message;           /* one line, ready to show */
    const glimpse_choice *choices; /* at t3, else NULL */
    size_t choice_count;
    int attempt;         /* attempts made so far */
    glimpse_error error; /* RETRY: why the attempt failed */
    int http_status;     /* RETRY: its HTTP status, 0 when none came */
    int64_t delay_ms;    /* RETRY: the wait before the next attempt */
} glimpse_notice;

/*
 * Returns the name of a notice.
 *
 *   kind: any value
 *   Returns: "trying", "matching_intent", ..., static; never NULL
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_notice_name(glimpse_notice_kind kind);

/*
 * Returns the name of a choice.
 *
 *   choice: any value
 *   Returns: "keep_waiting", ..., static; never NULL
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_choice_name(glimpse_choice choice);

/*
 * Checks that four thresholds rise strictly, from above 0 to at most 24 h.
 *
 *   thresholds: not NULL
 *   problem: names the threshold; may be NULL
 *   Returns: GLIMPSE_OK; INVALID
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_thresholds_check(const glimpse_thresholds *thresholds,
                                                   glimpse_problem *problem);

typedef struct glimpse_latency_monitor glimpse_latency_monitor;
typedef void (*glimpse_latency_fn)(uint64_t id, const glimpse_notice *notice, void *arg);

/*
 * Makes a monitor that watches operations.
 *
 *   base: the caller's loop; must outlive the new object; not NULL
 *   thresholds: NULL = the defaults; copied
 *   monitor: gets the monitor; not NULL
 *   problem: gets the reason of a refusal; may be NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM, SETUP
 *   Owner: the caller's: glimpse_latency_monitor_free
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_latency_monitor_new(struct event_base *base,
                                                      const glimpse_thresholds *thresholds,
                                                      glimpse_latency_monitor **monitor,
                                                      glimpse_problem *problem);

/*
 * Drops the watched operations without a notice, and frees. Call it before the base is freed.
 *
 *   monitor: NULL is fine
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_latency_monitor_free(glimpse_latency_monitor *monitor);

/*
 * Starts the clock for one operation.
 *
 *   monitor: not NULL
 *   on_notice: called at each threshold; not NULL
 *   arg: passed to the callback; may be NULL
 *   id: gets its name; not NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM
 *   Calls: on_notice at t1, t2, t3, t4, once each, in order, never early, from the loop, until it
 *     is stopped
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_latency_monitor_start(glimpse_latency_monitor *monitor,
                                                        glimpse_latency_fn on_notice, void *arg,
                                                        uint64_t *id);

/*
 * Stops the clock; fine inside a notice.
 *
 *   monitor: not NULL
 *   id: from start
 *   Returns: the elapsed milliseconds, -1 for an id that is not running
 *   Calls: nothing for this id from then on
 *   Since: 0.1
 */
GLIMPSE_API int64_t glimpse_latency_monitor_stop(glimpse_latency_monitor *monitor, uint64_t id);

#ifdef __cplusplus
}
#endif
#endif
