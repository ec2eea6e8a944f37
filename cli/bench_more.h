/* bench_more.h - what `glimpse bench` does beside one run. Used by bench.c. */
#ifndef CLI_BENCH_MORE_H
#define CLI_BENCH_MORE_H

#include "bench_run.h"

/* --compare: reports of --json side by side. Each word is a side: a file, or several with commas
 * between; the first is what the others are held against. 0, 1 when another is worse, 70 when a run
 * was INVALID, 78 when one is no report, said. */
int bench_compare(const char *const *words, size_t count);

/* --playbook: the table of the playbook's section 6, by the same names, beside the figures of the
 * system that it was written for. Several runs, half a minute. The exit code. */
int bench_playbook(const bench_ask *ask);

#endif
