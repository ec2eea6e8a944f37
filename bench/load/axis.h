/*
 * axis.h - an axis of a chart: the place of a value on it, and its marks. Pure.
 */
#ifndef LOAD_AXIS_H
#define LOAD_AXIS_H

#include <stddef.h>
#include <stdint.h>

#define LOAD_TICKS 24

typedef struct load_axis {
    enum { LOAD_AXIS_LINEAR, LOAD_AXIS_LOG, LOAD_AXIS_PERCENTILE } kind;
    double low, high; /* of a percentile axis: nines, log10(1 / (1 - q)) */
    double step;      /* of a linear one */
} load_axis;

/* From 0 to the first mark at or above high; at most `steps` steps of 1, 2 or 5 times a power of
 * ten. Without a positive value the axis goes to 1. */
load_axis load_axis_linear(double high, int steps);

/* The same marks, but the axis ends at high. */
load_axis load_axis_span(double high, int steps);

/* From the mark at or below low to the mark at or above high, marks being 1, 2 and 5 times powers
 * of ten. 0 < low <= high. */
load_axis load_axis_log(double low, double high);

/* Linear from 0, or logarithmic where a linear axis would hide the small values. */
load_axis load_axis_wide(double low, double high);

/* For a number of values: the last of them gets a piece of its own. Each further nine is as wide as
 * the one before. */
load_axis load_axis_percentile(uint64_t count);

/* 0 at the low end, 1 at the high one, never outside. A percentile axis takes a part of 1. */
double load_axis_place(const load_axis *axis, double value);

/* Returns the number of marked values, in ascending order. */
size_t load_axis_ticks(const load_axis *axis, double ticks[LOAD_TICKS]);

#endif
