/* lengths.c - see lengths.h. */
#include "load/lengths.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The 95th percentile of a standard normal. */
#define Z95 1.6448536
/* Draws outside the bounds before the nearer bound is taken: bounds that hold a hundredth of the
 * distribution are missed a thousand times in a row once in 23,000 lengths. */
#define DRAWS 1000

enum { PARTS_MAX = 4 };

/* 1 to 1000000, digits alone; 0: it is none. */
static uint32_t whole(gl_slice text)
{
    uint32_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') return 0;
        value = value * 10 + (uint32_t)(text.data[i] - '0');
        if (value > LOAD_LENGTH_MAX) return 0;
    }
    return value;
}

static bool range(gl_slice text, uint32_t *least, uint32_t *most)
{
    const char *dash = memchr(text.data, '-', text.len);
    if (dash == NULL) return false;
    size_t before = (size_t)(dash - text.data);
    *least = whole(gl_slice_of(text.data, before));
    *most = whole(gl_slice_of(dash + 1, text.len - before - 1));
    return *least > 0 && *most >= *least;
}

static size_t split(gl_slice text, gl_slice parts[PARTS_MAX])
{
    size_t count = 0;
    while (count < PARTS_MAX) {
        const char *end = memchr(text.data, ':', text.len);
        size_t len = end != NULL ? (size_t)(end - text.data) : text.len;
        parts[count++] = gl_slice_of(text.data, len);
        if (end == NULL) return count;
        text = gl_slice_of(end + 1, text.len - len - 1);
    }
    return PARTS_MAX + 1;
}

static const char *parse_named(load_lengths *lengths, const gl_slice *parts, size_t count)
{
    bool logs = lengths->kind == LOAD_LENGTHS_LOGNORMAL;
    uint32_t middle = count > 1 ? whole(parts[1]) : 0, other = count > 2 ? whole(parts[2]) : 0;
    if (count < 3 || count > PARTS_MAX || middle == 0)
        return logs ? "is no lognormal:MEDIAN:P95 or lognormal:MEDIAN:P95:LEAST-MOST"
                    : "is no normal:MEAN:DEVIATION or normal:MEAN:DEVIATION:LEAST-MOST";
    if (logs && other <= middle) return "has a p95 that is not above the median";
    if (other == 0) return "has no deviation from 1 to 1000000";
    lengths->middle = logs ? log(middle) : middle;
    lengths->deviation = logs ? log((double)other / middle) / Z95 : other;
    if (count == PARTS_MAX && !range(parts[3], &lengths->least, &lengths->most))
        return "has no bounds LEAST-MOST behind it, from 1 to 1000000";
    return NULL;
}

bool load_lengths_parse(load_lengths *lengths, gl_slice text, char *problem, size_t problem_size)
{
    gl_slice parts[PARTS_MAX];
    size_t count = split(text, parts);
    const char *wrong = NULL;
    *lengths = (load_lengths){ .least = 1, .most = LOAD_LENGTH_MAX };
    if (gl_slice_is(parts[0], "normal") || gl_slice_is(parts[0], "lognormal")) {
        lengths->kind =
            gl_slice_is(parts[0], "normal") ? LOAD_LENGTHS_NORMAL : LOAD_LENGTHS_LOGNORMAL;
        wrong = parse_named(lengths, parts, count);
    } else {
        lengths->kind = LOAD_LENGTHS_UNIFORM;
        lengths->least = lengths->most = whole(text);
        if (lengths->least == 0 && !range(text, &lengths->least, &lengths->most))
            wrong = "is no number from 1 to 1000000, LEAST-MOST, normal:MEAN:DEVIATION or "
                    "lognormal:MEDIAN:P95";
    }
    if (wrong == NULL) return true;
    snprintf(problem, problem_size, "%s", wrong);
    return false;
}

bool load_lengths_same(const load_lengths *a, const load_lengths *b)
{
    return a->kind == b->kind && a->least == b->least && a->most == b->most &&
           memcmp(&a->middle, &b->middle, sizeof a->middle) == 0 &&
           memcmp(&a->deviation, &b->deviation, sizeof a->deviation) == 0;
}

uint32_t load_lengths_draw(const load_lengths *lengths, gl_rng *rng)
{
    const load_lengths *l = lengths;
    double value = 0;
    if (l->kind == LOAD_LENGTHS_UNIFORM)
        return l->least + (l->most > l->least ? gl_rng_below(rng, l->most - l->least + 1) : 0);
    for (int i = 0; i < DRAWS; i++) {
        value = l->middle + l->deviation * gl_rng_normal(rng);
        if (l->kind == LOAD_LENGTHS_LOGNORMAL) value = exp(value);
        value = round(value);
        if (value >= l->least && value <= l->most) return (uint32_t)value;
    }
    return value < l->least ? l->least : l->most;
}
