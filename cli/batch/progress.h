/* progress.h - how far a job is, on stderr while it runs: redrawn in place on a terminal, a
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
    void (*look)(void *arg, cli_report *report); /* asked for the present state */
    void *arg;
} cli_progress;

/* false: the timer cannot be had. */
bool progress_start(cli_progress *progress, struct event_base *base,
                    void (*look)(void *arg, cli_report *report), void *arg);

/* Takes what was drawn off the terminal, before something else is printed there. */
void progress_clear(cli_progress *progress);

/* Clears and stops. Fine when never started. */
void progress_stop(cli_progress *progress);

#endif
