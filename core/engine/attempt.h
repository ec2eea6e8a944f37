/* attempt.h - one attempt: its start, its place in the ledger, what its end says. Its struct is in
 * request.h, whose part it is; what a sampler asks and says is <glimpse/sampler.h>. */
#ifndef GL_ATTEMPT_H
#define GL_ATTEMPT_H

#include "engine/request.h"
#include "policy/backoff.h"
#include "policy/breaker.h"
#include "policy/evidence.h"

/* It is the sampler's from now on, whose function is called next. */
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

#endif
