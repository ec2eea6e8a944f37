/*
 * command.c - `glimpse bench`: turns the options into one run or several (run.c), and judges and
 * reports their figures.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "bench/find.h"
#include "bench/fit.h"
#include "bench/mock_arguments.h"
#include "bench/mock_child.h"
#include "bench/more.h"
#include "bench/rate.h"
#include "bench/reports.h"
#include "bench/run.h"
#include "bench/workload.h"
#include "commands.h"
#include "exits.h"
#include "files/whole_file.h"
#include "load/sla.h"
#include "monitoring/metrics_server.h"
#include "say.h"

/* docs/playbook.md section 6: mean 1.7 s and p95 2.5 s, which is a lognormal of this median. */
#define PLAYBOOK_LATENCY "lognormal:1646ms:2500ms"
/* The time for measuring the client's ceiling before a run, and the longer one when it is asked
 * for. */
#define CALIBRATE_SHORT (GL_SECOND / 2)
#define CALIBRATE_LONG  (3 * GL_SECOND)

typedef struct bench {
    cli_settings *settings;
    bench_kind kind;
    load_sla sla;
    load_slo slo;
    bench_ask ask;
    mock_child mock;
    gl_buf mock_text; /* its arguments */
    double ceiling;
    load_inputs inputs;
    load_trace trace;
    load_workload workload;
    double from; /* of a sweep */
    int metrics; /* a socket; below 0: none */
    cli_failures failures;
    load_sla abort;
    load_percentiles percentiles;
    request_file requests;
} bench;

static int refused(const char *option, const char *problem)
{
    say("--%s: %s", option, problem);
    return EXIT_VALUE;
}

static int usage_error(const char *problem)
{
    say("%s", problem);
    return EXIT_USAGE;
}

static bool given(const bench *b, const char *name)
{
    return settings_origin(b->settings, name) != FROM_DEFAULT;
}

static gl_time ns_of(int64_t ms)
{
    return (gl_time)ms * GL_MS;
}

/* --- the options ------------------------------------------------------------------------------ */

/* Reads a file into memory that the caller frees; NULL after an error message, with the exit
 * code. */
static char *read_whole(const char *option, const char *path, size_t *len, int *code)
{
    const char *problem = NULL;
    char *text = whole_file_read(path, LOAD_INPUTS_MAX, len, &problem);
    if (text == NULL) {
        say("--%s: %s: %s", option, path, problem);
        *code = EXIT_IO;
    }
    return text;
}

static int plan_inputs(bench *b)
{
    const char *name = b->settings->bench.input;
    char problem[160];
    size_t len;
    int code = 0;
    if (name == NULL) return 0;
    bool packages = strcmp(name, "packages") == 0;
    char *text = read_whole("input", packages ? LOAD_PACKAGES : name, &len, &code);
    if (text == NULL) return code;
    load_inputs_init(&b->inputs);
    gl_slice all = gl_slice_of(text, len);
    bool good = packages ? load_inputs_packages(&b->inputs, all, problem, sizeof problem)
                         : load_inputs_lines(&b->inputs, all, problem, sizeof problem);
    gl_free(text);
    if (!good) {
        say("--input: %s: %s", packages ? LOAD_PACKAGES : name, problem);
        return EXIT_BAD_INPUT;
    }
    b->ask.inputs = &b->inputs;
    return 0;
}

static int plan_trace(bench *b)
{
    const char *name = b->settings->bench.trace;
    load_plan *plan = &b->ask.plan;
    char problem[160];
    size_t len;
    int code = 0;
    char *text = read_whole("trace", name, &len, &code);
    if (text == NULL) return code;
    bool good = load_trace_read(&b->trace, gl_slice_of(text, len), problem, sizeof problem);
    gl_free(text);
    if (!good) {
        say("--trace: %s: %s", name, problem);
        return EXIT_BAD_INPUT;
    }
    if (b->trace.dropped > 0)
        say("--trace: %zu of the rows have 0 tokens: calls that failed, which are left out",
            b->trace.dropped);
    if (b->trace.backward > 0)
        say("warning: --trace: %zu of %zu times lie before the one above them, the first in line "
            "%zu; all are sent in the order of their times",
            b->trace.backward, b->trace.count, b->trace.backward_line);
    plan->open = true;
    plan->trace = &b->trace;
    /* The last request is sent as well. */
    if (plan->duration == 0) plan->duration = load_trace_length(&b->trace) + 1;
    return 0;
}

