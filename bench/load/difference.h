/*
 * difference.h - decides whether two sides, each of one run or several, differ. Pure statistics
 * over the contents of their reports; compare.h reads the reports.
 */
#ifndef LOAD_DIFFERENCE_H
#define LOAD_DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "load/blocks.h"

/* A histogram to three digits, its values upwards. */
typedef struct load_values {
    struct load_value {
        double us, count;
    } *value;
    size_t count, room;
    double total; /* of the counts */
} load_values;

typedef enum load_compared_metric {
    LOAD_COMPARE_MEAN,
    LOAD_COMPARE_P50,
    LOAD_COMPARE_P95,
    LOAD_COMPARE_P99,
    LOAD_COMPARE_TTFT_P50,
    LOAD_COMPARE_TTFT_P95,
    LOAD_COMPARE_TTFT_P99,
    LOAD_COMPARE_ERRORS,
    LOAD_COMPARE_THROUGHPUT,
    LOAD_COMPARED
} load_compared_metric;

/* With its unit: "latency p50, ms". */
const char *load_compared_name(load_compared_metric metric);

#define LOAD_RUNS_A_SIDE 64

typedef struct load_side {
    load_blocks *const *run; /* the blocks of each run; the caller's */
    size_t runs;
    load_values latency, ttft; /* of all runs together */
    double ended, errors;
    double throughput; /* answers a second */
} load_side;

typedef struct load_change {
    load_compared_metric metric;
    const load_side *side[2]; /* before and after */
    double before, after;     /* in the metric's unit */
    double low, high;         /* the interval of after - before, at the level of the verdict */
    enum {
        LOAD_SAME,
        LOAD_BETTER,
        LOAD_WORSE,
        LOAD_TOO_FEW,  /* samples above the quantile that are independent of each other */
        LOAD_TOO_SHORT /* too short for its autocorrelation: how much the runs vary is not known */
    } verdict;
    double p; /* the probability of such a change by chance; 1: not judged */
    double
        error[2]; /* standard errors of the sides: of a quantile in parts of 1, else in the unit */
    double freedom; /* degrees of it, of the change */
} load_change;

/* Computes the change of each metric between two sides, not judged yet; returns how many, at most
 * LOAD_COMPARED: sides without streams have no first token. */
size_t load_difference(const load_side *before, const load_side *after,
                       load_change change[LOAD_COMPARED]);

/* Judges all changes of a comparison together: at most 1 % of the comparisons of a thing with
 * itself report any difference (Holm, 1979). A change below 2 % is not reported, however sure it
 * is. */
void load_difference_judge(load_change *change, size_t count);

/* Returns the largest change, either way, that a metric without a reported change may still have: a
 * comparison that found none shows no more than this. A part of `before`, or in the metric's unit
 * where that is 0 (*part false). Call after load_difference_judge. */
double load_change_hides(const load_change *change, bool *part);

#endif
