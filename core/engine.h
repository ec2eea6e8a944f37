/*
 * engine.h - the engine's own struct, for the few files of core that share it: engine.c (the order
 * of the steps), deliver.c (callbacks), stats.c (the snapshot), sampler.c (reads).
 */
#ifndef GL_ENGINE_H
#define GL_ENGINE_H

#include <glimpse/engine.h>

#include "base/buf.h"
#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "base/rng.h"
#include "histogram.h"
#include "log.h"
#include "loop.h"
#include "policy/backoff.h"
#include "policy/key.h"
#include "policy/limit.h"
#include "request.h"

struct glimpse_engine {
    gl_loop *loop;
    gl_timer *timer; /* stands at the head of the heap, or earlier */
    gl_time timer_at;
    gl_defer *turn; /* admit, deliver, arm */

    glimpse_config config; /* numbers and switches; its strings are gone but `model` */
    char *model;
    glimpse_sampler *sampler, *fallback; /* fallback may be NULL */
    glimpse_cache *cache;                /* may be NULL */
    gl_keyer *keyer;
    gl_log log;

    /* Every live request is in `requests` by its id, in the heap if it has a time to wait for, and
     * in the one of the four lists that its state says (request.h). */
    gl_map requests;
    gl_heap heap;
    gl_list waiting, running, fallbacks, ready;
    size_t waiting_count;
    glimpse_id last_id;

    gl_limit limit;
    gl_backoff backoff;
    gl_rng rng;
    glimpse_stats stats;     /* counters; gauges are filled in by the snapshot */
    gl_histogram *latencies; /* submit to settled, of what was not cancelled */
    gl_buf scratch;          /* bodies of drafts while they are written */

    int depth;    /* > 0: somewhere below us is one of our own frames; free waits */
    bool in_turn; /* the turn runs: reschedule it for the next one, not for this */
    bool closing, closed_told, free_wanted;
    gl_heap_entry close_timer;
    glimpse_closed_fn closed;
    void *closed_arg;
};

/* The engine from its parts: config->sampler is set, fallback and cache may be NULL. References
 * are taken. Strings of config are copied where they are needed. Errors: INVALID, OOM. */
glimpse_error gl_engine_new(struct event_base *base, const glimpse_config *config,
                            glimpse_engine **engine);

/* deliver.c: tells at most `most` ready results; true when some are left. */
bool gl_deliver(glimpse_engine *engine, size_t most);

/* deliver.c: calls on_notice if there is one. */
void gl_deliver_notice(gl_request *request, const glimpse_notice *notice);

#endif
