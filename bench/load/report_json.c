/* report_json.c - the report for programs; see report.h. */
#include <glimpse/version.h>
#include <inttypes.h>

#include "base/json.h"
#include "load/alerts.h"
#include "load/report_parts.h"

static void text(gl_buf *out, const char *name, const char *value)
{
    gl_buf_printf(out, ",\"%s\":", name);
    if (value == NULL)
        gl_buf_append_str(out, "null");
    else
        gl_json_write_string(out, gl_slice_str(value));
}

static void count(gl_buf *out, const char *name, uint64_t value)
{
    gl_buf_printf(out, ",\"%s\":%" PRIu64, name, value);
}

/* Below 0 is null: not known. */
static void number(gl_buf *out, const char *name, double value)
{
    gl_buf_printf(out, ",\"%s\":", name);
    if (value < 0)
        gl_buf_append_str(out, "null");
    else
        gl_json_write_double(out, value);
}

static void flag(gl_buf *out, const char *name, bool value)
{
    gl_buf_printf(out, ",\"%s\":%s", name, value ? "true" : "false");
}

void load_json_distribution(gl_buf *out, const char *name, const gl_histogram *h,
                            const load_percentiles *asked)
{
    static const struct {
        const char *name;
        double q;
    } quantiles[] = { { "p50_us", 0.5 },  { "p75_us", 0.75 }, { "p90_us", 0.9 },
                      { "p95_us", 0.95 }, { "p99_us", 0.99 }, { "p999_us", 0.999 } };
    uint64_t us, n;
    gl_buf_printf(out, "\"%s\":{\"count\":%" PRIu64, name, gl_histogram_count(h));
    number(out, "mean_us", gl_histogram_mean(h));
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++)
        count(out, quantiles[i].name, gl_histogram_quantile(h, quantiles[i].q));
    count(out, "max_us", gl_histogram_max(h));
    if (asked != NULL && asked->asked) {
        for (size_t i = 0; i < asked->count; i++)
            gl_buf_printf(out, "%s\"%s\":%" PRIu64, i > 0 ? "," : ",\"percentiles\":{",
                          asked->of[i].name, gl_histogram_quantile(h, asked->of[i].q));
        gl_buf_append_char(out, '}');
    }
    gl_buf_append_str(out, ",\"histogram\":[");
    const char *comma = "";
    for (size_t at = 0; gl_histogram_next(h, &at, &us, &n); comma = ",")
        gl_buf_printf(out, "%s[%" PRIu64 ",%" PRIu64 "]", comma, us, n);
    gl_buf_append_str(out, "]}");
}

static void settings(gl_buf *out, const load_facts *facts)
{
    gl_buf_printf(out, ",\"settings\":{\"loop\":\"%s\"", facts->open ? "open" : "closed");
    text(out, "target", facts->target);
    text(out, "model", facts->model);
    flag(out, "stream", facts->stream);
    if (facts->open) {
        text(out, "rate", facts->rate);
        text(out, "arrival", facts->arrival);
    } else {
        count(out, "users", facts->users);
        count(out, "requests_per_user", facts->per_user);
    }
    count(out, "requests", facts->requests);
    number(out, "duration_s", facts->duration_s);
    number(out, "warmup_s", facts->warmup_s);
    number(out, "cooldown_s", facts->cooldown_s);
    number(out, "pool_ratio", facts->pool_ratio);
    count(out, "pool_size", facts->pool_size);
    number(out, "zipf", facts->zipf);
    count(out, "seed", facts->seed);
    flag(out, "thresholds_auto", facts->thresholds_auto);
    text(out, "goodput", facts->goodput);
    text(out, "abort_on", facts->abort_on);
    text(out, "input", facts->input);
    text(out, "input_tokens", facts->input_tokens);
    text(out, "output_tokens", facts->output_tokens);
    number(out, "concurrency", (double)facts->concurrency);
    number(out, "cache_entries", (double)facts->cache_entries);
    flag(out, "coalesce", facts->coalesce);
    number(out, "max_attempts", (double)facts->max_attempts);
    text(out, "mock_latency", facts->mock_latency);
    text(out, "mock_fault", facts->mock_fault);
    text(out, "mock_outage", facts->mock_outage);
    text(out, "mock_options", facts->mock_options);
    number(out, "mock_token_rate", facts->mock_latency != NULL ? facts->token_rate : -1);
    gl_buf_printf(out, ",\"thresholds_ms\":[%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "]}",
                  facts->thresholds_ms[0], facts->thresholds_ms[1], facts->thresholds_ms[2],
                  facts->thresholds_ms[3]);
}