static int plan_workload(bench *b)
{
    const cli_settings *s = b->settings;
    if (!bench_wants_workload(s, &b->trace)) return 0;
    b->ask.workload = &b->workload;
    if (!given(b, "pool-ratio")) b->ask.pool_ratio = 0;
    return bench_plan_workload(s, &b->trace, b->ask.seed, &b->workload);
}

/* Returns true when some requests are judged as good: by the run's terms, or a class's own. */
static bool has_goodput(const bench *b)
{
    bool has = b->slo.count > 0;
    for (size_t i = 0; i < b->workload.count; i++) has = has || b->workload.kinds[i].slo.count > 0;
    return has;
}

static bool any_streams(const bench *b)
{
    bool any = b->settings->bench.stream || b->settings->bench.input != NULL;
    for (size_t i = 0; i < b->workload.count; i++) any = any || b->workload.kinds[i].stream;
    return any;
}

static int check_goodput(const bench *b)
{
    if (!has_goodput(b) && (load_sla_wants_slo(&b->sla) || load_sla_wants_slo(&b->abort)))
        return refused(load_sla_wants_slo(&b->sla) ? "sla" : "abort-on",
                       "goodput and good_rate need --goodput, which says what is good");
    if (!any_streams(b) &&
        (b->slo.below_us[LOAD_SLO_TTFT] > 0 || b->slo.below_us[LOAD_SLO_TPOT] > 0 ||
         b->slo.below_us[LOAD_SLO_CHUNK_GAP] > 0))
        return refused("goodput", "ttft, tpot and chunk_gap are of streams: give --stream");
    return 0;
}

static bool wants_mock(const bench *b);

static int check_needs(const bench *b)
{
    const bench_fit fit = { .settings = b->settings,
                            .kind = b->kind,
                            .streams = any_streams(b),
                            .lengths = b->ask.workload != NULL,
                            .rows = b->trace.lengths,
                            .drafts = b->ask.inputs == NULL || b->inputs.drafts,
                            .length_asked = b->ask.workload == NULL || b->workload.max_name != NULL,
                            .pool = b->ask.pool_ratio > 0,
                            .own_mock = wants_mock(b),
                            .sla_good = load_sla_wants_slo(&b->sla) };
    return bench_fit_needs(&fit);
}

/* Sets where a search begins, and how long each of its runs is. */
static int plan_search(bench *b)
{
    const cli_settings *s = b->settings;
    if (s->bench.sweep && b->sla.count == 0)
        return usage_error("--sweep looks for what meets --sla");
    b->from = 10;
    if (s->bench.sweep && s->bench.rate != NULL) {
        load_stretch stretch[LOAD_STRETCHES];
        size_t count;
        double seconds;
        const char *problem = rate_read(s->bench.rate, stretch, &count, &seconds);
        if (problem != NULL) return refused("rate", problem);
        if (count != 1 || !isinf(seconds))
            return refused("rate", "of a sweep is the one number it begins with");
        b->from = stretch[0].from;
    }
    if (b->ask.plan.duration == 0) b->ask.plan.duration = 5 * GL_SECOND;
    return 0;
}

