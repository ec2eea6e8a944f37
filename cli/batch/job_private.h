/* job_private.h - what job.c (the run), job_stop.c (why it stops) and job_end.c (how it ends)
 * share.
 */
#ifndef CLI_BATCH_JOB_PRIVATE_H
#define CLI_BATCH_JOB_PRIVATE_H

#include "batch/ahead.h"
#include "batch/failures.h"
#include "batch/job.h"
#include "batch/job_line.h"
#include "batch/line_reader.h"
#include "batch/ordered.h"
#include "batch/outage_note.h"
#include "batch/output.h"
#include "batch/progress.h"
#include "signals.h"

struct cli_job {
    cli_session *session;
    const cli_settings *settings;
    int input;
    int output;       /* owned by out */
    off_t input_size; /* 0: not a regular file */
    off_t input_start;
    line_reader reader;
    line_parser parser;
    cli_output *out;
    const char *out_name;
    cli_ordered order; /* used with --ordered */
    cli_ahead *ahead;  /* the same on disk; NULL: the output is no file */
    gl_buf scratch;
    const resume_state *resume; /* NULL: nothing has been done before */
    cli_cost *cost;
    job_line held; /* a line that waits until its cost fits (is_held) */
    bool is_held;
    bool held_looking, held_missing; /* its stored answer is being looked for; is not there */
    bool spent_out;                  /* --max-cost is reached: only stored answers are given */
    cli_tally tally;
    cli_failures failures;
    cli_progress progress;
    outage_note outage;
    cli_signals signals;
    void (*leaving)(const cli_report *report, void *arg);
    void *leaving_arg;
    uint64_t started; /* glimpse_monotonic_ns */

    /* turn: something changed in this turn of the loop; later: go on in the next; readable: a slow
     * input has bytes; deadline: the job's; look: at how the engine is doing. */
    struct event *turn, *later, *readable, *deadline, *look;
    uint64_t lines; /* taken from the input, the number of the next in order */
    size_t live;    /* submitted, not ended */
    size_t most_live;
    bool circuit_open; /* when it was last looked at */
    bool waits_for_input, input_ended;
    bool stopping; /* no line is taken any more */
    int exit_code; /* why it stops, 0 = it does not */
};

/* Stops taking lines; what is in flight gets grace_ms to finish. The first reason is kept, but a
 * write error beats all. */
void job_stop(cli_job *job, int exit_code, int64_t grace_ms);

/* Stops taking lines; what is in flight goes on. */
void job_stop_reading(cli_job *job, int exit_code);

/* Stops the job for a key stop (failures.h), said; what is in flight is paid for, and may take the
 * time it takes. */
void job_stop_for_key(cli_job *job, const glimpse_result *result);

/* Says what a person must hear of how a line ended, and stops the job that is not worth going on
 * with. */
void job_note_result(cli_job *job, uint64_t line, const glimpse_result *result);
void job_note_outcome(cli_job *job, const cli_outcome *outcome);

/* Something did: the turn runs when what is ready now has been looked at. */
void job_changed(cli_job *job);

/* Counts the lines that were not taken, where that needs no waiting. */
void job_count_rest(cli_job *job);

/* --- job_records.c --- */

/* Takes over the output; of --ordered, a_line records for each that may be in flight may wait.
 * false: out of memory. */
bool job_open_records(cli_job *job, int output, size_t a_line);

/* A line's record, or none (no bytes) when it ends without. */
void job_put_record(cli_job *job, uint64_t order, gl_slice record);

/* Writes what can be written without waiting; what fails stops the job, said. */
void job_flush_records(cli_job *job);

/* The process is about to end: what is finished is written, gaps and all. */
void job_leave_records(cli_job *job);

/* The same at the end of the job, and closes; with --resume and --ordered in the input's order.
 * What fails is said, and is the job's exit code. */
void job_close_records(cli_job *job);
void job_free_records(cli_job *job);

/* --- job_end.c --- */

/* The exit code of a job that has ended, said in a line where it is not plain. */
int job_verdict(cli_job *job);

#endif
