/* slope.h - the growth of one quantity with another, by least squares over a stream. Pure. */
#ifndef LOAD_SLOPE_H
#define LOAD_SLOPE_H

#include <stdint.h>

typedef struct load_slope {
    uint64_t count;
    double mean_x, mean_y, xx, xy; /* xx, xy: sums about the means */
} load_slope;

void load_slope_add(load_slope *slope, double x, double y);

/* 0 where there is none: fewer than two, or all at one x. */
double load_slope_of(const load_slope *slope);

#endif
