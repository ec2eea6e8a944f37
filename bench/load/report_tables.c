/* report_tables.c - the page's tables; see report_parts.h. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "load/markup.h"
#include "load/report_parts.h"

/* Draws the share of all as a bar. */
static void bar_cell(gl_buf *out, uint64_t of, uint64_t all, bool bad)
{
    gl_buf_printf(out,
                  "<td class=\"bar\"><svg width=\"100%%\" height=\"8\" aria-hidden=\"true\">"
                  "<rect%s width=\"%.2f%%\" height=\"100%%\"/></svg></td>",
                  bad ? " class=\"bad\"" : "", all > 0 ? 100 * (double)of / (double)all : 0);
}

/* --- latencies -------------------------------------------------------------------------------- */

static void distribution(gl_buf *out, const char *path, const char *name, bool part,
                         const gl_histogram *h)
{
    char full[96];
    if (gl_histogram_count(h) == 0) return;
    gl_buf_printf(out, "<tr%s><th scope=\"row\">%s</th>", part ? " class=\"part\"" : "", name);
    snprintf(full, sizeof full, "%s.count", path);
    load_table_count(out, full, gl_histogram_count(h));
    snprintf(full, sizeof full, "%s.mean_us", path);
    gl_buf_append_str(out, "<td>");
    load_html_figure(out, full, gl_histogram_mean(h), load_show_ms(gl_histogram_mean(h)));
    for (size_t i = 0; i < LOAD_REPORTED; i++) {
        double us = (double)gl_histogram_quantile(h, load_reported[i].q);
        gl_buf_append_str(out, "</td><td>");
        snprintf(full, sizeof full, "%s.%s", path, load_reported[i].name);
        load_html_figure(out, full, us, load_show_ms(us));
    }
    gl_buf_append_str(out, "</td><td>");
    snprintf(full, sizeof full, "%s.max_us", path);
    load_html_figure(out, full, (double)gl_histogram_max(h),
                     load_show_ms((double)gl_histogram_max(h)));
    gl_buf_append_str(out, "</td></tr>\n");
}

static void latencies(const load_recorder *r, const load_facts *facts, gl_buf *out)
{
    static const char *const names[LOAD_METRICS][2] = {
        [LOAD_LATENCY] = { "latency, from sending", "latency, from the schedule" },
        [LOAD_SERVICE] = { "service, at the server", "service, at the server" },
        [LOAD_WAIT] = { "waited in the client", "waited in the client" },
        [LOAD_LATENESS] = { "sent late by", "sent late by" },
        [LOAD_FIRST_BYTE] = { "first byte", "first byte" },
        [LOAD_TTFT] = { "first token", "first token, from the schedule" },
        [LOAD_TTFT_SERVICE] = { "first token, from sending", "first token, from sending" },
        [LOAD_FIRST_CHUNK] = { "first chunk", "first chunk" },
        [LOAD_ANSWER] = { "first answer text", "first answer text, from the schedule" },
        [LOAD_CHUNK_GAP] = { "chunk gap", "chunk gap" },
        [LOAD_TPOT] = { "time per output token", "time per output token" },
        [LOAD_ERROR] = { "error of measurement", "error of measurement" },
        [LOAD_DNS] = { "name resolution", "name resolution" },
        [LOAD_CONNECT] = { "TCP connect", "TCP connect" },
        [LOAD_TLS] = { "TLS handshake", "TLS handshake" },
    };
    char path[64];
    gl_buf_append_str(out, "<h2>Durations</h2>\n");
    load_table_begin(out, " ms", "Durations in milliseconds");
    gl_buf_append_str(out, "<thead><tr><th scope=\"col\">milliseconds</th>");
    static const char *const columns[] = { "count", "mean", "p50",   "p75", "p90",
                                           "p95",   "p99",  "p99.9", "max" };
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        gl_buf_printf(out, "<th scope=\"col\">%s</th>", columns[i]);
    gl_buf_append_str(out, "</tr></thead><tbody>\n");
    for (int i = 0; i < LOAD_METRICS; i++) {
        snprintf(path, sizeof path, "distributions.%s", load_metric_name((load_metric)i));
        distribution(out, path, names[i][facts->open], false, r->metrics[i]);
        for (int k = 0; i == LOAD_LATENCY && k < LOAD_SOURCES; k++) {
            const char *source = load_source_name(k);
            snprintf(path, sizeof path, "by_source.%s", source);
            distribution(out, path, source, true, r->by_source[k]);
        }
    }
    load_table_end(out);
    gl_buf_printf(
        out, "<p class=\"note\">%s</p>\n",
        facts->open ? "Latency counts from when the schedule wanted a request sent: what a user "
                      "waits, also while the server stalls. Service is the time at the server "
                      "alone, without what the request waited in the client. Indented: latency by "
                      "what answered."
                    : "A closed loop: a server that stalls is sent less meanwhile, and its tail "
                      "looks better than users would find it. --rate measures from a schedule. "
                      "Indented: latency by what answered.");
}

