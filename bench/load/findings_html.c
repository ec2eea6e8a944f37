/* findings_html.c - a search as a page; see findings.h. Values without a point are not drawn, and a
 * chart with fewer than two points is left out. */
#include <math.h>
#include <stdio.h>

#include "load/findings.h"
#include "load/markup.h"
#include "load/report_parts.h"
#include "load/svg.h"

/* From this ratio of the largest load to the smallest on, the small ones would cover each other. */
#define LOG_FROM 8

typedef enum figure { LOAD, THROUGHPUT, P50, P95, TOKENS, TOKENS_USER } figure;

static double value_of(const load_point *p, figure what)
{
    const double values[] = { p->load,   p->throughput, p->p50_us,
                              p->p95_us, p->tokens_rps, p->tokens_user_rps };
    return values[what];
}

typedef struct plot {
    const char *id, *title, *x_unit, *y_unit, *note;
    load_svg_label *y_label;
    figure x;
    size_t lines;
    struct {
        figure what;
        const char *name;
    } line[2];
    bool front; /* the line joins only points that no other beats in both; x may fall */
} plot;

static load_axis axis_of(const load_point *point, size_t count, const figure *what, size_t figures,
                         bool may_be_log)
{
    double low = HUGE_VAL, high = 0;
    for (size_t k = 0; k < figures; k++)
        for (size_t i = 0; i < count; i++) {
            double value = value_of(&point[i], what[k]);
            if (!(value > 0)) continue;
            low = fmin(low, value);
            high = fmax(high, value);
        }
    return may_be_log && high > 0 && high / low > LOG_FROM ? load_axis_log(low, high)
                                                           : load_axis_linear(high, 5);
}

/* Returns true when another point is at least as good in both figures, and better in one. */
static bool beaten(const load_point *point, size_t count, size_t at, const plot *p)
{
    double x = value_of(&point[at], p->x), y = value_of(&point[at], p->line[0].what);
    for (size_t i = 0; i < count; i++) {
        double other_x = value_of(&point[i], p->x), other_y = value_of(&point[i], p->line[0].what);
        if (other_x >= x && other_y >= y && (other_x > x || other_y > y)) return true;
    }
    return false;
}

static bool has(const load_point *point, const plot *p, size_t line)
{
    return value_of(point, p->x) > 0 && value_of(point, p->line[line].what) > 0;
}

/* Of a front from left to right: it falls as x grows, so the points by y are those by x. */
static void draw_line(gl_buf *out, const load_svg *chart, const load_point *point, size_t count,
                      const plot *p, size_t line)
{
    static const char *const kinds[] = { "s1", "s2" };
    load_pen pen = load_pen_begin(out, chart, kinds[line], false);
    for (double last = -1;;) {
        size_t next = count;
        for (size_t i = 0; i < count; i++) {
            double x = value_of(&point[i], p->x);
            if (!has(&point[i], p, line) || x <= last || (p->front && beaten(point, count, i, p)))
                continue;
            if (next == count || x < value_of(&point[next], p->x)) next = i;
        }
        if (next == count) break;
        last = value_of(&point[next], p->x);
        load_pen_line(&pen, last, value_of(&point[next], p->line[line].what));
    }
    load_pen_end(&pen);
}

/* From the low to the high end of each point's interval, where it has one. */
static void draw_intervals(gl_buf *out, const load_svg *chart, const load_point *point,
                           size_t count, const plot *p)
{
    if (p->line[0].what != THROUGHPUT) return;
    for (size_t i = 0; i < count; i++) {
        if (isnan(point[i].low)) continue;
        load_pen pen = load_pen_begin(out, chart, "s1", false);
        load_pen_line(&pen, point[i].load, fmax(point[i].low, 0));
        load_pen_line(&pen, point[i].load, point[i].high);
        load_pen_end(&pen);
    }
}

static void draw_points(gl_buf *out, const load_svg *chart, const load_findings *f,
                        const load_point *point, size_t count, const plot *p)
{
    for (size_t k = 0; k < p->lines; k++)
        for (size_t i = 0; i < count; i++) {
            char says[160], value[40];
            if (!has(&point[i], p, k)) continue;
            p->y_label(value_of(&point[i], p->line[k].what), value, sizeof value);
            snprintf(says, sizeof says, "%.6g %s: %s %s %s", point[i].load,
                     f->rates ? "requests/s" : "users", p->line[k].name, value, p->y_unit);
            load_svg_point(out, chart, value_of(&point[i], p->x),
                           value_of(&point[i], p->line[k].what), says);
        }
}

static void label_rounded(double value, char *out, size_t size)
{
    snprintf(out, size, "%.4g", value);
}

static void label_ms(double us, char *out, size_t size)
{
    load_shown_text(load_show_duration(us), out, size);
}

/* Members of a point in the JSON report. */
static const char *member_of(figure what)
{
    static const char *const names[] = { "load",   "throughput_rps", "p50_us",
                                         "p95_us", "tokens_rps",     "tokens_user_rps" };
    return names[what];
}

