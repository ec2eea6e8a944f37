/* abort.c - see abort.h. */
#include "load/abort.h"

#include <math.h>
#include <stdio.h>

#define DEVIATIONS 4.5

bool load_abort_parse(load_sla *terms, const char *text, char *problem, size_t problem_size)
{
    if (!load_sla_parse(terms, text, problem, problem_size)) return false;
    for (size_t i = 0; i < terms->count; i++) {
        const load_term *term = &terms->term[i];
        const char *wrong = NULL;
        if (load_term_is_rate(term) || term->quantile < 0)
            wrong = "a rate or a mean is decided by no count of requests; take a percentile, max, "
                    "error_rate, hit_rate or good_rate";
        else if (term->kind == LOAD_TERM_DURATION && term->less)
            wrong = "says what is bad, and to be fast is not: write NAME>DURATION";
        if (wrong == NULL) continue;
        snprintf(problem, problem_size, "'%s': %s", term->text, wrong);
        return false;
    }
    return true;
}

/* Wilson's interval of the part k of n. */
static void interval(double k, double n, double *low, double *high)
{
    const double z = DEVIATIONS, z2 = z * z;
    double p = k / n, middle = p + z2 / (2 * n);
    double half = z * sqrt(p * (1 - p) / n + z2 / (4 * n * n)), scale = 1 + z2 / n;
    *low = (middle - half) / scale;
    *high = (middle + half) / scale;
}

static bool beyond(bool less, double bound, uint64_t of, uint64_t all)
{
    double low, high;
    if (all == 0) return false;
    interval((double)of, (double)all, &low, &high);
    return less ? high < bound : low > bound;
}

static uint64_t above(const gl_histogram *h, double us)
{
    uint64_t value, n, count = 0;
    for (size_t at = 0; gl_histogram_next(h, &at, &value, &n);)
        if ((double)value > us) count += n;
    return count;
}

static bool holds(const load_term *term, const load_recorder *r)
{
    const gl_histogram *h = r->metrics[term->metric];
    switch (term->kind) {
    case LOAD_TERM_ERRORS:
        return beyond(term->less, term->bound, r->errors, r->measured);
    case LOAD_TERM_HITS:
        return beyond(term->less, term->bound, r->hits, r->measured);
    case LOAD_TERM_GOOD:
        return beyond(term->less, term->bound, r->good, r->measured);
    case LOAD_TERM_DURATION:
        if (term->quantile > 1) return (double)gl_histogram_max(h) > term->bound;
        return beyond(false, 1 - term->quantile, above(h, term->bound), gl_histogram_count(h));
    default:
        return false;
    }
}

const load_term *load_abort_look(const load_sla *terms, const load_recorder *recorder)
{
    for (size_t i = 0; i < terms->count; i++)
        if (holds(&terms->term[i], recorder)) return &terms->term[i];
    return NULL;
}