/* --- the ends of requests --------------------------------------------------------------------- */

static void table_of_counts(gl_buf *out, const char *label, const char *first)
{
    gl_buf_printf(out, "<div><h3>%s</h3>", label);
    load_table_begin(out, "", label);
    gl_buf_printf(out,
                  "<thead><tr><th scope=\"col\">%s</th><th scope=\"col\">requests</th>"
                  "<th scope=\"col\">part of all</th></tr></thead><tbody>\n",
                  first);
}

static void count_row(gl_buf *out, const char *path, const char *name, uint64_t count,
                      const load_recorder *r)
{
    gl_buf_printf(out, "<tr><th scope=\"row\">%s</th>", name);
    load_table_count(out, path, count);
    bar_cell(out, count, r->measured, false);
    gl_buf_append_str(out, "</tr>\n");
}

static void statuses(const load_recorder *r, gl_buf *out)
{
    char path[64];
    table_of_counts(out, "By status", "status");
    for (int i = 0; i < GLIMPSE_STATUS_COUNT; i++) {
        const char *name = glimpse_status_name((glimpse_status)i);
        bool good = i == GLIMPSE_STATUS_ALIGNED || i == GLIMPSE_STATUS_NOT_ALIGNED;
        if (r->by_status[i] == 0 && i != GLIMPSE_STATUS_ALIGNED) continue;
        snprintf(path, sizeof path, "totals.by_status.%s", name);
        gl_buf_printf(out, "<tr><th scope=\"row\">%s</th>", name);
        load_table_count(out, path, r->by_status[i]);
        bar_cell(out, r->by_status[i], r->measured, !good);
        gl_buf_append_str(out, "</tr>\n");
    }
    load_table_end(out);
    gl_buf_append_str(out, "</div>");
}

static void sources(const load_recorder *r, gl_buf *out)
{
    char path[64];
    table_of_counts(out, "By what answered", "source");
    for (int i = 0; i < LOAD_SOURCES; i++) {
        const char *name = load_source_name(i);
        if (r->sources[i] == 0 && i != GLIMPSE_SOURCE_LIVE) continue;
        snprintf(path, sizeof path, "totals.by_source.%s", name);
        count_row(out, path, name, r->sources[i], r);
    }
    load_table_end(out);
    gl_buf_append_str(out, "</div>");
}

static void thresholds(const load_recorder *r, const load_facts *facts, gl_buf *out)
{
    table_of_counts(out, "Thresholds crossed", "threshold");
    for (int i = 0; i < 4; i++) {
        char path[32];
        snprintf(path, sizeof path, "settings.thresholds_ms.%d", i);
        gl_buf_printf(out, "<tr><th scope=\"row\">t%d, ", i + 1);
        load_html_figure(out, path, (double)facts->thresholds_ms[i],
                         load_show_duration((double)facts->thresholds_ms[i] * 1e3));
        gl_buf_append_str(out, "</th>");
        snprintf(path, sizeof path, "totals.thresholds.t%d", i + 1);
        load_table_count(out, path, r->thresholds[i]);
        bar_cell(out, r->thresholds[i], r->measured, false);
        gl_buf_append_str(out, "</tr>\n");
    }
    load_table_end(out);
    gl_buf_append_str(out, "</div>");
}

