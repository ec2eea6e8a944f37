/*
 * job.h - a job that goes through the Batch API: the same input and the same records as
 * batch/job.h, at half the price and within a day; docs/internals/batch_api_job.md.
 */
#ifndef CLI_BATCH_API_JOB_H
#define CLI_BATCH_API_JOB_H

#include "batch/job.h"

/* Chooses a job's way: by --mode, and for `auto` by its size and deadline, with a message. The
 * input may be read, and its offset stays. 0, or the exit code after an error message: the options
 * make no sense with batches, or OUTPUT has a journal of batches that this job does not ask for. */
int batch_api_choose(const cli_settings *settings, int input, bool *through_batches);

/* Decides again on a job that --mode auto sends through batches, when its rest is known: the lines
 * without a record and a stored answer. 0, or the exit code after an error message. */
int batch_api_choose_again(const job_parts *parts, bool *through_batches);

/* Runs it to its end and returns the exit code; parts as for job_run. *report gets its figures. */
int batch_api_job_run(const job_parts *parts, cli_report *report);

#endif
