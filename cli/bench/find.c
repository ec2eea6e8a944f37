/* find.c - see find.h. Owns no run for longer than it lasts: the findings keep the
 * figures. */
#include "bench/find.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "exits.h"
#include "files/whole_file.h"
#include "load/findings.h"
#include "load/users_search.h"
#include "say.h"
#include "signals.h"

/* Above this part of its ceiling the client measures itself; bench_judge marks such a run. */
#define TRUSTED 0.8

typedef struct finder {
    const bench_search *search;
    cli_settings settings;
    bench_ask ask;
    load_findings findings;
    bool table; /* standard output has no other use */
} finder;

/* --- a run ------------------------------------------------------------------------------------ */

static void print_head(const finder *f)
{
    const char *first = f->search->sla != NULL ? "rate/s" : "users";
    if (!f->table) return;
    printf("%12s %12s %10s %10s %10s %8s %8s\n", first, "answers/s", "p50 ms", "p95 ms", "p99 ms",
           "errors", "hits");
    fflush(stdout); /* shown while the first run goes on */
}

/* A value that was not measured is a dash. */
static void print_ms(double us)
{
    if (isnan(us))
        printf(" %10s", "-");
    else
        printf(" %10.3f", us / 1e3);
}

static void print_row(const finder *f, const load_finding *row)
{
    static const char *const words[] = { "met", "MISSED", "SPOILT" };
    bool rates = f->search->sla != NULL;
    if (!f->table) return;
    printf("%12.6g %12.1f", row->load, row->throughput);
    print_ms(row->p50_us);
    print_ms(row->p95_us);
    print_ms(row->p99_us);
    printf(" %6.2f %% %6.2f %%  %s%s%s\n", 100 * row->error_rate, 100 * row->hit_rate,
           rates || row->seen == LOAD_SEEN_SPOILT ? words[row->seen] : "",
           row->why[0] != '\0' ? ": " : "", row->why);
    fflush(stdout);
}

/* Writes why a run at a rate does not meet the terms; "" when it does. */
static void look(const finder *f, const bench_result *result, load_finding *row)
{
    const load_sla *sla = f->search->sla;
    const load_keeping *keeping = &row->keeping;
    row->seen = LOAD_SEEN_MISSED;
    if (result->facts.invalid_count > 0) {
        row->seen = LOAD_SEEN_SPOILT;
        snprintf(row->why, sizeof row->why, "%s", result->facts.invalid[0]);
    } else if (sla == NULL) {
        row->seen = LOAD_SEEN_MET;
    } else if (keeping->stays) {
        snprintf(row->why, sizeof row->why, "%.0f %% of what was sent stayed unanswered",
                 100 * keeping->left);
    } else if (keeping->rises) {
        snprintf(row->why, sizeof row->why, "the latency rose by %.0f ms a second",
                 1e3 * keeping->rise);
    } else if (load_sla_met(sla, &result->recorder)) {
        row->seen = LOAD_SEEN_MET;
    } else {
        for (size_t i = 0; i < sla->count && row->why[0] == '\0'; i++) {
            bool met;
            load_term_look(&sla->term[i], &result->recorder, &met);
            if (!met) snprintf(row->why, sizeof row->why, "%s", sla->term[i].text);
        }
    }
}

/* 0, or the exit code. */
static int run_one(finder *f, double load, load_finding *row)
{
    bench_result result;
    int code = bench_run(&f->ask, &result);
    if (code == 0) code = bench_early_exit(&result);
    if (code == 0) {
        result.facts.ceiling_rps = f->search->ceiling;
        if (f->settings.bench.validity) bench_judge(&result);
        *row = load_finding_of(load, &result.recorder);
        look(f, &result, row);
        print_row(f, row);
        if (!load_findings_add(&f->findings, row)) {
            say("out of memory");
            code = EXIT_OS_LIMIT;
        }
    }
    bench_result_free(&result);
    return code;
}

/* Runs at one load until enough of them have shown something of the endpoint. The caller counts the
 * runs that the client spoilt. 0, or the exit code; seen: SPOILT, or the outcome of more than half
 * of the runs. */
typedef struct gathered {
    int64_t runs, met;
    double throughput; /* the sum */
} gathered;

