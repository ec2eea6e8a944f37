/* version.c - the library's version, its clock, and the function that frees returned memory. */
#include <glimpse/cache.h>
#include <glimpse/result.h>
#include <glimpse/version.h>

#include "base/alloc.h"
#include "base/time.h"

const char *glimpse_version(void)
{
    return GLIMPSE_VERSION;
}

void glimpse_free(void *memory)
{
    gl_free(memory);
}

uint64_t glimpse_monotonic_ns(void)
{
    return gl_clock_now();
}
