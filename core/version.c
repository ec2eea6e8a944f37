/* version.c - the library's own version, and memory handed out. */
#include <glimpse/result.h>
#include <glimpse/version.h>

#include "base/alloc.h"

const char *glimpse_version(void)
{
    return GLIMPSE_VERSION;
}

void glimpse_free(void *memory)
{
    gl_free(memory);
}
