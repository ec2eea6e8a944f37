/*
 * limit.h - how many attempts may be in flight: a window that shrinks when the endpoint says it is
 * overloaded and grows back when it answers. Pure.
 *
 * Starts at the most that is allowed. A 429 or an overload multiplies it by 0.7 (CUBIC's factor,
 * RFC 9438 section 4.6), once for all attempts that were already out: they all meet the same full
 * queue. An answer lets it grow: by one an answer, which doubles it each round trip, up to where
 * it last held, then by one a window. It held where it shrank to from its height; what shrinks it
 * further before it is back there says nothing of that height, so that many 429s in a row do not
 * leave a long way of ones to go.
 */
#ifndef GL_POLICY_LIMIT_H
#define GL_POLICY_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

typedef struct gl_limit {
    int64_t most;        /* never more */
    double window, held; /* now; where it last held */
    bool back;           /* it was there since it last shrank */
    gl_time shrunk;      /* when it last shrank: what started before does not shrink it */
    int64_t in_flight, peak;
} gl_limit;

void gl_limit_init(gl_limit *limit, int64_t most);

static inline bool gl_limit_may_start(const gl_limit *limit)
{
    return limit->in_flight < (int64_t)limit->window;
}

static inline void gl_limit_started(gl_limit *limit)
{
    if (++limit->in_flight > limit->peak) limit->peak = limit->in_flight;
}

static inline void gl_limit_ended(gl_limit *limit)
{
    limit->in_flight--;
}

/* An attempt was answered. */
void gl_limit_answered(gl_limit *limit);

/* An attempt that started then, and has ended, was told that it is too much. */
void gl_limit_overloaded(gl_limit *limit, gl_time started, gl_time now);

/* An attempt that has ended found no descriptor for its connection: those in flight are all that
 * can be. false: there are none, so waiting for one of them to end would be in vain. */
bool gl_limit_starved(gl_limit *limit);

/* After an outage: from the start again, doubling up to where it held. */
void gl_limit_restart(gl_limit *limit);

#endif
