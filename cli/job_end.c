/* job_end.c - how a job ends: the lines it left, and the exit code. Called by job.c. */
#include "exits.h"
#include "job_private.h"
#include "say.h"

void job_count_rest(cli_job *job)
{
    gl_slice text;
    uint64_t number;
    if (!job->stopping) return;
    for (;;) {
        switch (line_reader_next(&job->reader, &text, &number)) {
        case LINE_READY:
        case LINE_TOO_LONG:
            job->tally.unsent++;
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
        say("the endpoint could not be reached: not one connection succeeded");
        return EXIT_UNREACHABLE;
    }
    return tally->failed > 0 ? EXIT_SOME_FAILED : EXIT_DONE;
}
