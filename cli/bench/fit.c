/* fit.c - see fit.h. Two tables: the kinds of run in which an option has a meaning, and the other
 * options that it needs. */
#include "bench/fit.h"

#include <stdio.h>
#include <string.h>

#include "bench/policy.h"
#include "exits.h"
#include "say.h"

#define BIT(kind) (1U << BENCH_##kind)
#define ONE       (BIT(CLOSED) | BIT(OPEN) | BIT(TRACE))
#define SEARCH    (BIT(SWEEP) | BIT(SATURATE))
#define LOAD      (ONE | SEARCH)
#define FIXED     (LOAD | BIT(PLAYBOOK))
#define READS     (BIT(COMPARE) | BIT(MERGE))
#define ALL       ((1U << BENCH_KINDS) - 1)

static const char *const kind_names[BENCH_KINDS] = {
    [BENCH_CLOSED] = "a closed loop",  [BENCH_OPEN] = "an open loop (--rate)",
    [BENCH_TRACE] = "--trace",         [BENCH_SWEEP] = "--sweep",
    [BENCH_SATURATE] = "--saturate",   [BENCH_PLAYBOOK] = "--playbook",
    [BENCH_CALIBRATE] = "--calibrate", [BENCH_COMPARE] = "--compare",
    [BENCH_MERGE] = "merge",
};

static const struct {
    const char *option;
    unsigned kinds;
} fits[] = {
    { "client", LOAD },
    { "concurrent-users", BIT(CLOSED) },
    { "requests-per-user", BIT(CLOSED) },
    { "think", BIT(CLOSED) | BIT(SATURATE) },
    { "rate", BIT(OPEN) | BIT(SWEEP) },
    { "trace", BIT(TRACE) },
    { "arrival", BIT(OPEN) | BIT(SWEEP) },
    { "arrival-shape", BIT(OPEN) | BIT(SWEEP) },
    { "duration", LOAD },
    { "requests", ONE },
    { "warmup", LOAD },
    { "cooldown", LOAD },
    { "input", FIXED },
    { "endpoint", LOAD },
    { "input-tokens", LOAD },
    { "output-tokens", LOAD },
    { "ignore-eos", LOAD },
    { "min-tokens", LOAD },
    { "texts", LOAD },
    { "shared-prefix", LOAD },
    { "turns", LOAD },
    { "class", LOAD },
    { "words-per-token", LOAD },
    { "pool-ratio", FIXED },
    { "pool-size", FIXED },
    { "zipf", FIXED },
    { "stream", LOAD | BIT(CALIBRATE) },
    { "sla", ONE | BIT(SWEEP) },
    { "goodput", ONE | BIT(SWEEP) },
    { "json", LOAD | BIT(MERGE) },
    { "html", LOAD | BIT(COMPARE) },
    { "csv", SEARCH },
    { "junit", ONE },
    { "markdown", ONE },
    { "percentiles", ONE },
    { "scrape", ONE },
    { "scrape-series", ONE },
    { "abort-on", ONE },
    { "sweep", BIT(SWEEP) },
    { "saturate", BIT(SATURATE) },
    { "repeat", SEARCH },
    { "compare", BIT(COMPARE) },
    { "playbook", BIT(PLAYBOOK) },
    { "calibrate", BIT(CALIBRATE) },
    { "calibrate-first", LOAD },
    { "validity", LOAD },
    /* Of all commands: options about the program and not about requests. */
    { "quiet", ALL },
    { "config", ALL },
    { "log-level", ALL },
    { "log-format", ALL },
    { "log-file", ALL },
    { "model", FIXED | BIT(CALIBRATE) },
    { "profiles", FIXED | BIT(CALIBRATE) },
    { "http", FIXED | BIT(CALIBRATE) },
    { "header", FIXED | BIT(CALIBRATE) },
    { "concurrency", FIXED | BIT(CALIBRATE) },
    { "max-response", FIXED | BIT(CALIBRATE) },
    { "max-memory", FIXED | BIT(CALIBRATE) },
};

bench_kind bench_kind_of(const cli_settings *settings)
{
    const cli_settings *s = settings;
    if (s->bench.compare) return BENCH_COMPARE;
    if (s->word_count > 0 && strcmp(s->words[0], "merge") == 0) return BENCH_MERGE;
    if (s->bench.calibrate) return BENCH_CALIBRATE;
    if (s->bench.playbook) return BENCH_PLAYBOOK;
    if (s->bench.sweep) return BENCH_SWEEP;
    if (s->bench.saturate) return BENCH_SATURATE;
    if (s->bench.trace != NULL) return BENCH_TRACE;
    return s->bench.rate != NULL ? BENCH_OPEN : BENCH_CLOSED;
}

static unsigned kinds_of(const cli_option *row)
{
    for (size_t i = 0; i < sizeof fits / sizeof *fits; i++)
        if (strcmp(fits[i].option, row->name) == 0) return fits[i].kinds;
    return FIXED; /* of the engine, or of the mock */
}

