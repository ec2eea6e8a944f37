/* say.h - what the program tells its user: one line on stderr, `glimpse: ...`. */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Text on a stream; when the stream is a terminal, without the control characters (C0, DEL and C1
 * but newline and tab) by which an answer could drive it. text is UTF-8. */
void say_text(FILE *stream, const char *text, size_t len);

/* Flushes stdout; false, and said, when what was printed did not get out. */
bool say_flush_stdout(void);

#endif
