/* left.h - how many lines of a job are still to be asked. */
#ifndef CLI_BATCH_API_LEFT_H
#define CLI_BATCH_API_LEFT_H

#include "batch/job.h"

/* Lines that have no record, can be read, and are not in the store; counted no further than about
 * `most`. The input is a regular file and is left where it was. 0, or the exit code, said. */
int api_left(const job_parts *parts, uint64_t most, uint64_t *left);

#endif
