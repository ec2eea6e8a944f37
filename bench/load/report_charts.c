/* report_charts.c - the page's charts; see report_parts.h. Reads the recorder's histograms and
 * rows, whose figures are in the JSON report too. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "load/markup.h"
#include "load/report_parts.h"
#include "load/svg.h"

/* --- labels ----------------------------------------------------------------------------------- */

void load_label_duration(double us, char *out, size_t size)
{
    if (us >= 1e6)
        snprintf(out, size, "%.6g s", us / 1e6);
    else if (us >= 1e3)
        snprintf(out, size, "%.6g ms", us / 1e3);
    else
        snprintf(out, size, us > 0 ? "%.6g \xc2\xb5s" : "%.6g", us);
}

void load_label_number(double value, char *out, size_t size)
{
    if (value >= 1000)
        load_shown_text(load_show_count(value), out, size);
    else
        snprintf(out, size, "%.6g", value);
}

void load_label_percent(double part, char *out, size_t size)
{
    snprintf(out, size, "%.9g %%", 100 * part);
}

/* --- latency by percentile -------------------------------------------------------------------- */

static void draw_quantiles(gl_buf *out, const load_svg *chart, const char *kind,
                           const gl_histogram *h)
{
    uint64_t us, n, seen = 0, all = gl_histogram_count(h);
    load_pen pen = load_pen_begin(out, chart, kind, false);
    for (size_t at = 0; gl_histogram_next(h, &at, &us, &n);) {
        seen += n;
        /* The last bucket stands for its middle; the maximum itself is known. */
        if (seen == all) us = gl_histogram_max(h);
        load_pen_step(&pen, (double)seen / (double)all, (double)us);
    }
    load_pen_end(&pen);
}

/* p50, p90 and p99 of the first curve. */
static void draw_marks(gl_buf *out, const load_svg *chart, const gl_histogram *h)
{
    static const double quantiles[] = { 0.5, 0.9, 0.99 };
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        char says[96], shown[40];
        /* With fewer values than that the quantile is the maximum. */
        if ((double)gl_histogram_count(h) * (1 - quantiles[i]) < 0.999) break;
        uint64_t us = gl_histogram_quantile(h, quantiles[i]);
        load_shown_text(load_show_duration((double)us), shown, sizeof shown);
        snprintf(says, sizeof says, "p%.6g %s", 100 * quantiles[i], shown);
        load_svg_mark(out, chart, quantiles[i], (double)us, says);
    }
}

/* t1 to t4 where the axis reaches, and in the note those above it. */
static void draw_thresholds(gl_buf *out, const load_svg *chart, const load_facts *facts,
                            gl_buf *note)
{
    double above = 1e9;
    int indent = 8;
    for (int i = 0; i < 4; i++) {
        double us = (double)facts->thresholds_ms[i] * 1e3;
        char name[48], shown[40];
        load_shown_text(load_show_duration(us), shown, sizeof shown);
        snprintf(name, sizeof name, "t%d %s", i + 1, shown);
        if (us > chart->y.high) {
            gl_buf_printf(note, "%s%s", note->len > 0 ? ", " : "", name);
            continue;
        }
        /* A label that would cover the line or the label below goes beside it. */
        double place = load_axis_place(&chart->y, us) * load_svg_height(chart);
        indent = fabs(place - above) < 16 ? indent + 84 : 8;
        above = place;
        load_svg_threshold(out, chart, us, indent, name);
    }
    if (note->len > 0)
        gl_buf_append_str(note,
                          note->len > 14 ? " lie above the chart." : " lies above the chart.");
}

typedef struct curve {
    const gl_histogram *histogram;
    const char *path, *legend;
} curve;

/* The server's answers first; all requests too, where a cache answered some or some failed. */
static size_t curves_of(const load_recorder *r, const load_facts *facts, curve curves[LOAD_SERIES])
{
    const gl_histogram *live = r->by_source[GLIMPSE_SOURCE_LIVE], *all = r->metrics[LOAD_LATENCY];
    const curve every[] = {
        { live, "by_source.live",
          facts->open ? "live latency, from the schedule" : "live latency, from sending" },
        { r->metrics[LOAD_SERVICE], "distributions.service", "service, at the server alone" },
        { r->metrics[LOAD_TTFT], "distributions.ttft",
          facts->open ? "first token, from the schedule" : "first token" },
        { all, "distributions.latency", "latency of all, cache hits among them" },
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof every / sizeof *every; i++) {
        const gl_histogram *h = every[i].histogram;
        bool same = h == all && gl_histogram_count(live) == gl_histogram_count(all);
        if (gl_histogram_count(h) > 0 && !same) curves[count++] = every[i];
    }
    return count;
}

