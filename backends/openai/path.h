/* path.h - which operation a request's path names. */
#ifndef GL_OPENAI_PATH_H
#define GL_OPENAI_PATH_H

#include "base/slice.h"

/* Whether the path, without its query, ends with this. NULL ends with nothing. */
static inline bool gl_path_ends(const char *path, const char *end)
{
    return path != NULL && gl_slice_ends(gl_slice_of(path, strcspn(path, "?")), end);
}

#endif
