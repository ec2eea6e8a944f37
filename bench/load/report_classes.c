/* report_classes.c - the report on a load test made of lengths: the errors of the lengths, and the
 * figures of each class; see report.h. */
#include <inttypes.h>

#include "base/json.h"
#include "load/markup.h"
#include "load/report_members.h"
#include "load/report_parts.h"

#define US_PER_MS 1e3

static double error_rate(const load_figures *f)
{
    return f->measured > 0 ? (double)f->errors / (double)f->measured : 0;
}

static double good_rate(const load_figures *f)
{
    return f->measured > 0 ? (double)f->good / (double)f->measured : 0;
}

/* Returns the terms for a good request of this class; NULL: none. */
static const char *goodput_of(const load_class *kind, const load_facts *facts)
{
    if (kind->goodput[0] != '\0') return kind->goodput;
    return facts->goodput_of_run;
}

/* --- the table -------------------------------------------------------------------------------- */

static void off(FILE *out, const char *head, const char *name, const load_tokens *tokens)
{
    if (tokens->requests == 0) return;
    fprintf(out,
            "%-12s %.1f %s tokens a request asked for, %.1f counted by the server: %+.1f %%, at "
            "most %.1f %% in one\n",
            head, (double)tokens->asked / (double)tokens->requests, name,
            (double)tokens->counted / (double)tokens->requests, 100 * load_tokens_off(tokens),
            100 * tokens->worst);
}