static int plan_open(bench *b)
{
    static const load_process processes[] = { LOAD_PROCESS_CONSTANT, LOAD_PROCESS_POISSON,
                                              LOAD_PROCESS_GAMMA };
    const cli_settings *s = b->settings;
    load_stretch stretch[LOAD_STRETCHES];
    size_t count;
    double seconds;
    const char *problem = rate_read(s->bench.rate, stretch, &count, &seconds);
    if (problem != NULL) return refused("rate", problem);
    load_plan *plan = &b->ask.plan;
    plan->open = true;
    if (plan->duration == 0 && !isinf(seconds)) plan->duration = (gl_time)(seconds * 1e9);
    if (plan->duration == 0 && plan->requests == 0)
        return refused("rate", "goes on for ever: give --duration, --requests, or RATE:TIME");
    load_arrivals_init(&plan->arrivals, stretch, count, processes[s->bench.arrival], s->bench.shape,
                       b->ask.seed ^ 0x617272697665ULL);
    return 0;
}

static int plan(bench *b)
{
    const cli_settings *s = b->settings;
    char problem[256];
    load_plan *plan = &b->ask.plan;
    b->ask.settings = s;
    b->ask.failures = &b->failures;
    b->ask.client = (bench_client)s->bench.client;
    b->ask.pool_ratio = s->bench.pool_ratio;
    b->ask.pool_size = (size_t)s->bench.pool_size;
    b->ask.zipf = s->bench.zipf;
    b->ask.seed = s->engine.seed != 0 ? s->engine.seed : gl_rng_system_seed();
    plan->duration = ns_of(s->bench.duration_ms);
    plan->warmup = ns_of(s->bench.warmup_ms);
    plan->cooldown = ns_of(s->bench.cooldown_ms);
    if (b->kind == BENCH_CLOSED || b->kind == BENCH_SATURATE)
        plan->think = ns_of(s->bench.think_ms);
    const char *file, *wrong = request_words(&s->bench.requests, &plan->requests, &file);
    if (wrong != NULL) return refused("requests", wrong);
    plan->users = (uint64_t)s->bench.users;
    plan->per_user = (uint64_t)s->bench.per_user;
    plan->stream = s->bench.stream;
    /* A total time or count takes the place of the default count of each user. */
    if ((plan->duration != 0 || plan->requests != 0) && !given(b, "requests-per-user"))
        plan->per_user = 0;
    if (!load_sla_parse(&b->sla, s->bench.sla, problem, sizeof problem))
        return refused("sla", problem);
    if (!load_abort_parse(&b->abort, s->bench.abort_on, problem, sizeof problem))
        return refused("abort-on", problem);
    if (!load_percentiles_parse(&b->percentiles, s->bench.percentiles, problem, sizeof problem))
        return refused("percentiles", problem);
    if (b->abort.count > 0) b->ask.abort = &b->abort;
    if (!load_slo_parse(&b->slo, s->bench.goodput, problem, sizeof problem))
        return refused("goodput", problem);
    if (b->slo.count > 0) b->ask.slo = &b->slo;
    int code = 0;
    if (b->kind == BENCH_SWEEP || b->kind == BENCH_SATURATE) code = plan_search(b);
    if (b->kind == BENCH_TRACE) code = plan_trace(b);
    if (b->kind == BENCH_OPEN) code = plan_open(b);
    if (code == 0) code = bench_check_reports(s, file);
    if (code == 0) code = plan_workload(b);
    if (code == 0) code = plan_inputs(b);
    if (code == 0) code = check_goodput(b);
    if (code == 0) code = check_needs(b);
    if (code == 0 && file != NULL) code = request_file_open(&b->requests, file);
    if (code == 0 && file != NULL) b->ask.requests = &b->requests;
    if (code != 0) return code;
    if (plan->cooldown != 0 && plan->duration == 0)
        return refused("cooldown", "needs an end that is known: --duration");
    if (plan->duration != 0 && plan->warmup + plan->cooldown >= plan->duration)
        return refused("warmup", "with --cooldown it leaves nothing of --duration");
    return 0;
}

/* --- the mock --------------------------------------------------------------------------------- */

