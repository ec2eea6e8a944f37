/* report_json.c - the report for programs; see report.h. */
#include <glimpse/version.h>
#include <inttypes.h>
#include <math.h>

#include "base/json.h"
#include "load/alerts.h"
#include "load/heat.h"
#include "load/judgement.h"
#include "load/report_members.h"
#include "load/report_parts.h"
#include "load/rows.h"

/* Of a sentence; names of errors and numbers are short. */
#define TEXT_MAX 1024

void load_json_distribution(gl_buf *out, const char *name, const gl_histogram *h,
                            const load_percentiles *asked)
{
    uint64_t us, n;
    bool none = gl_histogram_count(h) == 0; /* and then nothing took 0 us */
    gl_buf_printf(out, "\"%s\":{\"count\":%" PRIu64, name, gl_histogram_count(h));
    load_json_number(out, "mean_us", none ? -1 : gl_histogram_mean(h));
    for (size_t i = 0; i < LOAD_REPORTED; i++)
        load_json_number(out, load_reported[i].name,
                         none ? -1 : (double)gl_histogram_quantile(h, load_reported[i].q));
    load_json_number(out, "max_us", none ? -1 : (double)gl_histogram_max(h));
    if (asked != NULL && asked->asked) {
        gl_buf_append_str(out, ",\"percentiles\":{");
        for (size_t i = 0; i < asked->count; i++) {
            gl_buf_printf(out, "%s\"%s\":", i > 0 ? "," : "", asked->of[i].name);
            gl_json_write_double(out,
                                 none ? NAN : (double)gl_histogram_quantile(h, asked->of[i].q));
        }
        gl_buf_append_char(out, '}');
    }
    gl_buf_append_str(out, ",\"few\":[");
    const char *comma = "";
    for (size_t i = 0; i < LOAD_REPORTED; i++) {
        if (!load_is_few(h, load_reported[i].q)) continue;
        gl_buf_printf(out, "%s\"%s\"", comma, load_reported[i].name);
        comma = ",";
    }
    gl_buf_append_char(out, ']');
    gl_buf_append_str(out, ",\"histogram\":[");
    comma = "";
    for (size_t at = 0; gl_histogram_next(h, &at, &us, &n); comma = ",")
        gl_buf_printf(out, "%s[%" PRIu64 ",%" PRIu64 "]", comma, us, n);
    gl_buf_append_str(out, "]}");
}

static void totals(gl_buf *out, const load_recorder *r, const load_facts *facts)
{
    gl_buf_printf(out, ",\"totals\":{\"measured\":%" PRIu64, r->measured);
    load_json_count(out, "answered", r->measured - r->errors);
    load_json_count(out, "errors", r->errors);
    load_json_count(out, "cut", r->cut);
    load_json_count(out, "issued", r->issued);
    load_json_count(out, "sent", r->sent);
    load_json_count(out, "unsent", r->sources[LOAD_SOURCE_UNSENT]);
    load_json_number(out, "window_s", load_recorder_window(r));
    load_json_number(out, "drain_s", load_recorder_drain(r));
    load_json_number(out, "elapsed_s", facts->elapsed_s);
    load_json_number(out, "throughput_rps", load_recorder_throughput(r));
    load_json_number(out, "asked_rps", facts->open ? load_recorder_asked_rate(r) : -1);
    load_json_number(out, "sent_rps", load_recorder_sent_rate(r));
    load_json_number(out, "error_rate", load_recorder_error_rate(r));
    load_json_number(out, "hit_rate", load_recorder_hit_rate(r));
    load_json_count(out, "good", r->good);
    load_json_number(out, "goodput_rps", facts->goodput != NULL ? load_recorder_goodput(r) : -1);
    load_json_number(out, "good_rate", facts->goodput != NULL ? load_recorder_good_rate(r) : -1);
    load_json_number(out, "failed_rps", load_recorder_failed_rate(r));
    load_json_count(out, "hits", r->hits);
    load_json_count(out, "repeated", r->repeated);
    load_json_count(out, "attempts", r->attempts);
    load_json_count(out, "retries", r->retried);
    load_json_count(out, "connections_opened", gl_histogram_count(r->metrics[LOAD_CONNECT]));
    if (facts->stats != NULL)
        load_json_count(out, "connections_died", facts->stats->connections_died);
    load_json_count(out, "prompt_tokens", r->prompt_tokens);
    load_json_count(out, "completion_tokens", r->completion_tokens);
    load_json_number(out, "tokens_in_rps", load_recorder_tokens_in(r));
    load_json_number(out, "tokens_out_rps", load_recorder_tokens_out(r));
    load_json_number(out, "tokens_user_rps", load_recorder_tokens_a_user(r));
    load_json_count(out, "peak_in_flight", r->peak_in_flight);
    gl_buf_append_str(out, ",\"thresholds\":{");
    for (int i = 0; i < 4; i++)
        gl_buf_printf(out, "%s\"t%d\":%" PRIu64, i > 0 ? "," : "", i + 1, r->thresholds[i]);
    gl_buf_append_str(out, "},\"by_status\":{");
    for (int i = 0; i < GLIMPSE_STATUS_COUNT; i++)
        gl_buf_printf(out, "%s\"%s\":%" PRIu64, i > 0 ? "," : "",
                      glimpse_status_name((glimpse_status)i), r->by_status[i]);
    gl_buf_append_str(out, "},\"by_source\":{");
    for (int i = 0; i < LOAD_SOURCES; i++)
        gl_buf_printf(out, "%s\"%s\":%" PRIu64, i > 0 ? "," : "", load_source_name(i),
                      r->sources[i]);
    gl_buf_append_str(out, "},\"by_error\":{");
    const char *comma = "";
    for (int i = 1; i < GLIMPSE_ERROR_COUNT; i++) {
        uint64_t n = load_recorder_errors_of(r, (glimpse_error)i);
        if (n == 0) continue;
        gl_buf_printf(out, "%s\"%s\":%" PRIu64, comma, glimpse_error_name((glimpse_error)i), n);
        comma = ",";
    }
    gl_buf_append_str(out, "}}");
}

