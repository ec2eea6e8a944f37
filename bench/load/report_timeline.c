/* report_timeline.c - the charts of the run over time; see report_parts.h. Its figures are those of
 * the timeline in the JSON report. */
#include <stdio.h>

#include "load/report_parts.h"
#include "load/rows.h"
#include "load/time_chart.h"

static double row_value(const void *recorder, size_t row, int figure)
{
    return load_row_value(recorder, row, (load_row_figure)figure);
}

static load_shown show_a_second(double rate)
{
    return load_show_rate(rate, "/s");
}

static load_shown show_mean(double count)
{
    return load_show_rate(count, "");
}

static void label_megabytes(double bytes, char *out, size_t size)
{
    snprintf(out, size, "%.6g", bytes / 1e6);
}

typedef struct chart {
    load_time_chart look;
    struct {
        load_row_figure figure;
        const char *name;
    } of[2];
} chart;

static const chart charts[] = {
    { { .id = "latencies",
        .title = "Latency of all requests",
        .y_label = load_label_duration,
        .show = load_show_duration,
        .y = LOAD_TIME_MAY_BE_LOG,
        .lines = 2 },
      { { LOAD_ROW_P50, "p50" }, { LOAD_ROW_P99, "p99" } } },
    { { .id = "first-token",
        .title = "First token",
        .y_label = load_label_duration,
        .show = load_show_duration,
        .y = LOAD_TIME_MAY_BE_LOG,
        .lines = 2 },
      { { LOAD_ROW_FIRST_P50, "p50" }, { LOAD_ROW_FIRST_P99, "p99" } } },
    { { .id = "throughput",
        .title = "Throughput",
        .y_unit = "requests/s",
        .y_label = load_label_number,
        .show = show_a_second,
        .lines = 2 },
      { { LOAD_ROW_ANSWERS, "answered" }, { LOAD_ROW_SENT, "sent" } } },
    { { .id = "tokens",
        .title = "Tokens of output a second",
        .y_unit = "tokens/s",
        .y_label = load_label_number,
        .show = show_a_second,
        .lines = 1 },
      { { LOAD_ROW_TOKENS, "tokens" } } },
    { { .id = "in-flight",
        .title = "In flight, at most",
        .y_unit = "requests",
        .y_label = load_label_number,
        .show = load_show_count,
        .y = LOAD_TIME_WHOLE,
        .lines = 1 },
      { { LOAD_ROW_IN_FLIGHT, "in flight" } } },
    { { .id = "waiting",
        .title = "Waiting in the client, on average",
        .y_unit = "requests",
        .y_label = load_label_number,
        .show = show_mean,
        .lines = 1 },
      { { LOAD_ROW_WAITING, "waiting" } } },
    { { .id = "errors",
        .title = "Errors",
        .kind = "s4",
        .y_unit = "errors/s",
        .y_label = load_label_number,
        .show = show_a_second,
        .lines = 1 },
      { { LOAD_ROW_FAILURES, "errors" } } },
    { { .id = "hit-rate",
        .title = "Hit rate",
        .y_label = load_label_percent,
        .show = load_show_percent,
        .y = LOAD_TIME_PART,
        .lines = 1 },
      { { LOAD_ROW_HIT_RATE, "hit rate" } } },
    { { .id = "memory",
        .title = "The client's resident memory",
        .y_unit = "MB",
        .y_label = label_megabytes,
        .show = load_show_bytes,
        .lines = 1 },
      { { LOAD_ROW_MEMORY, "memory" } } },
};

static void draw(gl_buf *out, const load_recorder *r, const chart *one, const load_time *time)
{
    load_time_chart look = one->look;
    char after[2][32];
    if (look.y_unit == NULL) look.y_unit = "";
    for (size_t k = 0; k < look.lines; k++) {
        snprintf(after[k], sizeof after[k], ".%s", load_row_figure_name(one->of[k].figure));
        look.line[k] = (load_time_line){ .name = one->of[k].name,
                                         .value = row_value,
                                         .of = r,
                                         .what = one->of[k].figure,
                                         .row_s = (double)r->timeline->width / 1e9,
                                         .rows = load_row_count(r),
                                         .before = "timeline.",
                                         .after = after[k] };
    }
    load_time_chart_draw(out, &look, time);
}

void load_report_timeline(const load_recorder *recorder, const load_facts *facts, gl_buf *out)
{
    const load_recorder *r = recorder;
    load_time time = load_time_of(load_recorder_span(r), facts->marks, r->timeline->start);
    gl_buf_append_str(out, "<h2>Over time</h2>\n");
    load_time_legend(out, &time);
    load_report_heat(r, &time, out);
    gl_buf_append_str(out, "<div class=\"charts\">\n");
    for (size_t i = 0; i < sizeof charts / sizeof *charts; i++) draw(out, r, &charts[i], &time);
    gl_buf_append_str(out, "</div>\n");
    gl_buf_printf(out,
                  "<p class=\"note\">A row is %.6g s: latency and first token of what was meant to "
                  "be sent in it, the others of what came in it. A last row that is shorter than "
                  "half of one has no rate.</p>\n",
                  (double)r->timeline->width / 1e9);
}