static load_shown show(figure what, double value)
{
    if (what == P50 || what == P95) return load_show_duration(value);
    return what == LOAD ? load_show_number(value) : load_show_rate(value, "/s");
}

static void data_cell(gl_buf *out, const load_point *point, size_t row, figure what)
{
    double value = value_of(point, what);
    char path[64];
    snprintf(path, sizeof path, "points.%zu.%s", row, member_of(what));
    gl_buf_append_str(out, "<td>");
    load_html_figure(out, path, value, show(what, value));
    gl_buf_append_str(out, "</td>");
}

static void data(gl_buf *out, const load_findings *f, const load_point *point, size_t count,
                 const plot *p)
{
    char name[160];
    snprintf(name, sizeof name, "Data: %s", p->title);
    load_details_begin(out, name);
    gl_buf_printf(out, "<thead><tr><th scope=\"col\">%s</th>", f->rates ? "requests/s" : "users");
    if (p->x != LOAD) gl_buf_append_str(out, "<th scope=\"col\">tokens/s of one user</th>");
    for (size_t k = 0; k < p->lines; k++)
        gl_buf_printf(out, "<th scope=\"col\">%s</th>",
                      p->x != LOAD ? "tokens/s in all" : p->line[k].name);
    gl_buf_append_str(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < count; i++) {
        gl_buf_printf(out, "<tr><th scope=\"row\">%.6g</th>", point[i].load);
        if (p->x != LOAD) data_cell(out, &point[i], i, p->x);
        for (size_t k = 0; k < p->lines; k++) data_cell(out, &point[i], i, p->line[k].what);
        gl_buf_append_str(out, "</tr>\n");
    }
    load_details_end(out);
}

static void draw(gl_buf *out, const load_findings *f, const load_point *point, size_t count,
                 const plot *p)
{
    char description[200];
    size_t drawn = 0;
    figure ys[2] = { p->line[0].what, p->line[p->lines - 1].what };
    for (size_t i = 0; i < count; i++) drawn += has(&point[i], p, 0);
    if (drawn < 2) return;
    snprintf(description, sizeof description,
             "%zu points, of which the table below has the figures", drawn);
    load_svg chart = { .id = p->id,
                       .title = p->title,
                       .description = description,
                       .tall = p->front,
                       .x = axis_of(point, count, &p->x, 1, p->x == LOAD),
                       .y = axis_of(point, count, ys, p->lines, ys[0] == P50),
                       .x_label = load_label_number,
                       .y_label = p->y_label == label_ms ? load_label_duration : load_label_number,
                       .x_unit = p->x_unit,
                       .y_unit = p->y_label == label_ms ? "" : p->y_unit,
                       .series = { { p->line[0].name, "s1" }, { p->line[1].name, "s2" } },
                       .series_count = p->lines };
    load_svg_open(out, &chart);
    load_svg_lines(out);
    for (size_t k = p->lines; k-- > 0;) draw_line(out, &chart, point, count, p, k);
    draw_intervals(out, &chart, point, count, p);
    load_svg_lines_end(out);
    draw_points(out, &chart, f, point, count, p);
    load_svg_end(out);
    if (p->note != NULL) gl_buf_printf(out, "<p class=\"note\">%s</p>", p->note);
    data(out, f, point, count, p);
    load_svg_figure_end(out);
}

static void charts(gl_buf *out, const load_findings *f, const load_point *point, size_t count)
{
    const char *x = f->rates ? "requests a second asked for" : "users";
    const plot knee = { .id = "knee",
                        .title = "Answers a second by load",
                        .note =
                            f->repeat > 1 ? "Upright lines: the 95 % interval of the mean." : NULL,
                        .x_unit = x,
                        .y_unit = "answers/s",
                        .y_label = label_rounded,
                        .x = LOAD,
                        .lines = 1,
                        .line = { { THROUGHPUT, "answers" } } };
    const plot latency = { .id = "latency",
                           .title = "Latency by load",
                           .x_unit = x,
                           .y_unit = "",
                           .y_label = label_ms,
                           .x = LOAD,
                           .lines = 2,
                           .line = { { P50, "p50" }, { P95, "p95" } } };
    const plot pareto = { .id = "pareto",
                          .title = "Tokens a second in all, against those of one user",
                          .x_unit = "tokens a second while one user waits",
                          .y_unit = "tokens/s in all",
                          .y_label = label_rounded,
                          .note = "The line joins the points that no other beats in both.",
                          .x = TOKENS_USER,
                          .lines = 1,
                          .line = { { TOKENS, "Pareto front" } },
                          .front = true };
    gl_buf_append_str(out, "<section>\n<h2>By load</h2>\n<div class=\"charts\">\n");
    draw(out, f, point, count, &knee);
    draw(out, f, point, count, &latency);
    gl_buf_append_str(out, "</div>\n");
    draw(out, f, point, count, &pareto);
    gl_buf_append_str(out, "</section>\n");
}

/* --- words and tables ------------------------------------------------------------------------- */