static void phases(gl_buf *out, const load_phases *phases)
{
    gl_buf_printf(out, ",\"phases\":{\"count\":%" PRIu64, phases->count);
    load_json_count(out, "streams", phases->streamed);
    for (int i = 0; i < LOAD_PHASES; i++)
        load_json_number(out, load_phase_name((load_phase)i),
                         phases->count > 0 ? load_phases_mean(phases, (load_phase)i) : -1);
    load_json_number(out, "mean_us", phases->count > 0 ? load_phases_sum(phases) : -1);
    gl_buf_append_char(out, '}');
}

/* Writes PASS, FAIL or INVALID, the reason, and the run in a sentence. */
static void judgement(gl_buf *out, const load_recorder *r, const load_facts *facts)
{
    gl_buf text;
    load_json_text(out, "result", load_judgement_word(load_judge(r, facts)));
    gl_buf_init(&text, TEXT_MAX);
    load_judgement_why(r, facts, &text);
    load_json_text(out, "why", gl_buf_terminate(&text) ? text.data : NULL);
    text.len = 0;
    load_judgement_sum_up(r, false, &text);
    load_json_text(out, "summary", gl_buf_terminate(&text) ? text.data : NULL);
    gl_buf_free(&text);
}

static void timeline(gl_buf *out, const load_recorder *r)
{
    const load_timeline *t = r->timeline;
    load_json_number(out, "row_s", (double)t->width / 1e9);
    load_json_number(out, "span_s", load_recorder_span(r));
    gl_buf_append_str(out, ",\"timeline\":[");
    for (size_t i = 0; i < t->count; i++) {
        const load_row *row = &t->rows[i];
        gl_buf_printf(out, "%s{\"at_s\":%" PRIu64, i > 0 ? "," : "", i * (t->width / GL_SECOND));
        load_json_count(out, "sent", row->sent);
        load_json_count(out, "done", row->done);
        load_json_count(out, "errors", row->errors);
        load_json_count(out, "hits", row->hits);
        load_json_count(out, "came", row->came);
        load_json_count(out, "failed", row->failed);
        for (int f = 0; f < LOAD_ROW_FIGURES; f++) {
            double value = load_row_value(r, i, (load_row_figure)f);
            load_json_number(out, load_row_figure_name((load_row_figure)f),
                             isnan(value) ? -1 : value);
        }
        gl_buf_append_char(out, '}');
    }
    gl_buf_append_char(out, ']');
}

static void fault_counts(gl_buf *out, const char *name, const uint64_t counts[LOAD_FAULTS])
{
    gl_buf_printf(out, ",\"%s\":{", name);
    for (int i = 0; i < LOAD_FAULTS; i++)
        gl_buf_printf(out, "%s\"%s\":%" PRIu64, i > 0 ? "," : "", load_fault_name((load_fault)i),
                      counts[i]);
    gl_buf_append_char(out, '}');
}

static void faults(gl_buf *out, const load_faults *f)
{
    load_balance balance = load_faults_balance(f);
    gl_buf_printf(out, ",\"faults\":{\"seen\":%" PRIu64, load_faults_seen(f));
    fault_counts(out, "seen_by_fault", f->seen);
    load_json_count(out, "given_up", f->given_up);
    load_json_count(out, "other", f->other);
    load_json_count(out, "retried", f->retried);
    load_json_count(out, "surfaced", f->surfaced);
    load_json_count(out, "requests_met", f->met);
    load_json_count(out, "requests_recovered", f->met_recovered);
    load_json_count(out, "requests_surfaced", f->met_surfaced);
    if (f->asked) {
        load_json_count(out, "injected", load_faults_injected(f));
        fault_counts(out, "injected_by_fault", f->injected);
        load_json_count(out, "left", load_faults_left(f));
        fault_counts(out, "left_by_fault", f->left);
    } else {
        gl_buf_append_str(out, ",\"injected\":null");
    }
    if (f->unlisted > 0)
        gl_buf_append_str(out, ",\"balance\":null}");
    else
        gl_buf_append_str(out, ",\"balance\":{\"faults\":");
    if (f->unlisted == 0 && f->asked) gl_buf_append_i64(out, balance.faults);
    if (f->unlisted == 0 && !f->asked) gl_buf_append_str(out, "null");
    if (f->unlisted == 0)
        gl_buf_printf(out, ",\"attempts\":%" PRId64 ",\"requests\":%" PRId64 "}}", balance.attempts,
                      balance.requests);
}

