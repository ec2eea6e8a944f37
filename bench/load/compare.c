/*
 * compare.c - two reports side by side; see compare.h. Quantiles by a bootstrap over the
 * histograms, with a fixed seed: the same files always get the same verdict.
 */
#include "load/compare.h"

#include <json-c/json.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/rng.h"

#define DRAWS    2000
#define RELEVANT 0.02  /* of the first */
#define Z        2.576 /* two sides of the normal at 99 % */

typedef struct sample {
    json_object *root;
    json_object *buckets; /* [[us, count], ...] */
    double count, measured, error_rate;
} sample;

static bool member(json_object *o, const char *name, json_type type, json_object **value)
{
    return json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, name, value) &&
           json_object_is_type(*value, type);
}

static bool bucket(const sample *s, size_t i, double *us, double *count)
{
    json_object *pair = json_object_array_get_idx(s->buckets, i);
    if (!json_object_is_type(pair, json_type_array) || json_object_array_length(pair) != 2)
        return false;
    *us = json_object_get_double(json_object_array_get_idx(pair, 0));
    *count = json_object_get_double(json_object_array_get_idx(pair, 1));
    return *us >= 0 && *count > 0;
}

static const char *load(sample *s, const char *text)
{
    json_object *value, *totals, *latency;
    s->root = json_tokener_parse(text);
    if (!member(s->root, "glimpse_bench", json_type_int, &value)) return "is no report of a bench";
    if (json_object_get_int(value) != 1) return "is of a version that is not known";
    if (!member(s->root, "totals", json_type_object, &totals) ||
        !member(s->root, "distributions", json_type_object, &value) ||
        !member(value, "latency", json_type_object, &latency) ||
        !member(latency, "histogram", json_type_array, &s->buckets) ||
        !member(totals, "measured", json_type_int, &value))
        return "lacks its figures";
    s->measured = json_object_get_double(value);
    if (json_object_object_get_ex(totals, "error_rate", &value))
        s->error_rate = json_object_get_double(value);
    for (size_t i = 0; i < json_object_array_length(s->buckets); i++) {
        double us, count;
        if (!bucket(s, i, &us, &count)) return "has a histogram that is none";
        s->count += count;
    }
    return s->count > 0 && s->measured > 0 ? NULL : "measured nothing";
}

static double quantile(const sample *s, double q)
{
    double us = 0, count, seen = 0;
    for (size_t i = 0; i < json_object_array_length(s->buckets); i++) {
        if (!bucket(s, i, &us, &count)) break;
        seen += count;
        if (seen >= q * s->count) break;
    }
    return us;
}

/* The quantile of a resample: how many of it lie below is binomial, which is near the normal. */
static double resampled(const sample *s, double q, gl_rng *rng)
{
    return quantile(s, q + gl_rng_normal(rng) * sqrt(q * (1 - q) / s->count));
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void judge(load_change *c)
{
    bool relevant = fabs(c->after - c->before) >= RELEVANT * c->before;
    c->verdict = LOAD_SAME;
    if (relevant && c->low > 0) c->verdict = LOAD_WORSE;
    if (relevant && c->high < 0) c->verdict = LOAD_BETTER;
}

static void compare(const sample *a, const sample *b, load_change *change, double *draws)
{
    static const struct {
        const char *name;
        double q;
    } rows[] = { { "latency p50", 0.5 }, { "latency p95", 0.95 }, { "latency p99", 0.99 } };
    gl_rng rng;
    gl_rng_seed(&rng, 1);
    for (size_t r = 0; r < 3; r++, change++) {
        *change = (load_change){ .name = rows[r].name,
                                 .before = quantile(a, rows[r].q),
                                 .after = quantile(b, rows[r].q) };
        for (size_t i = 0; i < DRAWS; i++)
            draws[i] = resampled(b, rows[r].q, &rng) - resampled(a, rows[r].q, &rng);
        qsort(draws, DRAWS, sizeof *draws, ascending);
        change->low = draws[DRAWS / 200];
        change->high = draws[DRAWS - 1 - DRAWS / 200];
        judge(change);
    }
    double pa = a->error_rate, pb = b->error_rate;
    double wide = Z * sqrt(pa * (1 - pa) / a->measured + pb * (1 - pb) / b->measured);
    *change = (load_change){ .name = "error rate",
                             .before = pa,
                             .after = pb,
                             .low = pb - pa - wide,
                             .high = pb - pa + wide };
    judge(change);
}

bool load_compare(const char *before, const char *after, load_change change[LOAD_COMPARED],
                  char *problem, size_t problem_size)
{
    sample a = { 0 }, b = { 0 };
    const char *wrong = load(&a, before), *which = "the first";
    double *draws = gl_malloc(DRAWS * sizeof *draws);
    if (wrong == NULL) {
        which = "the second";
        wrong = load(&b, after);
    }
    if (wrong == NULL && draws == NULL) wrong = "does not fit into memory";
    if (wrong == NULL)
        compare(&a, &b, change, draws);
    else
        snprintf(problem, problem_size, "%s %s", which, wrong);
    gl_free(draws);
    json_object_put(a.root);
    json_object_put(b.root);
    return wrong == NULL;
}
