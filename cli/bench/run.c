/*
 * run.c - see run.h. Everything is on one loop: the driver's timer, the engine, and a
 * timer every 10 ms that measures how late the loop is.
 */
#include "bench/run.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "bench/scrape.h"
#include "bench/trim.h"
#include "exits.h"
#include "load/alerts.h"
#include "load/lag.h"
#include "load/prompts.h"
#include "load/resources.h"
#include "options/endpoints.h"
#include "say.h"
#include "session.h"
#include "signals.h"

/* The interval of measuring the loop's lag; a hundred measurements a second cost nothing that
 * shows. */
#define TICK_MS 10
/* Room for setting up before the schedule begins. */
#define LEAD     (20 * GL_MS)
#define GRACE_MS 5000
/* The alerts are looked at every so many ticks: each tenth of a second, which a page can show. */
#define ALERT_TICKS 10

/* Limits beyond which a run is INVALID. */
#define CEILING_MAX   0.8          /* of the client's ceiling: above, it queues itself */
#define LATENESS_MAX  (10 * 1000)  /* us at p99: sends that late are no schedule */
#define STOP_MAX      (300 * 1000) /* us, however short its part of all: it is in the figures */
#define SHORTFALL_MAX 0.01         /* of an open loop's rate, at the server */
#define LAG_MAX       (10 * 1000)  /* us at p99: answers are read that late */

typedef struct runner {
    const bench_ask *ask;
    bench_result *result;
    cli_session session;
    load_driver *driver;
    load_mix mix;
    load_prompts prompts;
    glimpse_loop_lag *tick;
    bench_scrape *scraper;
    cli_signals signals;
    gl_time started, last_shown;
    glimpse_config engine; /* in force, for its numbers: its pointers may dangle */
    unsigned ticks;
    bool terminal, wrong; /* wrong: an answer without a result has been reported */
    trim trim;
} runner;

static void tell(const runner *r, gl_time now)
{
    const load_recorder *recorder = &r->result->recorder;
    double elapsed = (double)gl_time_since(now, r->started) / 1e9;
    char alerts[160] = ""; /* all four of them */
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    if (glimpse_engine_stats(r->session.engine, &stats) == GLIMPSE_OK)
        load_alerts_append(&stats, alerts, sizeof alerts);
    fprintf(stderr,
            "%s%.0f s: %" PRIu64 " sent, %.0f/s, %" PRIu64 " in flight, p50 %.1f ms, p99 %.1f ms, "
            "%" PRIu64 " errors, %.0f%% hits%s%s",
            r->terminal ? "\r\033[K" : "", elapsed, recorder->issued,
            elapsed > 0 ? (double)recorder->ended / elapsed : 0, recorder->in_flight,
            (double)gl_histogram_quantile(recorder->metrics[LOAD_LATENCY], 0.5) / 1e3,
            (double)gl_histogram_quantile(recorder->metrics[LOAD_LATENCY], 0.99) / 1e3,
            recorder->errors, 100 * load_recorder_hit_rate(recorder), alerts,
            r->terminal ? "" : "\n");
}

/* Call before another line on standard error. */
static void clear_line(void *arg)
{
    if (((runner *)arg)->terminal) fputs("\r\033[K", stderr);
}

/* Ends the run when a term is certainly broken: requests in flight have a moment to finish, as
 * after a signal. */
static void look_for_abort(runner *r)
{
    bench_result *result = r->result;
    char seen[64];
    bool met;
    if (r->ask->abort == NULL || bench_early_exit(result) != 0) return;
    const load_term *term = load_abort_look(r->ask->abort, &result->recorder);
    if (term == NULL) return;
    load_term_shown(term, &result->recorder, &met, seen, sizeof seen);
    snprintf(result->facts.aborted, sizeof result->facts.aborted,
             "%s holds beyond doubt: %s of %" PRIu64 " requests", term->text, seen,
             result->recorder.measured);
    clear_line(r);
    say("stopped by --abort-on: %s", result->facts.aborted);
    load_driver_stop(r->driver);
    glimpse_engine_close(r->session.engine, GRACE_MS, NULL, NULL);
}

