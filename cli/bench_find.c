/* bench_find.c - see bench_find.h. Owns no run for longer than it lasts: the findings keep the
 * figures. */
#include "bench_find.h"

#include <math.h>
#include <stdio.h>

#include "exits.h"
#include "load/findings.h"
#include "load/users_search.h"
#include "say.h"
#include "signals.h"

/* Above this part of its ceiling the client measures itself; bench_judge marks a run there. */
#define TRUSTED 0.8

typedef struct finder {
    const bench_search *search;
    cli_settings settings;
    bench_ask ask;
    load_findings findings;
} finder;

/* --- a run ------------------------------------------------------------------------------------ */

static void print_head(const char *first)
{
    printf("%12s %12s %10s %10s %10s %8s %8s\n", first, "answers/s", "p50 ms", "p95 ms", "p99 ms",
           "errors", "hits");
    fflush(stdout); /* it stands there while the first run goes on */
}

static void print_row(const finder *f, const load_finding *row)
{
    static const char *const words[] = { "met", "MISSED", "SPOILT" };
    bool rates = f->search->sla != NULL;
    printf("%12.6g %12.1f %10.3f %10.3f %10.3f %6.2f %% %6.2f %%  %s%s%s\n", row->load,
           row->throughput, row->p50_us / 1e3, row->p95_us / 1e3, row->p99_us / 1e3,
           100 * row->error_rate, 100 * row->hit_rate,
           rates || row->seen == LOAD_SEEN_SPOILT ? words[row->seen] : "",
           row->why[0] != '\0' ? ": " : "", row->why);
    fflush(stdout);
}

/* Why a run at a rate is not met; "" when it is. */
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
    } else if (!keeping->kept_up && keeping->left > LOAD_LEFT_MAX) {
        snprintf(row->why, sizeof row->why, "%.0f %% of what was sent stayed unanswered",
                 100 * keeping->left);
    } else if (!keeping->kept_up) {
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

/* --- sweep ------------------------------------------------------------------------------------ */

static void say_rates(const load_rate_search *s, const load_findings *findings)
{
    const char *why = findings->count > 0 ? findings->row[findings->count - 1].why : "";
    switch (s->state) {
    case LOAD_SEARCH_FOUND:
        printf("the highest rate that meets the SLA: %.0f/s; missed at %.0f/s\n", s->good, s->bad);
        break;
    case LOAD_SEARCH_NONE:
        printf("the SLA is missed at %.6g/s, the lowest rate tried; --rate sets it\n", s->rate);
        break;
    case LOAD_SEARCH_CLIENT:
        printf("the client is the limit: it can be trusted up to %.0f/s", s->most);
        if (s->good > 0) printf(", at which the SLA is still met");
        printf("\n");
        break;
    case LOAD_SEARCH_UNTRUSTED:
        printf("no limit was found: the client spoilt %d runs at %.6g/s: %s", LOAD_SEARCH_SPOILT,
               s->rate, why);
        if (s->good > 0) printf("; met at %.6g/s", s->good);
        printf("\n");
        break;
    case LOAD_SEARCH_ON:
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
    while (s.state == LOAD_SEARCH_ON) {
        load_stretch stretch = { s.rate, s.rate, INFINITY };
        load_finding row;
        load_arrivals_init(&f->ask.plan.arrivals, &stretch, 1, search->process, search->shape,
                           f->ask.seed);
        code = run_one(f, s.rate, &row);
        if (code > 128 && s.good > 0) printf("interrupted; the SLA was met at %.6g/s\n", s.good);
        if (code > 128 && s.good <= 0) printf("interrupted before any rate met the SLA\n");
        if (code != 0) return code;
        load_rate_search_saw(&s, row.seen);
    }
    say_rates(&s, &f->findings);
    if (s.state == LOAD_SEARCH_FOUND) return EXIT_DONE;
    return s.state == LOAD_SEARCH_NONE ? EXIT_SOME_FAILED : EXIT_INTERNAL;
}

/* --- saturate --------------------------------------------------------------------------------- */

static void say_users(const load_users_search *s, const load_findings *findings)
{
    if (s->state == LOAD_USERS_NONE)
        printf("nothing was answered\n");
    else if (s->state == LOAD_USERS_UNTRUSTED)
        printf("no ceiling was found: the client spoilt %d runs with %llu users: %s; the most so "
               "far: %.1f answers/s\n",
               LOAD_SEARCH_SPOILT, (unsigned long long)s->users,
               findings->row[findings->count - 1].why, s->ceiling);
    else
        printf("ceiling: %.1f answers/s; knee: %llu users%s\n", s->ceiling,
               (unsigned long long)s->knee,
               s->rising ? "; it still rose at the most users that are tried" : "");
}

static int saturate(finder *f)
{
    load_users_search s;
    load_users_search_init(&s);
    f->ask.plan.open = false;
    while (s.state == LOAD_USERS_ON) {
        load_finding row;
        f->ask.plan.users = s.users;
        int code = run_one(f, (double)s.users, &row);
        if (code > 128) printf("interrupted; the most so far: %.1f answers/s\n", s.ceiling);
        if (code != 0) return code;
        load_users_search_saw(&s, row.throughput, row.seen == LOAD_SEEN_SPOILT);
    }
    say_users(&s, &f->findings);
    if (s.state == LOAD_USERS_FOUND) return EXIT_DONE;
    return s.state == LOAD_USERS_NONE ? EXIT_SOME_FAILED : EXIT_INTERNAL;
}

/* --- both ------------------------------------------------------------------------------------- */

/* A limit of the client's cache is not the endpoint's. */
static void without_cache(cli_settings *settings)
{
    if (settings_origin(settings, "cache-size") == FROM_DEFAULT) settings->engine.cache_entries = 0;
    if (settings_origin(settings, "coalesce") == FROM_DEFAULT) settings->engine.coalesce = false;
    if (settings_origin(settings, "cache-store") == FROM_DEFAULT) settings->cache_store = NULL;
}

int bench_find(const bench_search *search)
{
    finder f = { .search = search, .settings = *search->ask->settings, .ask = *search->ask };
    without_cache(&f.settings);
    f.ask.settings = &f.settings;
    f.ask.more = true;
    f.ask.plan.requests = f.ask.plan.per_user = 0;
    signals_hold(); /* until the first run watches for them */
    print_head(search->sla != NULL ? "rate/s" : "users");
    int code = search->sla != NULL ? sweep(&f) : saturate(&f);
    load_findings_free(&f.findings);
    return say_flush_stdout() ? code : EXIT_IO;
}
