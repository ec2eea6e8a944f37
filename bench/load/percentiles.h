/* percentiles.h - the percentiles of a report: --percentiles 50,90,99.9. Pure. */
#ifndef LOAD_PERCENTILES_H
#define LOAD_PERCENTILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/histogram.h"

#define LOAD_PERCENTILES_MAX 12

typedef struct load_percentiles {
    struct {
        char name[12]; /* as written: "99.9" */
        double q;      /* above 0 to 1 */
    } of[LOAD_PERCENTILES_MAX];
    size_t count;
    bool asked; /* they are not the usual ones */
} load_percentiles;

/* The usual ones as members of a distribution in the JSON report, and as words. */
#define LOAD_REPORTED 6
extern const struct load_reported {
    const char *name, *title;
    double q;
} load_reported[LOAD_REPORTED];

/* us, or NAN where nothing was counted: 0 us would be wrong. */
double load_known_us(const gl_histogram *h, double us);
double load_quantile_us(const gl_histogram *h, double q);

/* 50, 75, 90, 95, 99, 99.9 */
const load_percentiles *load_percentiles_usual(void);

/* NULL gives the usual ones. false: problem names the fault. */
bool load_percentiles_parse(load_percentiles *list, const char *text, char *problem,
                            size_t problem_size);

#endif
