/* more.h - what `glimpse bench` does beside one run. Used by command.c. */
#ifndef CLI_BENCH_MORE_H
#define CLI_BENCH_MORE_H

#include "bench/run.h"

/* --compare: reports of --json side by side. Each word is a side: a file, or several with commas
 * between; the first is what the others are held against. page: a file for the page, or NULL. 0, 1
 * when another is worse, 70 when a run was INVALID, 74 when the page cannot be written, 78 when one
 * is no report, said. */
int bench_compare(const char *const *words, size_t count, const char *page);

/* `bench merge A.json B.json ...`: the reports of several machines as one, to a file or (NULL) to
 * standard output. The exit code, said. */
int bench_merge(const char *const *paths, size_t count, const char *to);

/* --playbook: the table of docs/playbook.md section 6, by the same names, beside the figures of the
 * system that it was written for. Several runs, half a minute. The exit code. */
int bench_playbook(const bench_ask *ask);

#endif
