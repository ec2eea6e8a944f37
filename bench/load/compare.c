/*
 * compare.c - two reports side by side; see compare.h. Quantiles by a bootstrap over the
 * histograms, with a fixed seed: the same files always get the same verdict. Throughput by the
 * means of batches of the timeline's rows.
 */
#include "load/compare.h"

#include <json-c/json.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"

#define DRAWS       2000
#define US_A_MS     1e3
#define BATCHES_MIN 5
#define BATCHES_MAX 20
#define RELEVANT    0.02  /* of the first */
#define Z           2.576 /* two sides of the normal at 99 % */

typedef struct sample {
    json_object *root;
    json_object *buckets;         /* [[us, count], ...] */
    json_object *settings, *rows; /* may be NULL */
    double count, measured, error_rate, throughput, row_s;
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
    if (json_object_object_get_ex(totals, "throughput_rps", &value))
        s->throughput = json_object_get_double(value);
    if (json_object_object_get_ex(s->root, "row_s", &value))
        s->row_s = json_object_get_double(value);
    if (!member(s->root, "timeline", json_type_array, &s->rows)) s->rows = NULL;
    if (!member(s->root, "settings", json_type_object, &s->settings)) s->settings = NULL;
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

static void judge(load_change *c, bool more_is_better)
{
    bool relevant = fabs(c->after - c->before) >= RELEVANT * c->before;
    c->verdict = LOAD_SAME;
    if (relevant && c->low > 0) c->verdict = more_is_better ? LOAD_BETTER : LOAD_WORSE;
    if (relevant && c->high < 0) c->verdict = more_is_better ? LOAD_WORSE : LOAD_BETTER;
}

/* How wide half of the 99 % interval of the run's throughput is. The rows but the first and the
 * last, which the run did not fill, are taken together in batches, so that what goes from one row
 * into the next is within a batch; the spread of their means is the throughput's, times Student's
 * quantile. A run too short for batches has that of a Poisson count. */
static double throughput_width(const sample *s)
{
    /* Two-sided 99 % of Student's t with BATCHES_MIN - 1 .. BATCHES_MAX - 1 degrees of freedom. */
    static const double student[] = { 4.604, 4.032, 3.707, 3.499, 3.355, 3.250, 3.169, 3.106,
                                      3.055, 3.012, 2.977, 2.947, 2.921, 2.898, 2.878, 2.861 };
    size_t rows = s->rows != NULL ? json_object_array_length(s->rows) : 0;
    rows = rows > 2 ? rows - 2 : 0;
    size_t batches = rows < BATCHES_MAX ? rows : BATCHES_MAX;
    if (batches < BATCHES_MIN || s->row_s <= 0) return Z * s->throughput / sqrt(s->measured);
    size_t each = rows / batches;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < batches; i++) {
        double done = 0;
        for (size_t k = 0; k < each; k++) {
            json_object *value;
            json_object *row = json_object_array_get_idx(s->rows, 1 + i * each + k);
            if (member(row, "done", json_type_int, &value)) done += json_object_get_double(value);
            if (member(row, "errors", json_type_int, &value)) done -= json_object_get_double(value);
        }
        double mean = done / ((double)each * s->row_s);
        sum += mean;
        squares += mean * mean;
    }
    double n = (double)batches, variance = (squares - sum * sum / n) / (n - 1);
    return student[batches - BATCHES_MIN] * sqrt(fmax(variance, 0) / n);
}

static void compare(const sample *a, const sample *b, load_change *change, double *draws)
{
    static const struct {
        const char *name;
        double q;
    } rows[] = { { "latency p50, ms", 0.5 },
                 { "latency p95, ms", 0.95 },
                 { "latency p99, ms", 0.99 } };
    gl_rng rng;
    gl_rng_seed(&rng, 1);
    for (size_t r = 0; r < 3; r++, change++) {
        *change = (load_change){ .name = rows[r].name,
                                 .before = quantile(a, rows[r].q) / US_A_MS,
                                 .after = quantile(b, rows[r].q) / US_A_MS };
        for (size_t i = 0; i < DRAWS; i++)
            draws[i] = resampled(b, rows[r].q, &rng) - resampled(a, rows[r].q, &rng);
        qsort(draws, DRAWS, sizeof *draws, ascending);
        change->low = draws[DRAWS / 200] / US_A_MS;
        change->high = draws[DRAWS - 1 - DRAWS / 200] / US_A_MS;
        judge(change, false);
    }
    double pa = a->error_rate, pb = b->error_rate;
    double wide = Z * sqrt(pa * (1 - pa) / a->measured + pb * (1 - pb) / b->measured);
    *change = (load_change){ .name = "error rate, %",
                             .before = 100 * pa,
                             .after = 100 * pb,
                             .low = 100 * (pb - pa - wide),
                             .high = 100 * (pb - pa + wide) };
    judge(change++, false);
    wide = hypot(throughput_width(a), throughput_width(b));
    *change = (load_change){ .name = "throughput, /s",
                             .before = a->throughput,
                             .after = b->throughput,
                             .low = b->throughput - a->throughput - wide,
                             .high = b->throughput - a->throughput + wide };
    judge(change, true);
}

/* The seed is not what a run measures. */
static void note_settings(const sample *a, const sample *b, gl_buf *notes)
{
    if (notes == NULL || a->settings == NULL || b->settings == NULL) return;
    json_object_object_foreach(a->settings, name, before)
    {
        json_object *after = NULL;
        json_object_object_get_ex(b->settings, name, &after);
        if (strcmp(name, "seed") == 0 || json_object_equal(before, after)) continue;
        gl_buf_printf(notes, "not the same %s: %s before, ", name,
                      json_object_to_json_string_ext(before, JSON_C_TO_STRING_PLAIN));
        gl_buf_printf(notes, "%s after\n",
                      json_object_to_json_string_ext(after, JSON_C_TO_STRING_PLAIN));
    }
}

bool load_compare(const char *before, const char *after, load_change change[LOAD_COMPARED],
                  gl_buf *notes, char *problem, size_t problem_size)
{
    sample a = { 0 }, b = { 0 };
    const char *wrong = load(&a, before), *which = "the first";
    double *draws = gl_malloc(DRAWS * sizeof *draws);
    if (wrong == NULL) {
        which = "the second";
        wrong = load(&b, after);
    }
    if (wrong == NULL && draws == NULL) wrong = "does not fit into memory";
    if (wrong == NULL) {
        compare(&a, &b, change, draws);
        note_settings(&a, &b, notes);
    } else {
        snprintf(problem, problem_size, "%s %s", which, wrong);
    }
    gl_free(draws);
    json_object_put(a.root);
    json_object_put(b.root);
    return wrong == NULL;
}

bool load_report_is_invalid(const char *text)
{
    json_object *root = json_tokener_parse(text), *value;
    bool invalid = member(root, "verdict", json_type_string, &value) &&
                   strcmp(json_object_get_string(value), "invalid") == 0;
    json_object_put(root);
    return invalid;
}
