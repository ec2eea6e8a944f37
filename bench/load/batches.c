/* batches.c - see batches.h. */
#include "load/batches.h"

#include <math.h>

/* A coefficient at or above it is a run that drifts. */
#define CORRELATION_MAX 0.97

static double mean_of(const load_batch *batch, size_t count, double *weight)
{
    double sum = 0;
    *weight = 0;
    for (size_t i = 0; i < count; i++) {
        *weight += batch[i].weight;
        sum += batch[i].sum;
    }
    return *weight > 0 ? sum / *weight : 0;
}

static double away(const load_batch *batch, double mean)
{
    return batch->sum - mean * batch->weight;
}

/* From the products of neighbours. The estimate is too low by (1 + 3r) / n in the mean (Marriott
 * and Pope, Kendall, 1954), which is put back. */
double load_batches_correlation(const load_batch *batch, size_t count)
{
    double weight, mean = mean_of(batch, count, &weight);
    double products = 0, squares = 0, pairs = 0, n = (double)count;
    for (size_t i = 0; i < count; i++) {
        squares += pow(away(&batch[i], mean), 2);
        if (i == 0 || !batch[i].joined) continue;
        products += away(&batch[i - 1], mean) * away(&batch[i], mean);
        pairs++;
    }
    if (squares <= 0 || pairs <= 0) return 0;
    double r = products / pairs / (squares / n);
    r += (1 + 3 * r) / n;
    return fmin(fmax(r, 0), CORRELATION_MAX);
}

load_spread load_spread_of(const load_batch *batch, size_t count)
{
    double weight, mean = mean_of(batch, count, &weight), squares = 0, n = (double)count;
    if (weight <= 0 || count < 2) return (load_spread){ .freedom = 0 };
    for (size_t i = 0; i < count; i++) squares += pow(away(&batch[i], mean), 2);
    double r = load_batches_correlation(batch, count), wider = (1 + r) / (1 - r);
    return (load_spread){ .mean = mean,
                          .error = sqrt(squares * n / (n - 1) * wider) / weight,
                          .freedom = n / wider - 1 };
}
