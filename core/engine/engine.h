/*
 * engine.h - the engine's own struct and the seams between the files that share it:
 *
 *   engine.c   the order of the steps
 *   submit.c   the door: checks and copies what the caller gives
 *   lookup.c   the answer that is there already
 *   flight.c   identical requests that share one
 *   attempt.c  one attempt: start, limits, ledger; and what a sampler may ask and say
 *   admission.c  which waiting request goes next, and when
 *   packing.c  drafts that share a request
 *   outage.c   why the circuit is open
 *   deliver.c  callbacks
 *   alerts.c   what a person should be told of
 *   life.c     new, close, free
 *   model.c    what is known of a model
 *   stats.c    the snapshot
 *   key_stop.c what the endpoint said when it refused the key
 *   metrics.c  histograms for whoever scrapes; metrics_page.c the text
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
#include "engine/admission.h"
#include "engine/alerts.h"
#include "engine/packing.h"
#include "engine/request.h"
#include "log.h"
#include "loop.h"
#include "metrics.h"
#include "policy/backoff.h"
#include "policy/key.h"
#include "policy/prompt.h"

/* Nothing is sent while it is on: see glimpse_engine_resume. */
typedef struct gl_key_stop {
    bool on;
    glimpse_error error;
    int http_status;
    char *code, *message; /* the endpoint's, owned; NULL without memory for them */
} gl_key_stop;

/* What is known of a model. */
typedef struct gl_model {
    glimpse_thresholds thresholds;
    int64_t first_byte_timeout_ms, idle_timeout_ms, timeout_ms;
    struct gl_calibrate *calibration; /* NULL: nothing was observed yet, or it is not wanted */
} gl_model;

struct glimpse_engine {
    gl_loop *loop;
    gl_timer *timer; /* stands at the head of the heap, or earlier: at timer_at */
    gl_time timer_at;
    gl_defer *turn; /* admit, deliver, arm */

    glimpse_config config; /* numbers and switches; of its strings only `model`, kept below */
    char *model;
    glimpse_sampler *sampler, *fallback; /* fallback may be NULL */
    glimpse_cache *cache;                /* may be NULL */
    glimpse_store *store;                /* may be NULL */
    gl_keyer *keyer;
    gl_log log;

    /* Every live request is in `requests` by its id, in the heap if it has a time to wait for, and
     * in the one list that its state says (request.h). */
    gl_map requests;
    gl_map flights; /* by the first bytes of their identity: who leads (flight.c) */
    gl_heap heap;
    /* WAITING is in the admission's queues, FOLLOWING in its leader's list. */
    gl_list looking, running, resting, fallbacks, ready;
    size_t lookups;   /* how many are looking */
    gl_list speaking; /* requests with text to tell, whatever their state */
    glimpse_id last_id;

    gl_key_stop key_stop;
    gl_packing packing;
    gl_admission admission;
    glimpse_profiles *profiles;    /* NULL: the built-in ones */
    gl_model models[GL_LANES_MAX]; /* by lane */
    struct gl_parameters {         /* of the model that was written last; "": of none */
        char model[128];
        bool max_completion_tokens;
        unsigned omit; /* glimpse_omit */
    } parameters;
    gl_heap_entry admit_timer; /* when the admission wants to be asked again */
    struct gl_outage {         /* why the circuit is open */
        glimpse_error error;
        int http_status;
        char code[64], message[192];
        glimpse_id by;   /* the request whose failure it is */
        gl_time since;   /* it opened */
        uint64_t probes; /* that failed since */
        int tries;       /* attempts of the request that opened it, and the probes */
    } outage;
    gl_backoff backoff;
    gl_rng rng;
    glimpse_stats stats;     /* counters; gauges are filled in by the snapshot */
    gl_histogram *latencies; /* submit to settled, of what was not cancelled */
    gl_metrics *metrics;
    glimpse_loop_lag *lag; /* NULL: the loop is not measured */
    gl_alerts *alerts;     /* NULL: off */
    gl_buf scratch;        /* bodies of drafts while they are written */

    void *companion; /* of the composition's; ended with the engine, before the cache */
    void (*companion_end)(void *companion);

