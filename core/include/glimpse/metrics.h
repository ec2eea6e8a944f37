/* SPDX-License-Identifier: MIT */
/*
 * metrics.h - an engine's metrics as Prometheus text, for a scraper, on the caller's own server or
 * another.
 *
 * The names gen_ai_* are OpenTelemetry's for clients of generative AI, the names glimpse_* ours;
 * docs/internals/metrics.md lists them. No text of a request or answer, no key and no request id is
 * ever in them, and the number of values of each label is bounded.
 */
#ifndef GLIMPSE_METRICS_H
#define GLIMPSE_METRICS_H

#include <glimpse/engine.h>
#include <glimpse/problem.h>
#include <glimpse/result.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

struct evbuffer;
struct event_base;
struct evhttp;

/* The text's media type, for the program that sends it. */
#define GLIMPSE_METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/*
 * Gives the present metrics.
 *
 *   engine: not NULL
 *   text: gets the text, NUL terminated; not NULL
 *   len: gets its bytes; may be NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM
 *   Owner: the caller's: glimpse_free
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_metrics_text(const glimpse_engine *engine, char **text,
                                               size_t *len);

/*
 * Has the engine measure how late its loop is, for glimpse_loop_lag_seconds. Off at first. The
 * timer does not keep the loop running.
 *
 *   engine: not NULL
 *   every_ms: milliseconds between measurements, at least 1; 0 stops it
 *   Returns: GLIMPSE_OK; INVALID, OOM
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_engine_watch_loop(glimpse_engine *engine, int64_t every_ms);

/* --- on an evhttp server --------------------------------------------------------------------- */

/* A page of metrics on a server. */
typedef struct glimpse_metrics_page glimpse_metrics_page;

/* Appends the caller's own metrics, in the same format, as whole lines. */
typedef void (*glimpse_metrics_more_fn)(struct evbuffer *text, void *arg);

/*
 * Answers GET and HEAD of a path on the caller's server, on the loop that the engine runs on;
 * another method that the server lets through gets 405. Has the loop measured every 100 ms
 * (glimpse_engine_watch_loop). Limits and the check of Host (DNS rebinding) are the server's, and
 * so the caller's task.
 *
 *   http: the caller's; outlives the page; not NULL
 *   path: "/metrics"; copied
 *   engine: outlives the page; not NULL
 *   more: adds lines of the caller's; may be NULL
 *   arg: passed to the callback; may be NULL
 *   page: gets the page; not NULL
 *   Returns: GLIMPSE_OK; INVALID (an argument, or the path is taken), OOM
 *   Owner: the caller's: glimpse_metrics_unmount
 *   Calls: more for each page that is asked for, from the loop
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_metrics_mount(struct evhttp *http, const char *path,
                                                glimpse_engine *engine,
                                                glimpse_metrics_more_fn more, void *arg,
                                                glimpse_metrics_page **page);

/*
 * Takes the page off the server. Call it before the server or the engine is freed. The loop is
 * still measured.
 *
 *   page: NULL is fine
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_metrics_unmount(glimpse_metrics_page *page);

/* --- how late a loop is ---------------------------------------------------------------------- */

typedef struct glimpse_loop_lag glimpse_loop_lag;
typedef void (*glimpse_loop_lag_fn)(uint64_t late_ns, void *arg);

/*
 * Measures by how much a timer fires too late, which is how long other work of the loop waits. It
 * does not keep the loop running.
 *
 *   base: the caller's loop; must outlive the new object; not NULL
 *   every_ms: milliseconds between measurements, 1 to 86400000 (a day)
 *   fn: gets each lag in nanoseconds; not NULL
 *   arg: passed to the callback; may be NULL
 *   lag: gets the measurement; not NULL
 *   problem: gets the reason of a refusal; may be NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM
 *   Owner: the caller's: glimpse_loop_lag_free
 *   Calls: fn each time that the timer fired, from the loop
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_loop_lag_new(struct event_base *base, int64_t every_ms,
                                               glimpse_loop_lag_fn fn, void *arg,
                                               glimpse_loop_lag **lag, glimpse_problem *problem);

/*
 * Ends the measurement; may be called inside its callback.
 *
 *   lag: NULL is fine
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_loop_lag_free(glimpse_loop_lag *lag); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
