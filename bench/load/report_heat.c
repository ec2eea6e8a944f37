/* report_heat.c - the page's map of latency over time; see report_parts.h. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "load/heat.h"
#include "load/markup.h"
#include "load/report_parts.h"
#include "load/time_chart.h"

/* Shades of a count, from few to many; each is as many times the one before. */
#define SHADES 5

/* Counts in (least of shade, least of the next) look alike; shade 0 begins at 1. */
static uint64_t least_of(const load_heat *heat, int shade)
{
    if (shade == 0) return 1;
    return (uint64_t)ceil(pow((double)heat->most + 1, (double)shade / SHADES));
}

static int shade_of(const load_heat *heat, uint64_t count)
{
    int shade = 0;
    while (shade + 1 < SHADES && count >= least_of(heat, shade + 1)) shade++;
    return shade;
}

static int place(const load_axis *axis, double value)
{
    return (int)(load_axis_place(axis, value) * LOAD_SVG_SIDE + 0.5);
}

static void cell(gl_buf *out, const load_svg *chart, const load_heat *heat, const load_time *time,
                 size_t column, size_t bucket)
{
    double from = heat->from_s + (double)column * heat->column_s;
    double to = fmin(from + heat->column_s, time->end_s);
    int left = place(&chart->x, from / time->unit_s), right = place(&chart->x, to / time->unit_s);
    int low = LOAD_SVG_SIDE - place(&chart->y, (double)heat->edge_us[bucket]);
    int high = LOAD_SVG_SIDE - place(&chart->y, (double)heat->edge_us[bucket + 1]);
    gl_buf_printf(out, "M%d %dH%dV%dH%dZ", left, high, right, low, left);
}

static void cells(gl_buf *out, const load_svg *chart, const load_heat *heat, const load_time *time)
{
    for (int shade = 0; shade < SHADES; shade++) {
        gl_buf_printf(out, "<path class=\"heat h%d\" d=\"", shade + 1);
        for (size_t i = 0; i < heat->columns; i++)
            for (size_t k = 0; k < heat->buckets; k++)
                if (heat->count[i][k] > 0 && shade_of(heat, heat->count[i][k]) == shade)
                    cell(out, chart, heat, time, i, k);
        gl_buf_append_str(out, "\"/>");
    }
}

/* Writes the counts of each shade. */
static void shades(gl_buf *out, const load_heat *heat)
{
    gl_buf_append_str(out, "<ul class=\"legend\"><li>requests:</li>");
    for (int shade = 0; shade < SHADES; shade++) {
        uint64_t from = least_of(heat, shade);
        uint64_t to = shade + 1 < SHADES ? least_of(heat, shade + 1) - 1 : heat->most;
        if (to < from) continue; /* there are not so many */
        gl_buf_printf(out,
                      "<li><svg width=\"18\" height=\"14\" aria-hidden=\"true\"><rect "
                      "class=\"heat h%d\" width=\"18\" height=\"14\"/></svg>%" PRIu64,
                      shade + 1, from);
        if (to > from) gl_buf_printf(out, " to %" PRIu64, to);
        gl_buf_append_str(out, "</li>");
    }
    gl_buf_append_str(out, "</ul>");
}

static void data(gl_buf *out, const load_heat *heat, const load_time *time)
{
    load_details_begin(out, "Data: Latency over time");
    gl_buf_append_str(out, "<thead><tr><th scope=\"col\">seconds</th>");
    for (size_t k = 0; k < heat->buckets; k++) {
        char edge[40];
        load_shown_text(load_show_duration((double)heat->edge_us[k]), edge, sizeof edge);
        gl_buf_printf(out, "<th scope=\"col\">from %s</th>", edge);
    }
    gl_buf_append_str(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < heat->columns; i++) {
        double from = heat->from_s + (double)i * heat->column_s;
        gl_buf_printf(out, "<tr><th scope=\"row\">%.2f to %.2f</th>", from,
                      fmin(from + heat->column_s, time->end_s));
        for (size_t k = 0; k < heat->buckets; k++) {
            char path[48];
            snprintf(path, sizeof path, "heat.counts.%zu.%zu", i, k);
            load_table_count(out, path, heat->count[i][k]);
        }
        gl_buf_append_str(out, "</tr>\n");
    }
    load_details_end(out);
}

void load_report_heat(const load_recorder *recorder, const load_time *time, gl_buf *out)
{
    load_heat heat;
    char description[200];
    load_heat_of(recorder->blocks, recorder->timeline->start, &heat);
    /* One request a cell is no map. */
    if (heat.columns < 2) return;
    snprintf(description, sizeof description,
             "%zu columns of %.3g s by %zu buckets of latency; at most %" PRIu64
             " requests in one; the table has them",
             heat.columns, heat.column_s, heat.buckets, heat.most);
    load_svg chart = { .id = "heat",
                       .title = "Latency over time, all requests that are measured",
                       .description = description,
                       .tall = true,
                       .x = load_axis_span(time->end_s / time->unit_s, 6),
                       .y = load_axis_log((double)heat.edge_us[0],
                                          (double)heat.edge_us[heat.buckets]),
                       .x_label = load_label_number,
                       .y_label = load_label_duration,
                       .x_unit = time->unit,
                       .y_unit = "" };
    load_svg_caption(out, &chart);
    shades(out, &heat);
    load_svg_plot(out, &chart);
    load_time_shade(out, &chart, time);
    load_svg_lines(out);
    cells(out, &chart, &heat, time);
    load_svg_lines_end(out);
    load_svg_end(out);
    data(out, &heat, time);
    load_svg_figure_end(out);
}
