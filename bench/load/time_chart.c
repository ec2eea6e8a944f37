/* time_chart.c - see time_chart.h. */
#include "load/time_chart.h"
#include "load/markup.h"

#include <math.h>
#include <stdio.h>

#include "load/report_parts.h"

/* From this ratio of the largest to the smallest on, small values look alike on a linear axis. */
#define LOG_FROM 20
/* More columns than this are narrower than a hand is steady, and make the page large. */
#define COLUMNS_MAX 150

load_time load_time_of(double end_s, const load_marks *marks, gl_time start)
{
    load_time t = { .end_s = end_s, .marks = marks, .start = start };
    t.unit_s = end_s > 4 * 3600 ? 3600 : end_s > 600 ? 60 : 1;
    t.unit = t.unit_s > 60  ? "hours since the start"
             : t.unit_s > 1 ? "minutes since the start"
                            : "seconds since the start";
    return t;
}

/* --- shades ----------------------------------------------------------------------------------- */

typedef struct shade {
    const char *kind, *letter, *words; /* kind: a class of the style sheet, and of a pattern */
} shade;

static const shade shades[LOAD_MARK_KINDS] = {
    [LOAD_MARK_WARMUP] = { "warmup", "W", "warm-up: not measured" },
    [LOAD_MARK_COOLDOWN] = { "warmup", "C", "cool-down: not measured" },
    [LOAD_MARK_DRAIN] = { "drain", "D", "drain: the schedule is over, the last answers come" },
    [LOAD_MARK_STALL] = { "stall", "S", "stall: nothing came, though requests were at the server" },
    [LOAD_MARK_STOP] = { "stop", "X", "client stop: the client stood still" },
    [LOAD_MARK_ALERT] = { "alert", "A", "alert" },
};

static double seconds_of(const load_time *time, gl_time at)
{
    return (double)gl_time_since(at, time->start) / 1e9;
}

/* Several alerts often fire at once: their times are one shade. The alerts of a run are in the
 * order in which they began. */
static bool join(load_mark *shaded, const load_mark *next)
{
    if (shaded->kind != LOAD_MARK_ALERT || next->kind != LOAD_MARK_ALERT ||
        next->from < shaded->from || next->from > shaded->to)
        return false;
    if (next->to > shaded->to) shaded->to = next->to;
    return true;
}

void load_time_shade(gl_buf *out, const load_svg *chart, const load_time *time)
{
    const load_marks *marks = time->marks;
    for (size_t i = 0; marks != NULL && i < marks->count;) {
        load_mark mark = marks->mark[i++];
        while (i < marks->count && join(&mark, &marks->mark[i])) i++;
        load_svg_band(out, chart, seconds_of(time, mark.from) / time->unit_s,
                      seconds_of(time, mark.to) / time->unit_s, shades[mark.kind].kind,
                      shades[mark.kind].letter);
    }
}

static size_t marks_of(const load_marks *marks, int kind, double *seconds)
{
    size_t count = 0;
    *seconds = 0;
    for (size_t i = 0; i < marks->count; i++) {
        if ((int)marks->mark[i].kind != kind) continue;
        count++;
        *seconds += (double)gl_time_since(marks->mark[i].to, marks->mark[i].from) / 1e9;
    }
    return count;
}

static void marks_table(gl_buf *out, const load_time *time)
{
    load_details_begin(out, "Shaded times");
    gl_buf_append_str(out, "<thead><tr><th scope=\"col\">what</th><th scope=\"col\">from</th>"
                           "<th scope=\"col\">to</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < time->marks->count; i++) {
        const load_mark *mark = &time->marks->mark[i];
        double from = seconds_of(time, mark->from), to = seconds_of(time, mark->to);
        char of[40] = "", path[80];
        if (mark->side > 0) snprintf(of, sizeof of, "%zu.", mark->side - 1);
        size_t place = mark->side > 0 ? mark->place : i;
        gl_buf_printf(out, "<tr><th scope=\"row\">%s%s", load_mark_name(mark->kind),
                      mark->what != NULL ? ": " : "");
        load_html_text(out, mark->what);
        gl_buf_append_str(out, "</th><td>");
        snprintf(path, sizeof path, "%smarks.%zu.from_s", of, place);
        load_html_figure(out, path, from, load_show_seconds(from));
        gl_buf_append_str(out, "</td><td>");
        snprintf(path, sizeof path, "%smarks.%zu.to_s", of, place);
        load_html_figure(out, path, to, load_show_seconds(to));
        gl_buf_append_str(out, "</td></tr>\n");
    }
    load_details_end(out);
}

