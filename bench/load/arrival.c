/* arrival.c - see arrival.h. */
#include "load/arrival.h"

#include <math.h>
#include <string.h>

void load_arrivals_init(load_arrivals *arrivals, const load_stretch *stretch, size_t count,
                        load_process process, double shape, uint64_t seed)
{
    memset(arrivals, 0, sizeof *arrivals);
    memcpy(arrivals->stretch, stretch, count * sizeof *stretch);
    arrivals->count = count;
    arrivals->process = process;
    arrivals->shape = shape;
    gl_rng_seed(&arrivals->rng, seed);
}

/* 0 < u <= 1, so that it has a logarithm. */
static double positive_uniform(gl_rng *rng)
{
    return 1.0 - gl_rng_uniform(rng);
}

/* Marsaglia and Tsang, "A simple method for generating gamma variables" (2000), scale 1. */
static double gamma_draw(gl_rng *rng, double shape)
{
    if (shape < 1) return gamma_draw(rng, shape + 1) * pow(positive_uniform(rng), 1 / shape);
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = gl_rng_normal(rng), v = 1 + c * x;
        if (v <= 0) continue;
        v = v * v * v;
        if (log(positive_uniform(rng)) < 0.5 * x * x + d - d * v + d * log(v)) return d * v;
    }
}

static double gap(load_arrivals *arrivals)
{
    switch (arrivals->process) {
    case LOAD_PROCESS_POISSON:
        return -log(positive_uniform(&arrivals->rng));
    case LOAD_PROCESS_GAMMA:
        return gamma_draw(&arrivals->rng, arrivals->shape) / arrivals->shape;
    case LOAD_PROCESS_CONSTANT:
        break;
    }
    return 1;
}

/* How many arrivals a stretch is expected to have. */
static double volume(const load_stretch *stretch)
{
    if (isinf(stretch->seconds)) return INFINITY;
    return (stretch->from + stretch->to) / 2 * stretch->seconds;
}

/* Seconds into the stretch at which so many of its arrivals are over: of
 * from t + (to - from) t^2 / (2 seconds) = area, the root that has no difference of near numbers.
 */
static double seconds_at(const load_stretch *stretch, double area)
{
    if (area <= 0) return 0;
    double bend = isinf(stretch->seconds) ? 0 : (stretch->to - stretch->from) / stretch->seconds;
    double under = stretch->from * stretch->from + 2 * bend * area;
    return 2 * area / (stretch->from + sqrt(under > 0 ? under : 0));
}

gl_time load_arrivals_next(load_arrivals *arrivals)
{
    /* Equal gaps begin with an arrival; the others with a gap, as a process that was always on. */
    double at = arrivals->sum;
    if (arrivals->process == LOAD_PROCESS_CONSTANT)
        arrivals->sum += 1;
    else
        at = arrivals->sum += gap(arrivals);
    while (arrivals->current < arrivals->count) {
        const load_stretch *stretch = &arrivals->stretch[arrivals->current];
        double here = volume(stretch);
        if (at < arrivals->before + here) {
            double seconds = arrivals->start + seconds_at(stretch, at - arrivals->before);
            return seconds < 1e9 ? (gl_time)(seconds * 1e9) : GL_TIME_NEVER;
        }
        arrivals->before += here;
        arrivals->start += stretch->seconds;
        arrivals->current++;
    }
    return GL_TIME_NEVER;
}
