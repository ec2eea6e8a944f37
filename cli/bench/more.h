/* more.h - the tasks of `glimpse bench` besides one run. Used by command.c. */
#ifndef CLI_BENCH_MORE_H
#define CLI_BENCH_MORE_H

#include "bench/run.h"

/* --compare: shows reports of --json side by side. Each word is a side: a file, or several with
 * commas between; the others are compared with the first. page: a file for the page, or NULL. 0, 1
 * when another is worse, 70 when a run was INVALID, 74 when the page cannot be written, 78 when one
 * is no report, after an error message. */
int bench_compare(const char *const *words, size_t count, const char *page);

/* `bench merge A.json B.json ...`: writes the reports of several machines as one, to a file or
 * (NULL) to standard output. Returns the exit code after an error message. */
int bench_merge(const char *const *paths, size_t count, const char *to);

/* --playbook: prints the table of docs/playbook.md section 6, by the same names, beside the figures
 * of the system that it was written for. Several runs, half a minute. Returns the exit code. */
int bench_playbook(const bench_ask *ask);

#endif
