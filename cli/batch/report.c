/* report.c - counts the work of a job and writes it in three forms. */
#include "batch/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/json.h"
#include "batch/record.h"
#include "load/alerts.h"
#include "load/resources.h"

void tally_add(cli_tally *tally, const glimpse_result *result)
{
    glimpse_status status = glimpse_result_status(result);
    glimpse_error error = glimpse_result_error(result);
    int attempts = glimpse_result_attempts(result);
    tally->done++;
    tally->by_status[status]++;
    tally->by_source[glimpse_result_source(result)]++;
    if (error != GLIMPSE_OK) tally->failed++;
    if (attempts > 0 || error == GLIMPSE_OK)
        tally->answered++;
    else if (error == GLIMPSE_ERR_DESCRIPTORS)
        tally->starved++;
    else if (error == GLIMPSE_ERR_CONNECT || error == GLIMPSE_ERR_DNS || error == GLIMPSE_ERR_TLS ||
             error == GLIMPSE_ERR_DNS_UNKNOWN || error == GLIMPSE_ERR_TIMEOUT_CONNECT)
        tally->unreached++;
}

void tally_add_bad_line(cli_tally *tally)
{
    tally->done++;
    tally->failed++;
    tally->by_status[GLIMPSE_STATUS_BAD_REQUEST]++;
    tally->by_source[GLIMPSE_SOURCE_LOCAL]++;
}

void tally_add_record(cli_tally *tally, const record_view *view)
{
    tally->done++;
    tally->by_status[view->status]++;
    if (view->status != GLIMPSE_STATUS_ALIGNED && view->status != GLIMPSE_STATUS_NOT_ALIGNED)
        tally->failed++;
    else
        tally->answered++;
    if (view->known_source) tally->by_source[view->source]++;
}

void tally_set_records(cli_tally *tally, const cli_tally *found)
{
    if (found->done >= tally->done) return;
    tally->unsent += tally->done - found->done;
    tally->done = found->done;
    tally->failed = found->failed;
    if (tally->resumed > found->done) tally->resumed = found->done;
    memcpy(tally->by_status, found->by_status, sizeof tally->by_status);
    memcpy(tally->by_source, found->by_source, sizeof tally->by_source);
}

void tally_lose(cli_tally *tally, gl_slice record)
{
    record_view view;
    tally->done--;
    tally->unsent++;
    if (record_read(record, &view) != NULL) return;
    tally->by_status[view.status]--;
    if (view.known_source) tally->by_source[view.source]--;
    if (view.status != GLIMPSE_STATUS_ALIGNED && view.status != GLIMPSE_STATUS_NOT_ALIGNED)
        tally->failed--;
}

/* The records of this run, without those of earlier ones. */
static uint64_t done_now(const cli_report *report)
{
    return report->tally.done - report->tally.resumed;
}

static double rate(const cli_report *report)
{
    return report->elapsed_s > 0 ? (double)done_now(report) / report->elapsed_s : 0;
}

/* The share of the lookups that memory or the store answered; the store is asked after a miss in
 * memory. */
static double hit_rate(const cli_report *report)
{
    const glimpse_stats *stats = &report->stats;
    double lookups = (double)(stats->cache.hits + stats->cache.misses);
    return lookups > 0 ? (double)(stats->cache.hits + stats->store_hits) / lookups : 0;
}

/* Estimates the number of lines: counted, or from the part of the bytes that they took; 0 when it
 * is not known. */
static uint64_t total(const cli_report *report)
{
    if (report->all_read) return report->lines_read;
    if (report->part_read <= 0) return 0;
    return (uint64_t)((double)report->lines_read / report->part_read);
}

__attribute__((format(printf, 3, 4))) static void add(char *line, size_t size, const char *format,
                                                      ...)
{
    size_t len = strlen(line);
    va_list args;
    va_start(args, format);
    vsnprintf(line + len, size - len, format, args);
    va_end(args);
}

static void add_failures(const cli_report *report, char *line, size_t size)
{
    for (int i = 0; i < GLIMPSE_STATUS_COUNT; i++)
        if (i != GLIMPSE_STATUS_ALIGNED && report->tally.by_status[i] > 0)
            add(line, size, ", %" PRIu64 " %s", report->tally.by_status[i],
                glimpse_status_name((glimpse_status)i));
}

