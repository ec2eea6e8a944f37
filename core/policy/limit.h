/* limit.h - whether one more attempt may go out now: at most `concurrency` in flight. Pure. */
#ifndef GL_POLICY_LIMIT_H
#define GL_POLICY_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct gl_limit {
    int64_t concurrency;
    int64_t in_flight, peak;
} gl_limit;

static inline bool gl_limit_may_start(const gl_limit *limit)
{
    return limit->in_flight < limit->concurrency;
}

static inline void gl_limit_started(gl_limit *limit)
{
    if (++limit->in_flight > limit->peak) limit->peak = limit->in_flight;
}

static inline void gl_limit_ended(gl_limit *limit)
{
    limit->in_flight--;
}

#endif