static int gather(finder *f, double load, gathered *all, load_seen *seen)
{
    load_finding row = { .seen = LOAD_SEEN_MISSED };
    while (all->runs < f->settings.bench.repeat) {
        int code = run_one(f, load, &row);
        *seen = row.seen;
        if (code != 0 || row.seen == LOAD_SEEN_SPOILT) return code;
        all->runs++;
        all->met += row.seen == LOAD_SEEN_MET;
        all->throughput += row.throughput;
    }
    *seen = 2 * all->met > all->runs ? LOAD_SEEN_MET : LOAD_SEEN_MISSED;
    return 0;
}

__attribute__((format(printf, 3, 4))) static void found(finder *f, const char *state,
                                                        const char *format, ...)
{
    va_list args;
    f->findings.state = state;
    va_start(args, format);
    vsnprintf(f->findings.result, sizeof f->findings.result, format, args);
    va_end(args);
}

static const char *last_reason(const finder *f)
{
    return f->findings.count > 0 ? f->findings.row[f->findings.count - 1].why : "";
}

/* --- sweep ------------------------------------------------------------------------------------ */

static void tell_rates(finder *f, const load_rate_search *s)
{
    char met[64] = "";
    f->findings.good = s->good;
    f->findings.bad = isinf(s->bad) ? 0 : s->bad;
    if (s->good > 0) snprintf(met, sizeof met, "; the SLA was met at %.6g/s", s->good);
    switch (s->state) {
    case LOAD_SEARCH_FOUND:
        found(f, "found", "the highest rate that meets the SLA: %.0f/s; missed at %.0f/s", s->good,
              s->bad);
        break;
    case LOAD_SEARCH_NONE:
        found(f, "missed", "the SLA is missed at %.6g/s, the lowest rate tried; --rate sets it",
              s->rate);
        break;
    case LOAD_SEARCH_CLIENT:
        found(f, "client", "the client is the limit: it can be trusted up to %.0f/s%s", s->most,
              met);
        break;
    case LOAD_SEARCH_UNTRUSTED:
        found(f, "spoilt", "no limit was found: the client spoilt %d runs at %.6g/s: %s%s",
              LOAD_SEARCH_SPOILT, s->rate, last_reason(f), met);
        break;
    case LOAD_SEARCH_ON:
        if (s->good > 0)
            found(f, "interrupted", "interrupted%s", met);
        else
            found(f, "interrupted", "interrupted before any rate met the SLA");
        break;
    }
}

static int sweep(finder *f)
{
    const bench_search *search = f->search;
    load_rate_search s;
    int code = 0;
    load_rate_search_init(&s, search->from,
                          search->ceiling > 0 ? TRUSTED * search->ceiling : INFINITY);
    f->ask.plan.open = true;
    while (s.state == LOAD_SEARCH_ON && code == 0) {
        load_stretch stretch = { s.rate, s.rate, INFINITY };
        gathered all = { 0 };
        load_seen seen = LOAD_SEEN_SPOILT;
        load_arrivals_init(&f->ask.plan.arrivals, &stretch, 1, search->process, search->shape,
                           f->ask.seed);
        while (code == 0 && s.state == LOAD_SEARCH_ON && seen == LOAD_SEEN_SPOILT) {
            code = gather(f, s.rate, &all, &seen);
            if (code == 0) load_rate_search_saw(&s, seen);
        }
    }
    tell_rates(f, &s);
    if (code != 0) return code;
    if (s.state == LOAD_SEARCH_FOUND) return EXIT_DONE;
    return s.state == LOAD_SEARCH_NONE ? EXIT_SOME_FAILED : EXIT_INTERNAL;
}

/* --- saturate --------------------------------------------------------------------------------- */

static void tell_users(finder *f, const load_users_search *s)
{
    f->findings.good = s->ceiling;
    f->findings.bad = (double)s->knee;
    if (s->state == LOAD_USERS_NONE)
        found(f, "nothing", "nothing was answered");
    else if (s->state == LOAD_USERS_UNTRUSTED)
        found(f, "spoilt",
              "no ceiling was found: the client spoilt %d runs with %llu users: %s; the most so "
              "far: %.1f answers/s",
              LOAD_SEARCH_SPOILT, (unsigned long long)s->users, last_reason(f), s->ceiling);
    else if (s->state == LOAD_USERS_ON)
        found(f, "interrupted", "interrupted; the most so far: %.1f answers/s", s->ceiling);
    else
        found(f, "found", "ceiling: %.1f answers/s; knee: %llu users%s", s->ceiling,
              (unsigned long long)s->knee,
              s->rising ? "; it still rose at the most users that are tried" : "");
}

