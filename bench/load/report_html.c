/*
 * report_html.c - the report as a page: one file that loads nothing, runs nothing, and has its
 * charts as lines of its own text; see report.h. Head, verdict and key figures are here, the rest
 * in report_charts.c and report_tables.c.
 */
#include <glimpse/version.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "load/judgement.h"
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

static void facts_of_run(const load_facts *facts, gl_buf *out)
{
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

/* Writes the word, its reason, and the run in a sentence. */
static void verdict(const load_recorder *r, const load_facts *facts, gl_buf *out)
{
    load_judgement judgement = load_judge(r, facts);
    load_verdict_begin(out, judgement, NULL);
    gl_buf why;
    gl_buf_init(&why, 4096);
    load_judgement_why(r, facts, &why);
    if (gl_buf_terminate(&why)) load_html_text(out, why.data);
    gl_buf_free(&why);
    gl_buf_append_str(out, "</p><p>");
    load_judgement_sum_up(r, true, out);
    gl_buf_append_str(out, "</p>");
    /* The first reason is in the sentence. */
    if (facts->invalid_count > 1) gl_buf_append_str(out, "<ul>");
    for (size_t i = 1; i < facts->invalid_count; i++) {
        gl_buf_append_str(out, "<li>");
        load_html_text(out, facts->invalid[i]);
        gl_buf_append_str(out, "</li>");
    }
    if (facts->invalid_count > 1) gl_buf_append_str(out, "</ul>");
    if (facts->aborted[0] != '\0') {
        gl_buf_append_str(out, "<p>Stopped early: ");
        load_html_text(out, facts->aborted);
        gl_buf_append_str(out, "</p>");
    }
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
    gl_buf_append_str(out, "<h2>Load</h2>\n<dl class=\"cards\">");
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

/* Notes the failures whose times are among the live ones. */
static void live_note(const load_recorder *r, const load_facts *facts, gl_buf *out)
{
    uint64_t live = gl_histogram_count(r->by_source[GLIMPSE_SOURCE_LIVE]);
    gl_buf_append_str(out, "<p class=\"note\">");
    if (live > 0) {
        gl_buf_append_str(out, "Of the ");
        load_html_figure(out, "by_source.live.count", (double)live, load_show_count((double)live));
        gl_buf_append_str(out, " requests that the server was asked: no answer of a cache is among "
                               "them");
        gl_buf_append_str(out, r->errors > 0 ? ", the times of failures are. " : ". ");
    } else {
        gl_buf_append_str(out, "No request was answered by the server: the figures are of all. ");
    }
    gl_buf_append_str(out, facts->open ? "It counts from when the schedule wanted the request "
                                         "sent: what a user waits."
                                       : "It counts from sending: a closed loop sends a server "
                                         "that stalls less.");
    gl_buf_append_str(out, "</p>\n");
}

static void latency_cards(const load_recorder *r, const load_facts *facts, gl_buf *out)
{
    static const struct {
        const char *name, *figure;
        double q;
    } cards[] = {
        { "p50", "p50_us", 0.5 },
        { "p95", "p95_us", 0.95 },
        { "p99", "p99_us", 0.99 },
        { "p99.9", "p999_us", 0.999 },
    };
    const gl_histogram *live = r->by_source[GLIMPSE_SOURCE_LIVE];
    bool any = gl_histogram_count(live) > 0;
    const gl_histogram *h = any ? live : r->metrics[LOAD_LATENCY];
    gl_buf_printf(out, "<h2>%s</h2>\n", any ? "Live latency" : "Latency");
    live_note(r, facts, out);
    gl_buf_append_str(out, "<dl class=\"cards\">");
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s.%s", any ? "by_source.live" : "distributions.latency",
                 cards[i].figure);
        duration_card(out, cards[i].name, path, load_quantile_us(h, cards[i].q),
                      load_is_few(h, cards[i].q) ? "fewer than 10 lie above it" : NULL);
    }
    duration_card(out, "Service p99", "distributions.service.p99_us",
                  load_quantile_us(r->metrics[LOAD_SERVICE], 0.99), "at the server alone");
    if (gl_histogram_count(r->metrics[LOAD_TTFT]) > 0)
        duration_card(out, "First token p99", "distributions.ttft.p99_us",
                      load_quantile_us(r->metrics[LOAD_TTFT], 0.99),
                      facts->open ? "from the schedule" : "from sending");
    else
        duration_card(out, "Most", any ? "by_source.live.max_us" : "distributions.latency.max_us",
                      load_known_us(h, (double)gl_histogram_max(h)), "the slowest");
    gl_buf_append_str(out, "</dl>\n");
    load_report_phases(r, out);
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
    gl_buf_append_str(out, "<h2>The client itself</h2>\n<dl class=\"cards\">");
    card(out, "Of its ceiling", "client.part_of_ceiling", part, load_show_percent(part));
    if (isnan(ceiling)) {
        card_end(out, "the ceiling was not looked for");
    } else {
        sub(out, "<dd class=\"sub\">which is ", "client.ceiling_rps", ceiling,
            load_show_rate(ceiling, "/s"));
        gl_buf_append_str(out, "</dd></div>\n");
    }
    duration_card(out, "Sent late, p99", "distributions.lateness.p99_us",
                  load_quantile_us(r->metrics[LOAD_LATENESS], 0.99),
                  facts->open ? "behind the schedule" : "a closed loop has no schedule");
    duration_card(out, "Loop lag, p99", "client.loop_lag.p99_us",
                  load_quantile_us(facts->loop_lag, 0.99), "its timers' lateness");
    const gl_histogram *error = r->metrics[LOAD_ERROR];
    if (gl_histogram_count(error) > 0) {
        double p50 = load_quantile_us(error, 0.5);
        double p99 = load_quantile_us(error, 0.99);
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
    load_page_begin(out, "Load test of ", facts->target);
    verdict(recorder, facts, out);
    sla(recorder, facts, out);
    facts_of_run(facts, out);
    gl_buf_append_str(out, "</header>\n<section aria-label=\"Key figures\">\n");
    latency_cards(recorder, facts, out);
    load_cards(recorder, facts, out);
    client_cards(recorder, facts, out);
    gl_buf_append_str(out, "</section>\n<section>\n<h2>Distribution</h2>\n");
    load_report_percentiles(recorder, facts, out);
    gl_buf_append_str(out, "</section>\n<section>\n");
    load_report_timeline(recorder, facts, out);
    load_report_server(recorder, facts, out);
    gl_buf_append_str(out, "</section>\n<section>\n");
    load_report_tables(recorder, facts, out);
    gl_buf_append_str(out, "</section>\n");
    load_page_end(out, "--json writes the same figures with the whole histograms.");
}