static void errors(const load_recorder *r, gl_buf *out)
{
    char path[64];
    table_of_counts(out, "Errors by kind", "error");
    size_t rows = 0;
    for (int i = 1; i < GLIMPSE_ERROR_COUNT; i++) {
        const char *name = glimpse_error_name((glimpse_error)i);
        uint64_t n = load_recorder_errors_of(r, (glimpse_error)i);
        if (n == 0) continue;
        snprintf(path, sizeof path, "totals.by_error.%s", name);
        gl_buf_printf(out, "<tr><th scope=\"row\">%s</th>", name);
        load_table_count(out, path, n);
        bar_cell(out, n, r->measured, true);
        gl_buf_append_str(out, "</tr>\n");
        rows++;
    }
    if (rows == 0) gl_buf_append_str(out, "<tr><td class=\"text\" colspan=\"3\">none</td></tr>\n");
    load_table_end(out);
    gl_buf_append_str(out, "</div>");
}

/* --- settings --------------------------------------------------------------------------------- */

static void setting(gl_buf *out, const char *name)
{
    gl_buf_printf(out, "</td></tr>\n<tr><th scope=\"row\">%s</th><td class=\"text\">", name);
}

static void seconds(gl_buf *out, const char *name, const char *path, double s)
{
    setting(out, name);
    load_html_figure(out, path, s, load_show_seconds(s));
}

static void counted(gl_buf *out, const char *name, const char *path, uint64_t count)
{
    setting(out, name);
    load_html_figure(out, path, (double)count, load_show_count((double)count));
}

static void settings(const load_facts *facts, gl_buf *out)
{
    gl_buf_append_str(out, "<div><h3>Settings</h3>");
    load_table_begin(out, "", "Settings");
    gl_buf_append_str(out, "<tbody>\n<tr><th scope=\"row\">target</th><td class=\"text\">");
    load_html_text(out, facts->target);
    setting(out, "model");
    load_html_text(out, facts->model);
    setting(out, "client");
    load_html_text(out, facts->policy);
    setting(out, "load");
    gl_buf_append_str(out, facts->open ? "open loop" : "closed loop");
    if (facts->open) {
        setting(out, "rate, requests a second");
        load_html_text(out, facts->rate != NULL ? facts->rate : "the times of a trace");
        setting(out, "arrivals");
        load_html_text(out, facts->arrival);
    } else {
        counted(out, "users", "settings.users", facts->users);
        if (facts->per_user > 0)
            counted(out, "requests of each", "settings.requests_per_user", facts->per_user);
    }
    if (facts->requests > 0)
        counted(out, "requests, at most", "settings.requests", facts->requests);
    if (facts->duration_s > 0) seconds(out, "duration", "settings.duration_s", facts->duration_s);
    if (facts->warmup_s > 0) seconds(out, "warm-up, cut", "settings.warmup_s", facts->warmup_s);
    if (facts->cooldown_s > 0)
        seconds(out, "cool-down, cut", "settings.cooldown_s", facts->cooldown_s);
    if (facts->mock_latency != NULL) {
        setting(out, "the mock's latency");
        load_html_text(out, facts->mock_latency);
        setting(out, "its faults");
        load_html_text(out, facts->mock_fault != NULL ? facts->mock_fault : "none");
    }
    if (facts->mock_options != NULL) {
        setting(out, "all of its options");
        gl_buf_append_str(out, "<code>");
        load_html_text(out, facts->mock_options);
        gl_buf_append_str(out, "</code>");
    }
    setting(out, "answers");
    gl_buf_append_str(out, facts->stream ? "streamed" : "whole");
    setting(out, "requests that repeat, from a pool");
    load_html_figure(out, "settings.pool_ratio", facts->pool_ratio,
                     load_show_percent(facts->pool_ratio));
    counted(out, "different ones in the pool", "settings.pool_size", facts->pool_size);
    setting(out, "Zipf exponent");
    load_html_figure(out, "settings.zipf", facts->zipf, load_show_number(facts->zipf));
    setting(out, "seed");
    /* As text, because JavaScript's numbers do not hold a seed of 64 bits. */
    gl_buf_append_u64(out, facts->seed);
    gl_buf_append_str(out, "</td></tr>\n");
    load_table_end(out);
    gl_buf_append_str(out, "</div>");
}

