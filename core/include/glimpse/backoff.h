/* SPDX-License-Identifier: MIT */
/*
 * backoff.h - the retry policy of docs/playbook.md section 3 (at most five attempts, waits that
 * double from half a second), for the engine and for any asynchronous function of the caller's.
 */
#ifndef GLIMPSE_BACKOFF_H
#define GLIMPSE_BACKOFF_H

#include <glimpse/result.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base;

/* The wait before retry n (from 0) is min(max_delay, base_delay * 2^n * (1 + U * 0.5)), with U
 * uniform in 0..1. */
typedef struct glimpse_backoff_policy {
    size_t size;           /* set by glimpse_backoff_policy_init */
    int max_attempts;      /* default 5, the first one included, 1 to 1000 */
    int64_t base_delay_ms; /* default 500 */
    int64_t max_delay_ms;  /* default 60000 */
    uint64_t seed;         /* of the jitter; 0 = from the system */
} glimpse_backoff_policy;

/*
 * Writes the defaults. Called by the init function below, and by callers in other languages, which
 * set the sizes themselves.
 *
 *   policy: its size, and that of each struct in it, is set; not NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_backoff_policy_defaults(glimpse_backoff_policy *policy);

/*
 * Sets up the struct: its size and the defaults. Call it before a member is set.
 *
 *   policy: not NULL
 *   Since: 0.1
 */
static inline void glimpse_backoff_policy_init(glimpse_backoff_policy *policy)
{
    policy->size = sizeof *policy;
    glimpse_backoff_policy_defaults(policy);
}

typedef struct glimpse_backoff_call glimpse_backoff_call;

/* Starts attempt number n (from 1). The attempt must be ended by glimpse_backoff_attempt_done,
 * once, at once or later. */
typedef void (*glimpse_backoff_attempt_fn)(glimpse_backoff_call *call, int n, void *arg);

/* Runs once, from the loop, with the error of the last attempt (GLIMPSE_OK on success) and the
 * number of attempts made. */
typedef void (*glimpse_backoff_done_fn)(glimpse_error error, int attempts, void *arg);

/*
 * Calls attempt until it succeeds, fails for good, or the policy's attempts are used up, and waits
 * in between by timer.
 *
 *   base: the caller's loop; must outlive the new object; not NULL
 *   policy: NULL = the defaults; copied
 *   attempt: starts one attempt; end it with glimpse_backoff_attempt_done; not NULL
 *   done: gets the outcome; not NULL
 *   arg: passed to the callback; may be NULL
 *   call: gets the handle for glimpse_backoff_cancel, valid until done has returned; may be NULL
 *   Returns: GLIMPSE_OK; INVALID, OOM, SETUP: nothing is called then
 *   Owner: the library's: *call is never freed by the caller
 *   Calls: attempt and then done, once, from the loop, never inside this call
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_backoff_start(struct event_base *base,
                                                const glimpse_backoff_policy *policy,
                                                glimpse_backoff_attempt_fn attempt,
                                                glimpse_backoff_done_fn done, void *arg,
                                                glimpse_backoff_call **call);

/*
 * Ends one attempt. Call it once for each, inside the attempt or later.
 *
 *   call: the handle that attempt got
 *   error: GLIMPSE_OK, or why it failed
 *   again: true: try again after a failure
 *   at_least_ms: milliseconds that a server asked to wait, waited where that is longer than the
 *     backoff; 0 = none
 *   Calls: nothing inside; done or the next attempt later, from the loop
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_backoff_attempt_done(glimpse_backoff_call *call, glimpse_error error,
                                              bool again, int64_t at_least_ms);

/*
 * Makes no further attempt. An attempt that runs goes on to its end.
 *
 *   call: the handle of glimpse_backoff_start; done must not have been called yet
 *   Calls: done with GLIMPSE_ERR_CANCELLED, from the loop
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_backoff_cancel(glimpse_backoff_call *call);

#ifdef __cplusplus
}
#endif
#endif
