/*
 * difference.c - see difference.h.
 *
 * A quantile's interval is that of the part of the samples below it (batches.h), read back on the
 * histogram (Woodruff, 1952); the part's interval is taken in logits, so that it ends before 0 and
 * 1. Two sides' intervals become that of the difference by the squares of their distances (MOVER,
 * Zou and Donner, 2008). The p of a change is the level at which its interval just touches 0.
 */
#include "load/difference.h"

#include <math.h>
#include <stdlib.h>

#include "load/batches.h"
#include "load/student.h"

#define LEVEL    0.01
#define RELEVANT 0.02 /* of the first */
#define FEW      10   /* samples above a quantile, or below it */
/* The number of samples among them that must be independent: the few longest queues of a run hold
 * all of its slowest requests. */
#define FEW_INDEPENDENT 6
#define US_A_MS         1e3
#define C_MOST          1e4

typedef enum kind { MEAN, QUANTILE, PART, RATE } kind;

static const struct {
    const char *name;
    kind kind;
    double q;
    bool ttft;
} metrics[LOAD_COMPARED] = {
    { "latency mean, ms", MEAN, 0, false },
    { "latency p50, ms", QUANTILE, 0.5, false },
    { "latency p95, ms", QUANTILE, 0.95, false },
    { "latency p99, ms", QUANTILE, 0.99, false },
    { "first token p50, ms", QUANTILE, 0.5, true },
    { "first token p95, ms", QUANTILE, 0.95, true },
    { "first token p99, ms", QUANTILE, 0.99, true },
    { "error rate, %", PART, 0, false },
    { "throughput, /s", RATE, 0, false },
};

const char *load_compared_name(load_compared_metric metric)
{
    return metrics[metric].name;
}

/* --- a side ----------------------------------------------------------------------------------- */

static const load_values *values_of(const load_side *side, load_compared_metric metric)
{
    return metrics[metric].ttft ? &side->ttft : &side->latency;
}

static double quantile_us(const load_values *values, double q)
{
    double seen = 0;
    for (size_t i = 0; i < values->count; i++) {
        seen += values->value[i].count;
        if (seen >= q * values->total) return values->value[i].us;
    }
    return values->count > 0 ? values->value[values->count - 1].us : 0;
}

static double mean_us(const load_values *values)
{
    double sum = 0;
    for (size_t i = 0; i < values->count; i++) sum += values->value[i].us * values->value[i].count;
    return sum / values->total;
}

/* Adds one block to its batch. */
static void add_block(load_batch *batch, const load_block *block, double width_s,
                      load_compared_metric metric, double us)
{
    const uint32_t *slots = metrics[metric].ttft ? block->ttft : block->latency;
    switch (metrics[metric].kind) {
    case MEAN:
        batch->weight += (double)block->ended;
        batch->sum += load_block_sum(slots) / US_A_MS;
        break;
    case QUANTILE:
        batch->weight += load_block_below(slots, HUGE_VAL);
        batch->sum += load_block_below(slots, us);
        break;
    case PART:
        batch->weight += (double)block->ended;
        batch->sum += (double)block->errors;
        break;
    case RATE:
        batch->weight += width_s;
        batch->sum += (double)block->answers;
        break;
    }
}

/* The blocks of a rate begin with the first answer and leave out the two at the ends, which the run
 * did not fill. */
static void block_range(const load_blocks *run, load_compared_metric metric, size_t *from,
                        size_t *to)
{
    *from = 0;
    *to = run->count;
    if (metrics[metric].kind != RATE) return;
    while (*from < *to && run->block[*from].answers == 0) ++*from;
    if (*to - *from > 2) {
        ++*from;
        --*to;
    }
}

/* Makes the batches of one run, at most `most`; returns how many. */
static size_t batches_of(const load_blocks *run, load_compared_metric metric, double us,
                         size_t most, load_batch *batch)
{
    size_t from, to;
    block_range(run, metric, &from, &to);
    size_t blocks = to - from, count = blocks < most ? blocks : most;
    for (size_t i = 0; i < count; i++) {
        batch[i] = (load_batch){ .joined = i > 0 };
        for (size_t k = from + i * blocks / count; k < from + (i + 1) * blocks / count; k++)
            add_block(&batch[i], &run->block[k], (double)run->width / 1e9, metric, us);
    }
    return count;
}

/* Gives each run batches by its length, at least one. */
static load_spread spread_of(const load_side *side, load_compared_metric metric, double us)
{
    load_batch batch[LOAD_BATCHES + LOAD_RUNS_A_SIDE];
    size_t count = 0;
    double length = 0;
    for (size_t r = 0; r < side->runs; r++)
        length += (double)side->run[r]->count * (double)side->run[r]->width;
    for (size_t r = 0; r < side->runs && r < LOAD_RUNS_A_SIDE; r++) {
        double own = (double)side->run[r]->count * (double)side->run[r]->width;
        size_t most = length > 0 ? (size_t)(LOAD_BATCHES * own / length) : 0;
        count += batches_of(side->run[r], metric, us, most > 0 ? most : 1, batch + count);
    }
    return load_spread_of(batch, count);
}

/* The error is at least that of independent samples. */
static double part_error(double error, double part, double samples)
{
    return fmax(error, sqrt(part * (1 - part) / samples));
}