    int depth;  /* our own frames on the stack; a free waits until there is none */
    bool yield; /* what is to be done now waits for the loop to poll: see gl_engine_schedule */
    bool closing, closed_told, free_wanted;
    gl_heap_entry close_timer;
    glimpse_closed_fn closed;
    void *closed_arg;
};

/* --- engine.c --- */

/* Around everything the loop, a sampler or the caller starts; leave may free the engine. */
void gl_engine_enter(glimpse_engine *engine);
void gl_engine_leave(glimpse_engine *engine);

/* The turn will run; the timer stands early enough for the heap. */
void gl_engine_schedule(glimpse_engine *engine);
void gl_engine_arm(glimpse_engine *engine);

/* Entries that the heap may have to hold: each request's, each carrier's, and the three of the
 * engine's own. */
static inline size_t gl_engine_heap_need(const glimpse_engine *engine)
{
    return engine->requests.count + engine->packing.out + 3;
}

/* Puts the request's timer at the earliest of its times. */
void gl_engine_set_timer(gl_request *request);

/* What a request will cost and in which lane it waits; its body is checked JSON. */
void gl_engine_price(gl_request *request, gl_time now);

/* What the loop calls; arg is the engine. */
void gl_engine_turn(void *arg);
void gl_engine_timer(void *arg);

/* A new request, numbered and complete, goes on its way. `error` is what is wrong with its body. */
void gl_engine_take(gl_request *request, glimpse_error error, gl_time now);

/* The store had the answer, which is the result's now, or had none. */
void gl_engine_looked_up(gl_request *request, bool found, gl_time now);

/* Queues it for admission; in front what has waited before, since what is behind it is younger. */
void gl_engine_wait(gl_request *request, bool front, gl_time now);

/* Ends it, out of whatever it waits in, with what the endpoint said of the key. */
void gl_engine_refuse_key(gl_request *request, gl_time now);

/* Failed for good, and with it whoever follows: the fallback sampler is asked for an essence, or
 * that is all. */
void gl_engine_fail(gl_request *request, glimpse_error error, glimpse_status status, gl_time now);

/* It has its answer, and so has whoever follows; kept when it is complete. */
void gl_engine_answer(gl_request *request, glimpse_sample *sample, glimpse_source source,
                      bool complete, gl_time now);

/* Ends it as cancelled; nothing for what has its result. */
void gl_engine_cancel(gl_request *request, gl_time now);

/* --- lookup.c --- */

/* The answer in the memory cache, if there is one, becomes the result's. */
bool gl_lookup_memory(gl_request *request, gl_time now);

/* Asks the store, if there is one to be asked: true, and gl_engine_looked_up is told what came of
 * it, now or later, unless the lookup is cancelled. */
bool gl_lookup_store(gl_request *request);
void gl_lookup_cancel(gl_request *request);

/* Keeps a whole answer for the next who asks. */
void gl_lookup_keep(const gl_request *request, const glimpse_sample *sample, gl_time now);

/* --- flight.c --- */

/* The request follows an identical one that is under way. false: there is none, or it does not
 * want to. */
bool gl_flight_join(gl_request *request);

/* From now on others may follow it, if it wants that and nobody leads already. */
void gl_flight_lead(gl_request *request);

/* Nobody may follow it any more. */
void gl_flight_land(gl_request *request);

/* The caller of this request is to have no part in what comes of the flight. Returns the request
 * that is that caller's now, which nothing depends on: the same one, or, when it led others, the
 * first of them, who has taken its place. */
gl_request *gl_flight_leave(gl_request *request, gl_time now);

/* Takes one follower out, and gives it a share in what its leader's result says; NULL: no more. */
gl_request *gl_flight_next(gl_request *leader);

/* Another attempt begins at `until`. Takes out one of the flight, with a share in the failure, who
 * was told of the last one's text or whose deadline comes before: a follower, or when nobody else
 * is left, the leader itself. NULL: all can wait. */
gl_request *gl_flight_drop(gl_request *leader, gl_time until, gl_time now);

/* The latest deadline in a flight. */
gl_time gl_flight_deadline(const gl_request *leader);

/* Text came, or what came is void: who listens is to be told, or not. */
void gl_flight_text(gl_request *leader);

