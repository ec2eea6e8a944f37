/*
 * hedge.h - a second attempt of a request whose first one has brought nothing for long: when it may
 * go. Pure. How many may go in all is budget.h's: where all answers are slow, a hedge for each
 * would be twice the load (Dean and Barroso, The Tail at Scale, 2013).
 */
#ifndef GL_POLICY_HEDGE_H
#define GL_POLICY_HEDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

/* Returns how long, in ns, a first attempt may bring nothing before a second one goes. `hedge_ms`
 * is glimpse_config's; p95 is that of so many answers of the model, ns. GL_TIME_NEVER: no second
 * one goes. */
uint64_t gl_hedge_after(int64_t hedge_ms, uint64_t p95, uint64_t answers);

/* The endpoint that the second attempt would go to, as it is now. */
typedef struct gl_hedge_target {
    bool troubled; /* its circuit is open, or counts failures, or it asked to wait */
    uint32_t room, in_flight;
} gl_hedge_target;

/* Returns true when the endpoint is far from its limits: it keeps a quarter of its window for first
 * attempts. */
bool gl_hedge_may(const gl_hedge_target *target);

#endif
