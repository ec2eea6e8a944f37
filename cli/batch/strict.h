/* strict.h - batch --strict: checks the whole input before anything is sent. */
#ifndef CLI_BATCH_STRICT_H
#define CLI_BATCH_STRICT_H

#include <stddef.h>

/* Reads a seekable input from its offset and goes back there. 0, or the exit code: 65 after
 * messages on the first faults, 64 when the input cannot be read twice, 74. */
int strict_check(int input, const char *name, size_t max_line);

#endif
