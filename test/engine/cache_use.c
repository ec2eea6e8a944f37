/* cache_use.c - what the engine takes from the prompt cache, and what it never puts there. */
#include "rig.h"

static void the_same_request_again_is_answered_from_the_cache(void **state)
{
    (void)state;
    rig r;
    callback_log first, again;
    rig_init(&r);
    rig_open(&r);
    rig_submit(&r, &first, "{\"model\":\"m\",\"messages\":[],\"temperature\":0.5}");
    assert_true(gl_sim_run_idle(100));
    /* Spelled another way: it means the same. */
    rig_submit(&r, &again, " {\"temperature\": 5e-1, \"messages\": [], \"model\": \"\\u006d\"}");
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(first.source, GLIMPSE_SOURCE_LIVE);
    assert_int_equal(again.source, GLIMPSE_SOURCE_CACHE);
    assert_int_equal(again.status, GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(again.attempts, 0);
    assert_int_equal(again.timings.total_ns, 0);
    assert_string_equal(again.text, first.text);
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 1);
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    assert_int_equal(glimpse_engine_stats(r.engine, &stats), GLIMPSE_OK);
    assert_int_equal(stats.cache.hits, 1);
    assert_int_equal(stats.cache.misses, 1);
    rig_check_books(&r);
    rig_close(&r);
}

static void a_cached_answer_expires(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    rig_open(&r);
    rig_submit(&r, &t, "{}");
    assert_true(gl_sim_run_idle(100));
    gl_sim_run_for_ms(7200 * 1000 - 1);
    rig_submit(&r, &t, "{}");
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(t.source, GLIMPSE_SOURCE_CACHE);
    gl_sim_run_for_ms(1);
    rig_submit(&r, &t, "{}");
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(t.source, GLIMPSE_SOURCE_LIVE);
    rig_close(&r);
}

static void what_is_no_whole_answer_is_never_cached(void **state)
{
    (void)state;
    gl_sim_plan cut = gl_sim_answer(0, "cut by max_tokens");
    cut.complete = false;
    const gl_sim_plan plans[] = { gl_sim_failure(0, GLIMPSE_ERR_HTTP, 400),
                                  gl_sim_failure(0, GLIMPSE_ERR_CONTENT_FILTER, 200), cut };
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        rig r;
        callback_log t;
        rig_init(&r);
        r.plans[0] = plans[i];
        rig_open(&r);
        rig_submit(&r, &t, "{}");
        assert_true(gl_sim_run_idle(100));
        rig_submit(&r, &t, "{}");
        assert_true(gl_sim_run_idle(100));
        assert_int_not_equal(t.source, GLIMPSE_SOURCE_CACHE);
        assert_int_equal(gl_sim_counts_of(r.sim)->started, 2);
        rig_close(&r);
    }
}

static void another_path_is_another_request(void **state)
{
    (void)state;
    rig r;
    callback_log t = { .rig = NULL };
    rig_init(&r);
    rig_open(&r);
    static const char *const paths[] = { "/chat/completions", "/embeddings", NULL };
    static const glimpse_source want[] = { GLIMPSE_SOURCE_LIVE, GLIMPSE_SOURCE_LIVE,
                                           GLIMPSE_SOURCE_CACHE };
    for (int i = 0; i < 3; i++) { /* NULL is /chat/completions */
        t = (callback_log){ .rig = &r };
        glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                      .on_result = rig_on_result };
        glimpse_chat chat = { .body = "{}", .path = paths[i] };
        assert_int_equal(glimpse_submit_chat(r.engine, &chat, NULL, &observer, &t, &t.id),
                         GLIMPSE_OK);
        assert_true(gl_sim_run_idle(100));
        assert_int_equal(t.source, want[i]);
    }
    rig_close(&r);
}

static void one_cache_serves_two_engines_but_not_two_servers(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    rig_open(&r);
    rig_submit(&r, &t, "{}");
    assert_true(gl_sim_run_idle(100));
    glimpse_engine *first = r.engine;

    /* Another engine that asks the same server. */
    assert_int_equal(gl_engine_new(gl_sim_base(), &r.config, &r.engine), GLIMPSE_OK);
    rig_submit(&r, &t, "{}");
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(t.source, GLIMPSE_SOURCE_CACHE);
    glimpse_engine_free(r.engine);

    /* And one that asks another. */
    gl_sim_config other = { .plan = rig_plan, .arg = &r, .scope = "another server" };
    glimpse_sampler *sampler;
    assert_int_equal(gl_sim_sampler_new(r.loop, &other, &sampler, NULL), GLIMPSE_OK);
    r.config.sampler = sampler;
    assert_int_equal(gl_engine_new(gl_sim_base(), &r.config, &r.engine), GLIMPSE_OK);
    rig_submit(&r, &t, "{}");
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(t.source, GLIMPSE_SOURCE_LIVE);
    glimpse_engine_free(r.engine);
    glimpse_sampler_unref(sampler);
    r.engine = first;
    rig_close(&r);
}

static void size_0_turns_the_cache_off(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.config.cache_entries = 0;
    rig_open(&r);
    for (int i = 0; i < 3; i++) {
        rig_submit(&r, &t, "{}");
        assert_true(gl_sim_run_idle(100));
        assert_int_equal(t.source, GLIMPSE_SOURCE_LIVE);
    }
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_request_again_is_answered_from_the_cache),
        cmocka_unit_test(a_cached_answer_expires),
        cmocka_unit_test(what_is_no_whole_answer_is_never_cached),
        cmocka_unit_test(another_path_is_another_request),
        cmocka_unit_test(one_cache_serves_two_engines_but_not_two_servers),
        cmocka_unit_test(size_0_turns_the_cache_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