static bool wants_mock(const bench *b)
{
    return b->settings->engine.endpoint.base_url == NULL && b->settings->endpoints == NULL &&
           b->settings->engine.endpoint.azure_deployment == NULL &&
           b->settings->engine.use_openai != GLIMPSE_USE_OPENAI_NEVER;
}

static int start_mock(bench *b)
{
    const cli_settings *s = b->settings;
    const char *latency = given(b, "latency") ? s->latency : PLAYBOOK_LATENCY;
    if (s->replay != NULL) latency = NULL; /* the answers' own */
    char seed[32];
    mock_arguments arguments = { .count = 0 };
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)b->ask.seed);
    if (!given(b, "latency") && latency != NULL)
        mock_arguments_add(&arguments, "--latency", latency);
    if (!given(b, "times")) mock_arguments_add(&arguments, "--times", NULL);
    mock_arguments_add(&arguments, "--seed", seed);
    mock_arguments_given(&arguments, s);
    int code = mock_child_start(&b->mock, arguments.argv);
    if (code != 0) return code;
    b->ask.base_url = b->mock.url;
    b->ask.mock_latency = latency;
    b->ask.mock_options = mock_arguments_join(&arguments, &b->mock_text) ? b->mock_text.data : NULL;
    if (!s->quiet)
        say("no --base-url: asking a mock of our own, %s %s, on a core of its own where there are "
            "two",
            latency != NULL ? "--latency" : "--replay", latency != NULL ? latency : s->replay);
    return 0;
}

/* Our own mock counts this run alone, so another one is asked. */
static int measure_words(bench *b)
{
    static const char *const arguments[] = { "--latency", "0", "--token-rate", "0", NULL };
    mock_child mock = { 0 };
    bench_ask ask = b->ask;
    if (b->ask.workload == NULL || strcmp(b->settings->bench.words_per_token, "auto") != 0)
        return 0;
    int code = wants_mock(b) ? mock_child_start(&mock, arguments) : 0;
    if (mock.pid > 0) ask.base_url = mock.url;
    if (code == 0) code = bench_measure_words(&ask, &b->workload);
    mock_child_stop(&mock);
    return code;
}

/* Returns the requests a second of the client with so many users against a server that answers at
 * once; below 0: not measured. */
static double calibrate(const bench *b, uint64_t users, gl_time duration, bench_result *result)
{
    static const char *const arguments[] = { "--latency", "0", "--token-rate", "0", NULL };
    mock_child null_mock;
    memset(result, 0, sizeof *result);
    bench_ask ask = { .settings = b->settings, .bare = true, .pool_size = 1, .seed = 1 };
    ask.plan = (load_plan){
        .users = users, .duration = duration, .warmup = duration / 5, .stream = b->ask.plan.stream
    };
    if (mock_child_start(&null_mock, arguments) != 0) return -1;
    ask.base_url = null_mock.url;
    double ceiling = -1;
    if (bench_run(&ask, result) == 0 && result->recorder.errors == 0 && result->caught == 0)
        ceiling = load_recorder_throughput(&result->recorder);
    mock_child_stop(&null_mock);
    return ceiling;
}

/* --- reports ---------------------------------------------------------------------------------- */

static glimpse_error most_frequent_error(const load_recorder *recorder)
{
    glimpse_error most = GLIMPSE_ERR_CONNECT;
    for (int error = 1; error < GLIMPSE_ERROR_COUNT; error++)
        if (recorder->by_error[error] > recorder->by_error[most]) most = (glimpse_error)error;
    return most;
}

static int verdict(const bench *b, const bench_result *result)
{
    const load_recorder *r = &result->recorder;
    bool aborted = result->caught == 0 && result->facts.aborted[0] != '\0';
    int early = bench_early_exit(result);
    if (early != 0 && !aborted) return early;
    if (r->measured > 0 && r->errors == r->measured && result->stats.connected == 0 &&
        result->stats.attempts == 0) {
        say("%s could not be reached: not one connection succeeded: %s",
            settings_endpoint(b->settings), glimpse_error_sentence(most_frequent_error(r)));
        return EXIT_UNREACHABLE;
    }
    if (result->facts.invalid_count > 0) {
        say("INVALID: %s", result->facts.invalid[0]);
        return EXIT_INTERNAL;
    }
    if (aborted || !load_sla_met(&b->sla, r)) return EXIT_SOME_FAILED;
    return r->measured > 0 && r->errors == r->measured ? EXIT_SOME_FAILED : EXIT_DONE;
}

