/* trim.c - see trim.h. */
#include "bench/trim.h"

#include <malloc.h>

/* A request in flight holds about 2.6 KB (its texts, its result, its place in the maps), so this is
 * less than a megabyte: not worth walking the heap, which takes a millisecond or two. */
#define WORTH 256

void trim_note(trim *t, uint64_t in_flight)
{
    if (in_flight > t->most) t->most = in_flight;
    if (in_flight > t->peak) t->peak = in_flight;
}

bool trim_due(trim *t)
{
    bool after = t->peak > 2 * t->most + WORTH, due = after || t->again;
    if (after) t->peak = t->most;
    t->again = after;
    t->most = 0;
    return due;
}

void trim_memory(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
