/* lines.h - the lines of a text, one after the other. */
#ifndef LOAD_LINES_H
#define LOAD_LINES_H

#include "base/slice.h"

/* Takes the first line off a text that is not empty: without its end, be it LF or CRLF. */
static inline gl_slice load_take_line(gl_slice *text)
{
    const char *end = memchr(text->data, '\n', text->len);
    gl_slice line = gl_slice_of(text->data, end != NULL ? (size_t)(end - text->data) : text->len);
    size_t taken = line.len + (end != NULL);
    *text = gl_slice_of(text->data + taken, text->len - taken);
    if (line.len > 0 && line.data[line.len - 1] == '\r') line.len--;
    return line;
}

#endif
