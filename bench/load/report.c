/* report.c - the table; see report.h. */
#include "load/report_parts.h"

#include <inttypes.h>
#include <math.h>

#include "load/alerts.h"
#include "load/judgement.h"

/* Of two sentences. */
#define TEXT_MAX 2048

double load_part_of_ceiling(const load_recorder *recorder, const load_facts *facts)
{
    if (facts->ceiling_rps <= 0 || recorder->measured == 0) return -1;
    double live = (double)recorder->sources[GLIMPSE_SOURCE_LIVE] / (double)recorder->measured;
    return (load_recorder_throughput(recorder) + load_recorder_failed_rate(recorder)) * live /
           facts->ceiling_rps;
}

double load_cpu_us(const load_recorder *recorder, const load_facts *facts)
{
    if (recorder->ended == 0) return -1;
    return (facts->cpu_user_s + facts->cpu_system_s) * 1e6 / (double)recorder->ended;
}

const char *load_verdict(const load_facts *facts)
{
    if (facts->invalid_count > 0) return "invalid";
    return facts->judged ? "valid" : "not judged";
}

const char *load_term_unit(const load_term *term)
{
    if (term->kind == LOAD_TERM_DURATION) return "us";
    return load_term_is_rate(term) ? "a second" : "part";
}

bool load_is_few(const gl_histogram *h, double quantile)
{
    return (double)gl_histogram_count(h) * (1 - quantile) < LOAD_FEW;
}

typedef struct table {
    FILE *out;
    const load_percentiles *percentiles;
} table;

static void row(const table *t, const char *name, const gl_histogram *h)
{
    if (gl_histogram_count(h) == 0) return;
    fprintf(t->out, "%-24s %10.3f", name, gl_histogram_mean(h) / 1e3);
    for (size_t i = 0; i < t->percentiles->count; i++) {
        double q = t->percentiles->of[i].q;
        char value[32];
        snprintf(value, sizeof value, "%s%.3f", load_is_few(h, q) ? "~" : "",
                 (double)gl_histogram_quantile(h, q) / 1e3);
        fprintf(t->out, " %10s", value);
    }
    fprintf(t->out, " %10.3f\n", (double)gl_histogram_max(h) / 1e3);
}

static void head_row(const table *t)
{
    fprintf(t->out, "\n%-24s %10s", "milliseconds", "mean");
    for (size_t i = 0; i < t->percentiles->count; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%s", t->percentiles->of[i].name);
        fprintf(t->out, " %10s", name);
    }
    fprintf(t->out, " %10s\n", "max");
}

static void latencies(const load_recorder *r, const load_facts *facts, FILE *out)
{
    const table t = { out,
                      facts->percentiles != NULL ? facts->percentiles : load_percentiles_usual() };
    head_row(&t);
    if (facts->open) {
        row(&t, "latency (from schedule)", r->metrics[LOAD_LATENCY]);
        row(&t, "service (at the server)", r->metrics[LOAD_SERVICE]);
    } else {
        row(&t, "latency", r->metrics[LOAD_LATENCY]);
    }
    for (int i = 0; i < LOAD_SOURCES; i++) {
        char name[32];
        snprintf(name, sizeof name, "  %s", load_source_name(i));
        row(&t, name, r->by_source[i]);
    }
    row(&t, "name resolution", r->metrics[LOAD_DNS]);
    row(&t, "TCP connect", r->metrics[LOAD_CONNECT]);
    row(&t, "TLS handshake", r->metrics[LOAD_TLS]);
    row(&t, "first byte", r->metrics[LOAD_FIRST_BYTE]);
    row(&t, "first chunk", r->metrics[LOAD_FIRST_CHUNK]);
    row(&t, facts->open ? "first token (schedule)" : "first token", r->metrics[LOAD_TTFT]);
    if (facts->open) row(&t, "first token (sending)", r->metrics[LOAD_TTFT_SERVICE]);
    row(&t, "first answer text", r->metrics[LOAD_ANSWER]);
    row(&t, "chunk gap", r->metrics[LOAD_CHUNK_GAP]);
    row(&t, "time per output token", r->metrics[LOAD_TPOT]);
    if (gl_histogram_max(r->metrics[LOAD_WAIT]) > 1)
        row(&t, "waited in the client", r->metrics[LOAD_WAIT]);
    if (facts->open) row(&t, "sent late by", r->metrics[LOAD_LATENESS]);
    fprintf(out, "~ is of fewer than %d values above it, and may be anything\n", LOAD_FEW);
    fputs(
        facts->open
            ? "latency counts from when the schedule wanted the request sent: what a user waits,\n"
              "also while the server stalls; service is the time at the server alone, without what "
              "the\n"
              "request waited before it was sent (--concurrency, limits, retries)\n"
            : "closed loop: a server that stalls is sent less meanwhile, and its tail looks "
              "better\nthan users would find it; --rate measures from a schedule\n",
        out);
}

