/* svg.c - see svg.h. All text goes through load_html_text; colours are the style sheet's. */
#include "load/svg.h"

#include <stdio.h>

#include "load/markup.h"

#define TALL 340
#define LOW  170
/* Percent of the plot: a narrower column is not visible. */
#define BAND_LEAST 0.4
/* A centred name nearer to the left edge would cover the axis. */
#define LEFT 16

int load_svg_height(const load_svg *chart)
{
    return chart->tall ? TALL : LOW;
}

static double x_percent(const load_svg *chart, double x)
{
    return 100 * load_axis_place(&chart->x, x);
}

static double y_percent(const load_svg *chart, double y)
{
    return 100 - 100 * load_axis_place(&chart->y, y);
}

static void legend(gl_buf *out, const load_svg *chart)
{
    gl_buf_append_str(out, "<ul class=\"legend\">");
    for (size_t i = 0; i < chart->series_count; i++) {
        gl_buf_printf(out,
                      "<li><svg width=\"26\" height=\"10\" aria-hidden=\"true\">"
                      "<path class=\"%s\" d=\"M0 5H26\"/></svg>",
                      chart->series[i].kind);
        load_html_text(out, chart->series[i].name);
        gl_buf_append_str(out, "</li>");
    }
    gl_buf_append_str(out, "</ul>");
}

static void rows(gl_buf *out, const load_svg *chart)
{
    double ticks[LOAD_TICKS];
    char text[40];
    size_t count = load_axis_ticks(&chart->y, ticks);
    gl_buf_append_str(out, "<g class=\"grid\">");
    for (size_t i = 0; i < count; i++) {
        double at = y_percent(chart, ticks[i]);
        gl_buf_printf(out, "<line x2=\"100%%\" y1=\"%.2f%%\" y2=\"%.2f%%\"/>", at, at);
    }
    gl_buf_append_str(out, "</g><g class=\"y\">");
    for (size_t i = 0; i < count; i++) {
        chart->y_label(ticks[i], text, sizeof text);
        gl_buf_printf(out, "<text x=\"-8\" y=\"%.2f%%\" dy=\".32em\">", y_percent(chart, ticks[i]));
        load_html_text(out, text);
        gl_buf_append_str(out, "</text>");
    }
    gl_buf_append_str(out, "<text class=\"unit\" x=\"-56\" y=\"0\" dy=\"-1.25em\">");
    load_html_text(out, chart->y_unit);
    gl_buf_append_str(out, "</text></g>");
}

static void columns(gl_buf *out, const load_svg *chart)
{
    double ticks[LOAD_TICKS], last = -1;
    char text[40];
    size_t count = load_axis_ticks(&chart->x, ticks);
    gl_buf_append_str(out, "<g class=\"x\">");
    for (size_t i = 0; i < count; i++) {
        double at = x_percent(chart, ticks[i]);
        /* A label takes 45 pixels; a plot on a phone has some 260, and 18 % of that is 47. A mark
         * nearer to the one before has no label there. */
        bool crowded = last >= 0 && at - last < 17;
        if (!crowded) last = at;
        chart->x_label(ticks[i], text, sizeof text);
        gl_buf_printf(out,
                      "<g%s><line x1=\"%.2f%%\" x2=\"%.2f%%\" y2=\"100%%\"/>"
                      "<text x=\"%.2f%%\" y=\"100%%\" dy=\"1.6em\">",
                      crowded ? " class=\"crowded\"" : "", at, at, at);
        load_html_text(out, text);
        gl_buf_append_str(out, "</text></g>");
    }
    gl_buf_append_str(out, "<text class=\"unit\" x=\"100%\" y=\"100%\" dy=\"3.1em\">");
    load_html_text(out, chart->x_unit);
    gl_buf_append_str(out, "</text></g>");
}

void load_svg_caption(gl_buf *out, const load_svg *chart)
{
    gl_buf_printf(out, "<figure class=\"chart%s\"><figcaption><h3>", chart->tall ? " tall" : "");
    load_html_text(out, chart->title);
    gl_buf_append_str(out, "</h3>");
    if (chart->series_count > 0) legend(out, chart);
}

void load_svg_plot(gl_buf *out, const load_svg *chart)
{
    gl_buf_printf(out,
                  "</figcaption><svg class=\"plot\" id=\"%s\" height=\"%d\" role=\"img\" "
                  "aria-labelledby=\"%s-title %s-desc\"><title id=\"%s-title\">",
                  chart->id, load_svg_height(chart), chart->id, chart->id, chart->id);
    load_html_text(out, chart->title);
    gl_buf_printf(out, "</title><desc id=\"%s-desc\">", chart->id);
    load_html_text(out, chart->description);
    gl_buf_append_str(out, "</desc>");
    rows(out, chart);
    columns(out, chart);
}

void load_svg_open(gl_buf *out, const load_svg *chart)
{
    load_svg_caption(out, chart);
    load_svg_plot(out, chart);
}

void load_svg_end(gl_buf *out)
{
    gl_buf_append_str(out, "</svg>");
}

void load_svg_figure_end(gl_buf *out)
{
    gl_buf_append_str(out, "</figure>\n");
}

void load_svg_close(gl_buf *out, const char *note)
{
    load_svg_end(out);
    if (note != NULL && *note != '\0') gl_buf_printf(out, "<p class=\"note\">%s</p>", note);
    load_svg_figure_end(out);
}