/* --- the commands ----------------------------------------------------------------------------- */

static int run_calibrate(bench *b)
{
    static const uint64_t users[] = { 1, 32, 256, 1000 };
    printf("the client against a mock that answers at once, on a core of its own:\n"
           "%9s %12s %16s %14s %12s\n",
           "in flight", "requests/s", "CPU us/request", "p99 ms", "memory MB");
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        bench_result result;
        double ceiling = calibrate(b, users[i], CALIBRATE_LONG, &result);
        const load_facts *facts = &result.facts;
        int caught = result.caught;
        if (ceiling > 0)
            printf("%9llu %12.0f %16.1f %14.3f %12.1f\n", (unsigned long long)users[i], ceiling,
                   (facts->cpu_user_s + facts->cpu_system_s) * 1e6 / (double)result.recorder.ended,
                   (double)gl_histogram_quantile(result.recorder.metrics[LOAD_LATENCY], 0.99) / 1e3,
                   (double)facts->rss_max / 1e6);
        fflush(stdout);
        bench_result_free(&result);
        if (ceiling < 0) return caught != 0 ? 128 + caught : EXIT_INTERNAL;
    }
    return say_flush_stdout() ? EXIT_DONE : EXIT_IO;
}

/* Measured before the run's own mock takes its core: the null mock needs that core, or client and
 * mock share one, and the ceiling is too low. */
static int find_ceiling(bench *b)
{
    const cli_settings *s = b->settings;
    bench_result result;
    b->ceiling = -1;
    bool search = s->bench.sweep || s->bench.saturate;
    /* A run that is not judged by it needs no ceiling. */
    if (!s->bench.calibrate_first || s->bench.playbook || (search && !s->bench.validity)) return 0;
    /* A search has no number of its own yet. */
    uint64_t users = !b->ask.plan.open && !search ? b->ask.plan.users : 64;
    b->ceiling = calibrate(b, users, CALIBRATE_SHORT, &result);
    int caught = result.caught;
    bench_result_free(&result);
    return caught != 0 ? 128 + caught : 0;
}

/* Asks the mock for its injected faults, when it has noticed that the run's connections are
 * gone. */
static void ask_mock(const bench *b, load_faults *faults)
{
    size_t len;
    char *stats = mock_child_stats(&b->mock, &len);
    faults->wanted = true;
    if (stats == NULL || !load_faults_server(faults, gl_slice_of(stats, len)))
        say("the mock does not say what it injected");
    gl_free(stats);
}

/* Prints the gap in the figures of the server, if there is one: a caller that looks at the exit
 * code alone reads no report. */
static void tell_lack(const load_facts *facts)
{
    char lack[768] = "";
    if (facts->scrape != NULL) load_scrape_say(facts->scrape, facts->scrape_url, lack, sizeof lack);
    if (lack[0] != '\0') say("warning: %s", lack);
}

