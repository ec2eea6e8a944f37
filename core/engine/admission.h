/*
 * admission.h - decides which waiting request goes next, and when: step 4 of a request.
 *
 * Owns the queues of WAITING requests and the policies that are asked before one goes: the window
 * of attempts in flight, the circuit breaker, and for each model a lane with its own rate limits,
 * because endpoints count per model: 16 lanes, the last of which all further models share. Parks a
 * lane for as long as the endpoint asked, max_retry_after_ms at most, unless the window says that
 * the refusal was noise. Knows no sampler and no callback; time is an argument.
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

/* Models with a lane of their own; all further models share the last lane. */
#define GL_LANES_MAX 16

typedef struct gl_lane {
    uint64_t model;    /* hash of its name */
    unsigned name;     /* the number of the model's name in the metrics; a shared lane has its first
                          model's */
    gl_list queues[2]; /* indexed by glimpse_priority */
    unsigned overtaken; /* interactive requests that went while bulk requests waited, since a bulk
                           request last went */
    gl_pace pace;
} gl_lane;

typedef struct gl_admission {
    gl_lane lanes[GL_LANES_MAX];
    size_t lane_count, next; /* next: the lane that is asked first */
    size_t waiting, untried; /* untried: waiting, and never refused as in an outage */
    uint64_t answered; /* number of the last attempt that was answered, in order of the starts */
    gl_limit limit;
    int refused_status; /* HTTP status of the last refusal: 429, 503 or 529; 0: none yet */
    gl_budget budget;
    gl_breaker breaker;
    int64_t rpm, tpm;
    bool adaptive;       /* refusals shrink the window and hold back the others */
    bool breaks;         /* the circuit may open */
    int64_t max_park_ms; /* a server's wait longer than this holds up its own request alone */
} gl_admission;

void gl_admission_init(gl_admission *admission, const glimpse_config *config);

/* Returns the model's lane, and makes one if there is room for another. `model` is the raw JSON
 * value of the body. */
size_t gl_admission_lane(gl_admission *admission, gl_slice model, gl_time now);

/* Returns the model's lane without making one; GL_LANES_MAX: the model has none yet. */
size_t gl_admission_find_lane(const gl_admission *admission, gl_slice model);

/* Appends a request to its lane's queue; puts it in front if it has waited before. */
void gl_admission_push(gl_admission *admission, gl_request *request, bool front);

/* Changes a request's priority. A waiting request goes to the end of the queue of its new
 * priority. */
void gl_admission_set_priority(gl_admission *admission, gl_request *request,
                               glimpse_priority priority);

/* Takes a WAITING request out of its queue. gl_request_move must be called next, for the state. */
void gl_admission_leave(gl_admission *admission, gl_request *request);

/* Returns the request that may go now; it stays in its queue. NULL: none may go; ask again at *when
 * (NEVER: when an attempt has ended). */
gl_request *gl_admission_next(gl_admission *admission, gl_time now, gl_time *when);

/* The reason for which requests wait, where it is the endpoint's own wait or a rate limit. */
typedef struct gl_hold {
    glimpse_wait what;
    gl_time until;       /* when the next may go */
    uint64_t per_minute; /* the limit; 0: it is not known */
    bool set;            /* the limit is the caller's own setting */
} gl_hold;
gl_hold gl_admission_hold(const gl_admission *admission, gl_time now);

/* Returns any waiting request; NULL when none waits. */
gl_request *gl_admission_any(const gl_admission *admission);

/* Call when a request goes: it takes a place of the window and its tokens, and is marked if it is a
 * probe. */
void gl_admission_started(gl_admission *admission, gl_request *request, gl_rng *rng, gl_time now);

/* Returns true when the endpoint has answered a request that was sent after this one was first
 * refused. */
bool gl_admission_others_answered(const gl_admission *admission, const gl_request *request);

/* Call when an attempt found no file descriptor for its connection. true: the request can wait
 * until another attempt ends, at no cost to it; false: nothing is in flight, so the attempt has
 * failed. */
bool gl_admission_starved(gl_admission *admission, gl_request *request, gl_time now);

/* Call when an attempt ended without reaching an endpoint. Its tokens come back; if it was a probe,
 * another may go. */
void gl_admission_unasked(gl_admission *admission, gl_request *request, gl_time now);

/* How an attempt ended, for gl_admission_ended. `failure` is NULL for an answer. */
typedef struct gl_admission_report {
    const gl_failure *failure;
    gl_endpoint_is endpoint; /* the verdict of evidence.h on the endpoint */
    gl_rate_report rates[GL_BUCKET_COUNT];
    double tokens_used; /* -1: not reported */
    uint64_t elapsed;   /* ns */
    uint64_t late;      /* ns after which an answer counts as late: t4 */
} gl_admission_report;
gl_breaker_change gl_admission_ended(gl_admission *admission, gl_request *request,
                                     const gl_admission_report *report, gl_time now);

#endif
