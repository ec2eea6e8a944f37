/* progress.h - the progress of a job, on stderr while it runs: redrawn in place on a terminal, a
 * plain line every 10 s elsewhere. */
#ifndef CLI_BATCH_PROGRESS_H
#define CLI_BATCH_PROGRESS_H

#include <stdbool.h>

#include "batch/report.h"

struct event;
struct event_base;

typedef struct cli_progress {
    struct event *timer;
    bool terminal;
    int rows;                                    /* on the terminal now */
    void (*look)(void *arg, cli_report *report); /* fills in the present state */
    void *arg;
} cli_progress;

/* false: no timer. */
bool progress_start(cli_progress *progress, struct event_base *base,
                    void (*look)(void *arg, cli_report *report), void *arg);

/* Takes the drawn rows off the terminal, before other text is printed there. */
void progress_clear(cli_progress *progress);

/* Clears and stops. May be called when it was never started. */
void progress_stop(cli_progress *progress);

#endif
