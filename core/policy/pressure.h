/*
 * pressure.h - which bounds the memory cache has while memory is short, and after: an event halves
 * them at once, quiet gives them back in steps.
 *
 * Pure: events, what the cache holds, and times are arguments.
 */
#ifndef GL_POLICY_PRESSURE_H
#define GL_POLICY_PRESSURE_H

#include <stdbool.h>

#include "base/time.h"

typedef struct gl_pressure {
    int64_t full_entries, full_bytes; /* as configured */
    int64_t entries, bytes;           /* the bounds now */
    uint64_t quiet, step; /* nanoseconds without an event before growth; between steps */
    gl_time settled;      /* events before this belong to the last one */
    gl_time grow_at;      /* NEVER: at the configured bounds */
} gl_pressure;

/* Bounds of at least 1. */
void gl_pressure_init(gl_pressure *pressure, int64_t entries, int64_t bytes, int64_t quiet_ms,
                      int64_t step_ms);

/*
 * Memory is short: the bounds become half of what is held or of what they were, whichever is less,
 * but never less than a sixteenth of the configured ones. Within a second of the last halving it
 * only puts growth off. Whether the bounds have changed.
 */
bool gl_pressure_event(gl_pressure *pressure, uint64_t held_entries, uint64_t held_bytes,
                       gl_time now);

/* Time passes: the bounds grow by an eighth of the configured ones when it is time. Whether they
 * have changed. Ask again at grow_at. */
bool gl_pressure_quiet(gl_pressure *pressure, gl_time now);

#endif
