/* say.h - what the program tells its user: one line on stderr, `glimpse: ...`. */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Text on a stream; when that is a terminal, with escapes in place of what could drive it or turn
 * its lines (terminal/shown.h). */
void say_text(FILE *stream, const char *text, size_t len);

/* Flushes stdout; false, and said, when what was printed did not get out. */
bool say_flush_stdout(void);

#endif
