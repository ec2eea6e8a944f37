/*
 * output_check.h - checks that a file of a job is still in its place, and whole: a person or
 * another program may have deleted, moved, replaced or cut it meanwhile.
 */
#ifndef CLI_BATCH_OUTPUT_CHECK_H
#define CLI_BATCH_OUTPUT_CHECK_H

#include <stdint.h>

#include "batch/report.h"

/* fd is the file, of at least `length` bytes, which path named when it was opened. 0: it is in its
 * place. Else the exit code after an error message that says where the records are: a deleted file
 * is written anew, at its path or, when another file is there, beside it; a moved file is named. */
int output_check(int fd, uint64_t length, const char *path);

/* Sets a tally to the records in the file, where they are fewer. A file that cannot be read leaves
 * the tally as it is. */
void output_recount(int fd, cli_tally *tally);

#endif
