/* SPDX-License-Identifier: MIT */
/*
 * backoff.h - the retry policy of docs/playbook.md section 3, for the engine and for any
 * asynchronous function of the caller's.
 */
#ifndef GLIMPSE_BACKOFF_H
#define GLIMPSE_BACKOFF_H

#include <glimpse/result.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

struct event_base;

/* The wait before retry n (from 0) is min(max_delay, base_delay * 2^n * (1 + U * 0.5)), U uniform
 * in 0..1. */
typedef struct glimpse_backoff_policy {
    size_t size;           /* set by glimpse_backoff_policy_init */
    int max_attempts;      /* default 5, first one included, 1 to 1000 */
    int64_t base_delay_ms; /* default 500 */
    int64_t max_delay_ms;  /* default 60000 */
    uint64_t seed;         /* of the jitter; 0 = from the system */
} glimpse_backoff_policy;

GLIMPSE_API void glimpse_backoff_policy_defaults(glimpse_backoff_policy *policy);

static inline void glimpse_backoff_policy_init(glimpse_backoff_policy *policy)
{
    policy->size = sizeof *policy;
    glimpse_backoff_policy_defaults(policy);
}

typedef struct glimpse_backoff_call glimpse_backoff_call;

/* Starts attempt number n (from 1). It must end by glimpse_backoff_attempt_done, once, at once or
 * later. */
typedef void (*glimpse_backoff_attempt_fn)(glimpse_backoff_call *call, int n, void *arg);

/* Runs once, from the loop: error of the last attempt (GLIMPSE_OK on success), attempts made. */
typedef void (*glimpse_backoff_done_fn)(glimpse_error error, int attempts, void *arg);

/*
 * Calls attempt from the loop until it succeeds, fails for good, or the policy's attempts are used
 * up, waiting in between by timer; then done, once. policy NULL means the defaults. *call, valid
 * until done returns, is what cancel takes; call may be NULL. Errors: INVALID, OOM, SETUP.
 */
GLIMPSE_API glimpse_error glimpse_backoff_start(struct event_base *base,
                                                const glimpse_backoff_policy *policy,
                                                glimpse_backoff_attempt_fn attempt,
                                                glimpse_backoff_done_fn done, void *arg,
                                                glimpse_backoff_call **call);

/* Ends one attempt. A nonzero error is tried again if `again`; at_least_ms (0: none) is what a
 * server asked to wait, and is waited if it is longer than the backoff. */
GLIMPSE_API void glimpse_backoff_attempt_done(glimpse_backoff_call *call, glimpse_error error,
                                              bool again, int64_t at_least_ms);

/* done runs with GLIMPSE_ERR_CANCELLED from the loop; an attempt still running is waited for
 * first. */
GLIMPSE_API void glimpse_backoff_cancel(glimpse_backoff_call *call);

#ifdef __cplusplus
}
#endif
#endif