static void look_at_alerts(runner *r, gl_time now)
{
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    if (r->ask->bare || ++r->ticks % ALERT_TICKS != 0 ||
        glimpse_engine_stats(r->session.engine, &stats) != GLIMPSE_OK)
        return;
    for (int kind = 0; kind < GLIMPSE_ALERT_COUNT; kind++)
        load_marks_alert(&r->result->marks, glimpse_alert_name((glimpse_alert_kind)kind),
                         stats.alerts_firing[kind], now);
}

static void ticked(uint64_t late_ns, void *arg)
{
    runner *r = arg;
    gl_time now = gl_clock_now();
    load_lag_add(r->result->loop_lag, late_ns, TICK_MS * GL_MS);
    if (late_ns >= STOP_MAX * GL_US)
        load_marks_add(&r->result->marks, LOAD_MARK_STOP, now - late_ns, now);
    look_at_alerts(r, now);
    load_row *row = load_timeline_at(r->result->recorder.timeline, now);
    load_row_look(row, r->result->recorder.in_flight);
    trim_note(&r->trim, r->result->recorder.in_flight);
    if (row->rss_bytes == 0) { /* once a row, at its beginning */
        if (trim_due(&r->trim)) trim_memory();
        int64_t rss = load_resources_rss();
        row->rss_bytes = rss > 0 ? (uint64_t)rss : 0;
        look_for_abort(r);
    }
    gl_time every = r->terminal ? GL_SECOND / 5 : 10 * GL_SECOND;
    if (!r->ask->bare && !r->ask->settings->quiet && now >= r->last_shown + every) {
        tell(r, now);
        r->last_shown = now;
    }
}

static void ended(void *arg)
{
    runner *r = arg;
    event_base_loopbreak(r->session.base);
}

static void caught(int number, void *arg)
{
    runner *r = arg;
    r->result->caught = number;
    if (r->terminal) fputc('\n', stderr);
    say("stopping; what is in flight has %d s (again: at once)", GRACE_MS / 1000);
    load_driver_stop(r->driver);
    glimpse_engine_close(r->session.engine, GRACE_MS, NULL, NULL);
}

static void log_request(const runner *r, uint64_t number, const load_outcome *seen)
{
    const load_recorder *recorder = &r->result->recorder;
    const load_workload *workload = r->ask->workload;
    const load_request_line line = {
        .number = number,
        .start = r->started,
        .measured = seen->intended >= recorder->from && seen->intended < recorder->to,
        .kind = workload != NULL ? workload->kinds[seen->kind].name : "",
        .outcome = seen
    };
    request_file_add(r->ask->requests, &line);
}

/* Reports a mistyped address or a refused key at once, so that it costs no whole run. */
static void request_ended(void *arg, uint64_t number, const load_outcome *seen,
                          const glimpse_result *result)
{
    runner *r = arg;
    cli_failures *failures = r->ask->failures;
    cli_outcome outcome = failures_outcome(number, result);
    char text[1024];
    if (r->ask->requests != NULL) log_request(r, number, seen);
    if (seen->wrong != NULL && !r->wrong) {
        r->wrong = true;
        clear_line(r);
        say("request %" PRIu64 " has an answer that is none: %s", number, seen->wrong);
    }
    if (r->result->stopped != 0 || glimpse_result_status(result) == GLIMPSE_STATUS_CANCELLED)
        return;
    if (failures_is_key_stop(result)) {
        r->result->stopped = failures_key_exit(result, text, sizeof text);
        clear_line(r);
        say("%s", text);
    } else {
        bool is_new = failures_add(failures, &outcome, text, sizeof text);
        if (is_new) clear_line(r);
        if (is_new) say("%s", text);
        if (r->ask->settings->keep_going || !failures_are_hopeless(failures, text, sizeof text))
            return;
        r->result->stopped = EXIT_STOPPED;
        clear_line(r);
        say("%s", text);
    }
    load_driver_stop(r->driver);
}

