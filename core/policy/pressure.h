/*
 * pressure.h - the bounds of the memory cache while memory is short, and after: an event halves
 * them at once, quiet raises them in steps.
 *
 * Pure: events, the cache's contents in numbers, and times are arguments.
 */
#ifndef GL_POLICY_PRESSURE_H
#define GL_POLICY_PRESSURE_H

#include <stdbool.h>

#include "base/time.h"

typedef struct gl_pressure {
    int64_t full_entries, full_bytes; /* as configured */
    int64_t entries, bytes;           /* the bounds now */
    uint64_t quiet, step; /* ns without an event before the bounds grow; between two steps */
    gl_time settled;      /* an event before this moment belongs to the last one */
    gl_time grow_at;      /* NEVER: the bounds are the configured ones */
} gl_pressure;

/* The configured bounds, each at least 1. */
void gl_pressure_init(gl_pressure *pressure, int64_t entries, int64_t bytes, int64_t quiet_ms,
                      int64_t step_ms);

/*
 * Call when memory is short: the bounds become half of the cache's contents or of themselves,
 * whichever is less, but at least a sixteenth of the configured ones. Within a second of the last
 * halving it only postpones growth. Returns true when the bounds have changed.
 */
bool gl_pressure_event(gl_pressure *pressure, uint64_t held_entries, uint64_t held_bytes,
                       gl_time now);

/* Call when time has passed: the bounds grow by an eighth of the configured ones when it is time.
 * Returns true when they have changed. Call again at grow_at. */
bool gl_pressure_quiet(gl_pressure *pressure, gl_time now);

#endif
