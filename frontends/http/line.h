/* line.h - lines that end in CRLF, in bytes that come in pieces; a header's name and value. Pure.
 */
#ifndef HTTPD_LINE_H
#define HTTPD_LINE_H

#include "base/slice.h"

typedef enum httpd_line {
    HTTPD_LINE_MORE, /* no line end so far */
    HTTPD_LINE_WHOLE,
    HTTPD_LINE_OVER, /* it does not end before cap */
    HTTPD_LINE_BAD   /* a CR without LF, or LF without CR: *why says so */
} httpd_line;

/* The line that begins at *at, without its end; *at goes behind it. *scanned is how far there is no
 * line end, so that no byte is looked at twice. Which of the four it is depends on the bytes alone
 * and not on how many were there when it was asked before. */
httpd_line httpd_line_next(const char *data, size_t len, size_t cap, size_t *at, size_t *scanned,
                           gl_slice *line, const char **why);

/* Name and value of a header or trailer. NULL, or what is wrong with it. */
const char *httpd_line_split(gl_slice line, gl_slice *name, gl_slice *value);

#endif
