/* attempt.h - one attempt: its start, its place in the ledger, the verdict on its end. Its struct
 * is in request.h, because it is a part of the request. <glimpse/sampler.h> has the functions that
 * a sampler calls. */
#ifndef GL_ATTEMPT_H
#define GL_ATTEMPT_H

#include "engine/request.h"
#include "policy/backoff.h"
#include "policy/breaker.h"
#include "policy/evidence.h"

/* Books the start. The attempt belongs to the sampler from now on; call the sampler's start
 * next. */
void gl_attempt_start(gl_request *request, glimpse_sampler *sampler, gl_time now);

/* Writes the body with the name that the model has at the attempt's endpoint, where that is another
 * one. false: out of memory. */
bool gl_attempt_rename(gl_request *request);

/* Books the end of an attempt that is no longer the sampler's. Takes over the reference to response
 * (may be NULL). */
void gl_attempt_close(gl_request *request, glimpse_error error, const char *message,
                      glimpse_sample *response, gl_time now);

/* Makes the sample of an outcome, and marks a usage that the request did not ask for. Errors:
 * OOM. */
glimpse_error gl_attempt_sample(const gl_request *request, const glimpse_outcome *outcome,
                                glimpse_sample **sample);

/* Takes a running attempt away from its sampler, and books it. Returns the error that it is booked
 * under: the given one, or HTTP when a limit of time passed after a status that refuses. */
glimpse_error gl_attempt_recall(gl_request *request, glimpse_error error, gl_time now);

/* Returns the verdict on a failure (policy/evidence.h). outcome is NULL when a limit of time ended
 * the attempt. */
gl_verdict gl_attempt_judge(gl_request *request, const gl_failure *failure,
                            const glimpse_outcome *outcome);

/* Reports the end of an attempt to its gate. failure is NULL for an answer, outcome is NULL
 * when a limit of time ended the attempt. */
gl_breaker_change gl_attempt_report(gl_request *request, const gl_failure *failure,
                                    gl_endpoint_is endpoint, const glimpse_outcome *outcome,
                                    gl_time now);

/* Logs that another attempt follows after a wait, in ns. */
void gl_attempt_log_retry(const gl_request *request, const gl_failure *failure, uint64_t wait);

#endif
