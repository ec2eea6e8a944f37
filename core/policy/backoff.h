/*
 * backoff.h - whether a failed attempt is tried again, and when: a wait that the server asks for
 * takes the place of ours. Where the deadline or max_retry_after_ms comes first, not at all. The
 * numbers are those of docs/playbook.md section 3, the failures and waits those of docs/wire.md
 * section 6 and docs/wire.md section 7. Pure: time and randomness are arguments.
 */
#ifndef GL_POLICY_BACKOFF_H
#define GL_POLICY_BACKOFF_H

#include <glimpse/result.h>
#include <stdbool.h>

#include "base/rng.h"
#include "base/time.h"

typedef struct gl_backoff {
    int max_attempts;
    int64_t base_delay_ms, max_delay_ms, max_retry_after_ms;
} gl_backoff;

/* A failed attempt. */
typedef struct gl_failure {
    glimpse_error error;
    int http_status;
    const char *code;       /* the endpoint's own, or NULL; borrowed */
    int should_retry;       /* x-should-retry: 1 true, 0 false, -1 no such header */
    int64_t retry_after_ms; /* ms; 0 or less: the server asked for no wait */
    int attempts;           /* attempts made, this one included */
    int same_once;          /* earlier attempts that failed with a kind that is retried once only */
} gl_failure;

typedef enum gl_retry_reason {
    GL_RETRY_YES,
    GL_RETRY_STOP_KEY, /* no, and no other request will succeed with this key */
    GL_RETRY_NOT_RETRYABLE,
    GL_RETRY_SERVER_WAIT_TOO_LONG,
    GL_RETRY_SERVER_SAYS_NO,
    GL_RETRY_ATTEMPTS_USED,
    GL_RETRY_DEADLINE /* the wait would end after the deadline */
} gl_retry_reason;

/* Returns the wait before retry n (from 0): min(max, base * 2^n * (1 + U * 0.5)), in nanoseconds,
 * with U uniform in 0..1 from rng. No n overflows. */
uint64_t gl_backoff_delay(const gl_backoff *backoff, int n, gl_rng *rng);

/* Decides whether to try again, and sets the wait before it (0 unless YES): the table of
 * docs/internals/backoff.md, in its order. A server's own wait takes the place of ours, lengthened
 * by 0 to 10 % so that thousands of parked requests do not wake together; a wait of 0 is none. */
gl_retry_reason gl_backoff_decide(const gl_backoff *backoff, const gl_failure *failure, gl_time now,
                                  gl_time deadline, gl_rng *rng, uint64_t *wait_ns);

/* Returns true when another endpoint may do better at once: the failure is this one's own, of its
 * connection, key, pace or state. `reason` is what gl_backoff_decide gave for it. */
bool gl_backoff_elsewhere(const gl_backoff *backoff, const gl_failure *failure,
                          gl_retry_reason reason);

/* Returns whether this kind of failure is retryable when the server sends no x-should-retry: 1 yes,
 * 2 once, 0 no. */
int gl_backoff_retryable(glimpse_error error, int http_status);

#endif
