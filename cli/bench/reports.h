/* reports.h - where the reports of a run go: the table, and the files that were asked for.
 * Used by command.c. */
#ifndef CLI_BENCH_REPORTS_H
#define CLI_BENCH_REPORTS_H

#include "bench/run.h"

/* Any file is asked for. */
bool bench_writes_reports(const cli_settings *settings);

/* Before the run: whether each can be written, and no two to one place. 0, or the exit code, said.
 */
int bench_check_reports(const cli_settings *settings);

/* The table, unless a report takes its place on standard output, and the files. Each is tried,
 * whatever became of the others. 0, or the exit code, said. */
int bench_write_reports(const cli_settings *settings, const bench_result *result);

#endif