static void client(gl_buf *out, const load_recorder *r, const load_facts *facts)
{
    gl_buf_printf(out, ",\"client\":{\"cpu_user_s\":");
    gl_json_write_double(out, facts->cpu_user_s);
    load_json_number(out, "cpu_system_s", facts->cpu_system_s);
    load_json_number(out, "cpu_us_per_request", load_cpu_us(r, facts));
    load_json_number(out, "ceiling_rps", facts->ceiling_rps);
    load_json_number(out, "part_of_ceiling", load_part_of_ceiling(r, facts));
    load_json_number(out, "rss_begin_bytes", (double)facts->rss_begin);
    load_json_number(out, "rss_end_bytes", (double)facts->rss_end);
    load_json_number(out, "rss_max_bytes", (double)facts->rss_max);
    load_json_number(out, "descriptors", (double)facts->descriptors);
    load_json_count(out, "measurement_error_below_zero", r->below_zero);
    gl_buf_append_char(out, ',');
    load_json_distribution(out, "loop_lag", facts->loop_lag, facts->percentiles);
    gl_buf_append_str(out, "},\"invalid\":[");
    for (size_t i = 0; i < facts->invalid_count; i++) {
        if (i > 0) gl_buf_append_char(out, ',');
        gl_json_write_string(out, gl_slice_str(facts->invalid[i]));
    }
    gl_buf_append_char(out, ']');
}

static void sla(gl_buf *out, const load_recorder *r, const load_facts *facts)
{
    gl_buf_append_str(out, ",\"sla\":[");
    for (size_t i = 0; facts->sla != NULL && i < facts->sla->count; i++) {
        const load_term *term = &facts->sla->term[i];
        bool met;
        double seen = load_term_look(term, r, &met);
        gl_buf_append_str(out, i > 0 ? ",{\"seen\":" : "{\"seen\":");
        gl_json_write_double(out, seen);
        load_json_text(out, "unit", load_term_unit(term));
        load_json_text(out, "term", term->text);
        load_json_flag(out, "met", met);
        gl_buf_append_char(out, '}');
    }
    gl_buf_append_char(out, ']');
}

void load_report_json(const load_recorder *recorder, const load_facts *facts, gl_buf *out)
{
    load_heat heat;
    gl_buf_printf(out, "{\"glimpse_bench\":%d,\"started_unix_ms\":%" PRId64, LOAD_REPORT_FORMAT,
                  facts->started_unix_ms);
    load_json_text(out, "version", glimpse_version());
    load_json_flag(out, "interrupted", facts->interrupted);
    load_json_text(out, "verdict", load_verdict(facts));
    judgement(out, recorder, facts);
    load_json_text(out, "aborted", facts->aborted[0] != '\0' ? facts->aborted : NULL);
    sla(out, recorder, facts);
    load_report_settings(facts, out);
    totals(out, recorder, facts);
    gl_buf_append_str(out, ",\"distributions\":{");
    for (int i = 0; i < LOAD_METRICS; i++) {
        if (i > 0) gl_buf_append_char(out, ',');
        load_json_distribution(out, load_metric_name((load_metric)i), recorder->metrics[i],
                               facts->percentiles);
    }
    gl_buf_append_char(out, ',');
    load_json_distribution(out, "token_gap", recorder->metrics[LOAD_CHUNK_GAP],
                           facts->percentiles); /* its name in format 1 */
    gl_buf_append_str(out, "},\"by_source\":{");
    for (int i = 0; i < LOAD_SOURCES; i++) {
        if (i > 0) gl_buf_append_char(out, ',');
        load_json_distribution(out, load_source_name(i), recorder->by_source[i],
                               facts->percentiles);
    }
    gl_buf_append_char(out, '}');
    phases(out, &recorder->phases);
    load_report_classes_json(recorder, facts, out);
    load_report_server_json(facts, out);
    faults(out, &recorder->faults);
    timeline(out, recorder);
    if (facts->marks != NULL) load_marks_json(facts->marks, recorder->timeline->start, out);
    load_heat_of(recorder->blocks, recorder->timeline->start, &heat);
    load_heat_json(&heat, out);
    load_blocks_json(recorder->blocks, out);
    client(out, recorder, facts);
    if (facts->stats != NULL) load_alerts_json(facts->stats, out);
    gl_buf_append_str(out, "}\n");
}