static cli_settings settings_for(const bench_ask *ask)
{
    cli_settings settings = *ask->settings;
    settings.metrics = NULL; /* one socket serves all runs */
    glimpse_config *engine = &settings.engine;
    if (ask->base_url != NULL) {
        engine->endpoint.base_url = ask->base_url;
        /* Our own mock has no key but one that was made up for it, and is not behind a proxy. */
        engine->endpoint.api_key = ask->settings->require_key;
        engine->endpoint.http_proxy = engine->endpoint.https_proxy = settings.proxy = NULL;
        settings.api_key_file = settings.endpoints = NULL;
    }
    /* As many connections as are used at once; an open loop has no bound of its own. */
    if (settings_origin(ask->settings, "concurrency") == FROM_DEFAULT)
        engine->concurrency = ask->plan.open ? 100000 : (int64_t)ask->plan.users;
    bench_policy_apply(ask->settings, ask->client, engine);
    /* Without a cache there are no hits. */
    if (ask->client == BENCH_CLIENT_PLAIN && engine->cache_entries == 0 &&
        settings.cache_store == NULL)
        engine->alerts.hit_rate = 0;
    if (!ask->bare) return settings;
    engine->alerts.on = false;
    settings.alert_command = NULL;
    engine->cache_entries = 0;
    engine->coalesce = engine->adaptive = false;
    engine->breaker = GLIMPSE_BREAKER_OFF;
    engine->rpm = engine->tpm = 0;
    settings.cache_store = NULL;
    return settings;
}

static int begin_scrape(runner *r, const cli_settings *settings)
{
    bench_result *result = r->result;
    const char *asked = settings->bench.scrape;
    char problem[200];
    if (asked == NULL || r->ask->bare) return 0;
    if (!bench_scrape_url(asked, settings->engine.endpoint.base_url, result->scrape_url,
                          sizeof result->scrape_url)) {
        say("--scrape: auto is /metrics beside an http --base-url");
        return EXIT_VALUE;
    }
    result->scrape = gl_malloc(sizeof *result->scrape);
    if (result->scrape == NULL) return EXIT_OS_LIMIT;
    if (!load_scrape_init(result->scrape, r->started, settings->bench.scrape_series, problem,
                          sizeof problem)) {
        say("--scrape-series: %s", problem);
        return EXIT_VALUE;
    }
    r->scraper = bench_scrape_new(r->session.base, result->scrape_url, result->scrape);
    return r->scraper != NULL ? 0 : EXIT_UNREACHABLE;
}

static int set_up(runner *r, cli_settings *settings)
{
    const bench_ask *ask = r->ask;
    bench_result *result = r->result;
    load_plan plan = ask->plan;
    int code = session_open(&r->session, settings);
    if (code == 0 && ask->metrics != NULL) code = session_serve(&r->session, *ask->metrics);
    if (code != 0) return code;
    r->session.log.before = clear_line;
    r->session.log.arg = r;
    gl_time start = gl_clock_now() + LEAD, from = start + plan.warmup, to = GL_TIME_NEVER;
    if (plan.duration != 0) to = start + plan.duration - plan.cooldown;
    r->started = r->last_shown = start;
    plan.question = ask->inputs != NULL ? load_inputs_question : load_prompts_question;
    plan.question_arg = ask->inputs != NULL ? (void *)ask->inputs : &r->prompts;
    plan.workload = ask->workload;
    plan.ended = ask->failures != NULL ? request_ended : NULL;
    plan.ended_arg = r;
    result->loop_lag = gl_histogram_new();
    bool good = load_recorder_init(&result->recorder, start, from, to) &&
                result->loop_lag != NULL &&
                load_mix_init(&r->mix, ask->pool_ratio, ask->pool_size, ask->zipf, ask->seed);
    if (good && ask->workload != NULL)
        good = load_recorder_classes(&result->recorder, ask->workload->kinds, ask->workload->count);
    if (good)
        r->driver =
            load_driver_new(r->session.base, r->session.engine, &plan, &r->mix, &result->recorder);
    if (!good || r->driver == NULL ||
        glimpse_loop_lag_new(r->session.base, TICK_MS, ticked, r, &r->tick, NULL) != GLIMPSE_OK) {
        say("out of memory");
        return EXIT_OS_LIMIT;
    }
    if (signals_catch(&r->signals, r->session.base, caught, r) != 0) return EXIT_OS_LIMIT;
    r->signals.hold = ask->more;
    result->recorder.slo = ask->slo;
    code = begin_scrape(r, settings);
    if (code != 0) return code;
    load_driver_start(r->driver, start, ended, r);
    return 0;
}

const char *bench_target(const bench_ask *ask)
{
    if (ask->base_url != NULL) return "the built-in mock";
    if (ask->settings->engine.use_openai == GLIMPSE_USE_OPENAI_NEVER)
        return "no endpoint: this machine (--sampler local)";
    if (ask->settings->endpoints != NULL) return ask->settings->endpoints;
    const char *url = ask->settings->engine.endpoint.base_url;
    return url != NULL ? url : "https://api.openai.com/v1";
}