static void totals(gl_buf *out, const load_recorder *r, const load_facts *facts)
{
    gl_buf_printf(out, ",\"totals\":{\"measured\":%" PRIu64, r->measured);
    count(out, "cut", r->cut);
    count(out, "sent", r->sent);
    number(out, "elapsed_s", facts->elapsed_s);
    number(out, "throughput_rps", load_recorder_throughput(r));
    number(out, "sent_rps", load_recorder_sent_rate(r));
    number(out, "error_rate", load_recorder_error_rate(r));
    number(out, "hit_rate", load_recorder_hit_rate(r));
    count(out, "good", r->good);
    number(out, "goodput_rps", facts->goodput != NULL ? load_recorder_goodput(r) : -1);
    number(out, "good_rate", facts->goodput != NULL ? load_recorder_good_rate(r) : -1);
    number(out, "failed_rps", load_recorder_ended_rate(r) - load_recorder_throughput(r));
    count(out, "hits", r->hits);
    count(out, "repeated", r->repeated);
    count(out, "attempts", r->attempts);
    count(out, "retries", r->retried);
    if (facts->stats != NULL) count(out, "connections_died", facts->stats->connections_died);
    count(out, "prompt_tokens", r->prompt_tokens);
    count(out, "completion_tokens", r->completion_tokens);
    count(out, "peak_in_flight", r->peak_in_flight);
    gl_buf_append_str(out, ",\"thresholds\":{");
    for (int i = 0; i < 4; i++)
        gl_buf_printf(out, "%s\"t%d\":%" PRIu64, i > 0 ? "," : "", i + 1, r->thresholds[i]);
    gl_buf_append_str(out, "},\"by_status\":{");
    for (int i = 0; i < GLIMPSE_STATUS_COUNT; i++)
        gl_buf_printf(out, "%s\"%s\":%" PRIu64, i > 0 ? "," : "",
                      glimpse_status_name((glimpse_status)i), r->by_status[i]);
    gl_buf_append_str(out, "},\"by_source\":{");
    for (int i = 0; i < GLIMPSE_SOURCE_COUNT; i++)
        gl_buf_printf(out, "%s\"%s\":%" PRIu64, i > 0 ? "," : "",
                      glimpse_source_name((glimpse_source)i), r->sources[i]);
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

static void timeline(gl_buf *out, const load_recorder *r)
{
    const load_timeline *t = r->timeline;
    number(out, "row_s", (double)t->width / 1e9);
    number(out, "span_s", load_recorder_span(r));
    gl_buf_append_str(out, ",\"timeline\":[");
    for (size_t i = 0; i < t->count; i++) {
        const load_row *row = &t->rows[i];
        gl_buf_printf(out, "%s{\"at_s\":%" PRIu64, i > 0 ? "," : "", i * (t->width / GL_SECOND));
        count(out, "sent", row->sent);
        count(out, "done", row->done);
        count(out, "errors", row->errors);
        count(out, "hits", row->hits);
        count(out, "in_flight", row->in_flight);
        count(out, "p50_us", load_row_quantile(row, 0.5));
        count(out, "p99_us", load_row_quantile(row, 0.99));
        count(out, "rss_bytes", row->rss_bytes);
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
    count(out, "given_up", f->given_up);
    count(out, "other", f->other);
    count(out, "retried", f->retried);
    count(out, "surfaced", f->surfaced);
    count(out, "requests_met", f->met);
    count(out, "requests_recovered", f->met_recovered);
    count(out, "requests_surfaced", f->met_surfaced);
    if (f->asked) {
        count(out, "injected", load_faults_injected(f));
        fault_counts(out, "injected_by_fault", f->injected);
        count(out, "left", load_faults_left(f));
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
    number(out, "cpu_system_s", facts->cpu_system_s);
    number(out, "cpu_us_per_request", load_cpu_us(r, facts));
    number(out, "ceiling_rps", facts->ceiling_rps);
    number(out, "part_of_ceiling", load_part_of_ceiling(r, facts));
    number(out, "rss_begin_bytes", (double)facts->rss_begin);
    number(out, "rss_end_bytes", (double)facts->rss_end);
    number(out, "rss_max_bytes", (double)facts->rss_max);
    number(out, "descriptors", (double)facts->descriptors);
    count(out, "measurement_error_below_zero", r->below_zero);
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
        text(out, "unit", load_term_unit(term));
        text(out, "term", term->text);
        flag(out, "met", met);
        gl_buf_append_char(out, '}');
    }
    gl_buf_append_char(out, ']');
}

void load_report_json(const load_recorder *recorder, const load_facts *facts, gl_buf *out)
{
    gl_buf_printf(out, "{\"glimpse_bench\":1,\"started_unix_ms\":%" PRId64, facts->started_unix_ms);
    text(out, "version", glimpse_version());
    flag(out, "interrupted", facts->interrupted);
    text(out, "verdict", load_verdict(facts));
    text(out, "aborted", facts->aborted[0] != '\0' ? facts->aborted : NULL);
    sla(out, recorder, facts);
    settings(out, facts);
    totals(out, recorder, facts);
    gl_buf_append_str(out, ",\"distributions\":{");
    for (int i = 0; i < LOAD_METRICS; i++) {
        if (i > 0) gl_buf_append_char(out, ',');
        load_json_distribution(out, load_metric_name((load_metric)i), recorder->metrics[i],
                               facts->percentiles);
    }
    gl_buf_append_str(out, "},\"by_source\":{");
    for (int i = 0; i < GLIMPSE_SOURCE_COUNT; i++) {
        if (i > 0) gl_buf_append_char(out, ',');
        load_json_distribution(out, glimpse_source_name((glimpse_source)i), recorder->by_source[i],
                               facts->percentiles);
    }
    gl_buf_append_char(out, '}');
    load_report_classes_json(recorder, facts, out);
    load_report_server_json(facts, out);
    faults(out, &recorder->faults);
    timeline(out, recorder);
    load_blocks_json(recorder->blocks, out);
    client(out, recorder, facts);
    if (facts->stats != NULL) load_alerts_json(facts->stats, out);
    gl_buf_append_str(out, "}\n");
}
