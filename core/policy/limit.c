/* limit.c - see limit.h. */
#include "policy/limit.h"

#define SHRINK 0.7

void gl_limit_init(gl_limit *limit, int64_t most)
{
    *limit = (gl_limit){ .most = most, .window = (double)most, .held = (double)most, .back = true };
}

void gl_limit_answered(gl_limit *limit)
{
    double most = (double)limit->most;
    if (limit->window >= limit->held) limit->back = true;
    if (limit->window >= most) return;
    limit->window += limit->window < limit->held ? 1.0 : 1.0 / limit->window;
    if (limit->window > most) limit->window = most;
}

void gl_limit_overloaded(gl_limit *limit, gl_time started, gl_time now)
{
    if (limit->shrunk != 0 && started <= limit->shrunk) return;
    limit->shrunk = now;
    /* What was really in flight, this one included, is what was too much, not a window that was
     * never filled. */
    double from = limit->window;
    if ((double)limit->in_flight + 1 < from) from = (double)limit->in_flight + 1;
    limit->window = from * SHRINK;
    if (limit->window < 1) limit->window = 1;
    if (limit->back) limit->held = limit->window;
    limit->back = false;
}

bool gl_limit_starved(gl_limit *limit)
{
    if (limit->in_flight == 0) return false;
    limit->window = limit->held = (double)limit->in_flight;
    return true;
}

void gl_limit_restart(gl_limit *limit)
{
    if (limit->window > limit->held) limit->held = limit->window;
    limit->window = 2;
    if (limit->window > (double)limit->most) limit->window = (double)limit->most;
}