static void measurement_error(const load_recorder *r, FILE *out)
{
    const gl_histogram *h = r->metrics[LOAD_ERROR];
    if (gl_histogram_count(h) == 0) {
        fputs("measured     with an error that is not known: the server does not say its times\n",
              out);
        return;
    }
    fprintf(out,
            "measured     with an error of p50 %.3f ms, p99 %.3f ms: the client's time less the "
            "server's own,\n             of %" PRIu64 " answers",
            (double)gl_histogram_quantile(h, 0.5) / 1e3,
            (double)gl_histogram_quantile(h, 0.99) / 1e3, gl_histogram_count(h));
    if (r->below_zero > 0) fprintf(out, ", %" PRIu64 " of them below 0", r->below_zero);
    fputc('\n', out);
}

static void client(const load_recorder *r, const load_facts *facts, FILE *out)
{
    double part = load_part_of_ceiling(r, facts);
    fprintf(out, "\nclient       ");
    if (part >= 0)
        fprintf(out, "at %.1f %% of its ceiling of %.0f requests/s; ", 100 * part,
                facts->ceiling_rps);
    else
        fputs("its ceiling was not measured; ", out);
    fprintf(out, "CPU %.2f s user, %.2f s system", facts->cpu_user_s, facts->cpu_system_s);
    if (r->ended > 0) fprintf(out, ", %.1f us a request", load_cpu_us(r, facts));
    fprintf(
        out,
        "\n             loop lag p50 %.3f ms, p99 %.3f ms; memory %.1f MB at first, %.1f at the "
        "end, %.1f at most; %" PRId64 " descriptors\n",
        (double)gl_histogram_quantile(facts->loop_lag, 0.5) / 1e3,
        (double)gl_histogram_quantile(facts->loop_lag, 0.99) / 1e3, (double)facts->rss_begin / 1e6,
        (double)facts->rss_end / 1e6, (double)facts->rss_max / 1e6, facts->descriptors);
    measurement_error(r, out);
    for (size_t i = 0; i < facts->invalid_count; i++)
        fprintf(out, "%s      %s\n", i == 0 ? "INVALID" : "       ", facts->invalid[i]);
}

static void faults(const load_faults *f, FILE *out)
{
    load_balance balance = load_faults_balance(f);
    if (!f->asked || (load_faults_injected(f) == 0 && f->met == 0)) return;
    fprintf(out, "faults       injected %" PRIu64 "%s", load_faults_injected(f),
            load_faults_injected(f) > 0 ? ":" : "");
    for (int i = 0; i < LOAD_FAULTS; i++)
        if (f->injected[i] > 0)
            fprintf(out, " %" PRIu64 " %s", f->injected[i], load_fault_name((load_fault)i));
    fprintf(out,
            "; given up before they came %" PRIu64 ", seen %" PRIu64
            "\n             failed attempts: %" PRIu64 " retried, %" PRIu64 " surfaced; %" PRIu64
            " requests met one: %" PRIu64 " recovered, %" PRIu64 " surfaced\n",
            load_faults_left(f), load_faults_seen(f), f->retried, f->surfaced, f->met,
            f->met_recovered, f->met_surfaced);
    if (f->unlisted > 0)
        fputs("             balance: not judged, some had more attempts than a result keeps\n",
              out);
    else
        fprintf(out,
                "             balance: %" PRId64 " faults, %" PRId64 " attempts, %" PRId64
                " requests\n",
                balance.faults, balance.attempts, balance.requests);
}

static void connections(const load_recorder *r, const glimpse_stats *stats, FILE *out)
{
    uint64_t opened = gl_histogram_count(r->metrics[LOAD_CONNECT]);
    uint64_t named = gl_histogram_count(r->metrics[LOAD_DNS]);
    if (opened == 0) return;
    fprintf(out, "connections  %" PRIu64 " opened", opened);
    if (named > 0) fprintf(out, ", %" PRIu64 " of them waited for the name", named);
    if (stats != NULL && stats->connections_died > 0)
        fprintf(out, "; %" PRIu64 " died under a request that used them again",
                stats->connections_died);
    fputc('\n', out);
}

/* Prints the word and its reason, then the run in a sentence. */
static void judgement(const load_recorder *r, const load_facts *facts, FILE *out)
{
    const char *word = load_judgement_word(load_judge(r, facts));
    gl_buf text;
    gl_buf_init(&text, TEXT_MAX);
    gl_buf_printf(&text, "%-12s ", word);
    load_judgement_why(r, facts, &text);
    gl_buf_printf(&text, "\n%-12s ", "");
    load_judgement_sum_up(r, false, &text);
    if (gl_buf_terminate(&text)) fprintf(out, "%s\n", text.data);
    gl_buf_free(&text);
}

static void schedule(const load_facts *facts, FILE *out)
{
    if (facts->open && facts->rate == NULL)
        fprintf(out, "open loop    the times of a trace, against %s\n", facts->target);
    else if (facts->open)
        fprintf(out, "open loop    %s a second, %s arrivals, against %s\n", facts->rate,
                facts->arrival, facts->target);
    else
        fprintf(out, "closed loop  %" PRIu64 " users, against %s\n", facts->users, facts->target);
    if (facts->policy != NULL) fprintf(out, "client       %s\n", facts->policy);
}