static load_axis axis_of_curves(const curve *curves, size_t count, const load_facts *facts)
{
    double low = HUGE_VAL, high = 1;
    for (size_t i = 0; i < count; i++) {
        double max = (double)gl_histogram_max(curves[i].histogram);
        size_t at = 0;
        uint64_t us, n;
        if (!gl_histogram_next(curves[i].histogram, &at, &us, &n)) continue;
        if (max > high) high = max;
        if ((double)us < low) low = (double)us;
    }
    if (low > high) low = high;
    /* Near thresholds are drawn; distant ones would flatten the curve. */
    double reach = load_axis_wide(low, high).kind == LOAD_AXIS_LOG ? 10 : 2;
    for (int i = 3; i >= 0; i--) {
        double us = (double)facts->thresholds_ms[i] * 1e3;
        if (us > high && us <= high * reach) {
            load_axis axis = load_axis_wide(low, high);
            /* Room for its label, too. */
            axis = axis.kind == LOAD_AXIS_LOG ? load_axis_log(low, us * 1.3)
                                              : load_axis_linear(us * 1.05, 6);
            return axis;
        }
    }
    return load_axis_wide(low, high);
}

static void describe(const curve *curves, size_t count, char *out, size_t size)
{
    size_t len = 0;
    *out = '\0';
    for (size_t i = 0; i < count && len < size; i++) {
        const gl_histogram *h = curves[i].histogram;
        char p50[40], p99[40], max[40];
        load_shown_text(load_show_duration((double)gl_histogram_quantile(h, 0.5)), p50, sizeof p50);
        load_shown_text(load_show_duration((double)gl_histogram_quantile(h, 0.99)), p99,
                        sizeof p99);
        load_shown_text(load_show_duration((double)gl_histogram_max(h)), max, sizeof max);
        int n = snprintf(out + len, size - len, "%s%s: p50 %s, p99 %s, at most %s.",
                         i > 0 ? " " : "", curves[i].legend, p50, p99, max);
        len += n > 0 ? (size_t)n : 0;
    }
}

static void data(gl_buf *out, const curve *curves, size_t count)
{
    load_details_begin(out, "Data: Latency by percentile");
    gl_buf_append_str(out, "<thead><tr><th scope=\"col\">percentile</th>");
    for (size_t k = 0; k < count; k++)
        gl_buf_printf(out, "<th scope=\"col\">%s</th>", curves[k].legend);
    gl_buf_append_str(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i <= LOAD_REPORTED; i++) {
        gl_buf_printf(out, "<tr><th scope=\"row\">%s</th>",
                      i < LOAD_REPORTED ? load_reported[i].title : "max");
        for (size_t k = 0; k < count; k++) {
            const gl_histogram *h = curves[k].histogram;
            double us = i < LOAD_REPORTED ? (double)gl_histogram_quantile(h, load_reported[i].q)
                                          : (double)gl_histogram_max(h);
            char path[80];
            snprintf(path, sizeof path, "%s.%s", curves[k].path,
                     i < LOAD_REPORTED ? load_reported[i].name : "max_us");
            gl_buf_append_str(out, "<td>");
            load_html_figure(out, path, us, load_show_duration(us));
            gl_buf_append_str(out, "</td>");
        }
        gl_buf_append_str(out, "</tr>\n");
    }
    load_details_end(out);
}

void load_report_percentiles(const load_recorder *recorder, const load_facts *facts, gl_buf *out)
{
    static const char *const kinds[] = { "s1", "s2", "s3", "s5" };
    curve curves[LOAD_SERIES];
    char description[512];
    gl_buf note;
    size_t count = curves_of(recorder, facts, curves);
    if (count == 0) return;
    uint64_t measured = gl_histogram_count(curves[0].histogram);
    load_svg chart = { .id = "percentiles",
                       .title = "Latency by percentile",
                       .description = description,
                       .tall = true,
                       .x = load_axis_percentile(measured),
                       .y = axis_of_curves(curves, count, facts),
                       .x_label = load_label_percent,
                       .y_label = load_label_duration,
                       .x_unit = "percentile of the requests; each further nine is as wide",
                       .y_unit = "" };
    describe(curves, count, description, sizeof description);
    for (size_t i = 0; i < count; i++) {
        chart.series[i].name = curves[i].legend;
        chart.series[i].kind = kinds[i];
    }
    chart.series_count = count;
    gl_buf_init(&note, 512);
    load_svg_open(out, &chart);
    draw_thresholds(out, &chart, facts, &note);
    load_svg_lines(out);
    for (size_t i = count; i-- > 0;) draw_quantiles(out, &chart, kinds[i], curves[i].histogram);
    load_svg_lines_end(out);
    draw_marks(out, &chart, curves[0].histogram);
    load_svg_end(out);
    if (note.len > 0 && gl_buf_terminate(&note))
        gl_buf_printf(out, "<p class=\"note\">%s</p>", note.data);
    gl_buf_free(&note);
    data(out, curves, count);
    load_svg_figure_end(out);
}
