/*
 * compare.h - two JSON reports of load tests side by side: is the second one slower?
 *
 * A metric is worse, or better, when the interval of its change at the 99 % level leaves zero out
 * and the change is at least 2 % of the first. The intervals of latency and errors take the
 * requests for independent of each other, which those of one queue are not: they are too narrow for
 * a server that stalls. That of the throughput is from how much it varied over the run.
 */
#ifndef LOAD_COMPARE_H
#define LOAD_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

#define LOAD_COMPARED 5 /* latency p50, p95, p99; error rate; throughput */

typedef struct load_change {
    const char *name; /* with its unit */
    double before, after;
    double low, high; /* the interval of after - before */
    enum { LOAD_SAME, LOAD_BETTER, LOAD_WORSE } verdict;
} load_change;

/* Texts of two reports, ended by a NUL. false: problem says which is no report, and why. Appends a
 * line to notes (may be NULL) for each setting in which the two runs differ: what they measured is
 * then not the same thing. */
bool load_compare(const char *before, const char *after, load_change change[LOAD_COMPARED],
                  gl_buf *notes, char *problem, size_t problem_size);

/* Whether the run was marked INVALID: the client spoilt it, and nothing can be said of it. */
bool load_report_is_invalid(const char *text);

#endif
