/*
 * bench_find.h - runs that look for a limit: the highest rate at which an endpoint still meets an
 * SLA, and the most that it does at all. Used by bench.c.
 *
 * Each run is a row on standard output as it ends, and the last line is what was found. Both return
 * an exit code: 0 found, 1 not even the least met, 128 + signal when interrupted, 75 or 77 when
 * failures ended a run (failures.h).
 */
#ifndef CLI_BENCH_FIND_H
#define CLI_BENCH_FIND_H

#include "bench_run.h"
#include "load/sla.h"

/* Open loops of ask's duration: doubles the rate from `from` a second until the SLA is missed, then
 * halves what is between until it is within 5 %. A run that is INVALID (bench_judge) is not met:
 * then the client is the limit, which is said. */
int bench_sweep(const bench_ask *ask, const load_sla *sla, double from, load_process process,
                double shape);

/* Closed loops of ask's duration: doubles the users from 1 until two runs in a row do not do 5 %
 * more than the best before. Says that best, the ceiling, and the knee: the fewest users with nine
 * tenths of it. */
int bench_saturate(const bench_ask *ask);

#endif
