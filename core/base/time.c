/* time.c - the one place where the library reads the monotonic clock. */
#include "base/time.h"

#include <time.h>

gl_time gl_clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (gl_time)now.tv_sec * GL_SECOND + (gl_time)now.tv_nsec;
}
