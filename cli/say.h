/* say.h - the program's messages to its user: one line on stderr, `glimpse: ...`. */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints text on a stream; on a terminal, with escapes in place of bytes that could drive it or
 * turn its lines (terminal/shown.h). */
void say_text(FILE *stream, const char *text, size_t len);

/* Flushes stdout; false after an error message when a part was not written. */
bool say_flush_stdout(void);

#endif
