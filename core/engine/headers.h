/*
 * headers.h - the headers of a caller's own that go with a request (glimpse_options.headers):
 * checked, copied, and those that may change its answer as a part of its identity. Pure but for
 * memory.
 */
#ifndef GL_HEADERS_H
#define GL_HEADERS_H

#include "base/slice.h"

/* A copy, in one block. */
typedef struct gl_headers {
    size_t count;
    const char **lines; /* NUL terminated */
    gl_slice deciding;  /* of those that may change the answer: the name in small letters, and the
                           value; data NULL: none may */
} gl_headers;

/* Returns NULL, or the fault, static. */
const char *gl_headers_check(const char *const *lines, size_t count);

/* Of lines that were checked, one at least. NULL: out of memory. The caller's: gl_free. */
gl_headers *gl_headers_new(const char *const *lines, size_t count);

#endif
