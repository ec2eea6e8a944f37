/* compare_html.c - a comparison of reports as a page: the changes, and the runs drawn over each
 * other; see compare.h. Charts over time show the first run of a side. */
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "load/compare.h"
#include "load/markup.h"
#include "load/report_parts.h"
#include "load/rows.h"
#include "load/time_chart.h"

/* With more lines, colours and dashes do not suffice. */
#define DRAWN LOAD_SERIES
/* A report may hold any number; a larger one is a forgery. */
#define NUMBER_MAX 1e15
/* Lines of settings that differ. */
#define NOTES_MAX ((size_t)1 << 20)

static size_t drawn(size_t sides)
{
    return sides < DRAWN ? sides : DRAWN;
}

static const char *const kinds[DRAWN] = { "s1", "s2", "s3", "s4", "s5", "s6" };

/* --- head ------------------------------------------------------------------------------------- */

typedef struct tally {
    size_t worse, better, same, unjudged;
    double hidden; /* the largest part that may hide where no difference was found */
} tally;

static tally tally_of(const load_compared_side *side, size_t sides)
{
    tally t = { 0 };
    for (size_t i = 1; i < sides; i++)
        for (size_t k = 0; k < side[i].changes; k++) {
            t.worse += side[i].change[k].verdict == LOAD_WORSE;
            t.better += side[i].change[k].verdict == LOAD_BETTER;
            t.same += side[i].change[k].verdict == LOAD_SAME;
            t.unjudged += side[i].change[k].verdict == LOAD_TOO_FEW ||
                          side[i].change[k].verdict == LOAD_TOO_SHORT;
            if (side[i].change[k].verdict != LOAD_SAME) continue;
            bool part;
            double most = load_change_hides(&side[i].change[k], &part);
            if (part) t.hidden = fmax(t.hidden, most);
        }
    return t;
}

/* The settings in which a side differs from the first, a line each; empty where it does not
 * differ. */
static void differing(const load_compared_side *side, size_t i, gl_buf *lines)
{
    gl_buf_init(lines, NOTES_MAX);
    load_reports_note(side[0].reports, side[i].reports, "before", "after", lines);
}

static bool measured_alike(const load_compared_side *side, size_t sides)
{
    size_t len = 0;
    for (size_t i = 1; i < sides; i++) {
        gl_buf lines;
        differing(side, i, &lines);
        len += lines.len;
        gl_buf_free(&lines);
    }
    return len == 0;
}

static void verdict(const load_compared_side *side, size_t sides, bool invalid, gl_buf *out)
{
    tally t = tally_of(side, sides);
    size_t all = t.worse + t.better + t.same + t.unjudged;
    if (invalid)
        load_verdict_begin(out, LOAD_INVALID, NULL);
    else if (t.worse > 0)
        load_verdict_begin(out, LOAD_FAIL, "WORSE");
    else if (t.better > 0)
        load_verdict_begin(out, LOAD_PASS, "BETTER");
    else if (t.unjudged == 0)
        load_verdict_begin(out, LOAD_PASS, "NO DIFFERENCE FOUND");
    else
        load_verdict_begin(out, LOAD_UNJUDGED, "NO DIFFERENCE FOUND");
    if (invalid) gl_buf_append_str(out, "A run was INVALID: its figures say nothing. ");
    gl_buf_printf(out,
                  "Of %zu metrics %zu are worse, %zu better; of %zu no difference was found, and "
                  "of %zu too little is known.",
                  all, t.worse, t.better, t.same, t.unjudged);
    if (t.hidden > 0)
        gl_buf_printf(out, " Where none was found, one of up to \xc2\xb1%.1f %% may hide.",
                      100 * t.hidden);
    gl_buf_append_str(out, "</p>");
    if (!measured_alike(side, sides))
        gl_buf_append_str(out, "<p>Settings differ: the sides did not measure the same thing.</p>");
    gl_buf_append_str(out, "</section>\n");
}

static void text_of(gl_buf *out, json_object *root, const char *name)
{
    json_object *value;
    if (json_object_object_get_ex(root, name, &value) &&
        json_object_is_type(value, json_type_string))
        load_html_text(out, json_object_get_string(value));
    else
        gl_buf_append_str(out, "\xe2\x80\x93");
}

