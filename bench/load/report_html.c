/*
 * report_html.c - the report as a page: one file that loads nothing, in which nothing runs, and
 * whose pictures are lines of its own text; see report.h. Head, verdict and key figures are here,
 * the rest in report_charts.c and report_tables.c.
 */
#include <glimpse/version.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "load/markup.h"
#include "load/report_parts.h"

/* --- head ------------------------------------------------------------------------------------- */

static void when(gl_buf *out, int64_t unix_ms)
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;
    char iso[40], text[40];
    if (gmtime_r(&seconds, &tm) == NULL) return;
    strftime(iso, sizeof iso, "%Y-%m-%dT%H:%M:%SZ", &tm);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm);
    gl_buf_printf(out, "<time datetime=\"%s\">%s</time>", iso, text);
}

static void loop(gl_buf *out, const load_facts *facts)
{
    if (!facts->open) {
        gl_buf_append_str(out, "closed loop, ");
        load_html_figure(out, "settings.users", (double)facts->users,
                         load_show_count((double)facts->users));
        gl_buf_append_str(out, facts->users == 1 ? " user" : " users");
    } else if (facts->rate == NULL) {
        gl_buf_append_str(out, "open loop, at the times of a trace");
    } else {
        gl_buf_append_str(out, "open loop, ");
        load_html_text(out, facts->rate);
        gl_buf_append_str(out, " a second, ");
        load_html_text(out, facts->arrival);
        gl_buf_append_str(out, " arrivals");
    }
}

static void head(const load_facts *facts, gl_buf *out)
{
    load_page_begin(out, "Load test of ", facts->target);
    gl_buf_append_str(out, "<dl class=\"facts\"><div><dt>model</dt><dd>");
    load_html_text(out, facts->model);
    gl_buf_append_str(out, "</dd></div><div><dt>load</dt><dd>");
    loop(out, facts);
    gl_buf_append_str(out, "</dd></div><div><dt>started</dt><dd>");
    when(out, facts->started_unix_ms);
    gl_buf_append_str(out, "</dd></div><div><dt>measured</dt><dd>");
    load_html_figure(out, "totals.elapsed_s", facts->elapsed_s,
                     load_show_seconds(facts->elapsed_s));
    gl_buf_printf(out, "</dd></div><div><dt>glimpse</dt><dd>%s</dd></div></dl>\n",
                  glimpse_version());
}

static void verdict(const load_recorder *r, const load_facts *facts, gl_buf *out)
{
    if (facts->invalid_count > 0)
        gl_buf_append_str(out, "<section class=\"verdict bad\" aria-label=\"Verdict\">"
                               "<strong>\xe2\x9c\x97 INVALID</strong>"
                               "These figures are not to be trusted:<ul>");
    else if (r->measured > 0 && r->errors == r->measured)
        gl_buf_append_str(out, "<section class=\"verdict bad\" aria-label=\"Verdict\">"
                               "<strong>\xe2\x9c\x97 NOTHING ANSWERED</strong>"
                               "Every request failed; the times are those of failures.");
    else if (facts->judged)
        gl_buf_printf(out,
                      "<section class=\"verdict\" aria-label=\"Verdict\">"
                      "<strong>\xe2\x9c\x93 VALID</strong>"
                      "The client kept up; what is measured is the server.%s",
                      facts->ceiling_rps > 0 ? "" : " Its own ceiling was not measured.");
    else
        gl_buf_append_str(out, "<section class=\"verdict open\" aria-label=\"Verdict\">"
                               "<strong>NOT JUDGED</strong>"
                               "Whether the client kept up was not looked at (--validity off).");
    for (size_t i = 0; i < facts->invalid_count; i++) {
        gl_buf_append_str(out, "<li>");
        load_html_text(out, facts->invalid[i]);
        gl_buf_append_str(out, "</li>");
    }
    if (facts->invalid_count > 0) gl_buf_append_str(out, "</ul>");
    if (facts->interrupted)
        gl_buf_append_str(out,
                          "<p>The run was interrupted; this is what there was until then.</p>");
    gl_buf_append_str(out, "</section>\n");
}

static load_shown show_term(const load_term *term, double seen)
{
    if (term->kind == LOAD_TERM_DURATION) return load_show_duration(seen);
    return load_term_is_rate(term) ? load_show_rate(seen, "/s") : load_show_percent(seen);
}

static void sla(const load_recorder *r, const load_facts *facts, gl_buf *out)
{
    if (facts->sla == NULL || facts->sla->count == 0) return;
    gl_buf_append_str(out, "<ul class=\"sla\" aria-label=\"Service level\">");
    for (size_t i = 0; i < facts->sla->count; i++) {
        const load_term *term = &facts->sla->term[i];
        bool met;
        double seen = load_term_look(term, r, &met);
        char path[32];
        snprintf(path, sizeof path, "sla.%zu.seen", i);
        gl_buf_append_str(out, met ? "<li><b>\xe2\x9c\x93 met</b><code>"
                                   : "<li class=\"bad\"><b>\xe2\x9c\x97 missed</b><code>");
        load_html_text(out, term->text);
        gl_buf_append_str(out, "</code><span>seen ");
        load_html_figure(out, path, seen, show_term(term, seen));
        gl_buf_append_str(out, "</span></li>");
    }
    gl_buf_append_str(out, "</ul>\n");
}

