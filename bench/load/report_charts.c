/* report_charts.c - what the page draws; see report_parts.h. Reads the recorder's histograms and
 * rows, whose figures are in the JSON report too. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "load/markup.h"
#include "load/report_parts.h"
#include "load/svg.h"

/* From this ratio of the largest to the smallest on, the small ones cannot be told apart on a
 * linear axis. */
#define LOG_FROM 20
/* More columns than this are narrower than a pointer is steady, and make the page large. */
#define COLUMNS_MAX 150

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

static void label_percent(double part, char *out, size_t size)
{
    snprintf(out, size, "%.9g %%", 100 * part);
}

/* --- latency by percentile -------------------------------------------------------------------- */

/* A linear axis from 0, or, where it would hide the small, a logarithmic one. */
static load_axis duration_axis(double low, double high)
{
    if (low < 1) low = 1;
    return high / low > LOG_FROM ? load_axis_log(low, high) : load_axis_linear(high, 6);
}

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
        /* A label that would lie on the line or the label below goes beside it. */
        double place = load_axis_place(&chart->y, us) * load_svg_height(chart);
        indent = fabs(place - above) < 16 ? indent + 74 : 8;
        above = place;
        load_svg_threshold(out, chart, us, indent, name);
    }
    if (note->len > 0)
        gl_buf_append_str(note,
                          note->len > 14 ? " lie above the chart." : " lies above the chart.");
}

typedef struct curve {
    const gl_histogram *histogram;
    const char *legend;
} curve;

