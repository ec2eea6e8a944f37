/*
 * job.h - a job that goes through the Batch API: the same input and the same records as
 * batch/job.h, at half the price and within a day; docs/internals/batch_api.md.
 */
#ifndef CLI_BATCH_API_JOB_H
#define CLI_BATCH_API_JOB_H

#include "batch/job.h"

/* Which way a job goes: by --mode, and for `auto` by its size and deadline, which is then said. The
 * input may be read, and is left where it was. 0, or the exit code, said: what was asked for makes
 * no sense through batches, or OUTPUT has a journal of batches that nobody asks about. */
int api_choose(const cli_settings *settings, int input, bool *through_batches);

/* The last word on a job that --mode auto sends through batches as far as api_choose could see,
 * when it is known what is left of it: what has no record and no stored answer. 0, or the exit
 * code, said. */
int api_choose_again(const job_parts *parts, bool *through_batches);

/* Runs it to its end and returns the exit code; parts as for job_run. *report is what it has done.
 */
int api_job_run(const job_parts *parts, cli_report *report);

#endif