static void runs(const load_compared_side *side, size_t sides, gl_buf *out)
{
    gl_buf_append_str(out, "<h2>The runs</h2>\n");
    load_table_begin(out, " words", "The runs");
    gl_buf_append_str(out, "<thead><tr><th scope=\"col\">side</th><th scope=\"col\">runs</th>"
                           "<th scope=\"col\" class=\"text\">first run</th><th scope=\"col\" "
                           "class=\"text\">in a sentence</th>"
                           "</tr></thead><tbody>\n");
    for (size_t i = 0; i < sides; i++) {
        json_object *root = load_reports_first(side[i].reports);
        gl_buf_append_str(out, "<tr><th scope=\"row\">");
        if (i < drawn(sides))
            gl_buf_printf(out,
                          "<svg class=\"swatch\" width=\"26\" height=\"10\" aria-hidden=\"true\">"
                          "<path class=\"%s\" d=\"M0 5H26\"/></svg>",
                          kinds[i]);
        load_html_text(out, side[i].name);
        gl_buf_printf(out, "</th><td>%zu</td><td class=\"text\">",
                      load_reports_side(side[i].reports)->runs);
        text_of(out, root, "result");
        gl_buf_append_str(out, "</td><td class=\"text\">");
        text_of(out, root, "summary");
        gl_buf_append_str(out, "</td></tr>\n");
    }
    load_table_end(out);
}

/* --- changes ---------------------------------------------------------------------------------- */

static const char *word_of(const load_change *change, char *text, size_t size)
{
    static const char *const words[] = { [LOAD_BETTER] = "\xe2\x9c\x93 better",
                                         [LOAD_WORSE] = "\xe2\x9c\x97 worse",
                                         [LOAD_TOO_FEW] = "too few samples above it",
                                         [LOAD_TOO_SHORT] = "too short to tell" };
    if (change->verdict != LOAD_SAME) return words[change->verdict];
    bool part;
    double most = load_change_hides(change, &part);
    snprintf(text, size, "no difference found; \xc2\xb1%.*f%s may hide", part ? 1 : 3,
             part ? 100 * most : most, part ? " %" : "");
    return text;
}

static bool judged(const load_change *change)
{
    return change->verdict != LOAD_TOO_FEW && change->verdict != LOAD_TOO_SHORT;
}

/* The interval as a part of the first side's value, on an axis that is the same for all metrics of
 * a side. */
static void whisker(gl_buf *out, const load_change *change, double reach)
{
    gl_buf_append_str(out, "<td class=\"whisker\"><svg width=\"100%\" height=\"14\" "
                           "aria-hidden=\"true\"><line class=\"zero\" x1=\"50%\" x2=\"50%\" "
                           "y2=\"14\"/>");
    if (judged(change) && change->before > 0) {
        double low = 50 + 50 * change->low / change->before / reach;
        double high = 50 + 50 * change->high / change->before / reach;
        low = fmin(fmax(low, 0), 99);
        high = fmin(fmax(high, low + 1), 100);
        gl_buf_printf(out,
                      "<rect class=\"%s\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"3\" height=\"8\"/>",
                      change->verdict == LOAD_WORSE    ? "bad"
                      : change->verdict == LOAD_BETTER ? "good"
                                                       : "none",
                      low, high - low);
    }
    gl_buf_append_str(out, "</svg></td>");
}

static double reach_of(const load_compared_side *side)
{
    double reach = 0.02;
    for (size_t k = 0; k < side->changes; k++) {
        const load_change *c = &side->change[k];
        if (!judged(c) || c->before <= 0) continue;
        reach = fmax(reach, fmax(fabs(c->low), fabs(c->high)) / c->before);
    }
    return fmin(reach, 2);
}

static void change_row(gl_buf *out, const load_change *c, double reach)
{
    char text[96];
    gl_buf_append_str(out, "<tr><th scope=\"row\">");
    load_html_text(out, load_compared_name(c->metric));
    gl_buf_printf(out, "</th><td class=\"text%s\">%s</td><td>%.3f</td><td>%.3f</td><td>",
                  c->verdict == LOAD_WORSE    ? " worse"
                  : c->verdict == LOAD_BETTER ? " better"
                                              : "",
                  word_of(c, text, sizeof text), c->before, c->after);
    if (judged(c))
        gl_buf_printf(out, "%+.3f to %+.3f", c->low, c->high);
    else
        gl_buf_append_str(out, "\xe2\x80\x93");
    gl_buf_append_str(out, "</td>");
    whisker(out, c, reach);
    gl_buf_append_str(out, "</tr>\n");
}