/* Sets the estimate, standard error and degrees of freedom of a side. */
static double look(const load_side *side, load_compared_metric metric, double *error,
                   double *freedom)
{
    double us = 0, value = 0;
    if (metrics[metric].kind == QUANTILE)
        us = quantile_us(values_of(side, metric), metrics[metric].q);
    load_spread spread = spread_of(side, metric, us);
    *freedom = spread.freedom;
    *error = spread.error;
    switch (metrics[metric].kind) {
    case MEAN:
        value = mean_us(values_of(side, metric)) / US_A_MS;
        break;
    case QUANTILE:
        *error = part_error(spread.error, metrics[metric].q, values_of(side, metric)->total);
        value = us / US_A_MS;
        break;
    case PART:
        *error =
            100 * part_error(spread.error, (side->errors + 1) / (side->ended + 2), side->ended);
        value = 100 * side->errors / side->ended;
        break;
    case RATE:
        value = side->throughput;
        break;
    }
    return value;
}

/* Returns one end of a side's interval, so many standard errors from the estimate. */
static double end_of(const load_change *c, int which, double errors)
{
    double q = metrics[c->metric].q;
    if (metrics[c->metric].kind != QUANTILE)
        return (which == 0 ? c->before : c->after) + errors * c->error[which];
    double logit = log(q / (1 - q)) + errors * c->error[which] / (q * (1 - q));
    return quantile_us(values_of(c->side[which], c->metric), 1 / (1 + exp(-logit))) / US_A_MS;
}

static void interval(const load_change *c, double errors, double *low, double *high)
{
    double change = c->after - c->before;
    *low = change - hypot(c->after - end_of(c, 1, -errors), end_of(c, 0, errors) - c->before);
    *high = change + hypot(end_of(c, 1, errors) - c->after, c->before - end_of(c, 0, -errors));
}

/* --- changes ---------------------------------------------------------------------------------- */

/* Joins the two sides' degrees of freedom, by the share of each in the error (Welch and
 * Satterthwaite). */
static double joint_freedom(const load_change *c, const double freedom[2])
{
    double square[2];
    for (int i = 0; i < 2; i++) square[i] = pow((end_of(c, i, 1) - end_of(c, i, -1)) / 2, 2);
    double all = square[0] + square[1];
    if (all <= 0) return fmin(freedom[0], freedom[1]);
    return all * all / (square[0] * square[0] / freedom[0] + square[1] * square[1] / freedom[1]);
}

/* Returns the level at which the interval touches 0. */
static double chance(const load_change *c)
{
    double low = 0, high = C_MOST;
    if (c->after == c->before) return 1;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2, from, to;
        interval(c, middle, &from, &to);
        if (from <= 0 && to >= 0)
            high = middle;
        else
            low = middle;
    }
    return load_student_p(high, c->freedom);
}

static bool too_few(const load_change *c)
{
    double q = metrics[c->metric].q, rarer = fmin(q, 1 - q);
    if (metrics[c->metric].kind != QUANTILE) return false;
    for (int i = 0; i < 2; i++) {
        /* The number of independent samples with this error. */
        double independent = q * (1 - q) / (c->error[i] * c->error[i]);
        if (values_of(c->side[i], c->metric)->total * rarer < FEW ||
            independent * rarer < FEW_INDEPENDENT)
            return true;
    }
    return false;
}

size_t load_difference(const load_side *before, const load_side *after,
                       load_change change[LOAD_COMPARED])
{
    size_t count = 0;
    for (load_compared_metric m = 0; m < LOAD_COMPARED; m++) {
        double freedom[2];
        if (metrics[m].ttft && (before->ttft.total <= 0 || after->ttft.total <= 0)) continue;
        load_change *c = &change[count++];
        *c = (load_change){ .metric = m, .side = { before, after }, .p = 1 };
        c->before = look(before, m, &c->error[0], &freedom[0]);
        c->after = look(after, m, &c->error[1], &freedom[1]);
        if (too_few(c))
            c->verdict = LOAD_TOO_FEW;
        else if (freedom[0] < LOAD_FREEDOM_MIN || freedom[1] < LOAD_FREEDOM_MIN)
            c->verdict = LOAD_TOO_SHORT;
        if (c->verdict != LOAD_SAME) continue;
        c->freedom = joint_freedom(c, freedom);
        c->p = chance(c);
    }
    return count;
}

static void tell(load_change *c, double level)
{
    bool relevant = fabs(c->after - c->before) >= RELEVANT * c->before;
    bool more_is_better = metrics[c->metric].kind == RATE;
    interval(c, load_student_t(level, c->freedom), &c->low, &c->high);
    if (relevant && c->low > 0) c->verdict = more_is_better ? LOAD_BETTER : LOAD_WORSE;
    if (relevant && c->high < 0) c->verdict = more_is_better ? LOAD_WORSE : LOAD_BETTER;
}

static bool judged(const load_change *c)
{
    return c->verdict != LOAD_TOO_FEW && c->verdict != LOAD_TOO_SHORT;
}

/* Holm: the smallest p has to be below LEVEL divided by their number, the next below LEVEL divided
 * by one less, and so on until one is not; that one's level is the level of the rest. So each
 * interval excludes 0 exactly when its change is reported. */
void load_difference_judge(load_change *change, size_t count)
{
    size_t left = 0;
    double before = -1; /* the last p */
    for (size_t i = 0; i < count; i++) left += judged(&change[i]);
    for (bool on = true; left > 0;) {
        double level = LEVEL / (double)left, next = 2;
        for (size_t i = 0; i < count; i++)
            if (judged(&change[i]) && change[i].p > before) next = fmin(next, change[i].p);
        on = on && next < level;
        for (size_t i = 0; i < count; i++) {
            if (!judged(&change[i]) || change[i].p <= before) continue;
            if (on && change[i].p > next) continue;
            tell(&change[i], level);
            left--;
        }
        before = on ? next : 2;
    }
}

double load_change_hides(const load_change *change, bool *part)
{
    double most = fmax(fabs(change->low), fabs(change->high));
    *part = change->before > 0;
    return *part ? most / change->before : most;
}
