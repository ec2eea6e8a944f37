/* mock_latency.c - see mock_latency.h. Pure. */
#include "mock/mock_latency.h"

#include <math.h>
#include <stdio.h>

#include "mock/mock_spec.h"

#define LONGEST_NS 3.6e12    /* one hour */
#define Z95        1.6448536 /* 95 % of a normal distribution lie below mean + Z95 deviations */

static bool refuse(const char *why, const char *spec, char *problem, size_t problem_size)
{
    snprintf(problem, problem_size,
             "latency: %s in '%s' (0, 1400ms, normal:MEAN:DEVIATION, "
             "lognormal:MEDIAN:P95; units us, ms, s; at most an hour)",
             why, spec);
    return false;
}

bool mock_latency_parse(mock_latency *latency, const char *spec, char *problem, size_t problem_size)
{
    *latency = (mock_latency){ 0 };
    gl_slice rest = gl_slice_str(spec);
    if (rest.len == 0) return true;
    if (strchr(spec, ':') == NULL) {
        if (mock_spec_duration(rest, &latency->middle)) return true;
        return refuse("not a duration", spec, problem, problem_size);
    }
    gl_slice kind = mock_spec_next(&rest, ':');
    gl_slice middle = mock_spec_next(&rest, ':');
    double second;
    if (gl_slice_is(kind, "normal"))
        latency->kind = MOCK_LATENCY_NORMAL;
    else if (gl_slice_is(kind, "lognormal"))
        latency->kind = MOCK_LATENCY_LOGNORMAL;
    else
        return refuse("unknown distribution", spec, problem, problem_size);
    if (!mock_spec_duration(middle, &latency->middle) || !mock_spec_duration(rest, &second))
        return refuse("not two durations", spec, problem, problem_size);
    latency->spread = second;
    if (latency->kind == MOCK_LATENCY_LOGNORMAL) {
        if (latency->middle <= 0 || second < latency->middle)
            return refuse("P95 below the median, or a median of 0", spec, problem, problem_size);
        latency->spread = log(second / latency->middle) / Z95;
    }
    return true;
}

gl_time mock_latency_draw(const mock_latency *latency, gl_rng *rng)
{
    double ns = latency->middle;
    if (latency->kind == MOCK_LATENCY_NORMAL)
        ns += latency->spread * gl_rng_normal(rng);
    else if (latency->kind == MOCK_LATENCY_LOGNORMAL)
        ns *= exp(latency->spread * gl_rng_normal(rng));
    if (!(ns > 0)) return 0;
    return (gl_time)(ns < LONGEST_NS ? ns : LONGEST_NS);
}
