/* shown.h - text of strangers on a terminal: bytes that would drive it or turn its lines become
 * escapes. Pure. */
#ifndef CLI_TERMINAL_SHOWN_H
#define CLI_TERMINAL_SHOWN_H

#include "base/buf.h"

/* Room for the escape of one character. */
#define SHOWN_ESCAPE 8

/* Returns how many bytes from the start of the text a terminal may get unchanged. A line end (LF,
 * CRLF) and a tab are among them. */
size_t shown_plain(const char *text, size_t len);

/* Writes the escape of the character at which shown_plain stops: \u001b, or \x9b for a byte that is
 * no UTF-8. Returns how many bytes it stands for. */
size_t shown_escape(const char *text, size_t len, char escape[SHOWN_ESCAPE]);

/* Appends the whole text so. JSON stays JSON of the same meaning. */
void shown_append(gl_buf *out, gl_slice text);

#endif
