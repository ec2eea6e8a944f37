/* percentiles.c - see percentiles.h. */
#include "load/percentiles.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "load/number.h"

const struct load_reported load_reported[LOAD_REPORTED] = {
    { "p50_us", "p50", 0.5 },  { "p75_us", "p75", 0.75 }, { "p90_us", "p90", 0.9 },
    { "p95_us", "p95", 0.95 }, { "p99_us", "p99", 0.99 }, { "p999_us", "p99.9", 0.999 }
};

double load_known_us(const gl_histogram *h, double us)
{
    return gl_histogram_count(h) > 0 ? us : NAN;
}

double load_quantile_us(const gl_histogram *h, double q)
{
    return load_known_us(h, (double)gl_histogram_quantile(h, q));
}

const load_percentiles *load_percentiles_usual(void)
{
    static const load_percentiles usual = { .of = { { "50", 0.5 },
                                                    { "75", 0.75 },
                                                    { "90", 0.9 },
                                                    { "95", 0.95 },
                                                    { "99", 0.99 },
                                                    { "99.9", 0.999 } },
                                            .count = 6 };
    return &usual;
}

bool load_percentiles_parse(load_percentiles *list, const char *text, char *problem,
                            size_t problem_size)
{
    *list = *load_percentiles_usual();
    if (text == NULL) return true;
    *list = (load_percentiles){ .asked = true };
    for (;;) {
        size_t len = strcspn(text, ",");
        gl_slice word = load_trim(gl_slice_of(text, len));
        if (list->count == LOAD_PERCENTILES_MAX) {
            snprintf(problem, problem_size, "has more than %d", LOAD_PERCENTILES_MAX);
            return false;
        }
        char *name = list->of[list->count].name;
        double percent = 0;
        if (word.len < sizeof list->of[0].name) memcpy(name, word.data, word.len);
        if (word.len == 0 || word.len >= sizeof list->of[0].name ||
            !load_read_plain(name, &percent) || !(percent > 0) || percent > 100) {
            snprintf(problem, problem_size, "'%.*s' is no percentile above 0, at most 100",
                     (int)(word.len < 40 ? word.len : 40), word.data);
            return false;
        }
        list->of[list->count].q = percent / 100;
        for (size_t i = 0; i < list->count; i++)
            if (strcmp(list->of[i].name, name) == 0) {
                snprintf(problem, problem_size, "'%s' is there twice", name);
                return false;
            }
        list->count++;
        if (text[len] == '\0') return true;
        text += len + 1;
    }
}
