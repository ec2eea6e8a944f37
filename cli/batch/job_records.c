/*
 * job_records.c - where a job's records go: to the output, at once or in the order of the input,
 * and beside it (ahead.c) while they wait for their turn; and whether all of it is still there at
 * the end. Called by job.c.
 */
#include <string.h>
#include <sys/stat.h>

#include "batch/job_private.h"
#include "batch/order_output.h"
#include "exits.h"
#include "say.h"

/* OUTPUT.ahead is made anew at this size: seldom, and never much of a disk. */
#define AHEAD_BYTES ((uint64_t)8 << 20)

static void emit(void *arg, gl_slice record)
{
    cli_job *job = arg;
    output_add(job->out, record);
}

static void ready(void *arg)
{
    job_changed(arg);
}

/* So that what is told of the job is what is in the output. */
static void lost(void *arg, gl_slice record)
{
    cli_job *job = arg;
    tally_lose(&job->tally, record);
}

bool job_open_records(cli_job *job, int output, size_t a_line)
{
    static const output_observer observer = { .ready = ready, .lost = lost };
    static const output_observer beside = { .ready = ready };
    const cli_settings *settings = job->settings;
    struct event_base *base = job->session->base;
    struct stat status;
    bool is_file = strcmp(settings->output, "-") != 0 && fstat(output, &status) == 0 &&
                   S_ISREG(status.st_mode);
    job->out = output_new(base, output, settings->overwrite, settings->fsync_ms, &observer, job);
    if (job->out == NULL || !settings->ordered) return job->out != NULL;
    if (!ordered_init(&job->order, (size_t)settings->engine.concurrency * a_line, emit, job))
        return false;
    if (is_file)
        job->ahead =
            ahead_new(base, settings->output, AHEAD_BYTES, settings->fsync_ms, &beside, job);
    return job->ahead != NULL || !is_file;
}

void job_put_record(cli_job *job, uint64_t order, gl_slice record)
{
    bool waits = job->settings->ordered && order != job->order.next;
    if (waits && record.len > 0 && job->ahead != NULL) ahead_add(job->ahead, record);
    if (!job->settings->ordered) {
        if (record.len > 0) emit(job, record);
    } else if (!ordered_put(&job->order, order, record)) {
        say("out of memory");
        job_stop(job, EXIT_OS_LIMIT, 0);
    }
    job_changed(job);
}

static void fail(cli_job *job, const char *beside, int error)
{
    if (error == 0 || job->exit_code == EXIT_IO) return;
    progress_clear(&job->progress);
    say("%s%s: cannot write: %s", job->out_name, beside, strerror(error));
    job_stop(job, EXIT_IO, 0);
}

void job_flush_records(cli_job *job)
{
    output_flush(job->out);
    fail(job, "", output_error(job->out));
    if (job->ahead != NULL) fail(job, ".ahead", ahead_flush(job->ahead, job->out, &job->order));
}

/* Whether all that is finished is in the output, which is where it was. */
static bool is_written(cli_job *job)
{
    int error = output_finish(job->out);
    if (error != 0 && job->exit_code != EXIT_IO)
        say("%s: cannot write: %s", job->out_name, strerror(error));
    if (error == 0 && output_verify(job->out, job->settings->output, &job->tally) == 0) return true;
    job->exit_code = EXIT_IO;
    return false;
}

void job_leave_records(cli_job *job)
{
    bool is_file = output_is_file(job->out);
    if (job->settings->ordered) ordered_drain(&job->order);
    output_flush(job->out);
    output_abandon(job->out); /* of a pipe that takes no more */
    if (!is_file || !is_written(job)) return;
    ahead_free(job->ahead, true);
    job->ahead = NULL;
}

/* Its records stay: they are of the lines as they were read. */
static void tell_of_input(const cli_job *job)
{
    struct stat status;
    uint64_t read = (uint64_t)job->input_start + line_reader_consumed(&job->reader);
    if (job->input_size > 0 && fstat(job->input, &status) == 0 && (uint64_t)status.st_size < read)
        say("warning: %s was cut while the job ran; records of lines that it no longer has stay",
            job->settings->words[0]);
}

void job_close_records(cli_job *job)
{
    tell_of_input(job);
    if (job->exit_code == 0) output_empty(job->out); /* an input without lines has no records */
    if (job->settings->ordered) ordered_drain(&job->order);
    bool good = is_written(job);
    if (good && job->resume != NULL && job->settings->ordered) {
        int code = order_output(job->settings->output, job->output);
        if (code != 0) job->exit_code = code;
    }
    int late = output_close(job->out);
    job->out = NULL;
    if (good && late != 0) {
        say("%s: cannot write: %s", job->out_name, strerror(late));
        job->exit_code = EXIT_IO;
        good = false;
    }
    if (good && job->settings->overwrite) ahead_remove(job->settings->output);
    ahead_free(job->ahead, good);
    job->ahead = NULL;
}

void job_free_records(cli_job *job)
{
    if (job->out != NULL) output_close(job->out);
    ahead_free(job->ahead, false);
    ordered_free(&job->order);
}