/* --- key figures ------------------------------------------------------------------------------ */

static void card(gl_buf *out, const char *name, const char *path, double value, load_shown shown)
{
    gl_buf_printf(out, "<div class=\"card\"><dt>%s</dt><dd>", name);
    load_html_figure(out, path, value, shown);
    gl_buf_append_str(out, "</dd>");
}

static void card_end(gl_buf *out, const char *sub)
{
    if (sub != NULL) gl_buf_printf(out, "<dd class=\"sub\">%s</dd>", sub);
    gl_buf_append_str(out, "</div>\n");
}

static void duration_card(gl_buf *out, const char *name, const char *path, double us,
                          const char *sub)
{
    card(out, name, path, us, load_show_duration(us));
    card_end(out, sub);
}

/* Under a card: words and a figure. */
static void sub(gl_buf *out, const char *before, const char *path, double value, load_shown shown)
{
    gl_buf_append_str(out, before);
    load_html_figure(out, path, value, shown);
}

static void load_cards(const load_recorder *r, const load_facts *facts, gl_buf *out)
{
    double done = load_recorder_throughput(r), sent = load_recorder_sent_rate(r);
    gl_buf_append_str(out, "<h3 class=\"cards-name\">Load</h3>\n<dl class=\"cards\">");
    card(out, "Throughput", "totals.throughput_rps", done, load_show_rate(done, "/s"));
    sub(out, "<dd class=\"sub\">sent ", "totals.sent_rps", sent, load_show_rate(sent, "/s"));
    gl_buf_append_str(out, "</dd></div>\n");
    if (facts->goodput != NULL) {
        double good = load_recorder_goodput(r), part = load_recorder_good_rate(r);
        card(out, "Goodput", "totals.goodput_rps", good, load_show_rate(good, "/s"));
        sub(out, "<dd class=\"sub\">", "totals.good_rate", part, load_show_percent(part));
        gl_buf_append_str(out, " met ");
        load_html_text(out, facts->goodput);
        gl_buf_append_str(out, "</dd></div>\n");
    }
    card(out, "Requests measured", "totals.measured", (double)r->measured,
         load_show_count((double)r->measured));
    sub(out, "<dd class=\"sub\">", "totals.cut", (double)r->cut, load_show_count((double)r->cut));
    gl_buf_append_str(out, " cut, warm-up and cool-down</dd></div>\n");
    card(out, "Error rate", "totals.error_rate", load_recorder_error_rate(r),
         load_show_percent(load_recorder_error_rate(r)));
    card_end(out, "neither aligned nor not_aligned");
    card(out, "Hit rate", "totals.hit_rate", load_recorder_hit_rate(r),
         load_show_percent(load_recorder_hit_rate(r)));
    sub(out, "<dd class=\"sub\">", "totals.hits", (double)r->hits,
        load_show_count((double)r->hits));
    sub(out, " hits of ", "totals.repeated", (double)r->repeated,
        load_show_count((double)r->repeated));
    gl_buf_append_str(out, " repeated</dd></div>\n");
    card(out, "In flight, at most", "totals.peak_in_flight", (double)r->peak_in_flight,
         load_show_count((double)r->peak_in_flight));
    card_end(out, "requests at once");
    if (facts->goodput == NULL) { /* a row has six; the table below has them in any case */
        card(out, "Retries", "totals.retries", (double)r->retried,
             load_show_count((double)r->retried));
        sub(out, "<dd class=\"sub\">of ", "totals.attempts", (double)r->attempts,
            load_show_count((double)r->attempts));
        gl_buf_append_str(out, " attempts</dd></div>\n");
    }
    gl_buf_append_str(out, "</dl>\n");
}

