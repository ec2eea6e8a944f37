/*
 * endpoints.h - the file of --endpoints: from a text to a pool, or to a fault with its path.
 *
 * It is here and not in the library because it reads keys from other files and from variables that
 * it names, which the library does for no one; the library's callers fill in a glimpse_pool.
 */
#ifndef CLI_OPTIONS_ENDPOINTS_H
#define CLI_OPTIONS_ENDPOINTS_H

#include <glimpse/pool.h>

#include "base/json_file.h"

typedef struct endpoints endpoints;

/*
 * Reads the text of a file, whole, and checks it whole. `folder` is where the file is, for relative
 * paths in it ("" for this one); `like` has what its endpoints have in common: proxies, CA file,
 * version of HTTP, sizes. NULL: the fault has the path in the JSON and the reason, which never
 * shows a value; or, with an empty reason, out of memory.
 */
endpoints *endpoints_read(gl_slice text, const char *folder, const glimpse_endpoint *like,
                          gl_json_fault *fault);
void endpoints_free(endpoints *file);

/* The pool, as long as the file. Its answer_headers are those of `like`. */
const glimpse_pool *endpoints_pool(const endpoints *file);

/* Returns the name of the first endpoint whose key would cross a network in the clear; NULL: there
 * is none. */
const char *endpoints_exposed(const endpoints *file);

#endif