/* Takes the run's plan, its target and the options that shaped its requests. */
static void take_plan(load_facts *facts, const bench_ask *ask)
{
    const cli_settings *settings = ask->settings;
    facts->target = bench_target(ask);
    facts->model = settings->engine.model;
    facts->thresholds_auto = settings->engine.thresholds_auto;
    facts->open = ask->plan.open;
    facts->stream = ask->plan.stream;
    facts->users = ask->plan.users;
    facts->per_user = ask->plan.per_user;
    facts->requests = ask->plan.requests;
    facts->duration_s = (double)ask->plan.duration / 1e9;
    facts->warmup_s = (double)ask->plan.warmup / 1e9;
    facts->cooldown_s = (double)ask->plan.cooldown / 1e9;
    facts->think_s = (double)ask->plan.think / 1e9;
    facts->pool_ratio = ask->pool_ratio;
    facts->pool_size = ask->pool_size;
    facts->zipf = ask->zipf;
    facts->seed = ask->seed;
    facts->shape = settings->bench.arrival == 2 ? settings->bench.shape : -1;
    facts->input = settings->bench.input;
    facts->workload = ask->workload;
    if (ask->workload != NULL && ask->workload->count == 1) {
        facts->input_tokens = settings->bench.input_tokens;
        facts->output_tokens = settings->bench.output_tokens;
    }
    facts->mock_latency = ask->mock_latency;
    facts->mock_fault = settings->fault;
    facts->mock_outage = settings->outage;
    facts->mock_options = ask->mock_options;
    facts->token_rate = settings->token_rate;
}

/* Takes the CPU time, memory and descriptors that this process used for the run. */
static void take_resources(load_facts *facts, const load_resources *before,
                           const load_resources *after)
{
    facts->cpu_user_s = after->cpu_user_s - before->cpu_user_s;
    facts->cpu_system_s = after->cpu_system_s - before->cpu_system_s;
    facts->rss_begin = before->rss_bytes;
    facts->rss_end = after->rss_bytes;
    facts->rss_max = after->rss_max_bytes;
    facts->descriptors = after->descriptors;
}

/* Takes the state of the engine and of the recorder at the end of the run. */
static void take_outcome(runner *r)
{
    const bench_ask *ask = r->ask;
    bench_result *result = r->result;
    load_facts *facts = &result->facts;
    const load_recorder *recorder = &result->recorder;
    glimpse_stats_init(&result->stats);
    glimpse_engine_stats(r->session.engine, &result->stats);
    facts->stats = &result->stats;
    result->engine = r->engine;
    facts->engine = &result->engine;
    bench_policy_describe(ask->settings, ask->client, &r->engine, result->policy,
                          sizeof result->policy);
    facts->policy = result->policy;
    facts->scrape = result->scrape;
    facts->scrape_url = result->scrape_url;
    facts->ceiling_rps = -1;
    if (recorder->last_done > recorder->first_issued)
        facts->elapsed_s = (double)(recorder->last_done - recorder->first_issued) / 1e9;
    const glimpse_thresholds *in_force = &result->stats.thresholds;
    const int64_t thresholds[] = { in_force->t1_ms, in_force->t2_ms, in_force->t3_ms,
                                   in_force->t4_ms };
    memcpy(facts->thresholds_ms, thresholds, sizeof thresholds);
    facts->interrupted = bench_early_exit(result) != 0;
    facts->loop_lag = result->loop_lag;
    load_marks_finish(&result->marks, recorder, ask->plan.cooldown);
    facts->marks = &result->marks;
}

static void take_facts(runner *r, const load_resources *before)
{
    load_resources after;
    load_resources_read(&after);
    take_plan(&r->result->facts, r->ask);
    take_outcome(r);
    take_resources(&r->result->facts, before, &after);
}