static int run_once(bench *b)
{
    bench_result result;
    const cli_settings *s = b->settings;
    int code = bench_run(&b->ask, &result);
    if (code == 0) {
        static const char *const processes[] = { "constant", "poisson", "gamma" };
        result.facts.rate = b->kind == BENCH_OPEN ? s->bench.rate : NULL;
        result.facts.arrival = b->kind == BENCH_TRACE ? "trace" : processes[s->bench.arrival];
        result.facts.ceiling_rps = b->ceiling;
        result.facts.goodput_of_run = s->bench.goodput;
        result.facts.goodput = s->bench.goodput != NULL ? s->bench.goodput
                               : has_goodput(b)         ? "each class's own"
                                                        : NULL;
        if (b->mock.pid > 0) ask_mock(b, &result.recorder.faults);
        if (s->bench.validity) bench_judge(&result);
        result.facts.judged = s->bench.validity;
        result.facts.sla = &b->sla;
        result.facts.percentiles = &b->percentiles;
        result.facts.abort_on = s->bench.abort_on;
        code = bench_write_reports(s, &result);
        tell_lack(&result.facts);
        int lost = request_file_close(&b->requests);
        if (code == 0) code = lost;
        if (code == 0) code = verdict(b, &result);
    }
    bench_result_free(&result);
    return code;
}

static int run_asked(bench *b)
{
    if (b->settings->bench.playbook) return bench_playbook(&b->ask);
    static const load_process processes[] = { LOAD_PROCESS_CONSTANT, LOAD_PROCESS_POISSON,
                                              LOAD_PROCESS_GAMMA };
    const cli_settings *s = b->settings;
    if (s->bench.saturate || s->bench.sweep) {
        const bench_search search = { .ask = &b->ask,
                                      .sla = s->bench.sweep ? &b->sla : NULL,
                                      .from = b->from,
                                      .process = processes[s->bench.arrival],
                                      .shape = s->bench.shape,
                                      .ceiling = s->bench.validity ? b->ceiling : -1 };
        return bench_find(&search);
    }
    return run_once(b);
}

int command_bench(cli_settings *settings)
{
    bench b = { .settings = settings, .metrics = -1, .failures.of_requests = true };
    gl_buf_init(&b.mock_text, SIZE_MAX);
    b.kind = bench_kind_of(settings);
    int misfit = bench_fit_kind(settings, b.kind);
    if (misfit != 0) return misfit;
    bool merges = b.kind == BENCH_MERGE;
    if (merges || b.kind == BENCH_COMPARE)
        misfit = bench_check_sources(merges ? "json" : "html",
                                     merges ? settings->bench.json : settings->bench.html,
                                     settings->words + merges, settings->word_count - merges);
    if (misfit != 0) return misfit;
    if (b.kind == BENCH_COMPARE)
        return bench_compare(settings->words, settings->word_count, settings->bench.html);
    if (merges)
        return bench_merge(settings->words + 1, settings->word_count - 1, settings->bench.json);
    if (settings->word_count > 0) {
        say("unexpected '%.60s'; try 'glimpse help bench'", settings->words[0]);
        return EXIT_USAGE;
    }
    int code = plan(&b);
    bool mock = wants_mock(&b);
    const char *of_mock = mock_arguments_first(settings);
    if (code == 0 && !mock && of_mock != NULL) {
        say("--%s is of the mock that bench starts; with --base-url, --azure-deployment or "
            "--sampler local it starts none",
            of_mock);
        code = EXIT_USAGE;
    }
    const cli_option *unheard = settings_unheard(settings);
    if (code == 0 && mock && unheard != NULL) {
        say("--%s says nothing beside --replay, whose answers are recorded", unheard->name);
        code = EXIT_USAGE;
    }
    if (code == 0) code = metrics_listen(settings, &b.metrics);
    if (b.metrics >= 0) b.ask.metrics = &b.metrics;
    if (code == 0 && settings->bench.calibrate) {
        code = run_calibrate(&b);
    } else {
        if (code == 0) code = find_ceiling(&b);
        if (code == 0) code = measure_words(&b);
        if (code == 0 && mock) code = start_mock(&b);
        if (code == 0) code = run_asked(&b);
    }
    mock_child_stop(&b.mock);
    gl_buf_free(&b.mock_text);
    if (b.metrics >= 0) close(b.metrics);
    load_inputs_free(&b.inputs);
    load_trace_free(&b.trace);
    load_workload_free(&b.workload);
    int lost = request_file_close(&b.requests);
    if (code == 0) code = lost;
    return code;
}
