/* reports.h - the reports of a run: the table, and the files that were asked for. Used by
 * command.c. */
#ifndef CLI_BENCH_REPORTS_H
#define CLI_BENCH_REPORTS_H

#include "bench/run.h"

/* Call before the run: checks that each can be written, no two to one place, and none over a file
 * that is read. requests: the file of --requests, or NULL. 0, or the exit code after an error
 * message. */
int bench_check_reports(const cli_settings *settings, const char *requests);

/* The same of a report that is made of the reports that the words name. */
int bench_check_sources(const char *option, const char *path, const char *const *words,
                        size_t count);

/* Writes the table, unless a report takes its place on standard output, and the files. Each is
 * tried, also after a failure of another. 0, or the exit code after an error message. */
int bench_write_reports(const cli_settings *settings, const bench_result *result);

#endif