/* What the server answered first; all requests too, where a cache or nobody answered some. */
static size_t curves_of(const load_recorder *r, const load_facts *facts, curve curves[LOAD_SERIES])
{
    const gl_histogram *live = r->by_source[GLIMPSE_SOURCE_LIVE], *all = r->metrics[LOAD_LATENCY];
    const curve every[] = {
        { live, facts->open ? "live latency, from the schedule" : "live latency, from sending" },
        { r->metrics[LOAD_SERVICE], "service, at the server alone" },
        { r->metrics[LOAD_TTFT], facts->open ? "first token, from the schedule" : "first token" },
        { all, "latency of all, cache hits among them" },
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
    /* Thresholds that are near belong to the picture; those far above would flatten it. */
    double reach = duration_axis(low, high).kind == LOAD_AXIS_LOG ? 10 : 2;
    for (int i = 3; i >= 0; i--) {
        double us = (double)facts->thresholds_ms[i] * 1e3;
        if (us > high && us <= high * reach) {
            load_axis axis = duration_axis(low, high);
            /* Room for its label, too. */
            axis = axis.kind == LOAD_AXIS_LOG ? load_axis_log(low, us * 1.3)
                                              : load_axis_linear(us * 1.05, 6);
            return axis;
        }
    }
    return duration_axis(low, high);
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
                       .x_label = label_percent,
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
    load_svg_close(out, gl_buf_terminate(&note) ? note.data : NULL);
    gl_buf_free(&note);
}

/* --- over time -------------------------------------------------------------------------------- */

/* The rows of a run, and the unit in which time is told. */
typedef struct span {
    const load_timeline *rows;
    size_t count;
    double row_s, end_s, unit_s;
    const char *unit;
    bool last_is_short; /* too little of a row to tell a rate */
} span;

typedef enum told { SENT, DONE, P50, P99, IN_FLIGHT, ERRORS, HIT_RATE, MEMORY } told;

/* NAN: nothing is known of that row. */
static double value_of(const span *s, size_t i, told what)
{
    const load_row *row = &s->rows->rows[i];
    bool last = i + 1 == s->count;
    double covered = last ? s->end_s - (double)i * s->row_s : s->row_s;
    uint64_t us;
    switch (what) {
    case SENT:
    case DONE:
        if ((last && s->last_is_short) || covered <= 0) return NAN;
        return (double)(what == SENT ? row->sent : row->came) / covered;
    case P50:
    case P99:
        us = load_row_quantile(row, what == P50 ? 0.5 : 0.99);
        return us > 0 ? (double)us : NAN;
    case IN_FLIGHT:
        return (double)row->in_flight;
    case ERRORS:
        return (double)row->failed / s->row_s;
    case HIT_RATE:
        return row->done > 0 ? (double)row->hits / (double)row->done : NAN;
    case MEMORY:
        return row->rss_bytes > 0 ? (double)row->rss_bytes / 1e6 : NAN;
    }
    return NAN;
}

static span span_of(const load_recorder *r)
{
    span s = { .rows = r->timeline, .row_s = (double)r->timeline->width / 1e9 };
    s.end_s = load_recorder_span(r);
    s.count = r->timeline->count;
    /* The loop's look at memory may have begun a row behind the last answer. */
    while (s.count > 1 && (double)(s.count - 1) * s.row_s >= s.end_s) s.count--;
    s.last_is_short = s.count > 1 && s.end_s - (double)(s.count - 1) * s.row_s < s.row_s / 2;
    s.unit_s = s.end_s > 4 * 3600 ? 3600 : s.end_s > 600 ? 60 : 1;
    s.unit = s.unit_s > 60  ? "hours since the start"
             : s.unit_s > 1 ? "minutes since the start"
                            : "seconds since the start";
    return s;
}

static double from_of(const span *s, size_t i)
{
    return (double)i * s->row_s / s->unit_s;
}

static double to_of(const span *s, size_t i)
{
    double to = (double)(i + 1) * s->row_s;
    return (to < s->end_s ? to : s->end_s) / s->unit_s;
}

static void draw_rows(gl_buf *out, const load_svg *chart, const span *s, told what, bool area)
{
    const char *kind = what == SENT || what == P99 ? "s2" : what == ERRORS ? "s4" : "s1";
    load_pen pen = load_pen_begin(out, chart, kind, area);
    bool lifted = true;
    for (size_t i = 0; i < s->count; i++) {
        double value = value_of(s, i, what);
        if (isnan(value)) {
            lifted = true;
            continue;
        }
        if (lifted) load_pen_lift(&pen, from_of(s, i));
        lifted = false;
        load_pen_step(&pen, to_of(s, i), value);
    }
    load_pen_end(&pen);
}

typedef struct timed {
    const char *id, *title, *y_unit;
    load_svg_label *label;
    size_t count;
    struct {
        told what;
        const char *name;
    } series[2];
} timed;

static load_shown show(told what, double value)
{
    switch (what) {
    case SENT:
    case DONE:
    case ERRORS:
        return load_show_rate(value, "/s");
    case P50:
    case P99:
        return load_show_duration(value);
    case HIT_RATE:
        return load_show_percent(value);
    case MEMORY:
        return load_show_bytes(value * 1e6);
    case IN_FLIGHT:
        break;
    }
    return load_show_count(value);
}

/* The range of rows [from, to) in words: of each line the most. */
static size_t words_of(const timed *t, const span *s, size_t from, size_t to, char *out,
                       size_t size)
{
    size_t len = 0;
    for (size_t k = 0; k < t->count && len < size; k++) {
        double most = NAN;
        char shown[48] = "nothing";
        for (size_t i = from; i < to; i++) most = fmax(most, value_of(s, i, t->series[k].what));
        if (!isnan(most)) load_shown_text(show(t->series[k].what, most), shown, sizeof shown);
        int n =
            snprintf(out + len, size - len, "%s%s %s", k > 0 ? ", " : "", t->series[k].name, shown);
        len += n > 0 ? (size_t)n : 0;
    }
    return len;
}

static void draw_columns(gl_buf *out, const load_svg *chart, const timed *t, const span *s)
{
    size_t step = (s->count + COLUMNS_MAX - 1) / COLUMNS_MAX;
    for (size_t i = 0; i < s->count; i += step) {
        size_t to = i + step < s->count ? i + step : s->count;
        char says[256];
        int n = snprintf(says, sizeof says, "%.6g to %.6g s%s: ", (double)i * s->row_s,
                         fmin((double)to * s->row_s, round(s->end_s * 100) / 100),
                         step > 1 ? ", at most" : "");
        words_of(t, s, i, to, says + n, sizeof says - (size_t)n);
        load_svg_column(out, chart, from_of(s, i), to_of(s, to - 1), says);
    }
}

static load_axis axis_of_rows(const timed *t, const span *s)
{
    double low = HUGE_VAL, high = 0;
    for (size_t k = 0; k < t->count; k++)
        for (size_t i = 0; i < s->count; i++) {
            double value = value_of(s, i, t->series[k].what);
            if (value > high) high = value;
            if (value < low) low = value;
        }
    if (t->series[0].what == HIT_RATE) return load_axis_linear(1, 4);
    if (t->series[0].what == P50 && low > 0 && high / low > LOG_FROM)
        return load_axis_log(low, high);
    /* What is counted has no marks between the whole numbers. */
    if (t->series[0].what == IN_FLIGHT && high < 4) return load_axis_linear(4, 4);
    return load_axis_linear(high, 4);
}

/* A chart of nothing but zeros, or of nothing, takes no room. */
static bool says_something(const timed *t, const span *s)
{
    for (size_t k = 0; k < t->count; k++)
        for (size_t i = 0; i < s->count; i++)
            if (value_of(s, i, t->series[k].what) > 0) return true;
    return false;
}

static void draw_timed(gl_buf *out, const timed *t, const span *s)
{
    static const char *const kinds[] = { "s1", "s2" };
    char description[320];
    int n = snprintf(description, sizeof description, "%zu rows of %.6g s; at most: ", s->count,
                     s->row_s);
    words_of(t, s, 0, s->count, description + n, sizeof description - (size_t)n);
    load_svg chart = { .id = t->id,
                       .title = t->title,
                       .description = description,
                       .x = load_axis_span(s->end_s / s->unit_s, 6),
                       .y = axis_of_rows(t, s),
                       .x_label = load_label_number,
                       .y_label = t->label,
                       .x_unit = s->unit,
                       .y_unit = t->y_unit };
    for (size_t k = 0; t->count > 1 && k < t->count; k++) {
        chart.series[k].name = t->series[k].name;
        chart.series[k].kind = kinds[k];
        chart.series_count++;
    }
    load_svg_open(out, &chart);
    draw_columns(out, &chart, t, s);
    load_svg_lines(out);
    if (t->count == 1) draw_rows(out, &chart, s, t->series[0].what, true);
    for (size_t k = t->count; k-- > 0;) draw_rows(out, &chart, s, t->series[k].what, false);
    load_svg_lines_end(out);
    load_svg_close(out, NULL);
}

void load_report_over_time(const load_recorder *recorder, gl_buf *out)
{
    static const timed charts[] = {
        { "throughput",
          "Throughput",
          "requests/s",
          load_label_number,
          2,
          { { DONE, "answered" }, { SENT, "sent" } } },
        { "latencies", "Latency", "", load_label_duration, 2, { { P50, "p50" }, { P99, "p99" } } },
        { "in-flight",
          "In flight, at most",
          "requests",
          load_label_number,
          1,
          { { IN_FLIGHT, "in flight" } } },
        { "errors", "Errors", "errors/s", load_label_number, 1, { { ERRORS, "errors" } } },
        { "hit-rate", "Hit rate", "", label_percent, 1, { { HIT_RATE, "hit rate" } } },
        { "memory",
          "The client's resident memory",
          "MB",
          load_label_number,
          1,
          { { MEMORY, "memory" } } },
    };
    span s = span_of(recorder);
    gl_buf_append_str(out, "<div class=\"charts\">\n");
    for (size_t i = 0; s.count > 0 && i < sizeof charts / sizeof *charts; i++)
        if (says_something(&charts[i], &s)) draw_timed(out, &charts[i], &s);
    gl_buf_append_str(out, "</div>\n");
    if (s.last_is_short)
        gl_buf_printf(
            out,
            "<p class=\"note\">A row is %.6g s. The last is shorter than half of one, and "
            "its throughput is not drawn.</p>\n",
            s.row_s);
}
