/* left.h - counts the lines of a job that are still to be sent. */
#ifndef CLI_BATCH_API_LEFT_H
#define CLI_BATCH_API_LEFT_H

#include "batch/job.h"

/* Counts the lines that have no record, can be read, and are not in the store; no further than
 * about `most`. The input is a regular file, whose offset stays. 0, or the exit code after an error
 * message. */
int batch_api_left(const job_parts *parts, uint64_t most, uint64_t *left);

#endif
