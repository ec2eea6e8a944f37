/* workload.h - what requests a load test is made of, when it is made of lengths. Used by
 * command.c. */
#ifndef CLI_BENCH_WORKLOAD_H
#define CLI_BENCH_WORKLOAD_H

#include "bench/run.h"

/* Whether the options, or the lengths that a trace says, ask for it. */
bool bench_wants_workload(const cli_settings *settings, const load_trace *trace);

/* Reads the options into a workload. 0, or the exit code, said. Free it either way. */
int bench_plan_workload(const cli_settings *settings, const load_trace *trace, uint64_t seed,
                        load_workload *workload);

/* --words-per-token auto: asks two small requests of known lengths and takes the ratio, and what
 * the server adds to each, from the usage it says. 0, or the exit code, said. */
int bench_measure_words(const bench_ask *ask, load_workload *workload);

#endif