/* --- attempt.c --- */

/* Hands the request to a sampler; it may have ended when this returns. */
void gl_attempt_start(gl_request *request, glimpse_sampler *sampler, gl_time now);

/* The attempt is no longer the sampler's: books it. Takes over the reference to response (may be
 * NULL). */
void gl_attempt_close(gl_request *request, glimpse_error error, const char *message,
                      glimpse_sample *response, gl_time now);

/* The sample that the outcome holds, with what the request says of its usage. Errors: OOM. */
glimpse_error gl_attempt_sample(const gl_request *request, const glimpse_outcome *outcome,
                                glimpse_sample **sample);

/* Takes a running attempt away from its sampler, and books it. Returns what it is booked as: the
 * error given, or HTTP when a limit of time passed behind a status that refuses. */
glimpse_error gl_attempt_recall(gl_request *request, glimpse_error error, gl_time now);

/* What its failure says, and of whom; outcome is NULL when a limit of time ended it. */
gl_verdict gl_attempt_judge(gl_request *request, const gl_failure *failure,
                            const glimpse_outcome *outcome);

/* Tells the admission how it ended: failure is NULL for an answer, outcome when a limit of time
 * ended it. */
gl_breaker_change gl_attempt_report(gl_request *request, const gl_failure *failure,
                                    gl_endpoint_is endpoint, const glimpse_outcome *outcome,
                                    gl_time now);

/* Another follows after so long a wait, ns. */
void gl_attempt_log_retry(const gl_request *request, const gl_failure *failure, uint64_t wait);

/* When the first of its time limits ends, and which one that is. */
gl_time gl_attempt_due(const glimpse_attempt *attempt, glimpse_error *which);

/* --- model.c --- */

void gl_models_init(glimpse_engine *engine);
void gl_models_free(glimpse_engine *engine);

/* Its lane is known: it takes what is known of its model, whose name in the body this is, and so do
 * those who follow it already. `first`: the lane is new. */
void gl_model_take(gl_request *request, gl_json name, bool first);

/* It follows a leader of the same model; one that is still looked up has no lane yet. */
void gl_model_follow(gl_request *request);

/* How the draft's model wants its parameters. */
void gl_model_parameters(glimpse_engine *engine, gl_prompt *prompt);

/* Its attempt was answered after so long, ns. */
void gl_model_saw(const gl_request *request, uint64_t elapsed, gl_time now);

/* --- key_stop.c --- */

/* Keeps what the endpoint said, and logs it. */
void gl_key_stop_begin(glimpse_engine *engine, const gl_failure *failure, const char *message);
void gl_key_stop_end(gl_key_stop *stop);

/* --- life.c --- */

/* Ends all that wait as cancelled, or all. */
void gl_engine_cancel_all(glimpse_engine *engine, bool running_too, gl_time now);

/* The engine from its parts: config->sampler is set, fallback and cache may be NULL. References
 * are taken. Errors: OOM. */
glimpse_error gl_engine_new(struct event_base *base, const glimpse_config *config,
                            glimpse_engine **engine);

/* Tells everybody, then gives all memory back. No frame of ours may be below it. */
void gl_engine_destroy(glimpse_engine *engine);

/* --- stats.c --- */

void gl_stats_add_usage(glimpse_stats *stats, const glimpse_usage *usage);

/* --- outage.c --- */

/* What the breaker made of an attempt's end, whose error, if it failed, the result has: keeps why
 * the circuit is open, logs it, has the turn run. */
void gl_outage_changed(gl_request *request, gl_breaker_change change, int http_status);

/* The circuit is open, not one connection was ever made, and there were as many tries, with the
 * waits between them, as one request has attempts. */
bool gl_outage_is_hopeless(const glimpse_engine *engine);

/* --- deliver.c --- */

/* Tells the text that came. */
void gl_deliver_text(glimpse_engine *engine);

/* Tells at most `most` ready results; true when some are left. */
bool gl_deliver(glimpse_engine *engine, size_t most);

/* Tells the notices of a request that are due; its callback may have ended it, or the engine. */
void gl_deliver_notices(gl_request *request, gl_time now);

#endif
