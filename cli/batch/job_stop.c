/* job_stop.c - what makes a job stop taking lines: the key, an address that is wrong, whoever asks.
 * Called by job.c. */
#include <event2/event.h>

#include "batch/job_private.h"
#include "exits.h"
#include "say.h"

void job_stop_reading(cli_job *job, int exit_code)
{
    if (job->exit_code == 0 || exit_code == EXIT_IO) job->exit_code = exit_code;
    job->stopping = true;
    if (job->waits_for_input) event_del(job->readable);
    job->waits_for_input = false;
}

void job_stop(cli_job *job, int exit_code, int64_t grace_ms)
{
    job_stop_reading(job, exit_code);
    glimpse_engine_close(job->session->engine, grace_ms, NULL, NULL);
    job_changed(job);
}

void job_stop_for_key(cli_job *job, const glimpse_result *result)
{
    char text[1024];
    if (job->stopping) return;
    progress_clear(&job->progress);
    int code = failures_key_exit(result, text, sizeof text);
    say("%s", text);
    job_stop_reading(job, code);
    job_changed(job);
}

void job_note_outcome(cli_job *job, const cli_outcome *outcome)
{
    char text[1024];
    if (failures_add(&job->failures, outcome, text, sizeof text)) {
        progress_clear(&job->progress);
        say("%s", text);
    }
    if (job->settings->keep_going || job->stopping ||
        !failures_are_hopeless(&job->failures, text, sizeof text))
        return;
    progress_clear(&job->progress);
    say("%s", text);
    job_stop_reading(job, EXIT_STOPPED);
}

/* A cancelled line is no failure of its own, and a key that stops the job is told of there. */
void job_note_result(cli_job *job, uint64_t line, const glimpse_result *result)
{
    if (glimpse_result_status(result) == GLIMPSE_STATUS_CANCELLED || failures_is_key_stop(result))
        return;
    cli_outcome outcome = failures_outcome(line, result);
    job_note_outcome(job, &outcome);
}
