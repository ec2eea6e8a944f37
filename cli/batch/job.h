/*
 * job.h - a job: lines of an input become requests, results become records. Everything happens on
 * the session's loop; docs/internals/batch.md.
 */
#ifndef CLI_BATCH_JOB_H
#define CLI_BATCH_JOB_H

#include <sys/types.h>

#include "batch/cost.h"
#include "batch/report.h"
#include "batch/resume.h"
#include "session.h"

typedef struct job_parts {
    cli_session *session;
    const cli_settings *settings;
    cli_cost *cost;
    const resume_state *resume; /* lines that are done are left out; NULL: none are */
    int input, output;          /* the job's own from job_run on (standard ones are not closed) */
    /* Gets the report before a second signal ends the process; may be NULL. */
    void (*leaving)(const cli_report *report, void *arg);
    void *leaving_arg;
} job_parts;

/* Runs the job to its end and returns the exit code. *report gets its figures. The parts' objects
 * stay the caller's. */
int job_run(const job_parts *parts, cli_report *report);

#endif
