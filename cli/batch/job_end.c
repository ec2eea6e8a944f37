/* job_end.c - how a job ends: the lines it left, and the exit code. Called by job.c.
 */
#include <unistd.h>

#include "batch/job_private.h"
#include "exits.h"
#include "say.h"

void job_count_rest(cli_job *job)
{
    gl_slice text;
    uint64_t number;
    if (!job->stopping) return;
    if (job->is_held) job->tally.unsent++;
    for (;;) {
        switch (line_reader_next(&job->reader, &text, &number)) {
        case LINE_READY:
        case LINE_TOO_LONG:
            if (job->resume == NULL || !resume_is_done(job->resume, job->lines))
                job->tally.unsent++;
            job->lines++;
            break;
        case LINE_EMPTY:
            if (job->input_size == 0 || line_reader_fill(&job->reader) != 0) return;
            break;
        case LINE_END:
            return;
        }
    }
}

int job_verdict(cli_job *job)
{
    const cli_tally *tally = &job->tally;
    if (job->exit_code != 0) return job->exit_code;
    if (tally->starved > 0 && tally->answered == 0) {
        say("no file descriptor is left for even one connection (ulimit -n)");
        return EXIT_OS_LIMIT;
    }
    if (tally->unreached > 0 && tally->answered == 0) {
        say("%s could not be reached: not one connection succeeded",
            settings_endpoint(job->settings));
        return EXIT_UNREACHABLE;
    }
    return tally->failed > 0 ? EXIT_SOME_FAILED : EXIT_DONE;
}
