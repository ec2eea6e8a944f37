/* bench_more.h - what `glimpse bench` does beside one run. Used by bench.c. */
#ifndef CLI_BENCH_MORE_H
#define CLI_BENCH_MORE_H

#include "bench_run.h"

/* --compare: two reports of --json side by side. 0, 1 when the second is worse, 78 when one is no
 * report, said. */
int bench_compare(const char *before, const char *after);

/* --playbook: the table of the playbook's section 6, by the same names, beside the figures of the
 * system that it was written for. Several runs, half a minute. The exit code. */
int bench_playbook(const bench_ask *ask);

#endif
