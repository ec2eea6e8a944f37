/* latency.c - see latency.h. Pure but for reading recorded times. */
#include "mock/latency.h"

#include <math.h>
#include <stdio.h>

#include "mock/spec.h"

#define LONGEST_NS  3.6e12    /* one hour */
#define Z95         1.6448536 /* 95 % of a normal distribution lie below mean + Z95 deviations */
#define WHOLE       UINT32_C(1000000)
#define PER_PERCENT 1e4

static bool refuse(const char *name, const char *why, const char *spec, char *problem,
                   size_t problem_size)
{
    snprintf(
        problem, problem_size,
        "%s: %s in '%.200s' (0, 1400ms, normal:MEAN:DEVIATION, lognormal:MEDIAN:P95, "
        "mix:PERCENT%%:SPEC,..., recorded:FILE, recorded-random:FILE; units us, ms, s; at most "
        "an hour)",
        name, why, spec);
    return false;
}

/* NULL: it was read; else the error in the text. */
static const char *read_part(mock_latency_part *part, gl_slice text)
{
    double second;
    gl_slice rest = text, kind = mock_spec_next(&rest, ':');
    if (kind.len == text.len)
        return mock_spec_duration(text, &part->middle) ? NULL : "not a duration";
    if (gl_slice_is(kind, "normal"))
        part->kind = MOCK_LATENCY_NORMAL;
    else if (gl_slice_is(kind, "lognormal"))
        part->kind = MOCK_LATENCY_LOGNORMAL;
    else
        return "unknown distribution";
    gl_slice middle = mock_spec_next(&rest, ':');
    if (!mock_spec_duration(middle, &part->middle) || !mock_spec_duration(rest, &second))
        return "not two durations";
    part->spread = second;
    if (part->kind == MOCK_LATENCY_LOGNORMAL) {
        if (part->middle <= 0 || second < part->middle)
            return "P95 below the median, or a median of 0";
        part->spread = log(second / part->middle) / Z95;
    }
    return NULL;
}

static const char *read_mix(mock_latency *latency, gl_slice rest)
{
    uint64_t total = 0;
    while (rest.len != 0) {
        double percent;
        gl_slice unit, part = mock_spec_next(&rest, ',');
        gl_slice share = mock_spec_next(&part, ':');
        if (!mock_spec_number(share, &percent, &unit) || !gl_slice_is(unit, "%") || percent > 100)
            return "not a percentage";
        if (latency->count == MOCK_LATENCY_PARTS) return "more than 8 parts";
        mock_latency_part *to = &latency->part[latency->count++];
        to->share = (uint32_t)lround(percent * PER_PERCENT);
        total += to->share;
        const char *why = read_part(to, part);
        if (why != NULL) return why;
    }
    return total == WHOLE ? NULL : "not 100 % in all";
}

bool mock_latency_parse(mock_latency *latency, const char *name, const char *spec, char *problem,
                        size_t problem_size)
{
    *latency = (mock_latency){ 0 };
    gl_slice rest = gl_slice_str(spec);
    if (rest.len == 0) return true;
    gl_slice all = rest, kind = mock_spec_next(&rest, ':');
    bool random = gl_slice_is(kind, "recorded-random");
    const char *why;
    size_t line = 0;
    if (kind.len < all.len && (random || gl_slice_is(kind, "recorded"))) {
        if (rest.len == 0) return refuse(name, "no file", spec, problem, problem_size);
        why = mock_recorded_read(&latency->recorded, rest.data, &line);
        latency->recorded.random = random;
        if (why == NULL) return true;
        if (line != 0)
            snprintf(problem, problem_size, "%s: %.300s line %zu: %s", name, rest.data, line, why);
        else
            snprintf(problem, problem_size, "%s: %.300s: %s", name, rest.data, why);
        return false;
    }
    if (kind.len < all.len && gl_slice_is(kind, "mix"))
        why = read_mix(latency, rest);
    else
        why = read_part(&latency->part[0], all);
    return why == NULL || refuse(name, why, spec, problem, problem_size);
}

void mock_latency_free(mock_latency *latency)
{
    mock_recorded_free(&latency->recorded);
}

static const mock_latency_part *choose_part(const mock_latency *latency, gl_rng *rng)
{
    if (latency->count == 0) return &latency->part[0];
    uint32_t at = gl_rng_below(rng, WHOLE);
    size_t i = 0;
    for (; i + 1 < latency->count && at >= latency->part[i].share; i++)
        at -= latency->part[i].share;
    return &latency->part[i];
}

gl_time mock_latency_draw(mock_latency *latency, gl_rng *rng)
{
    if (latency->recorded.durations != NULL) return mock_recorded_draw(&latency->recorded, rng);
    const mock_latency_part *part = choose_part(latency, rng);
    double ns = part->middle;
    if (part->kind == MOCK_LATENCY_NORMAL)
        ns += part->spread * gl_rng_normal(rng);
    else if (part->kind == MOCK_LATENCY_LOGNORMAL)
        ns *= exp(part->spread * gl_rng_normal(rng));
    if (!(ns > 0)) return 0;
    return (gl_time)(ns < LONGEST_NS ? ns : LONGEST_NS);
}