bool bench_fits(const cli_option *row, bench_kind kind)
{
    return (kinds_of(row) >> kind & 1) != 0;
}

/* "a closed loop, --rate, --trace" */
static void list_kinds(unsigned kinds, char *text, size_t size)
{
    text[0] = '\0';
    for (int kind = 0; kind < BENCH_KINDS; kind++) {
        size_t len = strlen(text);
        if ((kinds >> kind & 1) != 0)
            snprintf(text + len, size - len, "%s%s", len > 0 ? ", " : "", kind_names[kind]);
    }
}

/* 0, or 64. An option that was typed is refused. One from a file is reported, unless it may be
 * there for another command. */
static int passed_over(const cli_settings *s, const cli_option *row, const char *why)
{
    char name[512];
    option_origin origin = (option_origin)s->origins[row - option_table];
    settings_name(s, row, name, sizeof name);
    if (origin == FROM_FLAG) say("%s %s", name, why);
    bool of_bench = (row->commands & (FOR_RUN | FOR_BATCH)) == 0;
    if (origin == FROM_FILE && of_bench) say("warning: %s is passed over: it %s", name, why);
    return origin == FROM_FLAG ? EXIT_USAGE : 0;
}

/* Whether it is a switch that is off: --sweep=off asks for nothing. */
static bool is_off(const cli_settings *settings, const cli_option *row)
{
    return row->type == OPTION_SWITCH &&
           !*(const bool *)(const void *)((const char *)settings + row->offset);
}

int bench_fit_kind(const cli_settings *settings, bench_kind kind)
{
    bool reads = (READS >> kind & 1) != 0;
    for (const cli_option *row = option_table; row < option_table + option_count; row++) {
        char why[256], kinds[160];
        option_origin origin = (option_origin)settings->origins[row - option_table];
        if ((row->commands & FOR_BENCH) == 0 || origin == FROM_DEFAULT || bench_fits(row, kind) ||
            (reads && origin != FROM_FLAG) || is_off(settings, row))
            continue;
        list_kinds(kinds_of(row), kinds, sizeof kinds);
        bool of_itself = strncmp(kinds, "--", 2) == 0 && strcmp(kinds + 2, row->name) == 0;
        if (of_itself)
            snprintf(why, sizeof why, "and %s are two things; give one", kind_names[kind]);
        else
            snprintf(why, sizeof why, "says nothing of %s; it is of %s", kind_names[kind], kinds);
        int code = passed_over(settings, row, why);
        if (code != 0) return code;
    }
    return 0;
}

/* --- needs of an option ----------------------------------------------------------------------- */

static bool given(const bench_fit *fit, const char *name)
{
    return settings_origin(fit->settings, name) != FROM_DEFAULT;
}

static bool engine(const bench_fit *fit)
{
    return fit->settings->bench.client == BENCH_CLIENT_ENGINE || fit->kind == BENCH_PLAYBOOK;
}

/* Whether the run has a memory cache; a search has one only with --cache-size. */
static bool has_memory(const bench_fit *fit)
{
    bool usual = engine(fit) && fit->kind != BENCH_SWEEP && fit->kind != BENCH_SATURATE;
    return (usual || given(fit, "cache-size")) && fit->settings->engine.cache_entries > 0;
}

static bool has_store(const bench_fit *fit)
{
    return fit->settings->cache_store != NULL;
}

static bool has_cache(const bench_fit *fit)
{
    return has_memory(fit) || has_store(fit);
}

/* Without a cache, an option under which requests take nothing from one holds too. */
static bool cache_or_none(const bench_fit *fit)
{
    return has_cache(fit) || fit->settings->engine.cache_control == GLIMPSE_CACHE_BYPASS ||
           fit->settings->engine.cache_control == GLIMPSE_CACHE_ONLY;
}

static bool cache_or_off(const bench_fit *fit)
{
    return has_cache(fit) || !fit->settings->engine.coalesce;
}

static bool retries(const bench_fit *fit)
{
    bool probes = given(fit, "breaker") && fit->settings->engine.breaker != GLIMPSE_BREAKER_OFF;
    return probes ||
           ((engine(fit) || given(fit, "max-attempts")) && fit->settings->engine.max_attempts > 1);
}

static bool has_alerts(const bench_fit *fit)
{
    return fit->settings->engine.alerts.on;
}

static bool has_azure(const bench_fit *fit)
{
    return fit->settings->engine.endpoint.azure_deployment != NULL;
}

static bool bursts(const bench_fit *fit)
{
    return fit->settings->bench.arrival == 2;
}

static bool scrapes(const bench_fit *fit)
{
    return fit->settings->bench.scrape != NULL;
}

static bool has_pool(const bench_fit *fit)
{
    return fit->pool;
}

static bool no_rows(const bench_fit *fit)
{
    return !fit->rows;
}

static bool no_lengths(const bench_fit *fit)
{
    return !fit->lengths;
}

static bool has_drafts(const bench_fit *fit)
{
    return fit->drafts;
}

static bool asks_length(const bench_fit *fit)
{
    return fit->length_asked;
}

