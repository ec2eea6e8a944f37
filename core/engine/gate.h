/*
 * gate.h - one endpoint as the engine sees it: its sampler, and the policies that are asked before
 * a request goes there.
 *
 * Owns the window of attempts in flight, the circuit, the stop of the key, and for each lane of the
 * queue the rate limits, because endpoints count per model. Parks a lane for as long as the
 * endpoint asked, max_retry_after_ms at most, unless the window says that the refusal was noise.
 * Knows no queue and no callback; time is an argument.
 */
#ifndef GL_GATE_H
#define GL_GATE_H

#include <glimpse/engine.h>
#include <glimpse/pool.h>

#include "base/rng.h"
#include "endpoint_name.h"
#include "engine/key_stop.h"
#include "engine/outage.h"
#include "engine/queue.h"
#include "policy/backoff.h"
#include "policy/breaker.h"
#include "policy/evidence.h"
#include "policy/limit.h"
#include "policy/pick.h"

struct gl_gate {
    size_t owners;
    gl_endpoint_name *name; /* owned; NULL: the one endpoint of an engine without a pool */
    uint64_t name_hash;
    double weight;
    gl_pick_share share;
    int64_t concurrency, rpm, tpm; /* as they are set */
    glimpse_sampler *sampler;      /* owned */
    gl_pace paces[GL_LANES_MAX];
    gl_limit limit;
    gl_breaker breaker;
    gl_outage outage;
    gl_key_stop stop;
    uint64_t answered;                /* order of the latest start that was answered, plus one */
    uint64_t connected;               /* attempts that had a connection */
    uint64_t sent, answers, failures; /* attempts, for the statistics */
    int refused_status;  /* HTTP status of the last refusal: 429, 503 or 529; 0: none yet */
    bool adaptive;       /* refusals shrink the window and hold back the others */
    bool breaks;         /* the circuit may open */
    int64_t max_park_ms; /* a server's wait longer than this holds up its own request alone */
};

/* Makes a gate to an endpoint of a pool, which has a sampler. NULL: out of memory. */
gl_gate *gl_gate_new(const glimpse_config *config, const glimpse_pool_endpoint *endpoint);
gl_gate *gl_gate_ref(gl_gate *gate);
void gl_gate_unref(gl_gate *gate); /* NULL is fine */

/* Takes over the endpoint's weight and limits. What was learned stays where they are the same. */
void gl_gate_set(gl_gate *gate, const glimpse_config *config, const glimpse_pool_endpoint *endpoint,
                 gl_time now);

/* Call when a request goes: it takes a place of the window and its tokens, and is marked if it is a
 * probe. */
void gl_gate_started(gl_gate *gate, gl_request *request, gl_rng *rng, gl_time now);

/* Returns true while nothing is sent there but a probe that is due. */
static inline bool gl_gate_is_shut(const gl_gate *gate)
{
    return gate->stop.on || gate->breaker.state != GL_CIRCUIT_CLOSED;
}

/* Returns true when the endpoint has answered a request that was sent after this one was first
 * refused. */
bool gl_gate_others_answered(const gl_gate *gate, const gl_request *request);

/* The following are called at the end of an attempt, with the gate that it went through. */

/* Call when an attempt found no file descriptor for its connection. true: the request can wait
 * until another attempt ends, at no cost to it; false: nothing is in flight, so the attempt has
 * failed. */
bool gl_gate_starved(gl_gate *gate, gl_request *request, gl_time now);

/* Call when an attempt ended without reaching an endpoint. Its tokens come back; if it was a probe,
 * another may go. */
void gl_gate_unasked(gl_gate *gate, gl_request *request, gl_time now);

/* How an attempt ended, for gl_gate_ended. `failure` is NULL for an answer. */
typedef struct gl_gate_report {
    const gl_failure *failure;
    gl_endpoint_is endpoint; /* the verdict of evidence.h on the endpoint */
    gl_rate_report rates[GL_BUCKET_COUNT];
    double tokens_used; /* -1: not reported */
    uint64_t elapsed;   /* ns */
    uint64_t late;      /* ns after which an answer counts as late: t4 */
    size_t waiting;     /* requests that a wait would hold up */
} gl_gate_report;
gl_breaker_change gl_gate_ended(gl_gate *gate, gl_request *request, const gl_gate_report *report,
                                gl_time now);

#endif
