/*
 * loop_lag.c - measures how late the loop is: the delay of a timer that is set again each time it
 * fires. The one place that measures it, for the metrics and for the load harness.
 */
#include "loop_lag.h"

#include "base/alloc.h"
#include "base/time.h"
#include "problem.h"

struct glimpse_loop_lag {
    gl_loop *own; /* of glimpse_loop_lag_new; else NULL */
    const gl_loop *loop;
    gl_timer *timer;
    gl_time due, every;
    glimpse_loop_lag_fn fn;
    void *arg;
};

static void set(glimpse_loop_lag *lag, gl_time now)
{
    lag->due = now + lag->every;
    gl_timer_set(lag->timer, lag->due);
}

static void fired(void *arg)
{
    glimpse_loop_lag *lag = arg;
    gl_time now = gl_loop_now(lag->loop);
    uint64_t late = gl_time_since(now, lag->due);
    set(lag, now);
    lag->fn(late, lag->arg); /* may free it */
}

glimpse_loop_lag *gl_loop_lag_new(gl_loop *loop, int64_t every_ms, glimpse_loop_lag_fn fn,
                                  void *arg)
{
    glimpse_loop_lag *lag = gl_calloc(1, sizeof *lag);
    if (lag == NULL) return NULL;
    lag->loop = loop;
    lag->every = (uint64_t)every_ms * GL_MS;
    lag->fn = fn;
    lag->arg = arg;
    lag->timer = gl_timer_new(loop, fired, lag);
    if (lag->timer == NULL) {
        gl_free(lag);
        return NULL;
    }
    gl_timer_background(lag->timer);
    set(lag, gl_loop_now(loop));
    return lag;
}

glimpse_error glimpse_loop_lag_new(struct event_base *base, int64_t every_ms,
                                   glimpse_loop_lag_fn fn, void *arg, glimpse_loop_lag **lag,
                                   glimpse_problem *problem)
{
    gl_problem_clear(problem);
    if (lag == NULL) return gl_refuse(problem, "lag", "is NULL");
    *lag = NULL;
    if (base == NULL) return gl_refuse(problem, "base", "is NULL");
    if (every_ms < 1 || every_ms > GL_LOOP_LAG_MS_MAX)
        return gl_refuse(problem, "every_ms", "must be from 1 ms to a day");
    if (fn == NULL) return gl_refuse(problem, "fn", "is NULL");
    gl_loop *loop = gl_loop_new(base);
    if (loop == NULL) return gl_problem_of(problem, GLIMPSE_ERR_OOM);
    *lag = gl_loop_lag_new(loop, every_ms, fn, arg);
    if (*lag == NULL) {
        gl_loop_free(loop);
        return gl_problem_of(problem, GLIMPSE_ERR_OOM);
    }
    (*lag)->own = loop;
    return GLIMPSE_OK;
}

void glimpse_loop_lag_free(glimpse_loop_lag *lag)
{
    if (lag == NULL) return;
    gl_timer_free(lag->timer);
    gl_loop_free(lag->own);
    gl_free(lag);
}
