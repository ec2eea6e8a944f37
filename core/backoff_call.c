/*
 * backoff_call.c - glimpse_backoff_start: the caller's own asynchronous function, tried again by
 * the policy of policy/backoff.
 *
 * Owns one timer, and calls the caller's functions only from it: the start, each attempt, the end.
 * So an attempt that ends at once never nests, and done never runs inside start, attempt_done or
 * cancel.
 *
 *   WAITING --timer--> RUNNING --attempt_done--> WAITING (again) or ENDING --timer--> done, freed
 */
#include <glimpse/backoff.h>

#include "base/alloc.h"
#include "base/layout.h"
#include "loop.h"
#include "policy/backoff.h"

struct glimpse_backoff_call {
    gl_loop *loop;
    gl_timer *timer;
    gl_backoff backoff;
    gl_rng rng;
    glimpse_backoff_attempt_fn attempt;
    glimpse_backoff_done_fn done;
    void *arg;
    int attempts; /* attempts made, the running one included */
    glimpse_error error;
    bool cancelled; /* while an attempt runs */
    enum { WAITING, RUNNING, ENDING, DONE } state;
};

static const glimpse_backoff_policy usual = {
    .size = sizeof(glimpse_backoff_policy),
    .max_attempts = 5,
    .base_delay_ms = 500,
    .max_delay_ms = 60000,
};
static const gl_layout layout = { .size = sizeof(glimpse_backoff_policy) };

void glimpse_backoff_policy_defaults(glimpse_backoff_policy *policy)
{
    gl_layout_write(&layout, policy, &usual);
}

static void destroy(glimpse_backoff_call *call)
{
    gl_timer_free(call->timer);
    gl_loop_free(call->loop);
    gl_free(call);
}

static void wait_for(glimpse_backoff_call *call, uint64_t ns)
{
    /* GL_TIME_NEVER would turn the timer off, and done must run. */
    gl_time now = gl_loop_now(call->loop);
    gl_timer_set(call->timer, ns < GL_TIME_NEVER - now ? now + ns : GL_TIME_NEVER - 1);
}

static void end(glimpse_backoff_call *call, glimpse_error error)
{
    call->state = ENDING;
    call->error = error;
    wait_for(call, 0);
}

static void fired(void *arg)
{
    glimpse_backoff_call *call = arg;
    if (call->state == WAITING) {
        call->state = RUNNING;
        call->attempts++;
        call->attempt(call, call->attempts, call->arg);
    } else if (call->state == ENDING) {
        call->state = DONE;
        call->done(call->error, call->attempts, call->arg);
        destroy(call);
    }
}

glimpse_error glimpse_backoff_start(struct event_base *base, const glimpse_backoff_policy *policy,
                                    glimpse_backoff_attempt_fn attempt,
                                    glimpse_backoff_done_fn done, void *arg,
                                    glimpse_backoff_call **call)
{
    glimpse_backoff_policy room;
    if (call != NULL) *call = NULL;
    policy = gl_layout_read(&layout, policy != NULL ? policy : &usual, &usual, &room);
    if (base == NULL || attempt == NULL || done == NULL || policy == NULL ||
        policy->max_attempts < 1 || policy->max_attempts > 1000 || policy->base_delay_ms < 0 ||
        policy->max_delay_ms < 0)
        return GLIMPSE_ERR_INVALID;
    glimpse_backoff_call *made = gl_calloc(1, sizeof *made);
    if (made == NULL) return GLIMPSE_ERR_OOM;
    made->loop = gl_loop_new(base);
    if (made->loop != NULL) made->timer = gl_timer_new(made->loop, fired, made);
    if (made->timer == NULL) {
        destroy(made);
        return GLIMPSE_ERR_OOM;
    }
    made->backoff = (gl_backoff){
        .max_attempts = policy->max_attempts,
        .base_delay_ms = policy->base_delay_ms,
        .max_delay_ms = policy->max_delay_ms,
    };
    gl_rng_seed(&made->rng, policy->seed != 0 ? policy->seed : gl_rng_system_seed());
    made->attempt = attempt;
    made->done = done;
    made->arg = arg;
    made->state = WAITING;
    wait_for(made, 0);
    if (call != NULL) *call = made;
    return GLIMPSE_OK;
}

void glimpse_backoff_attempt_done(glimpse_backoff_call *call, glimpse_error error, bool again,
                                  int64_t at_least_ms)
{
    if (call == NULL || call->state != RUNNING) return;
    if (call->cancelled) {
        end(call, GLIMPSE_ERR_CANCELLED);
    } else if (error == GLIMPSE_OK || !again || call->attempts >= call->backoff.max_attempts) {
        end(call, error);
    } else {
        uint64_t wait = gl_backoff_delay(&call->backoff, call->attempts - 1, &call->rng);
        uint64_t asked = gl_time_add_ms(0, at_least_ms);
        call->state = WAITING;
        wait_for(call, wait > asked ? wait : asked);
    }
}

void glimpse_backoff_cancel(glimpse_backoff_call *call)
{
    if (call == NULL) return;
    if (call->state == WAITING)
        end(call, GLIMPSE_ERR_CANCELLED);
    else if (call->state == RUNNING)
        call->cancelled = true;
}
