/*
 * time_chart.h - charts over the time of a run: all have the same axis, with the same marks shaded
 * on it, and their data as a table below.
 */
#ifndef LOAD_TIME_CHART_H
#define LOAD_TIME_CHART_H

#include "load/marks.h"
#include "load/markup.h"
#include "load/svg.h"

typedef struct load_time {
    double end_s, unit_s; /* unit_s: the unit in which time is written */
    const char *unit;
    const load_marks *marks; /* NULL: no shades */
    gl_time start;           /* of the run, on the marks' clock */
} load_time;

load_time load_time_of(double end_s, const load_marks *marks, gl_time start);

/* The value of a row; NAN: it is not known. */
typedef double load_time_value(const void *of, size_t row, int what);

typedef struct load_time_line {
    const char *name; /* in the legend, and of its column */
    load_time_value *value;
    const void *of;
    int what;
    double row_s;
    size_t rows;
    const char *before, *after; /* of the figures' places: "timeline." ROW ".p50_us" */
} load_time_line;

typedef struct load_time_chart {
    const char *id, *title, *y_unit;
    load_svg_label *y_label;
    load_shown (*show)(double value);
    enum { LOAD_TIME_FROM_0, LOAD_TIME_MAY_BE_LOG, LOAD_TIME_WHOLE, LOAD_TIME_PART } y;
    const char *kind; /* of the one line; NULL: the first */
    size_t lines;
    load_time_line line[LOAD_SERIES];
} load_time_chart;

/* Draws nothing where all values are 0 or not known: an empty chart takes no room. */
bool load_time_chart_draw(gl_buf *out, const load_time_chart *chart, const load_time *time);

/* Shades the marks in a chart of one's own, between the opening and the lines. */
void load_time_shade(gl_buf *out, const load_svg *chart, const load_time *time);

/* Explains the shades that are there, with a table of them. */
void load_time_legend(gl_buf *out, const load_time *time);

#endif