void load_time_legend(gl_buf *out, const load_time *time)
{
    if (time->marks == NULL || time->marks->count == 0) return;
    gl_buf_append_str(out, "<ul class=\"legend shades\">");
    for (int kind = 0; kind < LOAD_MARK_KINDS; kind++) {
        double seconds;
        size_t count = marks_of(time->marks, kind, &seconds);
        if (count == 0) continue;
        gl_buf_printf(out,
                      "<li><svg width=\"26\" height=\"18\" aria-hidden=\"true\"><rect "
                      "class=\"band %s\" width=\"26\" height=\"18\"/></svg><b>%s</b> %s",
                      shades[kind].kind, shades[kind].letter, shades[kind].words);
        if (count > 1) gl_buf_printf(out, ", %zu times", count);
        gl_buf_printf(out, " (%.2f s)</li>", seconds);
    }
    gl_buf_append_str(out, "</ul>\n");
    if (time->marks->left_out > 0)
        gl_buf_printf(out, "<p class=\"note\">%zu more are not shaded.</p>\n",
                      time->marks->left_out);
    marks_table(out, time);
}

/* --- lines ------------------------------------------------------------------------------------ */

static double value_of(const load_time_line *line, size_t row)
{
    return row < line->rows ? line->value(line->of, row, line->what) : NAN;
}

static double from_of(const load_time *time, const load_time_line *line, size_t row)
{
    return fmin((double)row * line->row_s, time->end_s);
}

static double to_of(const load_time *time, const load_time_line *line, size_t row)
{
    return fmin((double)(row + 1) * line->row_s, time->end_s);
}

static void draw_line(gl_buf *out, const load_svg *chart, const load_time *time,
                      const load_time_line *line, const char *kind, bool area)
{
    load_pen pen = load_pen_begin(out, chart, kind, area);
    bool lifted = true;
    for (size_t i = 0; i < line->rows; i++) {
        double value = value_of(line, i);
        if (isnan(value)) {
            lifted = true;
            continue;
        }
        if (lifted) load_pen_lift(&pen, from_of(time, line, i) / time->unit_s);
        lifted = false;
        load_pen_step(&pen, to_of(time, line, i) / time->unit_s, value);
    }
    load_pen_end(&pen);
}

/* Describes the rows [from, to) in words: the largest value of each line. */
static void words_of(const load_time_chart *c, size_t from, size_t to, char *out, size_t size)
{
    size_t len = 0;
    *out = '\0';
    for (size_t k = 0; k < c->lines && len < size; k++) {
        double most = NAN;
        char shown[48] = "nothing";
        for (size_t i = from; i < to; i++) most = fmax(most, value_of(&c->line[k], i));
        if (!isnan(most)) load_shown_text(c->show(most), shown, sizeof shown);
        int n =
            snprintf(out + len, size - len, "%s%s %s", k > 0 ? ", " : "", c->line[k].name, shown);
        len += n > 0 ? (size_t)n : 0;
    }
}

/* All lines have the same rows; the longest has them all. */
static const load_time_line *longest(const load_time_chart *c)
{
    const load_time_line *line = &c->line[0];
    for (size_t k = 1; k < c->lines; k++)
        if (c->line[k].rows > line->rows) line = &c->line[k];
    return line;
}

static bool alike(const load_time_chart *c)
{
    for (size_t k = 1; k < c->lines; k++)
        if (fabs(c->line[k].row_s - c->line[0].row_s) > 1e-9) return false;
    return true;
}

static void draw_columns(gl_buf *out, const load_svg *svg, const load_time_chart *c,
                         const load_time *time)
{
    const load_time_line *line = longest(c);
    size_t step = (line->rows + COLUMNS_MAX - 1) / COLUMNS_MAX;
    if (!alike(c)) return; /* a row of one line is none of the others */
    for (size_t i = 0; i < line->rows; i += step) {
        size_t to = i + step < line->rows ? i + step : line->rows;
        char says[400];
        int n = snprintf(says, sizeof says, "%.6g to %.6g s%s: ", from_of(time, line, i),
                         round(to_of(time, line, to - 1) * 100) / 100, step > 1 ? ", at most" : "");
        words_of(c, i, to, says + n, sizeof says - (size_t)n);
        load_svg_column(out, svg, from_of(time, line, i) / time->unit_s,
                        to_of(time, line, to - 1) / time->unit_s, says);
    }
}