/* --- lines ------------------------------------------------------------------------------------ */

void load_svg_lines(gl_buf *out)
{
    gl_buf_printf(out,
                  "<svg class=\"lines\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" "
                  "width=\"100%%\" height=\"100%%\">",
                  LOAD_SVG_SIDE, LOAD_SVG_SIDE);
}

void load_svg_lines_end(gl_buf *out)
{
    gl_buf_append_str(out, "</svg>");
}

static int x_of(const load_pen *pen, double x)
{
    return (int)(load_axis_place(&pen->chart->x, x) * LOAD_SVG_SIDE + 0.5);
}

load_pen load_pen_begin(gl_buf *out, const load_svg *chart, const char *kind, bool area)
{
    gl_buf_printf(out, "<path class=\"%s%s\" d=\"", area ? "area " : "", kind);
    return (load_pen){ .out = out, .chart = chart, .area = area };
}

static void close_area(load_pen *pen)
{
    if (pen->area && pen->down) gl_buf_printf(pen->out, "V%dH%dZ", LOAD_SVG_SIDE, pen->from);
    pen->down = false;
}

void load_pen_lift(load_pen *pen, double x)
{
    close_area(pen);
    pen->x = x_of(pen, x);
}

void load_pen_step(load_pen *pen, double to_x, double y)
{
    int x = x_of(pen, to_x);
    int down = (int)((1 - load_axis_place(&pen->chart->y, y)) * LOAD_SVG_SIDE + 0.5);
    if (!pen->down) {
        gl_buf_printf(pen->out, "M%d %d", pen->x, down);
        pen->from = pen->x;
    } else if (down != pen->y) {
        gl_buf_printf(pen->out, "V%d", down);
    }
    if (x != pen->x) gl_buf_printf(pen->out, "H%d", x);
    pen->x = x;
    pen->y = down;
    pen->down = true;
}

void load_pen_line(load_pen *pen, double x, double y)
{
    pen->x = x_of(pen, x);
    pen->y = (int)((1 - load_axis_place(&pen->chart->y, y)) * LOAD_SVG_SIDE + 0.5);
    gl_buf_printf(pen->out, "%c%d %d", pen->down ? 'L' : 'M', pen->x, pen->y);
    pen->down = true;
}

void load_pen_end(load_pen *pen)
{
    close_area(pen);
    gl_buf_append_str(pen->out, "\"/>");
}

/* --- on top of the lines ---------------------------------------------------------------------- */

void load_svg_band(gl_buf *out, const load_svg *chart, double x, double to_x, const char *kind,
                   const char *letter)
{
    double from = x_percent(chart, x), wide = x_percent(chart, to_x) - from;
    if (wide < BAND_LEAST) wide = BAND_LEAST;
    gl_buf_printf(
        out,
        "<g class=\"band-of %s-of\"><rect class=\"band %s\" x=\"%.2f%%\" width=\"%.2f%%\" "
        "height=\"100%%\"/><text x=\"%.2f%%\" y=\"0\" dy=\"1.1em\">%s</text></g>",
        kind, kind, from, wide, from + wide / 2, letter);
}

void load_svg_threshold(gl_buf *out, const load_svg *chart, double y, int indent, const char *name)
{
    double at = y_percent(chart, y);
    gl_buf_printf(out,
                  "<g class=\"threshold\"><line x2=\"100%%\" y1=\"%.2f%%\" y2=\"%.2f%%\"/>"
                  "<text x=\"100%%\" dx=\"-%d\" y=\"%.2f%%\" dy=\"-.35em\">",
                  at, at, indent, at);
    load_html_text(out, name);
    gl_buf_append_str(out, "</text></g>");
}

void load_svg_mark(gl_buf *out, const load_svg *chart, double x, double y, const char *name)
{
    double across = x_percent(chart, x), down = y_percent(chart, y);
    gl_buf_printf(out,
                  "<g class=\"mark%s\"><line x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%.2f%%\" "
                  "y2=\"100%%\"/><circle class=\"point\" cx=\"%.2f%%\" cy=\"%.2f%%\" r=\"4\"/>"
                  "<text x=\"%.2f%%\" y=\"%.2f%%\" dy=\"-.9em\">",
                  across < LEFT ? " left" : "", across, across, down, across, down, across, down);
    load_html_text(out, name);
    gl_buf_append_str(out, "</text></g>");
}

void load_svg_point(gl_buf *out, const load_svg *chart, double x, double y, const char *says)
{
    gl_buf_printf(out, "<circle class=\"point\" cx=\"%.2f%%\" cy=\"%.2f%%\" r=\"4\"><title>",
                  x_percent(chart, x), y_percent(chart, y));
    load_html_text(out, says);
    gl_buf_append_str(out, "</title></circle>");
}

void load_svg_column(gl_buf *out, const load_svg *chart, double x, double to_x, const char *says)
{
    double from = x_percent(chart, x), to = x_percent(chart, to_x);
    gl_buf_printf(out,
                  "<rect class=\"column\" x=\"%.2f%%\" width=\"%.2f%%\" height=\"100%%\"><title>",
                  from, to - from);
    load_html_text(out, says);
    gl_buf_append_str(out, "</title></rect>");
}
