/*
 * time.h - monotonic time: nanoseconds in an unsigned 64-bit integer. Policy code is given times
 * and never reads a clock.
 */
#ifndef GL_BASE_TIME_H
#define GL_BASE_TIME_H

#include <stdint.h>

typedef uint64_t gl_time;

#define GL_TIME_NEVER UINT64_MAX
#define GL_US         UINT64_C(1000)
#define GL_MS         UINT64_C(1000000)
#define GL_SECOND     UINT64_C(1000000000)

/* t + milliseconds, GL_TIME_NEVER when that is past the end of time; ms below 0 counts as 0. */
static inline gl_time gl_time_add_ms(gl_time t, int64_t ms)
{
    if (ms <= 0) return t;
    if ((uint64_t)ms > (GL_TIME_NEVER - t) / GL_MS) return GL_TIME_NEVER;
    return t + (uint64_t)ms * GL_MS;
}

static inline gl_time gl_time_min(gl_time a, gl_time b)
{
    return a < b ? a : b;
}

/* a - b, 0 when b is later. */
static inline uint64_t gl_time_since(gl_time a, gl_time b)
{
    return a > b ? a - b : 0;
}

/* Nanoseconds of CLOCK_MONOTONIC; in tests replaced by the simulated loop's. */
gl_time gl_clock_now(void);

/* Milliseconds since 1970 by the wall clock, which may jump: only to read a date of somebody
 * else's. */
int64_t gl_clock_unix_ms(void);

#endif
