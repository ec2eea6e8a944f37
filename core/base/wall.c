/* wall.c - the one place where the library reads the wall clock. */
#include <time.h>

#include "base/time.h"

int64_t gl_clock_unix_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
