/*
 * steps.h - the steps of one request, in their order: arrive, wait, run, fail, be answered.
 * glimpse_attempt_done, by which a sampler ends an attempt, is here too.
 */
#ifndef GL_STEPS_H
#define GL_STEPS_H

#include "engine/request.h"

/* Starts a new request, numbered and complete, on its way. `error` is the fault of its body, or
 * OK. */
void gl_steps_take(gl_request *request, glimpse_error error, gl_time now);

/* The engine's `looked_up`: called with the store's answer, or without one. */
void gl_steps_looked_up(gl_request *request, bool found, gl_time now);

/* Queues a request for admission, or refuses it where all keys are stopped. One that has waited
 * before goes to the front, because the requests behind it are younger. */
void gl_steps_wait(gl_request *request, bool front, gl_time now);

/* Starts the requests that the packs let go: carriers, and drafts that stayed alone. */
void gl_steps_send_packed(glimpse_engine *engine, gl_time now);

/* Starts a request of the queue at the endpoint behind a gate, or one in FALLBACK (NULL). */
void gl_steps_start(gl_request *request, gl_gate *gate, gl_time now);

/* Refuses a request that no endpoint takes: because none serves its model, with an endpoint's words
 * about the key where all keys are stopped, else because circuits are open. */
void gl_steps_refuse(gl_request *request, gl_time now);

/* Fails a request and its followers for good: the fallback sampler is asked for an essence, or they
 * are settled. */
void gl_steps_fail(gl_request *request, glimpse_error error, glimpse_status status, gl_time now);

/* Settles a request and its followers with an answer, which is kept when it is complete. */
void gl_steps_answer(gl_request *request, glimpse_sample *sample, glimpse_source source,
                     bool complete, gl_time now);

/* Ends a request as cancelled; does nothing for one that has its result. */
void gl_steps_cancel(gl_request *request, gl_time now);

/* Ends all waiting requests as cancelled, or all requests. */
void gl_steps_cancel_all(glimpse_engine *engine, bool running_too, gl_time now);

/* Ends the requests that have paused and missed more than they may. */
void gl_steps_drop_laggards(glimpse_engine *engine, gl_time now);

/* Call when one of a request's moments has come: a notice, its deadline, a limit of its attempt,
 * the end of its backoff. */
void gl_steps_expired(gl_request *request, gl_time now);

#endif
