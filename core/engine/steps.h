/*
 * steps.h - the steps of one request, in their order: how it arrives, waits, runs, fails, is
 * answered. glimpse_attempt_done, by which a sampler ends an attempt, is here too.
 */
#ifndef GL_STEPS_H
#define GL_STEPS_H

#include "engine/request.h"

/* A new request, numbered and complete, goes on its way. `error` is what is wrong with its body. */
void gl_steps_take(gl_request *request, glimpse_error error, gl_time now);

/* The engine's `looked_up`: the store had the answer, or had none. */
void gl_steps_looked_up(gl_request *request, bool found, gl_time now);

/* Queues it for admission; in front what has waited before, since what is behind it is younger. */
void gl_steps_wait(gl_request *request, bool front, gl_time now);

/* What its packs let go, carriers and drafts that stayed alone, goes on its way. */
void gl_steps_send_packed(glimpse_engine *engine, gl_time now);

/* From its queue, or FALLBACK, to a sampler. */
void gl_steps_start(gl_request *request, glimpse_sampler *sampler, gl_time now);

/* The circuit is open, and requests do not wait for it. */
void gl_steps_refuse(gl_request *request, gl_time now);

/* Ends it, out of whatever it waits in, with what the endpoint said of the key. */
void gl_steps_refuse_key(gl_request *request, gl_time now);

/* Failed for good, and with it whatever follows: the fallback sampler is asked for an essence, or
 * that is all. */
void gl_steps_fail(gl_request *request, glimpse_error error, glimpse_status status, gl_time now);

/* It has its answer, and so has whatever follows; kept when it is complete. */
void gl_steps_answer(gl_request *request, glimpse_sample *sample, glimpse_source source,
                     bool complete, gl_time now);

/* Ends it as cancelled; nothing for what has its result. */
void gl_steps_cancel(gl_request *request, gl_time now);

/* Ends all that wait as cancelled, or all. */
void gl_steps_cancel_all(glimpse_engine *engine, bool running_too, gl_time now);

/* One of its times has come: notices, deadline, a limit of its attempt, the end of its backoff. */
void gl_steps_expired(gl_request *request, gl_time now);

#endif