void load_report_classes_table(const load_recorder *recorder, const load_facts *facts, FILE *out)
{
    const load_recorder *r = recorder;
    if (facts->workload == NULL) return;
    off(out, "lengths", "input", &r->input);
    off(out, r->input.requests > 0 ? " " : "lengths", "output", &r->output);
    if (r->class_count < 2) return;
    fprintf(out, "\n%-24s %10s %10s %10s %10s %10s %10s %10s %10s\n", "class", "requests", "errors",
            "good", "p50 ms", "p95 ms", "p99 ms", "ttft p50", "ttft p99");
    for (size_t i = 0; i < r->class_count; i++) {
        const load_figures *f = &r->by_class[i];
        bool good = goodput_of(&r->classes[i], facts) != NULL;
        fprintf(out, "%-24s %10" PRIu64 " %8.2f %%", r->classes[i].name, f->measured,
                100 * error_rate(f));
        if (good)
            fprintf(out, " %8.2f %%", 100 * good_rate(f));
        else
            fprintf(out, " %10s", "-");
        static const double quantiles[] = { 0.5, 0.95, 0.99 };
        for (size_t j = 0; j < 3; j++)
            fprintf(out, " %10.3f",
                    (double)gl_histogram_quantile(f->latency, quantiles[j]) / US_PER_MS);
        for (size_t j = 0; j < 3; j += 2)
            if (gl_histogram_count(f->ttft) > 0)
                fprintf(out, " %10.3f",
                        (double)gl_histogram_quantile(f->ttft, quantiles[j]) / US_PER_MS);
            else
                fprintf(out, " %10s", "-");
        fputc('\n', out);
    }
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void tokens_json(gl_buf *out, const char *name, const load_tokens *tokens)
{
    gl_buf_printf(out,
                  "\"%s\":{\"requests\":%" PRIu64 ",\"asked\":%" PRIu64 ",\"counted\":%" PRIu64,
                  name, tokens->requests, tokens->asked, tokens->counted);
    load_json_known(out, "off", tokens->requests > 0, load_tokens_off(tokens));
    load_json_known(out, "worst", tokens->requests > 0, tokens->worst);
    gl_buf_append_char(out, '}');
}

static void name_json(gl_buf *out, const char *name, const char *text)
{
    gl_buf_printf(out, "\"%s\":", name);
    if (text == NULL)
        gl_buf_append_str(out, "null");
    else
        gl_json_write_string(out, gl_slice_str(text));
    gl_buf_append_char(out, ',');
}

static void class_json(gl_buf *out, const load_class *kind, const load_figures *f,
                       const load_facts *facts)
{
    const char *goodput = goodput_of(kind, facts);
    gl_buf_append_char(out, '{');
    name_json(out, "name", kind->name);
    name_json(out, "model", kind->model);
    name_json(out, "endpoint", load_endpoint_name(kind->endpoint));
    name_json(out, "goodput", goodput);
    gl_buf_printf(out,
                  "\"stream\":%s,\"measured\":%" PRIu64 ",\"errors\":%" PRIu64
                  ",\"prompt_tokens\":%" PRIu64 ",\"completion_tokens\":%" PRIu64
                  ",\"error_rate\":",
                  kind->stream ? "true" : "false", f->measured, f->errors, f->prompt_tokens,
                  f->completion_tokens);
    gl_json_write_double(out, error_rate(f));
    gl_buf_append_str(out, ",\"weight\":");
    gl_json_write_double(out, kind->weight);
    gl_buf_append_str(out, ",\"words_per_token\":");
    gl_json_write_double(out, kind->words_per_token);
    gl_buf_append_str(out, ",\"good_rate\":");
    if (goodput != NULL)
        gl_json_write_double(out, good_rate(f));
    else
        gl_buf_append_str(out, "null");
    gl_buf_append_str(out, ",\"distributions\":{");
    load_json_distribution(out, "latency", f->latency, facts->percentiles);
    gl_buf_append_char(out, ',');
    load_json_distribution(out, "ttft", f->ttft, facts->percentiles);
    gl_buf_append_str(out, "}}");
}

void load_report_classes_json(const load_recorder *recorder, const load_facts *facts, gl_buf *out)
{
    if (facts->workload == NULL) return;
    gl_buf_append_str(out, ",\"tokens\":{");
    tokens_json(out, "input", &recorder->input);
    gl_buf_append_char(out, ',');
    tokens_json(out, "output", &recorder->output);
    gl_buf_append_str(out, "},\"classes\":[");
    for (size_t i = 0; i < recorder->class_count; i++) {
        if (i > 0) gl_buf_append_char(out, ',');
        class_json(out, &recorder->classes[i], &recorder->by_class[i], facts);
    }
    gl_buf_append_char(out, ']');
}

/* --- the page --------------------------------------------------------------------------------- */

static void cell(gl_buf *out, size_t index, const char *figure, double value, load_shown shown)
{
    char path[96];
    snprintf(path, sizeof path, "classes.%zu.%s", index, figure);
    gl_buf_append_str(out, "<td>");
    load_html_figure(out, path, value, shown);
    gl_buf_append_str(out, "</td>");
}

static void class_row(const load_recorder *r, size_t i, gl_buf *out)
{
    static const struct {
        const char *path;
        double q;
    } quantiles[] = { { "p50_us", 0.5 }, { "p95_us", 0.95 }, { "p99_us", 0.99 } };
    const load_figures *f = &r->by_class[i];
    char path[64];
    gl_buf_append_str(out, "<tr><th scope=\"row\">");
    load_html_text(out, r->classes[i].name);
    gl_buf_append_str(out, "</th>");
    cell(out, i, "measured", (double)f->measured, load_show_count((double)f->measured));
    cell(out, i, "error_rate", error_rate(f), load_show_percent(error_rate(f)));
    for (size_t j = 0; j < sizeof quantiles / sizeof *quantiles; j++) {
        double us = load_quantile_us(f->latency, quantiles[j].q);
        snprintf(path, sizeof path, "distributions.latency.%s", quantiles[j].path);
        cell(out, i, path, us, load_show_duration(us));
    }
    gl_buf_append_str(out, "</tr>\n");
}

void load_report_classes(const load_recorder *recorder, gl_buf *out)
{
    if (recorder->class_count < 2) return;
    gl_buf_append_str(out, "<h2>By class</h2>\n");
    load_table_begin(out, "", "By class");
    gl_buf_append_str(out,
                      "<thead><tr><th scope=\"col\">class</th><th scope=\"col\">requests</th>"
                      "<th scope=\"col\">errors</th><th scope=\"col\">p50</th>"
                      "<th scope=\"col\">p95</th><th scope=\"col\">p99</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < recorder->class_count; i++) class_row(recorder, i, out);
    load_table_end(out);
}
