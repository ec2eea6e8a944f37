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
 * The metrics now. *text is NUL terminated, *len (may be NULL) bytes long, and the caller's to
 * release with glimpse_free. Errors: INVALID, OOM.
 */
GLIMPSE_API glimpse_error glimpse_metrics_text(const glimpse_engine *engine, char **text,
                                               size_t *len);

/*
 * Has the engine measure how late its loop is, each time that every_ms have passed (at least 1),
 * for glimpse_loop_lag_seconds; 0 stops it. Off at first. The timer does not keep the loop running.
 * Errors: INVALID, OOM.
 */
GLIMPSE_API glimpse_error glimpse_engine_watch_loop(glimpse_engine *engine, int64_t every_ms);

/* --- on an evhttp server --------------------------------------------------------------------- */

/* A page of metrics on a server. */
typedef struct glimpse_metrics_page glimpse_metrics_page;

/* Appends what the caller has to tell besides, in the same format, whole lines. */
typedef void (*glimpse_metrics_more_fn)(struct evbuffer *text, void *arg);

/*
 * Answers GET and HEAD of this path on the caller's server, on the loop that the engine runs on;
 * another method that the server lets through gets 405. more may be NULL. Has the loop measured
 * every 100 ms (glimpse_engine_watch_loop). Limits and the check of Host (DNS rebinding) are the
 * server's, and so the caller's. Errors: INVALID (an argument, or the path is taken),
 * OOM.
 */
GLIMPSE_API glimpse_error glimpse_metrics_mount(struct evhttp *http, const char *path,
                                                glimpse_engine *engine,
                                                glimpse_metrics_more_fn more, void *arg,
                                                glimpse_metrics_page **page);

/* Takes the page off: before the server and before the engine is freed. The loop is measured as
 * before. NULL is fine. */
GLIMPSE_API void glimpse_metrics_unmount(glimpse_metrics_page *page);

/* --- how late a loop is ---------------------------------------------------------------------- */

typedef struct glimpse_loop_lag glimpse_loop_lag;
typedef void (*glimpse_loop_lag_fn)(uint64_t late_ns, void *arg);

/*
 * Tells by how much a timer of every_ms (at least 1) fired too late, each time that it fired: how
 * long whatever the loop has to do waits. It does not keep the loop running. A free inside the
 * callback is fine. Errors: INVALID, OOM.
 */
GLIMPSE_API glimpse_error glimpse_loop_lag_new(struct event_base *base, int64_t every_ms,
                                               glimpse_loop_lag_fn fn, void *arg,
                                               glimpse_loop_lag **lag);
GLIMPSE_API void glimpse_loop_lag_free(glimpse_loop_lag *lag); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