static void settings(const load_compared_side *side, size_t i, gl_buf *out)
{
    gl_buf lines;
    size_t count = 0;
    differing(side, i, &lines);
    for (size_t k = 0; k < lines.len; k++) count += lines.data[k] == '\n';
    if (count > 0 && gl_buf_terminate(&lines)) {
        gl_buf_printf(out, "<details><summary>%zu settings differ</summary><ul class=\"note\">",
                      count);
        char *at = lines.data;
        for (char *end; (end = strchr(at, '\n')) != NULL; at = end + 1) {
            *end = '\0';
            gl_buf_append_str(out, "<li>");
            load_html_text(out, at);
            gl_buf_append_str(out, "</li>");
        }
        gl_buf_append_str(out, "</ul></details>\n");
    }
    gl_buf_free(&lines);
}

static void changes(const load_compared_side *side, size_t sides, gl_buf *out)
{
    for (size_t i = 1; i < sides; i++) {
        double reach = reach_of(&side[i]);
        gl_buf_append_str(out, "<h2>");
        load_html_text(out, side[i].name);
        gl_buf_append_str(out, " against ");
        load_html_text(out, side[0].name);
        gl_buf_append_str(out, "</h2>\n");
        load_table_begin(out, "", side[i].name);
        gl_buf_printf(out,
                      "<thead><tr><th scope=\"col\">metric</th><th scope=\"col\" "
                      "class=\"text\">verdict</th><th scope=\"col\">before</th><th "
                      "scope=\"col\">after</th><th scope=\"col\">interval of the change</th><th "
                      "scope=\"col\">\xe2\x88\x92%.3g %% to +%.3g %%</th></tr></thead><tbody>\n",
                      100 * reach, 100 * reach);
        for (size_t k = 0; k < side[i].changes; k++) change_row(out, &side[i].change[k], reach);
        load_table_end(out);
        settings(side, i, out);
    }
}

/* --- distributions ---------------------------------------------------------------------------- */

static const load_values *values_of(const load_compared_side *side, bool first_token)
{
    const load_side *s = load_reports_side(side->reports);
    return first_token ? &s->ttft : &s->latency;
}

static void draw_values(gl_buf *out, const load_svg *chart, const char *kind, const load_values *v)
{
    double seen = 0;
    load_pen pen = load_pen_begin(out, chart, kind, false);
    for (size_t i = 0; i < v->count; i++) {
        seen += v->value[i].count;
        load_pen_step(&pen, seen / v->total, v->value[i].us);
    }
    load_pen_end(&pen);
}

static double quantile(const load_values *v, double q)
{
    double seen = 0;
    for (size_t i = 0; i < v->count; i++) {
        seen += v->value[i].count;
        if (seen >= q * v->total) return v->value[i].us;
    }
    return NAN;
}

static void quantiles(gl_buf *out, const char *title, const load_compared_side *side, size_t sides,
                      bool first_token)
{
    static const double shares[] = { 0.5, 0.75, 0.9, 0.95, 0.99, 0.999 };
    char name[160];
    snprintf(name, sizeof name, "Data: %s", title);
    load_details_begin(out, name);
    gl_buf_append_str(out, "<thead><tr><th scope=\"col\">percentile</th>");
    for (size_t i = 0; i < sides; i++) {
        gl_buf_append_str(out, "<th scope=\"col\">");
        load_html_text(out, side[i].name);
        gl_buf_append_str(out, "</th>");
    }
    gl_buf_append_str(out, "</tr></thead><tbody>\n");
    for (size_t k = 0; k < sizeof shares / sizeof *shares; k++) {
        gl_buf_printf(out, "<tr><th scope=\"row\">p%.6g</th>", 100 * shares[k]);
        for (size_t i = 0; i < sides; i++) {
            char text[40];
            double us = quantile(values_of(&side[i], first_token), shares[k]);
            load_shown_text(load_show_duration(us), text, sizeof text);
            gl_buf_printf(out, "<td>%s</td>", isnan(us) ? "\xe2\x80\x93" : text);
        }
        gl_buf_append_str(out, "</tr>\n");
    }
    load_details_end(out);
}

