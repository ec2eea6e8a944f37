/* endpoint_name.h - the name of an endpoint of a pool, which the engine and the results of the
 * requests that it answered hold. Counted. */
#ifndef GL_ENDPOINT_NAME_H
#define GL_ENDPOINT_NAME_H

#include <stddef.h>
#include <string.h>

#include "base/alloc.h"

typedef struct gl_endpoint_name {
    size_t owners;
    char text[];
} gl_endpoint_name;

/* One owner; NULL: out of memory. */
static inline gl_endpoint_name *gl_endpoint_name_new(const char *text)
{
    size_t size = strlen(text) + 1;
    gl_endpoint_name *name = gl_malloc(sizeof *name + size);
    if (name == NULL) return NULL;
    name->owners = 1;
    memcpy(name->text, text, size);
    return name;
}

/* NULL is fine, here and below. */
static inline gl_endpoint_name *gl_endpoint_name_ref(gl_endpoint_name *name)
{
    if (name != NULL) name->owners++;
    return name;
}

static inline void gl_endpoint_name_unref(gl_endpoint_name *name)
{
    if (name != NULL && --name->owners == 0) gl_free(name);
}

#endif
