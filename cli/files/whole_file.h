/* whole_file.h - reads a file at once, or writes it at once: complete, or not at all. */
#ifndef CLI_FILES_WHOLE_FILE_H
#define CLI_FILES_WHOLE_FILE_H

#include "base/buf.h"

/* Reads a whole file of at most max bytes, without a BOM, NUL terminated; gl_free it. NULL with
 * *problem a static sentence or strerror's. path "-" is standard input. */
char *whole_file_read(const char *path, size_t max, size_t *len, const char **problem);

/* Call before long work: checks that path can be written. Creates nothing. false after an error
 * message that names --option. NULL and "-" are fine. */
bool whole_file_check(const char *option, const char *path);

/* Writes text to path; "-" is standard output, a device or a pipe is written to directly, a file
 * gets its new content by a rename. A buffer that failed is an error. false after an error message:
 * the old file is still there. */
bool whole_file_write(const char *option, const char *path, const gl_buf *text);

#endif