static void distribution(gl_buf *out, const char *id, const char *title,
                         const load_compared_side *side, size_t sides, bool first_token)
{
    double low = HUGE_VAL, high = 0, most = 0;
    for (size_t i = 0; i < drawn(sides); i++) {
        const load_values *v = values_of(&side[i], first_token);
        if (v->count == 0) continue;
        low = fmin(low, v->value[0].us);
        high = fmax(high, v->value[v->count - 1].us);
        most = fmax(most, v->total);
    }
    if (high <= 0) return;
    load_svg chart = { .id = id,
                       .title = title,
                       .description = "one line a side; the table has the percentiles",
                       .tall = true,
                       .x = load_axis_percentile((uint64_t)most),
                       .y = load_axis_wide(low, high),
                       .x_label = load_label_percent,
                       .y_label = load_label_duration,
                       .x_unit = "percentile of the requests; each further nine is as wide",
                       .y_unit = "" };
    for (size_t i = 0; i < drawn(sides); i++) {
        if (values_of(&side[i], first_token)->count == 0) continue;
        chart.series[chart.series_count].name = side[i].name;
        chart.series[chart.series_count++].kind = kinds[i];
    }
    load_svg_open(out, &chart);
    load_svg_lines(out);
    for (size_t i = drawn(sides); i-- > 0;)
        draw_values(out, &chart, kinds[i], values_of(&side[i], first_token));
    load_svg_lines_end(out);
    load_svg_end(out);
    quantiles(out, title, side, sides, first_token);
    load_svg_figure_end(out);
}

/* --- over time -------------------------------------------------------------------------------- */

static double number_of(json_object *object, const char *name)
{
    json_object *value;
    if (!json_object_is_type(object, json_type_object) ||
        !json_object_object_get_ex(object, name, &value) ||
        !(json_object_is_type(value, json_type_int) ||
          json_object_is_type(value, json_type_double)))
        return NAN;
    double number = json_object_get_double(value);
    return fabs(number) <= NUMBER_MAX ? number : NAN;
}

static json_object *rows_of(json_object *root, const char *name)
{
    json_object *rows = NULL;
    if (!json_object_object_get_ex(root, name, &rows) ||
        !json_object_is_type(rows, json_type_array))
        return NULL;
    return rows;
}

static double row_value(const void *of, size_t row, int figure)
{
    json_object *const *rows = of;
    return number_of(json_object_array_get_idx(*rows, row),
                     load_row_figure_name((load_row_figure)figure));
}

typedef struct timed {
    load_row_figure figure;
    const char *id, *title, *y_unit;
    load_svg_label *label;
    load_shown (*show)(double value);
} timed;

static load_shown show_a_second(double rate)
{
    return load_show_rate(rate, "/s");
}

static const timed charts[] = {
    { LOAD_ROW_P50, "p50", "Latency, p50", "", load_label_duration, load_show_duration },
    { LOAD_ROW_P99, "p99", "Latency, p99", "", load_label_duration, load_show_duration },
    { LOAD_ROW_FIRST_P50, "first-token", "First token, p50", "", load_label_duration,
      load_show_duration },
    { LOAD_ROW_ANSWERS, "throughput", "Answers a second", "answers/s", load_label_number,
      show_a_second },
    { LOAD_ROW_TOKENS, "tokens", "Tokens of output a second", "tokens/s", load_label_number,
      show_a_second },
    { LOAD_ROW_IN_FLIGHT, "in-flight", "In flight, at most", "requests", load_label_number,
      load_show_count },
    { LOAD_ROW_WAITING, "waiting", "Waiting in the client, on average", "requests",
      load_label_number, show_a_second },
    { LOAD_ROW_FAILURES, "errors", "Errors", "errors/s", load_label_number, show_a_second },
};

/* Rows behind the last answer have no values, and a report may have rows of any width. */
static bool timeline_of(json_object *root, double *row_s, size_t *rows, double *end_s)
{
    json_object *list = rows_of(root, "timeline");
    *row_s = number_of(root, "row_s");
    *end_s = number_of(root, "span_s");
    if (list == NULL || !(*row_s > 0) || !(*end_s > 0) || *row_s > 1e9 || *end_s > 1e9)
        return false;
    *rows = json_object_array_length(list);
    if (*rows > LOAD_ROWS) *rows = LOAD_ROWS;
    while (*rows > 1 && (double)(*rows - 1) * *row_s >= *end_s) --*rows;
    return *rows > 0;
}