static bool reports_good(const bench_fit *fit)
{
    return fit->kind != BENCH_SWEEP || fit->sla_good;
}

static bool has_streams(const bench_fit *fit)
{
    return fit->streams;
}

static bool no_gap(const bench_fit *fit)
{
    return fit->settings->token_gap == NULL;
}

static bool has_fault(const bench_fit *fit)
{
    return fit->settings->fault != NULL || fit->settings->refuse != NULL ||
           fit->settings->script != NULL;
}

static bool has_capacity(const bench_fit *fit)
{
    return fit->settings->capacity > 0;
}

static bool has_endpoint(const bench_fit *fit)
{
    return !fit->own_mock;
}

static bool has_replay(const bench_fit *fit)
{
    return fit->settings->replay != NULL;
}

#define OF_ENDPOINT "is of an endpoint: without --base-url bench asks a mock of its own"
#define NO_CACHE    "needs a cache, and a plain client and a search have none: --cache-size N"
#define NO_RETRY    "is of requests that are tried again: --max-attempts N, or --client engine"
#define NO_STREAM   "is of streams: give --stream"
#define OF_DRAFTS   "is of drafts; of texts that are made of lengths --output-tokens says how much"
#define BODIES_SAY  "says nothing of the bodies of --input, which say it themselves"
#define ROWS_SAY    "says nothing beside a trace with lengths, which says those of each request"

static const struct {
    const char *option;
    bool (*met)(const bench_fit *fit);
    const char *why;
} needs[] = {
    { "proxy", has_endpoint, OF_ENDPOINT },
    { "ca-file", has_endpoint, OF_ENDPOINT },
    { "api-key-file", has_endpoint, OF_ENDPOINT },
    { "arrival-shape", bursts, "is of --arrival gamma" },
    { "scrape-series", scrapes, "is of --scrape URL" },
    { "pool-size", has_pool, "says nothing without a pool: --pool-ratio is 0" },
    { "zipf", has_pool, "says nothing without a pool: --pool-ratio is 0" },
    { "input-tokens", no_rows, ROWS_SAY },
    { "output-tokens", no_rows, ROWS_SAY },
    { "output-tokens", asks_length,
      "is not told to this model (--omit max_tokens, or its profile)" },
    { "max-tokens", no_lengths, OF_DRAFTS },
    { "max-tokens", has_drafts, BODIES_SAY },
    { "temperature", has_drafts, BODIES_SAY },
    { "omit", has_drafts, BODIES_SAY },
    { "model", has_drafts, BODIES_SAY },
    { "stream", has_drafts, BODIES_SAY },
    { "temperature", no_lengths, "is of drafts, and not of texts made of lengths" },
    { "goodput", reports_good, "says nothing of a search, but for --sla 'good_rate>95%'" },
    { "cache-bytes", has_memory, NO_CACHE },
    { "cache-ttl", has_memory, NO_CACHE },
    { "cache-dynamic", has_memory, NO_CACHE },
    { "cache", cache_or_none, NO_CACHE },
    { "coalesce", cache_or_off, NO_CACHE },
    { "cache-store-optional", has_store, "is of --cache-store FILE" },
    { "cache-store-bytes", has_store, "is of --cache-store FILE" },
    { "cache-store-ttl", has_store, "is of --cache-store FILE" },
    { "base-delay", retries, NO_RETRY },
    { "max-delay", retries, NO_RETRY },
    { "max-retry-after", retries, NO_RETRY },
    { "alert-window", has_alerts, "is of alerts, and they are off (--alerts)" },
    { "alert-hold", has_alerts, "is of alerts, and they are off (--alerts)" },
    { "api-version", has_azure, "is of --azure-deployment NAME" },
    { "ttft", has_streams, NO_STREAM },
    { "token-rate", has_streams, NO_STREAM },
    { "token-rate", no_gap, "gives way to --token-gap; give one" },
    { "token-gap", has_streams, NO_STREAM },
    { "piece-tokens", has_streams, NO_STREAM },
    { "retry-after", has_fault, "is of a 429 or 503 of --fault, --refuse or --script" },
    { "queue", has_capacity, "is of --capacity N: without it none waits" },
    { "replay-speed", has_replay, "is of --replay FILE" },
};

int bench_fit_needs(const bench_fit *fit)
{
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        const cli_option *row = option_find(needs[i].option, strlen(needs[i].option), FOR_BENCH);
        if (row == NULL || fit->settings->origins[row - option_table] == FROM_DEFAULT ||
            is_off(fit->settings, row) || needs[i].met(fit))
            continue;
        int code = passed_over(fit->settings, row, needs[i].why);
        if (code != 0) return code;
    }
    return 0;
}

const char *bench_fit_option(size_t index)
{
    const size_t of_kinds = sizeof fits / sizeof *fits, of_needs = sizeof needs / sizeof *needs;
    if (index < of_kinds) return fits[index].option;
    return index - of_kinds < of_needs ? needs[index - of_kinds].option : NULL;
}
