/*
 * find.h - searches for a limit in several runs: the highest rate at which an endpoint keeps up and
 * meets an SLA, and its highest throughput. Used by command.c. load/rate_search.h and
 * load/users_search.h decide the next load.
 *
 * Each run is a row on standard output as it ends, and the last line is the result. The client's
 * cache is off unless it is asked for.
 */
#ifndef CLI_BENCH_FIND_H
#define CLI_BENCH_FIND_H

#include "bench/run.h"
#include "load/sla.h"

typedef struct bench_search {
    const bench_ask *ask;
    const load_sla *sla; /* of a sweep; NULL: closed loops of more and more users */
    double from;         /* the first rate of a sweep */
    load_process process;
    double shape;
    double ceiling; /* the client's highest rate, in requests a second; below 0: not known */
} bench_search;

/* The exit code: 0 found; 1 not even the least load met the terms, or no request was answered; 70
 * the client is the limit or spoilt the runs; 128 + signal when interrupted, 75 or 77 when failures
 * ended a run (batch/failures.h). */
int bench_find(const bench_search *search);

#endif
