/*
 * engine.c - the engine's own work for a request, when the sampler answers at once.
 *
 *   glimpse-micro-engine KIND REQUESTS
 *
 * KIND: sent (a chat body, nothing kept), miss (the same, looked for in the memory cache and put
 * there), draft (sent from a draft), hit (from the memory cache), shared (every second one follows
 * the one before), packed (16 drafts a request). Prints nanoseconds a request. Instructions a
 * request, the same number each time: the difference of two runs of unlike length under `valgrind
 * --tool=callgrind`, by the difference of their lengths: bench/micro/engine_instructions.sh. Or
 * those of counted(), which leaves out what prepares it: bench/micro/baseline.sh.
 */
#include <glimpse/glimpse.h>

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "counted.h"
#include "engine/life.h"
#include "sim/sim.h"

/* Requests under way at once: as many as a batch keeps waiting, and more than a turn delivers. */
#define AT_ONCE 128
#define PACK    16

static const char pack_answer[] =
    "{\"results\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\",\"m\","
    "\"n\",\"o\",\"p\"]}";

typedef struct run {
    struct event_base *base;
    glimpse_engine *engine;
    const char *kind;
    uint64_t requests, done, failed, numbers;
    bool asked;
} run;

static gl_sim_plan plan(void *arg, int number, const char *body, size_t len)
{
    const run *r = arg;
    (void)number;
    (void)body;
    (void)len;
    bool pack = strcmp(r->kind, "packed") == 0;
    return (gl_sim_plan){ .text = pack ? pack_answer : "an answer of some words",
                          .complete = true };
}

static void noticed(glimpse_id id, const glimpse_notice *notice, void *arg)
{
    (void)id;
    (void)notice;
    (void)arg;
}

static void on_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    run *r = arg;
    (void)id;
    r->done++;
    if (glimpse_result_error(result) != GLIMPSE_OK) r->failed++;
}

static bool submit(run *r, uint64_t i)
{
    static const glimpse_observer observer = { .size = sizeof observer,
                                               .on_result = on_result,
                                               .on_notice = noticed };
    char text[256];
    bool draft = strcmp(r->kind, "draft") == 0 || strcmp(r->kind, "packed") == 0;
    uint64_t number = strcmp(r->kind, "hit") == 0 ? 0 : strcmp(r->kind, "shared") == 0 ? i / 2 : i;
    if (draft) {
        snprintf(text, sizeof text, "the words of draft %llu", (unsigned long long)number);
        glimpse_draft what = { .input_text = text, .goal = "summarize in one sentence" };
        return glimpse_submit_draft(r->engine, &what, NULL, &observer, r, NULL) == GLIMPSE_OK;
    }
    snprintf(text, sizeof text,
             "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"user\",\"content\":\"the words "
             "of request %llu\"}],\"max_tokens\":64}",
             (unsigned long long)number);
    glimpse_chat what = { .body = text };
    return glimpse_submit_chat(r->engine, &what, NULL, &observer, r, NULL) == GLIMPSE_OK;
}

static bool ask(run *r, uint64_t requests)
{
    for (uint64_t i = 0; i < requests;) {
        uint64_t before = r->done, count = requests - i < AT_ONCE ? requests - i : AT_ONCE;
        for (uint64_t k = 0; k < count; k++)
            if (!submit(r, r->numbers++)) return false;
        while (r->done < before + count) event_base_loop(r->base, EVLOOP_ONCE);
        i += count;
    }
    return true;
}

void counted(void *arg)
{
    run *r = arg;
    r->asked = ask(r, r->requests);
}

int main(int argc, char **argv)
{
    uint64_t requests = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    if (requests == 0) {
        fputs("usage: glimpse-micro-engine sent|miss|draft|hit|shared|packed REQUESTS\n", stderr);
        return 64;
    }
    run r = { .base = event_base_new(), .kind = argv[1], .requests = requests };
    gl_loop *loop = gl_loop_new(r.base);
    gl_sim_config sim = { .plan = plan, .arg = &r };
    glimpse_config config;
    glimpse_config_init(&config);
    if (gl_sim_sampler_new(loop, &sim, &config.sampler, NULL) != GLIMPSE_OK) return EXIT_FAILURE;
    bool keeps =
        strcmp(r.kind, "hit") == 0 || strcmp(r.kind, "miss") == 0 || strcmp(r.kind, "shared") == 0;
    glimpse_cache_config kept;
    glimpse_cache_config_init(&kept);
    if (keeps && glimpse_cache_new(&kept, &config.cache, NULL) != GLIMPSE_OK) return EXIT_FAILURE;
    if (strcmp(r.kind, "packed") == 0) {
        config.packing.on = true;
        config.packing.max_drafts = PACK;
    }
    config.seed = 1;
    config.concurrency = 2 * AT_ONCE;
    if (gl_engine_new(r.base, &config, &r.engine) != GLIMPSE_OK) return EXIT_FAILURE;
    ask(&r, AT_ONCE); /* takes the memory that is taken once */
    gl_time start = gl_clock_now();
    run_counted(&r);
    printf("%s: %.1f ns a request, %llu failed\n", r.kind,
           (double)(gl_clock_now() - start) / (double)requests, (unsigned long long)r.failed);
    glimpse_engine_free(r.engine);
    glimpse_sampler_unref(config.sampler);
    glimpse_cache_unref(config.cache);
    gl_loop_free(loop);
    event_base_free(r.base);
    return r.asked && r.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