static void amount(gl_buf *out, const char *path, double value, load_shown shown)
{
    gl_buf_append_str(out, "<td>");
    load_html_figure(out, path, value, shown);
    gl_buf_append_str(out, "</td>");
}

static void client(const load_recorder *r, const load_facts *facts, gl_buf *out)
{
    const gl_histogram *lag = facts->loop_lag;
    const double us[] = { load_known_us(lag, gl_histogram_mean(lag)), load_quantile_us(lag, 0.5),
                          load_quantile_us(lag, 0.99),
                          load_known_us(lag, (double)gl_histogram_max(lag)) };
    gl_buf_append_str(out, "<div><h3>The client and what it did</h3>");
    load_table_begin(out, "", "The client and what it did");
    gl_buf_append_str(out, "<tbody>\n<tr><th scope=\"row\">requests sent in all</th>");
    load_table_count(out, "totals.sent", r->sent);
    gl_buf_append_str(out, "</tr><tr><th scope=\"row\">attempts</th>");
    load_table_count(out, "totals.attempts", r->attempts);
    gl_buf_append_str(out, "</tr><tr><th scope=\"row\">of them retries</th>");
    load_table_count(out, "totals.retries", r->retried);
    gl_buf_append_str(out, "</tr><tr><th scope=\"row\">prompt tokens</th>");
    load_table_count(out, "totals.prompt_tokens", r->prompt_tokens);
    gl_buf_append_str(out, "</tr><tr><th scope=\"row\">completion tokens</th>");
    load_table_count(out, "totals.completion_tokens", r->completion_tokens);
    gl_buf_append_str(out, "</tr><tr><th scope=\"row\">CPU, user</th>");
    amount(out, "client.cpu_user_s", facts->cpu_user_s, load_show_seconds(facts->cpu_user_s));
    gl_buf_append_str(out, "</tr><tr><th scope=\"row\">CPU, system</th>");
    amount(out, "client.cpu_system_s", facts->cpu_system_s, load_show_seconds(facts->cpu_system_s));
    gl_buf_append_str(out, "</tr><tr><th scope=\"row\">loop lag, mean</th>");
    amount(out, "client.loop_lag.mean_us", us[0], load_show_ms(us[0]));
    gl_buf_append_str(out, "</tr><tr><th scope=\"row\">loop lag, p50</th>");
    amount(out, "client.loop_lag.p50_us", us[1], load_show_ms(us[1]));
    gl_buf_append_str(out, "</tr><tr><th scope=\"row\">loop lag, p99</th>");
    amount(out, "client.loop_lag.p99_us", us[2], load_show_ms(us[2]));
    gl_buf_append_str(out, "</tr><tr><th scope=\"row\">loop lag, most</th>");
    amount(out, "client.loop_lag.max_us", us[3], load_show_ms(us[3]));
    gl_buf_append_str(out, "</tr><tr><th scope=\"row\">descriptors at the end</th>");
    double descriptors = facts->descriptors < 0 ? NAN : (double)facts->descriptors;
    amount(out, "client.descriptors", descriptors, load_show_count(descriptors));
    gl_buf_append_str(out, "</tr>\n");
    load_table_end(out);
    gl_buf_append_str(out, "</div>");
}

void load_report_tables(const load_recorder *recorder, const load_facts *facts, gl_buf *out)
{
    latencies(recorder, facts, out);
    load_report_classes(recorder, out);
    gl_buf_append_str(out, "<h2>How requests ended</h2>\n<div class=\"pair\">");
    statuses(recorder, out);
    errors(recorder, out);
    sources(recorder, out);
    thresholds(recorder, facts, out);
    gl_buf_append_str(out, "</div>\n");
    load_report_incidents(recorder, facts, out);
    gl_buf_append_str(out, "<h2>How it was run</h2>\n<div class=\"pair\">");
    settings(facts, out);
    client(recorder, facts, out);
    gl_buf_append_str(out, "</div>\n");
}
