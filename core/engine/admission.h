/*
 * admission.h - which waiting request goes next, and when: 4 on the way of a request.
 *
 * Owns the queues of WAITING requests and the policies that are asked before one goes: the window
 * of attempts in flight, the circuit breaker, and for each model a lane with its own rate limits,
 * since that is how endpoints count. Knows no sampler and no callback; time is an argument.
 */
#ifndef GL_ADMISSION_H
#define GL_ADMISSION_H

#include <glimpse/engine.h>
#include <glimpse/stats.h>

#include "base/rng.h"
#include "engine/request.h"
#include "policy/backoff.h"
#include "policy/breaker.h"
#include "policy/budget.h"
#include "policy/evidence.h"
#include "policy/limit.h"

/* Models with a lane of their own; all beyond share the last one. */
#define GL_LANES_MAX 16

typedef struct gl_lane {
    uint64_t model;     /* hash of its name */
    unsigned name;      /* of the metrics: the model's, or the first of those that share the lane */
    gl_list queues[2];  /* by glimpse_priority */
    unsigned overtaken; /* interactive ones that went while bulk waited, since bulk last did */
    gl_pace pace;
} gl_lane;

typedef struct gl_admission {
    gl_lane lanes[GL_LANES_MAX];
    size_t lane_count, next; /* next: whose turn it is */
    size_t waiting, untried; /* untried: of them, never refused as in an outage */
    uint64_t answered; /* attempts up to the last that was answered, in order of their starts */
    gl_limit limit;
    int refused_status; /* of the last refusal: 429, 503, 529; 0: none yet */
    gl_budget budget;
    gl_breaker breaker;
    int64_t rpm, tpm;
    bool adaptive;       /* refusals shrink the window and hold back the others */
    bool breaks;         /* there is a circuit that may open */
    int64_t max_park_ms; /* a server's wait beyond what we honour does not hold up the others */
} gl_admission;

void gl_admission_init(gl_admission *admission, const glimpse_config *config);

/* The lane of a model, made when there is room for another. `model` as it stands in a body. */
size_t gl_admission_lane(gl_admission *admission, gl_slice model, gl_time now);

/* The same, when it has one or shares the last; GL_LANES_MAX: not yet. */
size_t gl_admission_find_lane(const gl_admission *admission, gl_slice model);

/* Into its lane's queue, at the front if it has waited before. */
void gl_admission_push(gl_admission *admission, gl_request *request, bool front);

/* It takes the other priority; if it waits, at the end of that queue. */
void gl_admission_set_priority(gl_admission *admission, gl_request *request,
                               glimpse_priority priority);

/* WAITING, it leaves its queue, for whatever reason; gl_request_move has it leave the state. */
void gl_admission_leave(gl_admission *admission, gl_request *request);

/* The request that may go now, still in its queue. NULL: none, ask again at *when (NEVER: when an
 * attempt has ended). */
gl_request *gl_admission_next(gl_admission *admission, gl_time now, gl_time *when);

/* Why what waits does not go, as far as the endpoint has asked for it or limits its rate. */
typedef struct gl_hold {
    glimpse_wait what;
    gl_time until;       /* when the next may go */
    uint64_t per_minute; /* the limit; 0: it is not known */
    bool set;            /* by the caller */
} gl_hold;
gl_hold gl_admission_hold(const gl_admission *admission, gl_time now);

/* Any waiting request; NULL when none waits. */
gl_request *gl_admission_any(const gl_admission *admission);

/* It goes: takes its place, its tokens, and marks it a probe if it is one. */
void gl_admission_started(gl_admission *admission, gl_request *request, gl_rng *rng, gl_time now);

/* Whether a request that was sent after this one was first refused has been answered. */
bool gl_admission_others_answered(const gl_admission *admission, const gl_request *request);

/* Its attempt ended because there was no descriptor for its connection. true: it can wait until
 * another's ends, and that costs it nothing; false: nothing is in flight, so this is a failure. */
bool gl_admission_starved(gl_admission *admission, gl_request *request, gl_time now);

/* Its attempt asked nobody: what it cost comes back, and if it was a probe, another may go. */
void gl_admission_unasked(gl_admission *admission, gl_request *request, gl_time now);

/* Its attempt ended with this; told by the one who knows what was answered. `failure` may be NULL
 * for an answer. */
typedef struct gl_admission_report {
    const gl_failure *failure;
    gl_endpoint_is endpoint; /* as evidence.h has it */
    gl_rate_report rates[GL_BUCKET_COUNT];
    double tokens_used; /* -1: not said */
    uint64_t elapsed;   /* ns */
    uint64_t late;      /* ns after which it is late: t4 */
} gl_admission_report;
gl_breaker_change gl_admission_ended(gl_admission *admission, gl_request *request,
                                     const gl_admission_report *report, gl_time now);

#endif
