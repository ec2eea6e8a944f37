/*
 * cache_hit.c - a hit of the memory cache, from the submit to the callback: a prompt of 600 bytes,
 * its key computed.
 *
 *   glimpse-micro-cache-hit [ROUNDS]
 *
 * 1,000 distinct bodies are answered once by a simulated sampler. Then each round submits all of
 * them, 128 before the loop runs. Times are CPU times of this thread, of the fastest round, because
 * a disturbance only adds to a round. Exit 1: the figure is missed, or a request was sent.
 */
#include <event2/event.h>
#include <glimpse/glimpse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/life.h"
#include "micro/figure.h"
#include "sim/sim.h"

#define REQUIRED_US 1.5
#define ROUNDS_MOST 10001
#define BODIES      1000
#define AT_ONCE     128
#define PROMPT      600 /* bytes */

typedef struct run {
    struct event_base *base;
    glimpse_engine *engine;
    char bodies[BODIES][PROMPT + 128];
    size_t lengths[BODIES];
    uint64_t done, failed, started;
} run;

static gl_sim_plan plan(void *arg, int number, const char *body, size_t len)
{
    run *r = arg;
    (void)number;
    (void)body;
    (void)len;
    r->started++;
    return (gl_sim_plan){ .text = "an answer of some words", .complete = true };
}

static void on_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    run *r = arg;
    (void)id;
    r->done++;
    if (glimpse_result_error(result) != GLIMPSE_OK) r->failed++;
}

static void write_bodies(run *r)
{
    static const char words[] = "summarize the quarterly report of the northern branch and name "
                                "three risks in plain words. ";
    for (int i = 0; i < BODIES; i++) {
        char prompt[PROMPT + 1];
        int at = snprintf(prompt, sizeof prompt, "Item %06d: ", i);
        while (at < PROMPT)
            at += snprintf(prompt + at, sizeof prompt - (size_t)at, "%.*s", PROMPT - at, words);
        r->lengths[i] = (size_t)snprintf(
            r->bodies[i], sizeof r->bodies[i],
            "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}],"
            "\"max_tokens\":64}",
            prompt);
    }
}

/* Asks for all bodies once. false: one was refused. */
static bool ask(run *r)
{
    static const glimpse_observer observer = { .size = sizeof observer, .on_result = on_result };
    for (int i = 0; i < BODIES;) {
        uint64_t before = r->done;
        int count = BODIES - i < AT_ONCE ? BODIES - i : AT_ONCE;
        for (int end = i + count; i < end; i++) {
            glimpse_chat what = { .body = r->bodies[i], .body_len = r->lengths[i] };
            if (glimpse_submit_chat(r->engine, &what, NULL, &observer, r, NULL) != GLIMPSE_OK)
                return false;
        }
        while (r->done < before + (uint64_t)count) event_base_loop(r->base, EVLOOP_ONCE);
    }
    return true;
}

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static run r;
    static double us[ROUNDS_MOST];
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 301;
    if (rounds < 1 || rounds > ROUNDS_MOST) {
        fputs("usage: glimpse-micro-cache-hit [ROUNDS]\n", stderr);
        return 64;
    }
    write_bodies(&r);
    r.base = event_base_new();
    gl_loop *loop = gl_loop_new(r.base);
    gl_sim_config sim = { .plan = plan, .arg = &r };
    glimpse_config config;
    glimpse_config_init(&config);
    if (gl_sim_sampler_new(loop, &sim, &config.sampler, NULL) != GLIMPSE_OK) return 71;
    config.seed = 1;
    if (glimpse_engine_new(r.base, &config, &r.engine, NULL) != GLIMPSE_OK) return 71;
    bool ok = ask(&r); /* fills the cache */
    for (long i = 0; i < rounds && ok; i++) {
        double from = cpu_us();
        ok = ask(&r);
        us[i] = (cpu_us() - from) / BODIES;
    }
    qsort(us, (size_t)rounds, sizeof *us, by_size);
    printf(
        "a hit: median %.2f us, at least %.2f us of CPU; %llu of %llu requests sent, %llu failed\n",
        us[rounds / 2], us[0], (unsigned long long)r.started, (unsigned long long)r.done,
        (unsigned long long)r.failed);
    ok = ok && r.failed == 0 && r.started == BODIES;
    bool held = figure_at_most("cache_hit_us", us[0], REQUIRED_US);
    glimpse_engine_free(r.engine);
    glimpse_sampler_unref(config.sampler);
    gl_loop_free(loop);
    event_base_free(r.base);
    return ok && held ? EXIT_SUCCESS : EXIT_FAILURE;
}