static int saturate(finder *f)
{
    load_users_search s;
    int code = 0;
    load_users_search_init(&s);
    f->ask.plan.open = false;
    while (s.state == LOAD_USERS_ON && code == 0) {
        gathered all = { 0 };
        load_seen seen = LOAD_SEEN_SPOILT;
        f->ask.plan.users = s.users;
        while (code == 0 && s.state == LOAD_USERS_ON && seen == LOAD_SEEN_SPOILT) {
            code = gather(f, (double)s.users, &all, &seen);
            if (code == 0)
                load_users_search_saw(&s, all.throughput / (double)(all.runs > 0 ? all.runs : 1),
                                      seen == LOAD_SEEN_SPOILT);
        }
    }
    tell_users(f, &s);
    if (code != 0) return code;
    if (s.state == LOAD_USERS_FOUND) return EXIT_DONE;
    return s.state == LOAD_USERS_NONE ? EXIT_SOME_FAILED : EXIT_INTERNAL;
}

/* --- both ------------------------------------------------------------------------------------- */

/* A limit of the client's cache is not the endpoint's limit. */
static void without_cache(cli_settings *settings)
{
    if (settings_origin(settings, "cache-size") == FROM_DEFAULT) settings->engine.cache_entries = 0;
    if (settings_origin(settings, "coalesce") == FROM_DEFAULT) settings->engine.coalesce = false;
    if (settings_origin(settings, "cache-store") == FROM_DEFAULT) settings->cache_store = NULL;
}

static bool on_stdout(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

static bool write_one(const char *option, const char *path, const load_findings *findings,
                      void (*writer)(const load_findings *, gl_buf *))
{
    gl_buf out;
    if (path == NULL) return true;
    gl_buf_init(&out, SIZE_MAX / 2);
    writer(findings, &out);
    bool good = whole_file_write(option, path, &out);
    gl_buf_free(&out);
    return good;
}

/* Tries each report, also after a failure of another. */
static bool write_all(const finder *f)
{
    bool json = write_one("json", f->settings.bench.json, &f->findings, load_findings_json);
    bool html = write_one("html", f->settings.bench.html, &f->findings, load_findings_html);
    bool csv = write_one("csv", f->settings.bench.csv, &f->findings, load_findings_csv);
    return json && html && csv;
}

static void set_facts(finder *f)
{
    const cli_settings *s = &f->settings;
    load_findings *findings = &f->findings;
    findings->rates = f->search->sla != NULL;
    findings->target = bench_target(&f->ask);
    findings->model = s->engine.model;
    findings->sla = findings->rates ? s->bench.sla : NULL;
    findings->duration_s = (double)f->ask.plan.duration / 1e9;
    findings->ceiling_rps = f->search->ceiling;
    findings->repeat = (int)s->bench.repeat;
    findings->seed = f->ask.seed;
}

int bench_find(const bench_search *search)
{
    finder f = { .search = search, .settings = *search->ask->settings, .ask = *search->ask };
    without_cache(&f.settings);
    f.ask.settings = &f.settings;
    f.ask.more = true;
    f.ask.plan.requests = f.ask.plan.per_user = 0;
    f.table = !on_stdout(f.settings.bench.json) && !on_stdout(f.settings.bench.html) &&
              !on_stdout(f.settings.bench.csv);
    set_facts(&f);
    signals_hold(); /* until the first run watches for them */
    print_head(&f);
    int code = search->sla != NULL ? sweep(&f) : saturate(&f);
    bool stopped = code != 0 && code < 128 && strcmp(f.findings.state, "interrupted") == 0;
    if (stopped) f.findings.state = "stopped"; /* the failure has been reported */
    if (f.table && !stopped) printf("%s\n", f.findings.result);
    bool flushed = say_flush_stdout(), written = write_all(&f);
    load_findings_free(&f.findings);
    return flushed && written ? code : EXIT_IO;
}