/* The least and the most of all lines; false: none is above 0. */
static bool range_of(const load_time_chart *c, double *low, double *high)
{
    *low = HUGE_VAL;
    *high = 0;
    for (size_t k = 0; k < c->lines; k++)
        for (size_t i = 0; i < c->line[k].rows; i++) {
            double value = value_of(&c->line[k], i);
            if (value > *high) *high = value;
            if (value < *low) *low = value;
        }
    return *high > 0;
}

static load_axis axis_of(const load_time_chart *c, double low, double high)
{
    if (c->y == LOAD_TIME_PART) return load_axis_linear(1, 4);
    if (c->y == LOAD_TIME_MAY_BE_LOG && low > 0 && high / low > LOG_FROM)
        return load_axis_log(low, high);
    /* Counts have no marks between the whole numbers. */
    if (c->y == LOAD_TIME_WHOLE && high < 4) return load_axis_linear(4, 4);
    return load_axis_linear(high, 4);
}

/* --- its data --------------------------------------------------------------------------------- */

static void cell(gl_buf *out, const load_time_chart *c, const load_time_line *line, size_t row)
{
    double value = value_of(line, row);
    char path[96];
    gl_buf_append_str(out, "<td>");
    snprintf(path, sizeof path, "%s%zu%s", line->before, row, line->after);
    if (row < line->rows) load_html_figure(out, path, value, c->show(value));
    gl_buf_append_str(out, "</td>");
}

static void data(gl_buf *out, const load_time_chart *c, const load_time *time)
{
    const load_time_line *line = longest(c);
    char name[160];
    snprintf(name, sizeof name, "Data: %s", c->title);
    load_details_begin(out, name);
    gl_buf_append_str(out, "<thead><tr><th scope=\"col\">seconds</th>");
    for (size_t k = 0; k < c->lines; k++) {
        gl_buf_append_str(out, "<th scope=\"col\">");
        load_html_text(out, c->line[k].name);
        gl_buf_append_str(out, "</th>");
    }
    gl_buf_append_str(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < line->rows; i++) {
        gl_buf_printf(out, "<tr><th scope=\"row\">%.6g to %.6g</th>", from_of(time, line, i),
                      round(to_of(time, line, i) * 100) / 100);
        for (size_t k = 0; k < c->lines; k++) cell(out, c, &c->line[k], i);
        gl_buf_append_str(out, "</tr>\n");
    }
    load_details_end(out);
}

bool load_time_chart_draw(gl_buf *out, const load_time_chart *chart, const load_time *time)
{
    const char *kinds[LOAD_SERIES] = { "s1", "s2", "s3", "s4", "s5", "s6" };
    const load_time_chart *c = chart;
    char description[480];
    double low, high;
    if (c->kind != NULL) kinds[0] = c->kind;
    if (!range_of(c, &low, &high)) return false;
    int n = snprintf(description, sizeof description,
                     "%zu rows of %.6g s; at most: ", longest(c)->rows, longest(c)->row_s);
    words_of(c, 0, longest(c)->rows, description + n, sizeof description - (size_t)n);
    load_svg svg = { .id = c->id,
                     .title = c->title,
                     .description = description,
                     .x = load_axis_span(time->end_s / time->unit_s, 6),
                     .y = axis_of(c, low, high),
                     .x_label = load_label_number,
                     .y_label = c->y_label,
                     .x_unit = time->unit,
                     .y_unit = c->y_unit };
    for (size_t k = 0; c->lines > 1 && k < c->lines; k++) {
        svg.series[k].name = c->line[k].name;
        svg.series[k].kind = kinds[k];
        svg.series_count++;
    }
    load_svg_open(out, &svg);
    load_time_shade(out, &svg, time);
    draw_columns(out, &svg, c, time);
    load_svg_lines(out);
    if (c->lines == 1) draw_line(out, &svg, time, &c->line[0], kinds[0], true);
    for (size_t k = c->lines; k-- > 0;) draw_line(out, &svg, time, &c->line[k], kinds[k], false);
    load_svg_lines_end(out);
    load_svg_end(out);
    data(out, c, time);
    load_svg_figure_end(out);
    return true;
}
