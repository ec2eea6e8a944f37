/*
 * simulation.c - the whole engine under seeded weather, and with every allocation failing in turn.
 *
 * A seed draws the load, the answers, the faults, the cancels, the closing and what callbacks do.
 * What must hold: every accepted request gets exactly one result; never more in flight than
 * allowed; the books agree; nothing is left. A failing seed is printed and replays exactly:
 * SIM_SEED=n runs only that one.
 */
#include "rig.h"

#include <stdlib.h>

enum { REQUESTS = 120 };

typedef struct world {
    rig rig;
    gl_rng rng;
    gl_sim_random weather;
    told told[REQUESTS * 2];
    bool accepted[REQUESTS * 2];
    int count;
    bool closing;
    uint64_t trace; /* of everything that callbacks saw: equal seeds, equal traces */
} world;

static world *now_running;

static void mix(world *w, uint64_t value)
{
    w->trace = (w->trace ^ value) * UINT64_C(0x100000001b3);
}

static void on_result(glimpse_id id, const glimpse_result *result, void *arg);

static void on_notice(glimpse_id id, const glimpse_notice *notice, void *arg)
{
    world *w = now_running;
    rig_on_notice(id, notice, arg);
    mix(w, id * 31 + notice->kind);
    mix(w, gl_sim_now());
    if (gl_rng_below(&w->rng, 20) == 0) glimpse_cancel(w->rig.engine, id);
}

static void submit_one(world *w)
{
    if (w->count == REQUESTS * 2) return;
    int i = w->count++;
    told *t = &w->told[i];
    *t = (told){ .rig = &w->rig };
    char body[96];
    glimpse_observer observer = { .on_notice = on_notice, .on_result = on_result };
    if (gl_rng_below(&w->rng, 3) == 0) observer.on_notice = NULL;
    glimpse_chat chat = { .body = rig_body(body, (int)gl_rng_below(&w->rng, 60)) };
    if (gl_rng_below(&w->rng, 25) == 0) chat.body = "not json";
    glimpse_options options;
    glimpse_options_init(&options);
    if (gl_rng_below(&w->rng, 4) == 0) options.deadline_ms = 1 + gl_rng_below(&w->rng, 9000);
    if (gl_rng_below(&w->rng, 4) == 0) options.fallback = 0;
    glimpse_error error = glimpse_submit_chat(w->rig.engine, &chat, &options, &observer, t, &t->id);
    assert_int_equal(error, w->closing ? GLIMPSE_ERR_CLOSING : GLIMPSE_OK);
    w->accepted[i] = error == GLIMPSE_OK;
}

static void on_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    world *w = now_running;
    rig_on_result(id, result, arg);
    mix(w, id * 17 + glimpse_result_status(result));
    mix(w, gl_sim_now());
    uint32_t dice = gl_rng_below(&w->rng, 10);
    if (dice < 2) submit_one(w);
    if (dice == 3) glimpse_cancel(w->rig.engine, gl_rng_below(&w->rng, REQUESTS));
}

static gl_sim_plan plan(void *arg, int number, const char *body, size_t len)
{
    world *w = arg;
    gl_sim_plan p = gl_sim_random_plan(&w->weather, number, body, len);
    if (gl_rng_below(&w->rng, 30) == 0) p.end = p.connected = p.first_byte = 0; /* inside start */
    return p;
}

static uint64_t run_seed(uint64_t seed)
{
    static world w;
    w = (world){ .count = 0 };
    now_running = &w;
    gl_rng_seed(&w.rng, seed);
    rig *r = &w.rig;
    rig_init(r);
    r->config.seed = seed;
    r->config.concurrency = 1 + gl_rng_below(&w.rng, 30);
    r->config.timeout_ms = 20000;
    if (gl_rng_below(&w.rng, 4) == 0) r->config.cache_entries = 0;
    w.weather = (gl_sim_random){ .median = 1400 * GL_MS,
                                 .p95 = 2500 * GL_MS,
                                 .http_429 = 100000,
                                 .http_500 = 50000,
                                 .reset = 50000,
                                 .hang = 10000 };
    gl_rng_seed(&w.weather.rng, seed + 1);
    rig_open(r);
    /* The same engine, with the weather for its script. */
    glimpse_engine_free(r->engine);
    glimpse_sampler_unref(r->sampler);
    gl_sim_config sim = { .plan = plan, .arg = &w };
    assert_int_equal(gl_sim_sampler_new(r->loop, &sim, &r->sampler, &r->sim), GLIMPSE_OK);
    r->config.sampler = r->sampler;
    assert_int_equal(gl_engine_new(gl_sim_base(), &r->config, &r->engine), GLIMPSE_OK);

    int close_after = gl_rng_below(&w.rng, 3) == 0 ? (int)gl_rng_below(&w.rng, REQUESTS) : -1;
    for (int i = 0; i < REQUESTS; i++) {
        if (i == close_after) {
            glimpse_engine_close(r->engine, (int64_t)gl_rng_below(&w.rng, 5000), rig_closed, r);
            w.closing = true;
        }
        submit_one(&w);
        if (gl_rng_below(&w.rng, 10) == 0)
            glimpse_cancel(r->engine, gl_rng_below(&w.rng, (uint32_t)w.count) + 1);
        if (gl_rng_below(&w.rng, 2) == 0) gl_sim_run_for_ms(gl_rng_below(&w.rng, 400));
        assert_true(gl_sim_counts_of(r->sim)->running <= (uint64_t)r->config.concurrency);
    }
    if (gl_rng_below(&w.rng, 4) == 0) {
        gl_sim_run_for_ms(gl_rng_below(&w.rng, 3000));
        w.closing = true;
        rig_close(r); /* freed with requests in every state */
    } else {
        assert_true(gl_sim_run_idle(10000000));
        rig_check_books(r);
        if (close_after >= 0) assert_int_equal(r->closed, 1);
        w.closing = true;
        rig_close(r);
    }
    for (int i = 0; i < w.count; i++) assert_int_equal(w.told[i].results, w.accepted[i] ? 1 : 0);
    return w.trace;
}

