/*
 * output_check.h - whether a file that a job has written is still where it was, and whole: it may
 * have been deleted, moved, replaced or cut meanwhile, by a person or another program.
 */
#ifndef CLI_BATCH_OUTPUT_CHECK_H
#define CLI_BATCH_OUTPUT_CHECK_H

#include <stdint.h>

#include "batch/report.h"

/* fd is the file, of at least `length` bytes, which path named when it was opened. 0: it stands.
 * Else the exit code, said, with where the records are: one that was deleted is written anew, at
 * its path or, when another file is there, beside it; one that was moved is named. */
int output_check(int fd, uint64_t length, const char *path);

/* Sets a tally to the records that the file holds, where they are fewer than it says. One that
 * cannot be read leaves it as it is. */
void output_recount(int fd, cli_tally *tally);

#endif