static void latency_cards(const load_recorder *r, const load_facts *facts, gl_buf *out)
{
    static const struct {
        const char *name, *path;
        double q;
    } cards[] = {
        { "p50", "distributions.latency.p50_us", 0.5 },
        { "p95", "distributions.latency.p95_us", 0.95 },
        { "p99", "distributions.latency.p99_us", 0.99 },
        { "p99.9", "distributions.latency.p999_us", 0.999 },
    };
    const char *from = facts->open ? "from the schedule" : "from sending";
    gl_buf_printf(out, "<h3 class=\"cards-name\">Latency%s</h3>\n<dl class=\"cards\">",
                  facts->open ? ": from when the schedule wanted it sent, what a user waits" : "");
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++)
        duration_card(out, cards[i].name, cards[i].path,
                      (double)gl_histogram_quantile(r->metrics[LOAD_LATENCY], cards[i].q), from);
    duration_card(out, "Service p99", "distributions.service.p99_us",
                  (double)gl_histogram_quantile(r->metrics[LOAD_SERVICE], 0.99),
                  "at the server alone");
    if (gl_histogram_count(r->metrics[LOAD_TTFT]) > 0)
        duration_card(out, "First token p99", "distributions.ttft.p99_us",
                      (double)gl_histogram_quantile(r->metrics[LOAD_TTFT], 0.99), from);
    else
        duration_card(out, "Most", "distributions.latency.max_us",
                      (double)gl_histogram_max(r->metrics[LOAD_LATENCY]), from);
    gl_buf_append_str(out, "</dl>\n");
}

static double known(double value)
{
    return value < 0 ? NAN : value;
}

static void client_cards(const load_recorder *r, const load_facts *facts, gl_buf *out)
{
    double part = known(load_part_of_ceiling(r, facts)), ceiling = known(facts->ceiling_rps);
    double cpu = known(load_cpu_us(r, facts));
    double begin = known((double)facts->rss_begin), end = known((double)facts->rss_end);
    double most = known((double)facts->rss_max);
    gl_buf_append_str(out, "<h3 class=\"cards-name\">The client itself</h3>\n<dl class=\"cards\">");
    card(out, "Of its ceiling", "client.part_of_ceiling", part, load_show_percent(part));
    if (isnan(ceiling)) {
        card_end(out, "the ceiling was not looked for");
    } else {
        sub(out, "<dd class=\"sub\">which is ", "client.ceiling_rps", ceiling,
            load_show_rate(ceiling, "/s"));
        gl_buf_append_str(out, "</dd></div>\n");
    }
    duration_card(out, "Sent late, p99", "distributions.lateness.p99_us",
                  (double)gl_histogram_quantile(r->metrics[LOAD_LATENESS], 0.99),
                  facts->open ? "behind the schedule" : "a closed loop has no schedule");
    duration_card(out, "Loop lag, p99", "client.loop_lag.p99_us",
                  (double)gl_histogram_quantile(facts->loop_lag, 0.99), "its timers' lateness");
    const gl_histogram *error = r->metrics[LOAD_ERROR];
    if (gl_histogram_count(error) > 0) {
        double p50 = (double)gl_histogram_quantile(error, 0.5);
        double p99 = (double)gl_histogram_quantile(error, 0.99);
        card(out, "Measurement error", "distributions.measurement_error.p99_us", p99,
             load_show_duration(p99));
        sub(out, "<dd class=\"sub\">", "distributions.measurement_error.p50_us", p50,
            load_show_duration(p50));
        gl_buf_append_str(out, " at p50, this at p99</dd></div>\n");
    }
    card(out, "CPU a request", "client.cpu_us_per_request", cpu, load_show_duration(cpu));
    sub(out, "<dd class=\"sub\">", "client.cpu_user_s", facts->cpu_user_s,
        load_show_seconds(facts->cpu_user_s));
    sub(out, " user, ", "client.cpu_system_s", facts->cpu_system_s,
        load_show_seconds(facts->cpu_system_s));
    gl_buf_append_str(out, " system</dd></div>\n");
    card(out, "Memory, at most", "client.rss_max_bytes", most, load_show_bytes(most));
    sub(out, "<dd class=\"sub\">", "client.rss_begin_bytes", begin, load_show_bytes(begin));
    sub(out, " at first, ", "client.rss_end_bytes", end, load_show_bytes(end));
    gl_buf_append_str(out, " at the end</dd></div>\n");
    if (gl_histogram_count(error) == 0) {
        double descriptors = known((double)facts->descriptors);
        card(out, "Descriptors", "client.descriptors", descriptors, load_show_count(descriptors));
        card_end(out, "open at the end");
    }
    gl_buf_append_str(out, "</dl>\n");
}

void load_report_html(const load_recorder *recorder, const load_facts *facts, gl_buf *out)
{
    head(facts, out);
    verdict(recorder, facts, out);
    sla(recorder, facts, out);
    gl_buf_append_str(out, "</header>\n<section aria-label=\"Key figures\">\n");
    latency_cards(recorder, facts, out);
    load_cards(recorder, facts, out);
    client_cards(recorder, facts, out);
    gl_buf_append_str(out, "</section>\n<section>\n<h2>Distribution</h2>\n");
    load_report_percentiles(recorder, facts, out);
    gl_buf_append_str(out, "</section>\n<section>\n<h2>Over time</h2>\n");
    load_report_over_time(recorder, out);
    gl_buf_append_str(out, "</section>\n<section>\n");
    load_report_tables(recorder, facts, out);
    gl_buf_append_str(out, "</section>\n");
    load_page_end(out, "--json writes the same figures with the whole histograms.");
}
