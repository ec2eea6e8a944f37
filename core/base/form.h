/*
 * form.h - names the format of bytes that should be JSON, by their beginning. Pure.
 */
#ifndef GL_BASE_FORM_H
#define GL_BASE_FORM_H

#include <stdbool.h>

#include "base/slice.h"

/* "gzip", "zstd", "zlib", "xz", "bzip2", "zip": compressed; "UTF-16", "UTF-32": text in another
 * encoding. NULL: none of them. *compressed may be NULL. Static. */
const char *gl_form_name(gl_slice bytes, bool *compressed);

#endif
