/*
 * rig.h - an engine on the simulated loop with a scripted sampler, for the tests in this folder.
 *
 * Every submitted request gets a `callback_log`: how often its callbacks ran and what the last one
 * said.
 */
#ifndef TEST_ENGINE_RIG_H
#define TEST_ENGINE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glimpse/glimpse.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "base/time.h"
#include "engine/engine.h"
#include "loop_sim.h"
#include "sim/sim.h"

#define RIG_PLANS 64

typedef struct rig {
    gl_loop *loop;
    glimpse_sampler *sampler, *fallback;
    gl_sim *sim;
    glimpse_cache *cache;
    glimpse_engine *engine;
    glimpse_config config;
    size_t live_before;

    /* The script: attempt number n of any request plays plans[n - 1], the last one for the rest. */
    gl_sim_plan plans[RIG_PLANS];
    int plan_count;
    int closed; /* how often the close callback ran */
} rig;

typedef struct callback_log {
    rig *rig;
    int results, notices[GLIMPSE_NOTICE_COUNT], notice_total;
    int64_t notice_ms[GLIMPSE_NOTICE_COUNT];
    glimpse_notice last_notice;
    glimpse_id id;
    glimpse_status status;
    glimpse_error error;
    glimpse_source source;
    int attempts, crossed, http_status;
    bool stale;
    glimpse_timings timings;
    char text[256], essence[256], code[64], message[256];
} callback_log;

static inline gl_sim_plan rig_plan(void *arg, int number, const char *body, size_t len)
{
    (void)body;
    (void)len;
    rig *r = arg;
    return r->plans[number <= r->plan_count ? number - 1 : r->plan_count - 1];
}

static inline void rig_fallback_start(void *self, glimpse_attempt *attempt)
{
    (void)self;
    glimpse_outcome outcome;
    glimpse_outcome_init(&outcome);
    glimpse_status status = GLIMPSE_STATUS_ALIGNED;
    assert_true(glimpse_attempt_fallback(attempt, &status, NULL));
    char essence[64];
    snprintf(essence, sizeof essence, "essence [%s]", glimpse_status_name(status));
    outcome.sample.essence = essence;
    outcome.sample.model = "local";
    glimpse_attempt_done(attempt, &outcome);
}

/* Defaults of the playbook, one plan: an answer after 1 s. Change config and plans, then
 * rig_open. */
static inline void rig_init(rig *r)
{
    *r = (rig){ .live_before = gl_alloc_live() };
    gl_sim_reset(1000 * GL_SECOND);
    glimpse_config_init(&r->config);
    r->config.seed = 7;
    r->config.cache_entries = 100;
    r->plans[0] = gl_sim_answer(GL_SECOND, "an answer");
    r->plan_count = 1;
}

static inline void rig_open(rig *r)
{
    static const glimpse_sampler_vtable fallback = { .size = sizeof(glimpse_sampler_vtable),
                                                     .name = "fallback",
                                                     .local = true,
                                                     .start = rig_fallback_start };
    r->loop = gl_loop_new(gl_sim_base());
    assert_non_null(r->loop);
    gl_sim_config sim = { .plan = rig_plan, .arg = r, .scope = "sim" };
    assert_int_equal(gl_sim_sampler_new(r->loop, &sim, &r->sampler, &r->sim), GLIMPSE_OK);
    assert_int_equal(glimpse_sampler_new(&fallback, NULL, &r->fallback, NULL), GLIMPSE_OK);
    glimpse_cache_config bounds;
    glimpse_cache_config_init(&bounds);
    assert_int_equal(glimpse_cache_new(&bounds, &r->cache, NULL), GLIMPSE_OK);
    r->config.sampler = r->sampler;
    r->config.fallback = r->fallback;
    r->config.cache = r->config.cache_entries > 0 ? r->cache : NULL;
    glimpse_problem problem;
    assert_int_equal(glimpse_config_check(&r->config, &problem), GLIMPSE_OK);
    assert_int_equal(gl_engine_new(gl_sim_base(), &r->config, &r->engine), GLIMPSE_OK);
}