int bench_run(const bench_ask *ask, bench_result *result)
{
    runner r = { .ask = ask, .result = result };
    cli_settings settings = settings_for(ask);
    const char *term = getenv("TERM");
    memset(result, 0, sizeof *result);
    r.engine = settings.engine;
    r.terminal = !ask->bare && !ask->settings->quiet && isatty(STDERR_FILENO) != 0 &&
                 term != NULL && strcmp(term, "dumb") != 0;
    int code = set_up(&r, &settings);
    if (code == 0) {
        load_resources before;
        load_resources_read(&before);
        result->facts.started_unix_ms = gl_clock_unix_ms();
        event_base_dispatch(r.session.base);
        if (r.terminal) fputs("\r\033[K", stderr);
        take_facts(&r, &before);
    }
    signals_release(&r.signals);
    glimpse_loop_lag_free(r.tick);
    bench_scrape_free(r.scraper);
    /* Owed results are delivered now, while the driver has their items. */
    session_free_engine(&r.session);
    load_driver_free(r.driver);
    code = session_close(&r.session, code);
    load_mix_free(&r.mix);
    endpoints_free(settings.read_endpoints); /* the copy's own */
    return code;
}

int bench_early_exit(const bench_result *result)
{
    if (result->caught != 0) return 128 + result->caught;
    return result->facts.aborted[0] != '\0' ? EXIT_SOME_FAILED : result->stopped;
}

void bench_result_free(bench_result *result)
{
    load_recorder_free(&result->recorder);
    gl_histogram_free(result->loop_lag);
    gl_free(result->scrape);
}

__attribute__((format(printf, 2, 3))) static void reason(bench_result *result, const char *format,
                                                         ...)
{
    load_facts *facts = &result->facts;
    va_list args;
    if (facts->invalid_count == LOAD_REASONS) return;
    char *text = result->reasons[facts->invalid_count];
    va_start(args, format);
    vsnprintf(text, sizeof result->reasons[0], format, args);
    va_end(args);
    facts->invalid[facts->invalid_count++] = text;
}

void bench_judge(bench_result *result)
{
    const load_recorder *recorder = &result->recorder;
    double part = load_part_of_ceiling(recorder, &result->facts);
    uint64_t late = gl_histogram_quantile(recorder->metrics[LOAD_LATENESS], 0.99);
    uint64_t lag = gl_histogram_quantile(result->loop_lag, 0.99);
    uint64_t longest = gl_histogram_max(result->loop_lag);
    if (recorder->measured == 0) reason(result, "nothing was measured");
    if (result->stopped != 0) reason(result, "the run was stopped by its failures");
    if (part > CEILING_MAX)
        reason(result, "the client ran at %.0f %% of its ceiling; above %.0f %% it measures itself",
               100 * part, 100 * CEILING_MAX);
    if (result->facts.open && late > LATENESS_MAX)
        reason(result, "1 %% of the requests were sent more than %.1f ms late; %d ms are allowed",
               (double)late / 1e3, LATENESS_MAX / 1000);
    double short_by = load_recorder_shortfall(recorder);
    if (result->facts.open && short_by > SHORTFALL_MAX)
        reason(result,
               "%.1f %% less than was asked reached the server, 1 %% is allowed: %.1f/s asked, "
               "%.1f/s sent, %" PRIu64 " never sent (client: %s)",
               100 * short_by, load_recorder_asked_rate(recorder),
               load_recorder_sent_rate(recorder), recorder->sources[LOAD_SOURCE_UNSENT],
               result->facts.policy);
    if (lag > LAG_MAX)
        reason(result, "the client's loop was %.1f ms late at p99; %d ms are allowed",
               (double)lag / 1e3, LAG_MAX / 1000);
    if (longest >= STOP_MAX)
        reason(result, "the client stood still for %.2f s; what was under way waited for it",
               (double)longest / 1e6);
    load_balance balance = load_faults_balance(&recorder->faults);
    if (recorder->faults.wanted && !recorder->faults.asked)
        reason(result, "the mock did not say what it injected");
    if (balance.faults != 0 || balance.attempts != 0 || balance.requests != 0)
        reason(result,
               "the faults do not balance: %" PRId64 " injected and not seen, or seen and not "
               "injected; %" PRId64 " attempts, %" PRId64 " requests unaccounted for",
               balance.faults, balance.attempts, balance.requests);
    if (recorder->by_error[GLIMPSE_ERR_DESCRIPTORS] > 0)
        reason(result, "the client ran out of file descriptors (ulimit -n)");
    if (recorder->by_error[GLIMPSE_ERR_OOM] > 0) reason(result, "the client ran out of memory");
}
