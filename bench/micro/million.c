/*
 * million.c - resident memory of a request, with very many in flight on the simulated sampler.
 *
 *   glimpse-micro-million [REQUESTS]
 *
 * Submits them all as chat bodies that all differ, waits until every one is at the sampler, and
 * lets them all be answered. Everything is counted: the growth of the process (VmRSS) from before
 * the first submit to its peak, so the requests, their results, the engine's tables and heap, and
 * the simulated sampler's own. Thresholds are on. Exit 1: above REQUIRED_BYTES each, or one was not
 * delivered.
 */
#include <event2/event.h>
#include <glimpse/glimpse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "engine/life.h"
#include "micro/figure.h"
#include "sim/sim.h"

#define REQUESTS       1000000
#define REQUESTS_MOST  10000000
#define REQUIRED_BYTES 1024 /* a request */
/* Answers that came all at once would be held all at once, beside the requests. */
#define ANSWER_EVERY (20 * GL_US)

typedef struct run {
    size_t answered, failed, started;
    gl_time answer_at; /* the first; the others follow in steps of ANSWER_EVERY */
} run;

/* In KiB, from /proc/self/status; -1: not known. */
static long memory_kib(const char *field)
{
    char line[256];
    long kib = -1;
    size_t len = strlen(field);
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (strncmp(line, field, len) == 0 && line[len] == ':')
            kib = strtol(line + len + 1, NULL, 10);
    if (status != NULL) fclose(status);
    return kib;
}

static gl_sim_plan plan(void *arg, int number, const char *body, size_t len)
{
    run *r = arg;
    (void)number;
    (void)body;
    (void)len;
    gl_time now = gl_clock_now(), at = r->answer_at + r->started++ * ANSWER_EVERY;
    gl_time wait = at > now ? at - now : 0;
    return gl_sim_answer(wait, "an answer of some words");
}

static void on_notice(glimpse_id id, const glimpse_notice *notice, void *arg)
{
    (void)id;
    (void)notice;
    (void)arg;
}

static void on_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    run *r = arg;
    (void)id;
    r->answered++;
    if (glimpse_result_status(result) != GLIMPSE_STATUS_ALIGNED) r->failed++;
}

static bool submit(glimpse_engine *engine, run *r, size_t number)
{
    static const glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                               .on_notice = on_notice,
                                               .on_result = on_result };
    char body[160];
    snprintf(body, sizeof body,
             "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":"
             "\"text %zu\"}]}",
             number);
    const glimpse_chat chat = { .body = body };
    return glimpse_submit_chat(engine, &chat, NULL, &observer, r, NULL) == GLIMPSE_OK;
}

static glimpse_engine *set_up(struct event_base *base, gl_loop *loop, run *r, size_t requests,
                              gl_sim **sim)
{
    const gl_sim_config simulated = { .plan = plan, .arg = r };
    glimpse_config config;
    glimpse_engine *engine = NULL;
    glimpse_config_init(&config);
    config.concurrency = (int64_t)requests;
    config.adaptive = false;
    if (gl_sim_sampler_new(loop, &simulated, &config.sampler, sim) != GLIMPSE_OK) return NULL;
    if (gl_engine_new(base, &config, &engine) != GLIMPSE_OK) engine = NULL;
    glimpse_sampler_unref(config.sampler);
    return engine;
}

int main(int argc, char **argv)
{
    size_t requests = argc > 1 ? strtoul(argv[1], NULL, 10) : REQUESTS, submitted = 0;
    if (requests < 1 || requests > REQUESTS_MOST) {
        fputs("usage: glimpse-micro-million [REQUESTS]\n", stderr);
        return 64;
    }
    run r = { .answered = 0 };
    gl_sim *sim = NULL;
    struct event_base *base = event_base_new();
    gl_loop *loop = gl_loop_new(base);
    glimpse_engine *engine = set_up(base, loop, &r, requests, &sim);
    if (engine == NULL) {
        fputs("the engine could not be set up\n", stderr);
        return EXIT_FAILURE;
    }
    long before = memory_kib("VmRSS");
    /* Far enough for all to be out before the first is answered: 40 us each. */
    r.answer_at = gl_clock_now() + requests * 40 * GL_US + GL_SECOND;
    gl_time start = gl_clock_now();
    while (submitted < requests && submit(engine, &r, submitted))
        if (++submitted % 256 == 0) event_base_loop(base, EVLOOP_NONBLOCK);
    while (gl_sim_counts_of(sim)->running < submitted && r.answered == 0)
        event_base_loop(base, EVLOOP_NONBLOCK);
    uint64_t running = gl_sim_counts_of(sim)->running;
    double seconds = (double)gl_time_since(gl_clock_now(), start) / 1e9;
    printf("%zu submitted, %llu at the sampler after %.1f s, VmRSS %ld KiB before, %ld KiB then\n",
           submitted, (unsigned long long)running, seconds, before, memory_kib("VmRSS"));
    while (r.answered < submitted) event_base_loop(base, EVLOOP_ONCE);
    long peak = memory_kib("VmHWM");
    printf("%zu answered, %zu of them failed, VmHWM %ld KiB\n", r.answered, r.failed, peak);
    glimpse_engine_free(engine);
    gl_loop_free(loop);
    event_base_free(base);
    bool whole = running == requests && r.answered == requests && r.failed == 0;
    bool held = figure_at_most("simulated_request_bytes",
                               (double)(peak - before) * 1024 / (double)requests, REQUIRED_BYTES);
    held &= figure_at_least("simulated_requests_delivered", (double)(r.answered - r.failed),
                            (double)requests);
    return whole && held && before >= 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