/* Frees what is left, and claims that nothing is. */
static inline void rig_close(rig *r)
{
    glimpse_engine_free(r->engine);
    const gl_sim_counts *counts = gl_sim_counts_of(r->sim);
    assert_int_equal(counts->running, 0);
    assert_int_equal(counts->started, counts->done + counts->cancelled);
    glimpse_sampler_unref(r->sampler);
    glimpse_sampler_unref(r->fallback);
    glimpse_cache_unref(r->cache);
    gl_loop_free(r->loop);
    assert_int_equal(gl_sim_live(), 0);
    assert_int_equal(gl_alloc_live(), r->live_before);
}

static inline void rig_closed(void *arg)
{
    ((rig *)arg)->closed++;
}

static inline void rig_on_notice(glimpse_id id, const glimpse_notice *notice, void *arg)
{
    callback_log *t = arg;
    assert_int_equal(t->results, 0);
    assert_int_equal(id, t->id);
    t->notices[notice->kind]++;
    t->notice_total++;
    t->notice_ms[notice->kind] = notice->elapsed_ms;
    t->last_notice = *notice;
}

static inline void rig_on_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    callback_log *t = arg;
    assert_int_equal(id, t->id);
    t->results++;
    assert_int_equal(t->results, 1);
    t->status = glimpse_result_status(result);
    t->error = glimpse_result_error(result);
    t->source = glimpse_result_source(result);
    t->attempts = glimpse_result_attempts(result);
    t->crossed = glimpse_result_thresholds_crossed(result);
    t->stale = glimpse_result_stale(result);
    t->http_status = glimpse_result_http_status(result);
    t->timings = *glimpse_result_timings(result);
    snprintf(t->text, sizeof t->text, "%s", glimpse_result_text(result, NULL));
    snprintf(t->essence, sizeof t->essence, "%s", glimpse_result_essence(result));
    snprintf(t->code, sizeof t->code, "%s", glimpse_result_error_code(result));
    snprintf(t->message, sizeof t->message, "%s", glimpse_result_error_message(result));
    /* An error kind exactly when no answer came. */
    assert_int_equal(t->error == GLIMPSE_OK, t->status == GLIMPSE_STATUS_ALIGNED ||
                                                 t->status == GLIMPSE_STATUS_NOT_ALIGNED);
}

static inline void rig_submit_with(rig *r, callback_log *t, const char *body,
                                   const glimpse_options *options)
{
    *t = (callback_log){ .rig = r };
    glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                  .on_notice = rig_on_notice,
                                  .on_result = rig_on_result };
    glimpse_chat chat = { .body = body };
    assert_int_equal(glimpse_submit_chat(r->engine, &chat, options, &observer, t, &t->id),
                     GLIMPSE_OK);
    assert_int_equal(t->results, 0); /* never inside submit */
}

static inline void rig_submit(rig *r, callback_log *t, const char *body)
{
    rig_submit_with(r, t, body, NULL);
}

/* A body that no other n shares. */
static inline const char *rig_body(char out[96], int n)
{
    snprintf(out, 96, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"q%d\"}]}",
             n);
    return out;
}

/* Counters agree with each other once nothing is live. */
static inline void rig_check_books(rig *r)
{
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    assert_int_equal(glimpse_engine_stats(r->engine, &stats), GLIMPSE_OK);
    assert_int_equal(stats.live, 0);
    assert_int_equal(stats.waiting, 0);
    assert_int_equal(stats.in_flight, 0);
    assert_int_equal(stats.submitted, stats.delivered);
    uint64_t sum = 0;
    for (int i = 0; i < GLIMPSE_STATUS_COUNT; i++) sum += stats.by_status[i];
    assert_int_equal(sum, stats.delivered);
    sum = 0;
    for (int i = 0; i < GLIMPSE_SOURCE_COUNT; i++) sum += stats.by_source[i];
    assert_int_equal(sum, stats.delivered);
    assert_true(stats.peak_in_flight <= (uint64_t)r->config.concurrency);
}

#endif
