/* line.h - lines that end in CRLF, in bytes that come in pieces; a header's name and value. Pure.
 */
#ifndef HTTPD_LINE_H
#define HTTPD_LINE_H

#include "base/slice.h"

typedef enum httpd_line {
    HTTPD_LINE_MORE, /* no line end so far */
    HTTPD_LINE_WHOLE,
    HTTPD_LINE_OVER, /* it does not end before cap */
    HTTPD_LINE_BAD   /* a CR without LF, or LF without CR: *why names it */
} httpd_line;

/* Returns the line that begins at *at, without its end; *at moves behind it. *scanned is how far
 * there is no line end, so that no byte is searched twice. Which of the four results it is depends
 * on the bytes alone, and not on how many there were at earlier calls. */
httpd_line httpd_line_next(const char *data, size_t len, size_t cap, size_t *at, size_t *scanned,
                           gl_slice *line, const char **why);

/* Splits a header or trailer into name and value. NULL, or the fault. */
const char *httpd_line_split(gl_slice line, gl_slice *name, gl_slice *value);

#endif
