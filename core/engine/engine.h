/*
 * engine.h - the engine's own struct. The header of each file describes its part in the struct;
 * docs/internals/engine.md lists the files in the order in which a request meets them.
 */
#ifndef GL_ENGINE_H
#define GL_ENGINE_H

#include <glimpse/engine.h>
#include <glimpse/metrics.h>

#include "base/buf.h"
#include "base/heap.h"
#include "base/histogram.h"
#include "base/list.h"
#include "base/map.h"
#include "base/rng.h"
#include "engine/alerts.h"
#include "engine/clockwork.h"
#include "engine/gates.h"
#include "engine/life.h"
#include "engine/lookup.h"
#include "engine/model.h"
#include "engine/packing.h"
#include "engine/queue.h"
#include "log.h"
#include "metrics.h"
#include "policy/backoff.h"
#include "policy/budget.h"
#include "policy/key.h"

struct glimpse_engine {
    gl_clockwork clock;

    glimpse_config config; /* numbers and switches; the only string is `model`, kept below */
    char *model;
    glimpse_sampler *sampler, *fallback; /* fallback may be NULL */
    glimpse_cache *cache;                /* may be NULL */
    glimpse_store *store;                /* may be NULL */
    gl_keyer *keyer;
    gl_log log;

    /* Every live request is in `requests` by its id, in the clock's heap if it has a time to wait
     * for, and in the one list that is named like its state (request.h). */
    gl_map requests;
    gl_map flights; /* leaders by the first bytes of their identity (flight.c) */
    /* WAITING is in the queue, FOLLOWING in its leader's list. */
    struct {
        gl_list looking, running, backoff, fallback, done;
        gl_list held; /* DONE, and their callers have paused: flow.h */
    } in;
    size_t lookups;         /* how many are LOOKING */
    gl_looked_up looked_up; /* called with the outcome of a lookup in the store */
    gl_list speaking;       /* requests with text to deliver, in any state */
    gl_list behind;         /* requests that have paused for too long */
    glimpse_id last_id;

    gl_packing packing;
    gl_queue queue;
    gl_gates gates;
    gl_budget budget;   /* of retries */
    uint64_t starts;    /* attempts that have started */
    uint64_t out, peak; /* attempts out now, also at endpoints that have left; the most at once */
    gl_heap_entry admit_timer;     /* when the next waiting request may go */
    glimpse_profiles *profiles;    /* NULL: the built-in ones */
    gl_model models[GL_LANES_MAX]; /* by lane */
    gl_parameters parameters;
    gl_backoff backoff;
    gl_rng rng;
    glimpse_stats stats;     /* counters; gauges are filled in by the snapshot */
    gl_histogram *latencies; /* ns from submit to settled, of requests that were not cancelled */
    gl_metrics *metrics;
    glimpse_loop_lag *lag; /* NULL: the loop is not measured */
    gl_alerts *alerts;     /* NULL: off */
    gl_buf scratch;        /* bodies of drafts while they are written */

    void *companion; /* an object of the composition; ended with the engine, before the cache */
    void (*companion_end)(void *companion);

    gl_closing closing;
};

#endif
