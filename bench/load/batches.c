/* batches.c - see batches.h. */
#include "load/batches.h"

#include <math.h>

/* A coefficient at or above it is a run that drifts. */
#define CORRELATION_MAX 0.97

/* From the products of neighbours. The estimate is too low by (1 + 3r) / n in the mean (Marriott
 * and Pope, Kendall, 1954), which is put back. */
static double correlation(const load_batch *batch, size_t count, double mean, double squares)
{
    double products = 0, pairs = 0, n = (double)count;
    for (size_t i = 1; i < count; i++) {
        if (!batch[i].joined) continue;
        products += (batch[i - 1].sum - mean * batch[i - 1].weight) *
                    (batch[i].sum - mean * batch[i].weight);
        pairs++;
    }
    if (squares <= 0 || pairs <= 0) return 0;
    double r = products / pairs / (squares / n);
    r += (1 + 3 * r) / n;
    return fmin(fmax(r, 0), CORRELATION_MAX);
}

load_spread load_spread_of(const load_batch *batch, size_t count)
{
    load_spread spread = { .freedom = 0 };
    double weight = 0, sum = 0, squares = 0, n = (double)count;
    for (size_t i = 0; i < count; i++) {
        weight += batch[i].weight;
        sum += batch[i].sum;
    }
    if (weight <= 0 || count < 2) return spread;
    spread.mean = sum / weight;
    for (size_t i = 0; i < count; i++)
        squares += pow(batch[i].sum - spread.mean * batch[i].weight, 2);
    double r = correlation(batch, count, spread.mean, squares);
    double wider = (1 + r) / (1 - r);
    spread.error = sqrt(squares * n / (n - 1) * wider) / weight;
    spread.freedom = n / wider - 1;
    return spread;
}