static void throughput(const load_recorder *r, const load_facts *facts, FILE *out)
{
    fprintf(out,
            "requests     %" PRIu64 " measured, %" PRIu64
            " cut as warm-up and cool-down, in %.2f s%s\n",
            r->measured, r->cut, facts->elapsed_s, facts->interrupted ? " (interrupted)" : "");
    fprintf(out, "throughput   %.2f answers/s in %.2f s", load_recorder_throughput(r),
            load_recorder_window(r));
    if (!isnan(load_recorder_sent_rate(r)))
        fprintf(out, ", sent %.2f/s", load_recorder_sent_rate(r));
    if (facts->open && !isnan(load_recorder_asked_rate(r)))
        fprintf(out, " of %.2f/s asked", load_recorder_asked_rate(r));
    fprintf(out, ", at most %" PRIu64 " in flight", r->peak_in_flight);
    if (load_recorder_drain(r) > 0)
        fprintf(out, "; the last answer %.2f s later", load_recorder_drain(r));
    if (r->sources[LOAD_SOURCE_UNSENT] > 0)
        fprintf(out, "; %" PRIu64 " NEVER SENT", r->sources[LOAD_SOURCE_UNSENT]);
    if (r->errors > 0) fprintf(out, "; %.2f/s failed", load_recorder_failed_rate(r));
    fputs(r->errors > 0 && r->errors == r->measured ? "\n             NOTHING WAS ANSWERED: every "
                                                      "request failed, and the times are theirs\n"
                                                    : "\n",
          out);
}

static void goodput_and_cache(const load_recorder *r, const load_facts *facts, FILE *out)
{
    if (facts->goodput != NULL)
        fprintf(out, "goodput      %.2f answers/s, %.2f %% of the requests, met %s\n",
                load_recorder_goodput(r), 100 * load_recorder_good_rate(r), facts->goodput);
    fprintf(out,
            "cache        hit rate %.1f %%; %" PRIu64 " of the requests repeated another, %" PRIu64
            " were hits (%" PRIu64 " cache, %" PRIu64 " coalesced)\n",
            100 * load_recorder_hit_rate(r), r->repeated, r->hits, r->sources[GLIMPSE_SOURCE_CACHE],
            r->sources[GLIMPSE_SOURCE_COALESCED]);
}

static void statuses_and_attempts(const load_recorder *r, FILE *out)
{
    fprintf(out, "status      ");
    for (int i = 0; i < GLIMPSE_STATUS_COUNT; i++)
        if (r->by_status[i] > 0)
            fprintf(out, " %" PRIu64 " %s", r->by_status[i],
                    glimpse_status_name((glimpse_status)i));
    fprintf(out, "; error rate %.2f %%\n", 100 * load_recorder_error_rate(r));
    fprintf(out,
            "attempts     %" PRIu64 ", %" PRIu64 " of them retries; tokens %" PRIu64
            " prompt, %" PRIu64 " completion\n",
            r->attempts, r->retried, r->prompt_tokens, r->completion_tokens);
}

static void token_rates(const load_recorder *r, FILE *out)
{
    if (load_recorder_tokens_in(r) < 0)
        fputs("tokens       not known: no answer says its usage", out);
    else
        fprintf(out, "tokens       %.1f/s in, %.1f/s out", load_recorder_tokens_in(r),
                load_recorder_tokens_out(r));
    if (load_recorder_tokens_a_user(r) >= 0)
        fprintf(out, "; %.1f/s out for the median user", load_recorder_tokens_a_user(r));
    fputc('\n', out);
}

static void thresholds(const load_recorder *r, const load_facts *facts, FILE *out)
{
    fprintf(out, "thresholds  ");
    for (int i = 0; i < 4; i++)
        fprintf(out, " %" PRIu64 " past t%d (%" PRId64 " ms)%s", r->thresholds[i], i + 1,
                facts->thresholds_ms[i],
                i < 3                    ? ","
                : facts->thresholds_auto ? "; the times are those at the end\n"
                                         : "\n");
}

void load_report_table(const load_recorder *recorder, const load_facts *facts, FILE *out)
{
    judgement(recorder, facts, out);
    schedule(facts, out);
    throughput(recorder, facts, out);
    goodput_and_cache(recorder, facts, out);
    statuses_and_attempts(recorder, out);
    connections(recorder, facts->stats, out);
    token_rates(recorder, out);
    thresholds(recorder, facts, out);
    faults(&recorder->faults, out);
    if (facts->stats != NULL) load_alerts_print(facts->stats, out);
    if (facts->aborted[0] != '\0') fprintf(out, "aborted      %s\n", facts->aborted);
    load_report_classes_table(recorder, facts, out);
    latencies(recorder, facts, out);
    load_report_server_table(facts, out);
    client(recorder, facts, out);
}
