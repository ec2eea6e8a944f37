/* hedge.c - see hedge.h. */
#include "policy/hedge.h"

#include <glimpse/engine.h>

#define ANSWERS_LEAST 20 /* the fewest of which the 95th percentile is not the slowest one */

uint64_t gl_hedge_after(int64_t hedge_ms, uint64_t p95, uint64_t answers)
{
    if (hedge_ms > 0) return gl_time_add_ms(0, hedge_ms);
    if (hedge_ms == GLIMPSE_HEDGE_P95 && answers >= ANSWERS_LEAST) return p95;
    return GL_TIME_NEVER;
}

bool gl_hedge_may(const gl_hedge_target *target)
{
    uint64_t window = (uint64_t)target->room + target->in_flight;
    return !target->troubled && target->room > 0 && 4 * (uint64_t)target->room >= window;
}
