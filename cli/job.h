/*
 * job.h - a job: lines of an input become requests, results become records. Everything happens on
 * the session's loop; docs/internals/batch.md.
 */
#ifndef CLI_JOB_H
#define CLI_JOB_H

#include <sys/types.h>

#include "report.h"
#include "session.h"

typedef struct cli_job cli_job;

/* The input and output descriptors are the job's from here on (standard ones are not closed). NULL,
 * said: it cannot be set up. */
cli_job *job_new(cli_session *session, const cli_settings *settings, int input, int output);

/* Runs it to its end and returns the exit code. *report is what it has done. */
int job_run(cli_job *job, cli_report *report);
void job_free(cli_job *job);

#endif