static void head(const load_findings *f, gl_buf *out)
{
    load_page_begin(out, f->rates ? "The highest rate of " : "The most answers a second of ",
                    f->target);
    load_verdict_begin(out, load_findings_judge(f), NULL);
    load_html_text(out, f->result);
    gl_buf_append_str(out, "</p></section>\n<dl class=\"facts\"><div><dt>model</dt><dd>");
    load_html_text(out, f->model);
    gl_buf_append_str(out, "</dd></div>");
    if (f->sla != NULL) {
        gl_buf_append_str(out, "<div><dt>to be met</dt><dd>");
        load_html_text(out, f->sla);
        gl_buf_append_str(out, "</dd></div>");
    }
    gl_buf_append_str(out, "<div><dt>each run</dt><dd>");
    load_html_figure(out, "settings.duration_s", f->duration_s, load_show_seconds(f->duration_s));
    gl_buf_append_str(out, "</dd></div><div><dt>runs a load</dt><dd>");
    load_html_figure(out, "settings.repeat", f->repeat, load_show_count(f->repeat));
    gl_buf_append_str(out, "</dd></div></dl>\n</header>\n");
}

static void cell(gl_buf *out, size_t row, const char *name, double value, load_shown shown)
{
    char path[64];
    snprintf(path, sizeof path, "points.%zu.%s", row, name);
    gl_buf_append_str(out, "<td>");
    load_html_figure(out, path, value, shown);
    gl_buf_append_str(out, "</td>");
}

static void point_row(gl_buf *out, const load_findings *f, size_t row, const load_point *p)
{
    gl_buf_printf(out, "<tr><th scope=\"row\">%.6g</th>", p->load);
    cell(out, row, "runs", (double)p->runs, load_show_count((double)p->runs));
    if (f->rates) cell(out, row, "met", (double)p->met, load_show_count((double)p->met));
    cell(out, row, "throughput_rps", p->throughput, load_show_rate(p->throughput, "/s"));
    if (f->repeat > 1) {
        cell(out, row, "throughput_low", p->low, load_show_rate(p->low, "/s"));
        cell(out, row, "throughput_high", p->high, load_show_rate(p->high, "/s"));
    }
    cell(out, row, "p50_us", p->p50_us, load_show_duration(p->p50_us));
    cell(out, row, "p95_us", p->p95_us, load_show_duration(p->p95_us));
    cell(out, row, "p99_us", p->p99_us, load_show_duration(p->p99_us));
    cell(out, row, "error_rate", p->error_rate, load_show_percent(p->error_rate));
    cell(out, row, "tokens_rps", p->tokens_rps, load_show_rate(p->tokens_rps, "/s"));
    cell(out, row, "tokens_user_rps", p->tokens_user_rps, load_show_rate(p->tokens_user_rps, "/s"));
    gl_buf_append_str(out, "</tr>\n");
}

static void points_table(gl_buf *out, const load_findings *f, const load_point *point, size_t count)
{
    gl_buf_append_str(out, "<section>\n<h2>All loads</h2>\n");
    load_table_begin(out, "", "What each load has shown");
    gl_buf_printf(out, "<thead><tr><th scope=\"col\">%s</th><th scope=\"col\">runs</th>",
                  f->rates ? "requests/s" : "users");
    if (f->rates) gl_buf_append_str(out, "<th scope=\"col\">met</th>");
    gl_buf_append_str(out, "<th scope=\"col\">answers</th>");
    if (f->repeat > 1)
        gl_buf_append_str(out, "<th scope=\"col\">95 % from</th><th scope=\"col\">to</th>");
    gl_buf_append_str(out, "<th scope=\"col\">p50</th><th scope=\"col\">p95</th><th "
                           "scope=\"col\">p99</th><th scope=\"col\">errors</th><th "
                           "scope=\"col\">tokens</th><th scope=\"col\">tokens a user</th></tr>"
                           "</thead><tbody>\n");
    for (size_t i = 0; i < count; i++) point_row(out, f, i, &point[i]);
    load_table_end(out);
    gl_buf_append_str(out, "</section>\n");
}

/* Lists the runs without a point, or that missed, with the reason. */
static void reasons(gl_buf *out, const load_findings *f)
{
    size_t shown = 0;
    for (size_t i = 0; i < f->count; i++) {
        const load_finding *r = &f->row[i];
        if (r->why[0] == '\0') continue;
        if (shown++ == 0) gl_buf_append_str(out, "<section>\n<h2>Why not</h2>\n<ul>\n");
        gl_buf_printf(out, "<li>%.6g: %s: ", r->load,
                      r->seen == LOAD_SEEN_SPOILT ? "spoilt by the client" : "missed");
        load_html_text(out, r->why);
        gl_buf_append_str(out, "</li>\n");
    }
    if (shown > 0) gl_buf_append_str(out, "</ul>\n</section>\n");
}

void load_findings_html(const load_findings *findings, gl_buf *out)
{
    load_point point[LOAD_POINTS];
    size_t count = load_findings_points(findings, point);
    head(findings, out);
    charts(out, findings, point, count);
    points_table(out, findings, point, count);
    reasons(out, findings);
    load_page_end(out, "--json and --csv write the same figures.");
}
