/* whole_file.h - a file that is read at once, or written at once: there as a whole, or not touched.
 */
#ifndef CLI_FILES_WHOLE_FILE_H
#define CLI_FILES_WHOLE_FILE_H

#include "base/buf.h"

/* A whole file of at most max bytes, without a BOM, NUL terminated; gl_free it. NULL with *problem
 * a static sentence or strerror's. path "-" is standard input. */
char *whole_file_read(const char *path, size_t max, size_t *len, const char **problem);

/* Before long work: whether path can be written at all. Creates nothing. false: said, as of
 * --option. NULL and "-" are fine. */
bool whole_file_check(const char *option, const char *path);

/* Writes text to path; "-" is standard output, a device or a pipe is just written to, a file gets
 * its new content by a rename. A buffer that failed is an error. false: said, and what was there is
 * still there. */
bool whole_file_write(const char *option, const char *path, const gl_buf *text);

#endif