static void draw_timed(gl_buf *out, const timed *t, const load_compared_side *side, size_t sides,
                       const load_time *time)
{
    char before[DRAWN][40], after[40];
    json_object *rows[DRAWN];
    load_time_chart chart = { .id = t->id,
                              .title = t->title,
                              .y_unit = t->y_unit,
                              .y_label = t->label,
                              .show = t->show,
                              .y = t->label == load_label_duration ? LOAD_TIME_MAY_BE_LOG
                                                                   : LOAD_TIME_FROM_0 };
    snprintf(after, sizeof after, ".%s", load_row_figure_name(t->figure));
    for (size_t i = 0; i < drawn(sides); i++) {
        json_object *root = load_reports_first(side[i].reports);
        load_time_line *line = &chart.line[chart.lines++];
        double row_s = 1, end_s;
        size_t count = 0;
        if (!timeline_of(root, &row_s, &count, &end_s)) count = 0;
        rows[i] = rows_of(root, "timeline");
        snprintf(before[i], sizeof before[i], "%zu.timeline.", i);
        *line = (load_time_line){ .name = side[i].name,
                                  .value = row_value,
                                  .of = &rows[i],
                                  .what = (int)t->figure,
                                  .row_s = row_s,
                                  .rows = count,
                                  .before = before[i],
                                  .after = after };
    }
    load_time_chart_draw(out, &chart, time);
}

static void add_marks(load_marks *marks, json_object *root, const char *name, size_t side)
{
    json_object *list = rows_of(root, "marks");
    for (size_t i = 0; list != NULL && i < json_object_array_length(list); i++) {
        json_object *one = json_object_array_get_idx(list, i), *kind;
        double from = number_of(one, "from_s"), to = number_of(one, "to_s");
        if (!(from >= 0) || !(to > from) || to > 1e9 ||
            !json_object_object_get_ex(one, "kind", &kind))
            continue;
        for (int k = 0; k < LOAD_MARK_KINDS; k++) {
            const char *is = json_object_get_string(kind);
            if (is == NULL || strcmp(is, load_mark_name((load_mark_kind)k)) != 0) continue;
            size_t before = marks->count;
            load_marks_add(marks, (load_mark_kind)k, (gl_time)llround(from * 1e9),
                           (gl_time)llround(to * 1e9));
            if (marks->count == before) continue;
            marks->mark[before].what = name;
            marks->mark[before].side = side + 1;
            marks->mark[before].place = i;
        }
    }
}

static void over_time(gl_buf *out, const load_compared_side *side, size_t sides)
{
    load_marks marks = { 0 };
    double longest = 0;
    for (size_t i = 0; i < drawn(sides); i++) {
        json_object *root = load_reports_first(side[i].reports);
        double row_s, end_s;
        size_t rows;
        if (!timeline_of(root, &row_s, &rows, &end_s)) continue;
        longest = fmax(longest, end_s);
        add_marks(&marks, root, side[i].name, i);
    }
    if (longest <= 0) return;
    load_time time = load_time_of(longest, &marks, 0);
    gl_buf_append_str(out, "<section>\n<h2>Over time</h2>\n");
    load_time_legend(out, &time);
    gl_buf_append_str(out, "<div class=\"charts\">\n");
    for (size_t i = 0; i < sizeof charts / sizeof *charts; i++)
        draw_timed(out, &charts[i], side, sides, &time);
    gl_buf_append_str(out, "</div>\n<p class=\"note\">Of a side with several runs it is the first; "
                           "a shade is of the side that the table names.</p>\n</section>\n");
}

void load_compare_html(const load_compared_side *side, size_t sides, bool invalid, gl_buf *out)
{
    char of[200];
    if (sides == 2)
        snprintf(of, sizeof of, "%.90s against %.90s", side[1].name, side[0].name);
    else
        snprintf(of, sizeof of, "%zu sides against %.90s", sides - 1, side[0].name);
    load_page_begin(out, "Load tests compared: ", of);
    verdict(side, sides, invalid, out);
    gl_buf_append_str(out, "</header>\n<section>\n");
    changes(side, sides, out);
    runs(side, sides, out);
    gl_buf_append_str(out, "<p class=\"note\">Of comparisons of a thing with itself, at most 1 in "
                           "100 tells any of these metrics different; a change below 2 % is "
                           "none.</p>\n</section>\n<section>\n<h2>Distributions</h2>\n");
    distribution(out, "latency", "Latency by percentile", side, sides, false);
    distribution(out, "ttft", "First token by percentile", side, sides, true);
    if (sides > DRAWN)
        gl_buf_printf(out, "<p class=\"note\">The first %d of %zu sides are drawn.</p>\n",
                      (int)DRAWN, sides);
    gl_buf_append_str(out, "</section>\n");
    over_time(out, side, sides);
    load_page_end(out, "Figures over time carry the side and the place in its report.");
}
