/*
 * compare.h - two JSON reports of load tests side by side: is the second one slower?
 *
 * A metric is worse, or better, when the interval of its change at the 99 % level leaves zero out
 * and the change is at least 2 % of the first. The interval takes the requests for independent of
 * each other, which those of one queue are not: it is too narrow for a server that stalls.
 */
#ifndef LOAD_COMPARE_H
#define LOAD_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#define LOAD_COMPARED 4 /* latency p50, p95, p99; error rate */

typedef struct load_change {
    const char *name;
    double before, after; /* us, or a part of 1 */
    double low, high;     /* the interval of after - before */
    enum { LOAD_SAME, LOAD_BETTER, LOAD_WORSE } verdict;
} load_change;

/* Texts of two reports, ended by a NUL. false: problem says which is no report, and why. */
bool load_compare(const char *before, const char *after, load_change change[LOAD_COMPARED],
                  char *problem, size_t problem_size);

#endif
