/* report_markdown.c - a load test as Markdown, for a comment or a wiki; see report.h. */
#include <inttypes.h>
#include <string.h>

#include "load/judgement.h"

/* Of two sentences. */
#define LINE_MAX_ 2048

/* Writes text in a cell: characters that would end it or begin markup are escaped, and a line end
 * becomes a blank. */
static void text(gl_buf *out, const char *words)
{
    for (; words != NULL && *words != '\0'; words++) {
        if ((unsigned char)*words < ' ') {
            gl_buf_append_char(out, ' ');
            continue;
        }
        if (*words == '<' || *words == '&') {
            gl_buf_append_str(out, *words == '<' ? "&lt;" : "&amp;");
            continue;
        }
        if (strchr("\\`*_[]|", *words) != NULL) gl_buf_append_char(out, '\\');
        gl_buf_append_char(out, *words);
    }
}

static void verdict(const load_recorder *r, const load_facts *facts, gl_buf *out)
{
    gl_buf line;
    gl_buf_printf(out, "### Load test: %s\n\n", load_judgement_word(load_judge(r, facts)));
    gl_buf_init(&line, LINE_MAX_);
    load_judgement_why(r, facts, &line);
    gl_buf_append_char(&line, ' ');
    load_judgement_sum_up(r, false, &line);
    if (gl_buf_terminate(&line)) text(out, line.data);
    gl_buf_append_str(out, "\n\n");
    gl_buf_free(&line);
    for (size_t i = 0; i < facts->invalid_count; i++) {
        gl_buf_append_str(out, "- ");
        text(out, facts->invalid[i]);
        gl_buf_append_char(out, '\n');
    }
    if (facts->aborted[0] != '\0') {
        gl_buf_append_str(out, "- stopped early: ");
        text(out, facts->aborted);
        gl_buf_append_char(out, '\n');
    }
    if (facts->invalid_count > 0 || facts->aborted[0] != '\0') gl_buf_append_char(out, '\n');
}

static void summary(const load_recorder *r, const load_facts *facts, gl_buf *out)
{
    text(out, facts->target);
    gl_buf_append_str(out, ", ");
    text(out, facts->model);
    if (!facts->open) {
        gl_buf_printf(out, ", %" PRIu64 " users", facts->users);
    } else {
        gl_buf_append_str(out, ", ");
        text(out, facts->rate != NULL ? facts->rate : "the times of a trace");
        if (facts->rate != NULL) gl_buf_append_str(out, " a second");
    }
    gl_buf_printf(out,
                  "; %" PRIu64 " requests in %.2f s: %.2f answers/s, %.2f %% failed, %" PRIu64
                  " in flight at most\n\n",
                  r->measured, facts->elapsed_s, load_recorder_throughput(r),
                  100 * load_recorder_error_rate(r), r->peak_in_flight);
}

static void terms(const load_recorder *r, const load_sla *sla, gl_buf *out)
{
    if (sla == NULL || sla->count == 0) return;
    gl_buf_append_str(out, "| SLA | seen | |\n|---|---:|---|\n");
    for (size_t i = 0; i < sla->count; i++) {
        char seen[64];
        bool met;
        load_term_shown(&sla->term[i], r, &met, seen, sizeof seen);
        gl_buf_append_str(out, "| ");
        text(out, sla->term[i].text);
        gl_buf_printf(out, " | %s | %s |\n", seen, met ? "met" : "**missed**");
    }
    gl_buf_append_char(out, '\n');
}

static void latencies(const load_recorder *r, const load_facts *facts, gl_buf *out)
{
    const load_percentiles *list =
        facts->percentiles != NULL ? facts->percentiles : load_percentiles_usual();
    gl_buf_append_str(out, "| milliseconds | count | mean |");
    for (size_t i = 0; i < list->count; i++) gl_buf_printf(out, " p%s |", list->of[i].name);
    gl_buf_append_str(out, " max |\n|---|---:|---:|---:|");
    for (size_t i = 0; i < list->count; i++) gl_buf_append_str(out, "---:|");
    gl_buf_append_char(out, '\n');
    for (int metric = 0; metric < LOAD_METRICS; metric++) {
        const gl_histogram *h = r->metrics[metric];
        if (gl_histogram_count(h) == 0) continue;
        gl_buf_append_str(out, "| ");
        text(out, load_metric_name((load_metric)metric));
        gl_buf_printf(out, " | %" PRIu64 " | %.3f |", gl_histogram_count(h),
                      gl_histogram_mean(h) / 1e3);
        for (size_t i = 0; i < list->count; i++)
            gl_buf_printf(out, " %s%.3f |", load_is_few(h, list->of[i].q) ? "\\~" : "",
                          (double)gl_histogram_quantile(h, list->of[i].q) / 1e3);
        gl_buf_printf(out, " %.3f |\n", (double)gl_histogram_max(h) / 1e3);
    }
    gl_buf_printf(out, "\n\\~ is of fewer than %d values above it, and may be anything\n",
                  LOAD_FEW);
}

static void classes(const load_recorder *r, gl_buf *out)
{
    if (r->class_count < 2) return;
    gl_buf_append_str(out, "\n| class | requests | failed | p50 ms | p99 ms |\n"
                           "|---|---:|---:|---:|---:|\n");
    for (size_t i = 0; i < r->class_count; i++) {
        const load_figures *f = &r->by_class[i];
        gl_buf_append_str(out, "| ");
        text(out, r->classes[i].name);
        gl_buf_printf(out, " | %" PRIu64 " | %" PRIu64 " | %.3f | %.3f |\n", f->measured, f->errors,
                      (double)gl_histogram_quantile(f->latency, 0.5) / 1e3,
                      (double)gl_histogram_quantile(f->latency, 0.99) / 1e3);
    }
}

void load_report_markdown(const load_recorder *recorder, const load_facts *facts, gl_buf *out)
{
    verdict(recorder, facts, out);
    summary(recorder, facts, out);
    terms(recorder, facts->sla, out);
    latencies(recorder, facts, out);
    classes(recorder, out);
}
