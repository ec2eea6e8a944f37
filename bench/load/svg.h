/*
 * svg.h - charts as SVG, appended to a buffer. Places are percentages of the plot, so that a chart
 * fits any width while its text keeps its size: only the lines are in a picture that is stretched.
 */
#ifndef LOAD_SVG_H
#define LOAD_SVG_H

#include <stdbool.h>

#include "base/buf.h"
#include "load/axis.h"

#define LOAD_SERIES 6
/* The lines' own coordinates: 0 to this, x to the right and y downwards. */
#define LOAD_SVG_SIDE 10000

/* Writes the label of a mark. */
typedef void load_svg_label(double value, char *out, size_t size);

typedef struct load_svg {
    const char *id; /* of the element, and the beginning of others within */
    const char *title, *description;
    bool tall;
    load_axis x, y;
    load_svg_label *x_label, *y_label;
    const char *x_unit, *y_unit;
    struct {
        const char *name; /* as the legend has it */
        const char *kind; /* class: s1, s2, s3 differ by colour and by dashes */
    } series[LOAD_SERIES];
    size_t series_count;
} load_svg;

/* Height of the plot, CSS pixels. */
int load_svg_height(const load_svg *chart);

/* Opens the figure with its legend, grid and marks; draw, then close it. */
void load_svg_open(gl_buf *out, const load_svg *chart);
void load_svg_close(gl_buf *out, const char *note); /* note: HTML below the chart, or NULL */

/* The same in steps: the caption, to which an own legend may be added, and the plot; the end of the
 * plot, and that of the figure, with other text in between. */
void load_svg_caption(gl_buf *out, const load_svg *chart);
void load_svg_plot(gl_buf *out, const load_svg *chart);
void load_svg_end(gl_buf *out);
void load_svg_figure_end(gl_buf *out);

/* --- lines: between load_svg_lines and load_svg_lines_end --- */

void load_svg_lines(gl_buf *out);
void load_svg_lines_end(gl_buf *out);

/* Draws one line, as steps or straight. */
typedef struct load_pen {
    gl_buf *out;
    const load_svg *chart;
    int x, y, from; /* its place; from: where the line began */
    bool down, area;
} load_pen;

/* area: fills between the line and the bottom. */
load_pen load_pen_begin(gl_buf *out, const load_svg *chart, const char *kind, bool area);
void load_pen_lift(load_pen *pen, double x); /* the next step begins at x */
void load_pen_step(load_pen *pen, double to_x, double y);
/* Draws a straight line to here; the first call of a line begins it. */
void load_pen_line(load_pen *pen, double x, double y);
void load_pen_end(load_pen *pen);

/* --- on top of the lines --- */

/* The times from x to to_x, shaded in this kind's pattern, with a letter at the top. */
void load_svg_band(gl_buf *out, const load_svg *chart, double x, double to_x, const char *kind,
                   const char *letter);
/* A line across at y, with its name above it, so many pixels from the right. */
void load_svg_threshold(gl_buf *out, const load_svg *chart, double y, int indent, const char *name);
/* A point with its name above it and a line down to the axis. */
void load_svg_mark(gl_buf *out, const load_svg *chart, double x, double y, const char *name);
/* Draws a point with a text that is shown on pointing at it. */
void load_svg_point(gl_buf *out, const load_svg *chart, double x, double y, const char *says);
/* Draws a column from x to to_x with a text that is shown on pointing at it. */
void load_svg_column(gl_buf *out, const load_svg *chart, double x, double to_x, const char *says);

#endif
