/* report_server.c - the report on the server's own page of metrics during the run; see report.h. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/json.h"
#include "load/markup.h"
#include "load/report_members.h"
#include "load/report_parts.h"

static void series_json(gl_buf *out, const load_scrape *scrape, const load_series *series)
{
    double value = 0;
    gl_buf_printf(out, "{\"name\":\"%s\",\"kind\":\"%s\",\"readings\":%" PRIu64, series->name,
                  series->counter ? "counter" : "gauge", series->readings);
    bool known = load_series_mean(scrape, series, &value);
    load_json_known(out, series->counter ? "per_second" : "mean", known, value);
    load_json_known(out, "least", series->readings > 0, series->least);
    load_json_known(out, "most", series->readings > 0, series->most);
    load_json_known(out, "last", true, series->last);
    gl_buf_append_str(out, ",\"rows\":[");
    for (size_t row = 0; row < scrape->rows; row++) {
        if (row > 0) gl_buf_append_char(out, ',');
        if (load_series_row_at(series, row, &value))
            gl_json_write_double(out, value);
        else
            gl_buf_append_str(out, "null");
    }
    gl_buf_append_str(out, "]}");
}

void load_report_server_json(const load_facts *facts, gl_buf *out)
{
    const load_scrape *scrape = facts->scrape;
    const char *comma = "";
    if (scrape == NULL) return;
    gl_buf_append_str(out, ",\"server\":{\"url\":");
    gl_json_write_string(out, gl_slice_str(facts->scrape_url));
    gl_buf_printf(out, ",\"pages\":%" PRIu64 ",\"failed\":%" PRIu64, scrape->pages, scrape->failed);
    load_json_known(out, "row_s", true, (double)scrape->width / 1e9);
    gl_buf_append_str(out, ",\"series\":[");
    for (size_t i = 0; i < scrape->count; i++) {
        if (!scrape->series[i].seen) continue;
        gl_buf_append_str(out, comma);
        series_json(out, scrape, &scrape->series[i]);
        comma = ",";
    }
    gl_buf_append_str(out, "]}");
}

void load_report_server_table(const load_facts *facts, FILE *out)
{
    const load_scrape *scrape = facts->scrape;
    size_t rows = 0;
    if (scrape == NULL) return;
    fprintf(out, "\nserver       %" PRIu64 " page%s of %s, %" PRIu64 " could not be read\n",
            scrape->pages, scrape->pages == 1 ? "" : "s", facts->scrape_url, scrape->failed);
    if (load_scrape_lacks(scrape) == LOAD_SCRAPE_BARE)
        fputs("             NONE of the series is on them (--scrape-series)\n", out);
    if (scrape->pages == 0) fputs("             NOTHING is known of the server\n", out);
    for (size_t i = 0; i < scrape->count; i++) {
        const load_series *series = &scrape->series[i];
        double mean;
        if (!load_series_mean(scrape, series, &mean)) continue;
        if (rows++ == 0) fprintf(out, "%-40s %14s %14s %14s\n", "series", "mean", "least", "most");
        fprintf(out, "%-40s %14.3f %14.3f %14.3f%s\n", series->name, mean, series->least,
                series->most, series->counter ? "  a second" : "");
    }
}

static void cell(gl_buf *out, size_t index, const char *figure, double value)
{
    char path[64];
    snprintf(path, sizeof path, "server.series.%zu.%s", index, figure);
    gl_buf_append_str(out, "<td>");
    load_html_figure(out, path, value, load_show_number(value));
    gl_buf_append_str(out, "</td>");
}

static double row_value(const void *of, size_t row, int what)
{
    double value;
    (void)what;
    return load_series_row_at(of, row, &value) ? value : NAN;
}

/* Draws each series on the time axis of the client's charts; a series that stayed at 0 is left
 * out. */
static void charts(const load_facts *facts, const load_time *time, gl_buf *out)
{
    const load_scrape *scrape = facts->scrape;
    size_t place = 0;
    gl_buf_append_str(out, "<div class=\"charts\">\n");
    for (size_t i = 0; i < scrape->count; i++) {
        const load_series *series = &scrape->series[i];
        char id[32], before[48];
        if (!series->seen) continue;
        snprintf(id, sizeof id, "server-%zu", place);
        snprintf(before, sizeof before, "server.series.%zu.rows.", place++);
        const load_time_chart chart = { .id = id,
                                        .title = series->name,
                                        .y_unit = series->counter ? "a second" : "",
                                        .y_label = load_label_number,
                                        .show = load_show_number,
                                        .lines = 1,
                                        .line = { { .name = series->counter ? "a second" : "mean",
                                                    .value = row_value,
                                                    .of = series,
                                                    .row_s = (double)scrape->width / 1e9,
                                                    .rows = scrape->rows,
                                                    .before = before,
                                                    .after = "" } } };
        load_time_chart_draw(out, &chart, time);
    }
    gl_buf_append_str(out, "</div>\n");
}

void load_report_server(const load_recorder *recorder, const load_facts *facts, gl_buf *out)
{
    const load_scrape *scrape = facts->scrape;
    size_t place = 0;
    char lack[768];
    if (scrape == NULL) return;
    gl_buf_append_str(out, "<h2>The server beside the client</h2>\n");
    load_scrape_say(scrape, facts->scrape_url, lack, sizeof lack);
    if (lack[0] == 't') lack[0] = 'T';
    if (lack[0] != '\0') {
        gl_buf_append_str(out, "<p>");
        load_html_text(out, lack);
        gl_buf_append_str(out, ".</p>\n");
    }
    if (load_scrape_lacks(scrape) == LOAD_SCRAPE_UNREAD ||
        load_scrape_lacks(scrape) == LOAD_SCRAPE_BARE)
        return;
    load_table_begin(out, "", "The server beside the client");
    gl_buf_append_str(out, "<thead><tr><th scope=\"col\">series</th><th scope=\"col\">mean</th>"
                           "<th scope=\"col\">least</th><th scope=\"col\">most</th></tr></thead>"
                           "<tbody>\n");
    for (size_t i = 0; i < scrape->count; i++) {
        const load_series *series = &scrape->series[i];
        double mean;
        if (!series->seen) continue;
        if (!load_series_mean(scrape, series, &mean)) mean = NAN;
        bool read = series->readings > 0;
        gl_buf_printf(out, "<tr><th scope=\"row\">%s%s</th>", series->name,
                      series->counter ? ", a second" : "");
        cell(out, place, series->counter ? "per_second" : "mean", mean);
        cell(out, place, "least", read ? series->least : NAN);
        cell(out, place, "most", read ? series->most : NAN);
        gl_buf_append_str(out, "</tr>\n");
        place++;
    }
    load_table_end(out);
    load_time time =
        load_time_of(load_recorder_span(recorder), facts->marks, recorder->timeline->start);
    charts(facts, &time, out);
}
