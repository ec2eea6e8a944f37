/* pressure.c - the bounds of pressure.h: halved at once, raised again in steps. */
#include "policy/pressure.h"

/* The smallest bounds, and the size of a step, as parts of the configured bounds. */
enum { FLOOR_PART = 16, STEP_PART = 8 };
/* The events of one shortage come in bunches, from several descriptors. */
#define SETTLE GL_SECOND

void gl_pressure_init(gl_pressure *pressure, int64_t entries, int64_t bytes, int64_t quiet_ms,
                      int64_t step_ms)
{
    *pressure = (gl_pressure){
        .full_entries = entries,
        .full_bytes = bytes,
        .entries = entries,
        .bytes = bytes,
        .quiet = gl_time_add_ms(0, quiet_ms),
        .step = gl_time_add_ms(0, step_ms),
        .grow_at = GL_TIME_NEVER,
    };
}

static gl_time later(gl_time now, uint64_t wait)
{
    return wait < GL_TIME_NEVER - now ? now + wait : GL_TIME_NEVER - 1;
}

static int64_t halved(int64_t bound, uint64_t held, int64_t full)
{
    int64_t least = full / FLOOR_PART > 0 ? full / FLOOR_PART : 1;
    int64_t half = (held < (uint64_t)bound ? (int64_t)held : bound) / 2;
    if (half < least) half = least;
    return half < bound ? half : bound;
}

static int64_t grown(int64_t bound, int64_t full)
{
    int64_t step = full / STEP_PART > 0 ? full / STEP_PART : 1;
    return bound < full - step ? bound + step : full;
}

bool gl_pressure_event(gl_pressure *pressure, uint64_t held_entries, uint64_t held_bytes,
                       gl_time now)
{
    int64_t entries = pressure->entries, bytes = pressure->bytes;
    if (now >= pressure->settled) {
        pressure->entries = halved(entries, held_entries, pressure->full_entries);
        pressure->bytes = halved(bytes, held_bytes, pressure->full_bytes);
        pressure->settled = later(now, SETTLE);
    }
    if (pressure->entries < pressure->full_entries || pressure->bytes < pressure->full_bytes)
        pressure->grow_at = later(now, pressure->quiet);
    return pressure->entries != entries || pressure->bytes != bytes;
}

bool gl_pressure_quiet(gl_pressure *pressure, gl_time now)
{
    if (now < pressure->grow_at) return false;
    pressure->entries = grown(pressure->entries, pressure->full_entries);
    pressure->bytes = grown(pressure->bytes, pressure->full_bytes);
    bool full =
        pressure->entries == pressure->full_entries && pressure->bytes == pressure->full_bytes;
    pressure->grow_at = full ? GL_TIME_NEVER : later(now, pressure->step);
    return true;
}