/* "$0.0123", with as many digits as a small sum needs. */
static void add_dollars(char *line, size_t size, double dollars)
{
    add(line, size, dollars >= 10 ? "$%.2f" : dollars >= 0.01 ? "$%.4f" : "$%.6f", dollars);
}

static void add_cost(const cli_report *report, uint64_t all, char *line, size_t size)
{
    if (report->spent <= 0 && report->unpriced == 0) return;
    add(line, size, report->spent > 0 && report->unpriced > 0 ? ", at least " : ", ");
    if (report->spent > 0)
        add_dollars(line, size, report->spent);
    else
        add(line, size, "cost not known");
    if (report->unpriced > 0 || done_now(report) == 0 || all <= report->tally.done) return;
    add(line, size, " of ~");
    add_dollars(line, size,
                report->spent * (double)(all - report->tally.resumed) / (double)done_now(report));
}

static void add_time(char *line, size_t size, uint64_t s)
{
    add(line, size, "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64, s / 3600, s / 60 % 60, s % 60);
}

/* Adds how many may be in flight, when that is below the configured number, and why. */
static void add_window(const glimpse_stats *stats, char *line, size_t size)
{
    if (stats->window < stats->window_most) add(line, size, " of %" PRIu64, stats->window_most);
    add(line, size, " in flight");
    if (stats->window < stats->window_most && stats->window_status != 0)
        add(line, size, " (%d)", stats->window_status);
}

/* Adds the limit that holds; or, where the next request must wait, the reason of the wait. */
static void add_wait(const glimpse_stats *stats, char *line, size_t size)
{
    static const char *const things[] = { NULL, NULL, "requests", "tokens",
                                          "tokens of the project" };
    const int64_t long_ns = INT64_C(10000000000);
    const char *thing = things[stats->waits_for];
    uint64_t seconds = (uint64_t)((stats->waits_ns + 999999999) / 1000000000);
    if (stats->waits_for == GLIMPSE_WAIT_NONE) return;
    if (thing != NULL && stats->waits_ns < long_ns && stats->waits_per_minute > 0) {
        add(line, size, ", keeps %s of %" PRIu64 " %s a minute",
            stats->waits_set ? "the limit" : "the endpoint's limit", stats->waits_per_minute,
            thing);
        return;
    }
    add(line, size, ", waits ");
    add_time(line, size, seconds);
    if (thing != NULL)
        add(line, size, " for the endpoint's limit of %s", thing);
    else
        add(line, size, " as the endpoint asked");
}

void report_progress(const cli_report *report, char *line, size_t size)
{
    uint64_t all = total(report), done = report->tally.done;
    line[0] = '\0';
    add(line, size, "%" PRIu64, done);
    if (all > 0) add(line, size, " of %s%" PRIu64, report->all_read ? "" : "~", all);
    add(line, size, " done, %.1f/s, %" PRIu64, rate(report), report->stats.in_flight);
    add_window(&report->stats, line, size);
    add(line, size, ", %.0f%% cache hits, %" PRIu64 " retries", 100 * hit_rate(report),
        report->stats.retries);
    add_wait(&report->stats, line, size);
    add_failures(report, line, size);
    add(line, size, ", %" PRIu64 " tokens",
        report->stats.prompt_tokens + report->stats.completion_tokens);
    add_cost(report, all, line, size);
    if (all > done && rate(report) > 0) {
        uint64_t left = (uint64_t)((double)(all - done) / rate(report));
        add(line, size, ", ");
        add_time(line, size, left);
        add(line, size, " left");
    }
    load_alerts_append(&report->stats, line, size);
}

static void print_endpoints(const cli_report *report, FILE *stream)
{
    for (size_t i = 0; i < report->endpoint_count; i++) {
        const glimpse_endpoint_stats *at = &report->endpoints[i];
        fprintf(stream,
                "endpoint     %s: %" PRIu64 " sent, %" PRIu64 " answered, %" PRIu64 " failed%s%s\n",
                at->name, at->attempts, at->answered, at->failed,
                at->circuit != GLIMPSE_CIRCUIT_CLOSED ? "; it is down" : "",
                at->key_stopped ? "; its key is refused, or its money is used up" : "");
    }
}

void report_print(const cli_report *report, FILE *stream)
{
    const glimpse_stats *stats = &report->stats;
    char failures[512] = "";
    add_failures(report, failures, sizeof failures);
    fprintf(stream, "%" PRIu64 " done, %" PRIu64 " failed, %" PRIu64 " unsent in %.2f s: %.1f/s\n",
            report->tally.done, report->tally.failed, report->tally.unsent, report->elapsed_s,
            rate(report));
    fprintf(stream, "latency ms   p50 %.1f   p75 %.1f   p95 %.1f   p99 %.1f   max %.1f\n",
            (double)stats->latency_p50_us / 1e3, (double)stats->latency_p75_us / 1e3,
            (double)stats->latency_p95_us / 1e3, (double)stats->latency_p99_us / 1e3,
            (double)stats->latency_max_us / 1e3);
    fprintf(stream, "status       %" PRIu64 " aligned%s\n",
            report->tally.by_status[GLIMPSE_STATUS_ALIGNED], failures);
    fprintf(stream,
            "requests     %" PRIu64 " sent, %" PRIu64 " of them retries, at most %" PRIu64
            " in flight, cache hit rate %.1f%%\n",
            stats->attempts, stats->retries, stats->peak_in_flight, 100 * hit_rate(report));
    if (stats->window_least < (double)stats->window_most)
        fprintf(stream, "window       %.1f on average, %.3g at least, of %" PRIu64 " (%d)\n",
                stats->window_mean, stats->window_least, stats->window_most, stats->window_status);
    print_endpoints(report, stream);
    fprintf(stream, "tokens       %" PRIu64 " prompt, %" PRIu64 " completion\n",
            stats->prompt_tokens, stats->completion_tokens);
    const glimpse_packing_stats *packing = &stats->packing;
    if (packing->packs > 0)
        fprintf(stream,
                "packs        %" PRIu64 " answered %" PRIu64 " drafts, %" PRIu64
                " asked again; saved %" PRId64 " requests, about %" PRId64 " prompt tokens\n",
                packing->packs, packing->packed, packing->asked_again, packing->requests_saved,
                packing->prompt_tokens_saved);
    char cost[128] = "";
    add_cost(report, 0, cost, sizeof cost);
    if (cost[0] != '\0') fprintf(stream, "cost         %s\n", cost + 2);
    if (report->tally.resumed > 0)
        fprintf(stream, "resumed      %" PRIu64 " of the records\n", report->tally.resumed);
    load_alerts_print(stats, stream);
}

/* --- the object of --summary ----------------------------------------------------------------- */

static void json_counts(gl_buf *out, const char *name, const uint64_t *counts, int n,
                        const char *(*word)(int))
{
    gl_buf_printf(out, ",\"%s\":{", name);
    for (int i = 0; i < n; i++)
        gl_buf_printf(out, "%s\"%s\":%" PRIu64, i > 0 ? "," : "", word(i), counts[i]);
    gl_buf_append_char(out, '}');
}

static const char *status_word(int i)
{
    return glimpse_status_name((glimpse_status)i);
}

static const char *source_word(int i)
{
    return glimpse_source_name((glimpse_source)i);
}

static void json_double(gl_buf *out, const char *prefix, double number)
{
    gl_buf_append_str(out, prefix);
    gl_json_write_double(out, number);
}

static void json_endpoints(const cli_report *report, gl_buf *out)
{
    static const char *const circuits[] = { "closed", "open", "probing" };
    for (size_t i = 0; i < report->endpoint_count; i++) {
        const glimpse_endpoint_stats *at = &report->endpoints[i];
        gl_buf_append_str(out, i == 0 ? ",\"endpoints\":[{\"name\":" : ",{\"name\":");
        gl_json_write_string(out, gl_slice_str(at->name));
        gl_buf_printf(out,
                      ",\"attempts\":%" PRIu64 ",\"answered\":%" PRIu64 ",\"failed\":%" PRIu64
                      ",\"circuit\":\"%s\",\"key_stopped\":%s}",
                      at->attempts, at->answered, at->failed, circuits[at->circuit],
                      at->key_stopped ? "true" : "false");
    }
    if (report->endpoint_count != 0) gl_buf_append_char(out, ']');
}

void report_json(const cli_report *report, gl_buf *out)
{
    int64_t max_rss = load_resources_rss_max();
    const cli_tally *tally = &report->tally;
    const glimpse_stats *stats = &report->stats;
    gl_buf_printf(out, "{\"lines\":%" PRIu64 ",\"done\":%" PRIu64 ",\"unsent\":%" PRIu64,
                  tally->done + tally->unsent, tally->done, tally->unsent);
    json_counts(out, "by_status", tally->by_status, GLIMPSE_STATUS_COUNT, status_word);
    json_counts(out, "by_source", tally->by_source, GLIMPSE_SOURCE_COUNT, source_word);
    gl_buf_printf(out, ",\"attempts\":%" PRIu64 ",\"retries\":%" PRIu64, stats->attempts,
                  stats->retries);
    gl_buf_printf(out,
                  ",\"cache\":{\"hits\":%" PRIu64 ",\"misses\":%" PRIu64 ",\"store_hits\":%" PRIu64,
                  stats->cache.hits, stats->cache.misses, stats->store_hits);
    json_double(out, ",\"hit_rate\":", hit_rate(report));
    if (stats->cache.shrunk > 0) gl_buf_printf(out, ",\"shrunk\":%" PRIu64, stats->cache.shrunk);
    gl_buf_printf(out,
                  "},\"usage\":{\"prompt_tokens\":%" PRIu64 ",\"completion_tokens\":%" PRIu64 "}",
                  stats->prompt_tokens, stats->completion_tokens);
    if (report->unpriced == 0)
        json_double(out, ",\"cost_usd\":", round(report->spent * 1e10) / 1e10);
    else
        gl_buf_append_str(out, ",\"cost_usd\":null");
    const glimpse_packing_stats *packing = &stats->packing;
    gl_buf_printf(out,
                  ",\"pack\":{\"packs\":%" PRIu64 ",\"packed\":%" PRIu64 ",\"asked_again\":%" PRIu64
                  ",\"requests_saved\":%" PRId64 ",\"prompt_tokens_saved\":%" PRId64 "}",
                  packing->packs, packing->packed, packing->asked_again, packing->requests_saved,
                  packing->prompt_tokens_saved);
    gl_buf_printf(out, ",\"resumed\":%" PRIu64, tally->resumed);
    json_double(out, ",\"elapsed_s\":", report->elapsed_s);
    json_double(out, ",\"throughput_rps\":", rate(report));
    json_double(out, ",\"latency_ms\":{\"p50\":", (double)stats->latency_p50_us / 1e3);
    json_double(out, ",\"p75\":", (double)stats->latency_p75_us / 1e3);
    json_double(out, ",\"p95\":", (double)stats->latency_p95_us / 1e3);
    json_double(out, ",\"p99\":", (double)stats->latency_p99_us / 1e3);
    json_double(out, ",\"max\":", (double)stats->latency_max_us / 1e3);
    gl_buf_printf(out, "},\"thresholds_ms\":[%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "]",
                  stats->thresholds.t1_ms, stats->thresholds.t2_ms, stats->thresholds.t3_ms,
                  stats->thresholds.t4_ms);
    gl_buf_printf(out, ",\"peak_in_flight\":%" PRIu64, stats->peak_in_flight);
    json_double(out, ",\"window\":{\"mean\":", round(stats->window_mean * 1e3) / 1e3);
    json_double(out, ",\"least\":", round(stats->window_least * 1e3) / 1e3);
    gl_buf_printf(out, "},\"max_rss_bytes\":%" PRId64, max_rss > 0 ? max_rss : 0);
    json_endpoints(report, out);
    load_alerts_json(stats, out);
    gl_buf_printf(out, ",\"exit\":%d}\n", report->exit_code);
}
