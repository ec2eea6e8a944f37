/* SPDX-License-Identifier: MIT */
/*
 * metrics.h - what an engine has done, as Prometheus text: for a scraper, on the caller's own
 * server or another.
 *
 * The names gen_ai_* are OpenTelemetry's for clients of generative AI, the names glimpse_* ours;
 * docs/internals/metrics.md lists them. No text of a request or answer, no key and no request id
 * is ever in them, and the values that a label takes are bounded.
 */
#ifndef GLIMPSE_METRICS_H
#define GLIMPSE_METRICS_H

#include <glimpse/engine.h>
#include <glimpse/result.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

struct evbuffer;
struct event_base;
struct evhttp;

/* What the text is, for whoever sends it. */
#define GLIMPSE_METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/*
 * The metrics now.
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

/* Appends what the caller has to tell besides, in the same format, whole lines. */
typedef void (*glimpse_metrics_more_fn)(struct evbuffer *text, void *arg);

/*
 * Answers GET and HEAD of a path on the caller's server, on the loop that the engine runs on;
 * another method that the server lets through gets 405. Has the loop measured every 100 ms
 * (glimpse_engine_watch_loop). Limits and the check of Host (DNS rebinding) are the server's, and
 * so the caller's.
 *
 *   http: the caller's; outlives the page; not NULL
 *   path: "/metrics"; copied
 *   engine: outlives the page; not NULL
 *   more: adds lines of the caller's; may be NULL
 *   arg: passed back to the function that is called; may be NULL
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
 * Takes the page off: before the server and before the engine is freed. The loop is measured as
 * before.
 *
 *   page: NULL is fine
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_metrics_unmount(glimpse_metrics_page *page);

/* --- how late a loop is ---------------------------------------------------------------------- */

typedef struct glimpse_loop_lag glimpse_loop_lag;
typedef void (*glimpse_loop_lag_fn)(uint64_t late_ns, void *arg);

/*
 * Measures by how much a timer fires too late: how long whatever the loop has to do waits. It does
 * not keep the loop running.
 *
 *   base: the caller's loop; it outlives what is made here; not NULL
 *   every_ms: milliseconds between measurements, at least 1
 *   fn: told each lag in nanoseconds; not NULL
 *   arg: passed back to the function that is called; may be NULL
 *   lag: gets the measurement; not NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM
 *   Owner: the caller's: glimpse_loop_lag_free
 *   Calls: fn each time that the timer fired, from the loop
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_loop_lag_new(struct event_base *base, int64_t every_ms,
                                               glimpse_loop_lag_fn fn, void *arg,
                                               glimpse_loop_lag **lag);

/*
 * Ends the measurement; fine inside its function.
 *
 *   lag: NULL is fine
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_loop_lag_free(glimpse_loop_lag *lag); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