static uint64_t running_seed;

/* Names the seed of a run that failed; nothing after one that did not. */
static int name_the_seed(void **state)
{
    (void)state;
    if (running_seed != 0)
        print_message("to replay: SIM_SEED=%llu\n", (unsigned long long)running_seed);
    return 0;
}

static void every_seed_keeps_the_rules_and_replays_exactly(void **state)
{
    (void)state;
    const char *only = getenv("SIM_SEED"), *many = getenv("SIM_SEEDS");
    uint64_t first = only != NULL ? strtoull(only, NULL, 10) : 1;
    uint64_t last = only != NULL ? first : many != NULL ? strtoull(many, NULL, 10) : 400;
    for (uint64_t seed = first; seed <= last; seed++) {
        running_seed = seed;
        uint64_t trace = run_seed(seed);
        if (seed % 10 == 0) assert_int_equal(run_seed(seed), trace);
    }
    running_seed = 0;
}

/* --- every allocation fails once --- */

static size_t allowed;

static bool gate(void)
{
    if (allowed == 0) return false;
    allowed--;
    return true;
}

/* The k-th allocation and all later ones fail, then memory is back: either the call says OOM, or
 * the request gets its one result. */
static void run_starved(size_t k, bool *starved)
{
    rig r;
    told t[3];
    rig_init(&r);
    r.plans[0] = gl_sim_failure(10 * GL_MS, GLIMPSE_ERR_HTTP, 500);
    r.plans[1] = gl_sim_answer(10 * GL_MS, "x");
    r.plan_count = 2;
    rig_open(&r);
    glimpse_engine *second = NULL;
    bool accepted[3] = { false };
    char body[96];
    allowed = k;
    gl_alloc_set_gate(gate);
    for (int i = 0; i < 3; i++) {
        t[i] = (told){ .rig = &r };
        glimpse_observer observer = { .on_notice = rig_on_notice, .on_result = rig_on_result };
        glimpse_error error;
        if (i == 2) {
            glimpse_draft draft = { .input_text = "text", .goal = "goal" };
            error = glimpse_submit_draft(r.engine, &draft, NULL, &observer, &t[i], &t[i].id);
        } else {
            glimpse_chat chat = { .body = rig_body(body, i) };
            error = glimpse_submit_chat(r.engine, &chat, NULL, &observer, &t[i], &t[i].id);
        }
        assert_true(error == GLIMPSE_OK || error == GLIMPSE_ERR_OOM);
        accepted[i] = error == GLIMPSE_OK;
    }
    glimpse_error made = gl_engine_new(gl_sim_base(), &r.config, &second);
    assert_true(made == GLIMPSE_OK || made == GLIMPSE_ERR_OOM);
    gl_sim_run_for_ms(5000);
    *starved = allowed == 0;
    gl_alloc_set_gate(NULL);
    assert_true(gl_sim_run_idle(1000));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(t[i].results, accepted[i] ? 1 : 0);
        if (accepted[i] && t[i].error != GLIMPSE_OK)
            assert_true(t[i].error == GLIMPSE_ERR_OOM || t[i].error == GLIMPSE_ERR_HTTP);
        if (accepted[i] && t[i].status == GLIMPSE_STATUS_ALIGNED)
            assert_string_equal(t[i].text, "x");
    }
    glimpse_engine_free(second);
    rig_close(&r);
}

static void every_allocation_may_fail_and_every_accepted_request_is_told(void **state)
{
    (void)state;
    bool starved = true;
    size_t k = 0;
    for (; starved; k++) {
        assert_true(k < 10000);
        run_starved(k, &starved);
    }
    print_message("allocations failed in turn: %zu\n", k - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(every_seed_keeps_the_rules_and_replays_exactly, name_the_seed),
        cmocka_unit_test(every_allocation_may_fail_and_every_accepted_request_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
