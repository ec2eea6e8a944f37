/*
 * arrival.h - the schedule of an open loop, which depends on its settings and its seed alone, never
 * on the server or the client. Pure: no clock is read.
 *
 * A stretch is a time over which the rate goes in a straight line from one value to another. The
 * gaps of the chosen process, of mean 1, are summed, and the sum is laid along the integral of the
 * rate; so bursts stay bursts on a ramp, and errors do not add up.
 */
#ifndef LOAD_ARRIVAL_H
#define LOAD_ARRIVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/rng.h"
#include "base/time.h"

typedef enum load_process {
    LOAD_PROCESS_CONSTANT, /* equal gaps */
    LOAD_PROCESS_POISSON,  /* independent arrivals: exponential gaps */
    LOAD_PROCESS_GAMMA     /* gamma gaps: shape below 1 comes in bursts, 1 is Poisson, above 1 is
                              steadier */
} load_process;

#define LOAD_STRETCHES 64

typedef struct load_stretch {
    double from, to; /* arrivals a second */
    double seconds;  /* INFINITY for a last stretch without an end */
} load_stretch;

typedef struct load_arrivals {
    load_stretch stretch[LOAD_STRETCHES];
    size_t count;
    load_process process;
    double shape; /* of GAMMA */
    gl_rng rng;

    double sum;           /* of gaps so far */
    size_t current;       /* the stretch that the next arrival is looked for in */
    double before, start; /* arrivals expected, and seconds gone, before that stretch */
} load_arrivals;

/*
 * Sets it at its beginning. Stretches need a positive rate somewhere, and none negative; all before
 * an INFINITY are finite. shape is above 0.
 */
void load_arrivals_init(load_arrivals *arrivals, const load_stretch *stretch, size_t count,
                        load_process process, double shape, uint64_t seed);

/* Returns the next time, in nanoseconds since the start, never less than the one before it;
 * GL_TIME_NEVER when the last stretch is over. The first arrival of CONSTANT is at 0. */
gl_time load_arrivals_next(load_arrivals *arrivals);

#endif
