/* workload.h - the requests of a load test that is made of lengths. Used by command.c. */
#ifndef CLI_BENCH_WORKLOAD_H
#define CLI_BENCH_WORKLOAD_H

#include "bench/run.h"

/* Returns true when the options, or a trace's lengths, ask for it. */
bool bench_wants_workload(const cli_settings *settings, const load_trace *trace);

/* Reads the options into a workload. 0, or the exit code after an error message. Free it in either
 * case. */
int bench_plan_workload(const cli_settings *settings, const load_trace *trace, uint64_t seed,
                        load_workload *workload);

/* --words-per-token auto: sends two small requests of known lengths and takes the ratio, and the
 * tokens that the server adds to each, from their usage. 0, or the exit code after an error
 * message. */
int bench_measure_words(const bench_ask *ask, load_workload *workload);

#endif
