/* bench_find.c - see bench_find.h. Owns no run for longer than it lasts: the rows keep the figures.
 */
#include "bench_find.h"

#include <math.h>
#include <stdio.h>

#include "exits.h"
#include "say.h"
#include "signals.h"

/* How near the two rates are between which the limit lies, and what counts as more. */
#define WITHIN 1.05
/* A schedule's own bound; the client's is far below. */
#define RATE_MAX  1e7
#define USERS_MAX 65536
/* Of saturate: the most users tried are 2^16. */
#define RUNS_MAX 17

typedef struct row {
    double throughput;
    bool met, invalid;
} row;

static double quantile_ms(const load_recorder *recorder, load_metric metric, double quantile)
{
    return (double)gl_histogram_quantile(recorder->metrics[metric], quantile) / 1e3;
}

static void print_head(const char *first)
{
    printf("%12s %12s %10s %10s %10s %8s %8s\n", first, "answers/s", "p50 ms", "p95 ms", "p99 ms",
           "errors", "hits");
    fflush(stdout); /* it stands there while the first run goes on */
}

static void print_row(double first, const load_recorder *r, const char *verdict)
{
    printf("%12.6g %12.1f %10.3f %10.3f %10.3f %6.2f %% %6.2f %%  %s\n", first,
           load_recorder_throughput(r), quantile_ms(r, LOAD_LATENCY, 0.5),
           quantile_ms(r, LOAD_LATENCY, 0.95), quantile_ms(r, LOAD_LATENCY, 0.99),
           100 * load_recorder_error_rate(r), 100 * load_recorder_hit_rate(r), verdict);
    fflush(stdout);
}

/* 0, or the exit code. */
static int run_one(const bench_ask *ask, double first, const load_sla *sla, row *out)
{
    bench_result result;
    bench_ask next = *ask;
    next.more = true;
    int code = bench_run(&next, &result);
    if (code == 0) code = bench_early_exit(&result);
    if (code == 0) {
        if (ask->settings->bench.validity) bench_judge(&result);
        out->throughput = load_recorder_throughput(&result.recorder);
        out->invalid = result.facts.invalid_count > 0;
        out->met = !out->invalid && (sla == NULL || load_sla_met(sla, &result.recorder));
        const char *verdict = "";
        if (out->invalid)
            verdict = result.facts.invalid[0];
        else if (sla != NULL)
            verdict = out->met ? "met" : "MISSED";
        print_row(first, &result.recorder, verdict);
    }
    bench_result_free(&result);
    return code;
}

/* --- sweep ------------------------------------------------------------------------------------ */

int bench_sweep(const bench_ask *ask, const load_sla *sla, double from, load_process process,
                double shape)
{
    bench_ask next = *ask;
    double good = 0, bad = INFINITY, rate = from;
    bool client = false; /* at `bad` it was the client that could not */
    signals_hold();      /* until the first run watches for them */
    next.plan.open = true;
    next.plan.requests = 0;
    print_head("rate/s");
    while (bad / (good > 0 ? good : 1) > WITHIN && rate <= RATE_MAX) {
        load_stretch stretch = { rate, rate, INFINITY };
        row seen = { 0 };
        load_arrivals_init(&next.plan.arrivals, &stretch, 1, process, shape, ask->seed);
        int code = run_one(&next, rate, sla, &seen);
        if (code > 128 && good > 0) printf("interrupted; the SLA was met at %.6g/s\n", good);
        if (code > 128 && good <= 0) printf("interrupted before any rate met the SLA\n");
        if (code != 0) return say_flush_stdout() ? code : EXIT_IO;
        if (seen.met) {
            good = rate;
        } else {
            bad = rate;
            client = seen.invalid;
            if (good <= 0) break; /* nothing below `from` was asked for */
        }
        rate = isinf(bad) ? rate * 2 : sqrt(good * bad);
    }
    if (good > 0 && isinf(bad))
        printf("the SLA is met at %.6g/s, the most that is tried\n", good);
    else if (good > 0)
        printf("the highest rate that meets the SLA: %.0f/s; %s at %.0f/s\n", good,
               client ? "the client is the limit" : "missed", bad);
    else
        printf("%s at %.6g/s, the lowest rate tried; --rate sets it\n",
               client ? "the client is the limit" : "the SLA is missed", from);
    if (!say_flush_stdout()) return EXIT_IO;
    if (good > 0) return EXIT_DONE;
    return client ? EXIT_INTERNAL : EXIT_SOME_FAILED;
}

/* --- saturate --------------------------------------------------------------------------------- */

int bench_saturate(const bench_ask *ask)
{
    bench_ask next = *ask;
    row rows[RUNS_MAX] = { { 0 } };
    double best = 0;
    size_t count = 0, knee = 0;
    int flat = 0;
    bool invalid = false;
    signals_hold();
    next.plan.open = false;
    next.plan.requests = next.plan.per_user = 0;
    print_head("users");
    for (uint64_t users = 1; users <= USERS_MAX && flat < 2; users *= 2) {
        next.plan.users = users;
        int code = run_one(&next, (double)users, NULL, &rows[count]);
        if (code > 128) printf("interrupted; the most so far: %.1f answers/s\n", best);
        if (code != 0) return say_flush_stdout() ? code : EXIT_IO;
        double throughput = rows[count].throughput;
        invalid = invalid || rows[count].invalid;
        flat = throughput < best * WITHIN ? flat + 1 : 0;
        if (throughput > best) best = throughput;
        count++;
    }
    if (best <= 0) {
        printf("nothing was answered\n");
        return say_flush_stdout() ? EXIT_SOME_FAILED : EXIT_IO;
    }
    while (rows[knee].throughput < 0.9 * best) knee++;
    printf("ceiling: %.1f answers/s; knee: %llu users%s%s\n", best, 1ULL << knee,
           flat < 2 ? "; it still rose at the most users that are tried" : "",
           invalid ? "; the client was too slow in some of the runs" : "");
    return say_flush_stdout() ? EXIT_DONE : EXIT_IO;
}
