/* cache_control.c - what a request may do with stored answers: use, refresh, bypass, only. */
#include "fake_store.h"

#define BODY "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}"

static glimpse_options with(glimpse_cache_control control)
{
    glimpse_options options;
    glimpse_options_init(&options);
    options.cache_control = (int)control;
    return options;
}

static void ask_with(rig *r, callback_log *t, const glimpse_options *options)
{
    rig_submit_with(r, t, BODY, options);
    assert_true(gl_sim_run_idle(100));
}

/* An engine whose first answer, "an answer", is stored and whose next is another. */
static void open_stored(rig *r, callback_log *t)
{
    rig_init(r);
    rig_open(r);
    ask_with(r, t, NULL);
    r->plans[0].text = "a newer answer";
}

static void refresh_asks_again_and_replaces_what_was_stored(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    glimpse_options refresh = with(GLIMPSE_CACHE_REFRESH);
    open_stored(&r, &t);
    ask_with(&r, &t, &refresh);
    assert_int_equal(t.source, GLIMPSE_SOURCE_LIVE);
    assert_string_equal(t.text, "a newer answer");
    ask_with(&r, &t, NULL);
    assert_int_equal(t.source, GLIMPSE_SOURCE_CACHE);
    assert_string_equal(t.text, "a newer answer");
    rig_close(&r);
}

static void refresh_follows_nobody_and_may_be_followed(void **state)
{
    (void)state;
    rig r;
    callback_log leader, fresh, follower;
    glimpse_options refresh = with(GLIMPSE_CACHE_REFRESH);
    open_stored(&r, &leader);
    rig_submit_with(&r, &leader, BODY, &refresh);
    rig_submit_with(&r, &fresh, BODY, &refresh);
    glimpse_cache_clear(r.cache);
    rig_submit(&r, &follower, BODY);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(leader.source, GLIMPSE_SOURCE_LIVE);
    assert_int_equal(fresh.source, GLIMPSE_SOURCE_LIVE);
    assert_int_equal(follower.source, GLIMPSE_SOURCE_COALESCED);
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 3);
    rig_check_books(&r);
    rig_close(&r);
}

static void bypass_neither_takes_nor_stores_nor_coalesces(void **state)
{
    (void)state;
    rig r;
    callback_log t[3];
    glimpse_options bypass = with(GLIMPSE_CACHE_BYPASS);
    open_stored(&r, &t[0]);
    for (int i = 0; i < 3; i++) rig_submit_with(&r, &t[i], BODY, &bypass);
    assert_true(gl_sim_run_idle(100));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(t[i].source, GLIMPSE_SOURCE_LIVE);
        assert_string_equal(t[i].text, "a newer answer");
    }
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 4);
    ask_with(&r, &t[0], NULL);
    assert_string_equal(t[0].text, "an answer"); /* what was stored before */
    rig_close(&r);
}

static void only_takes_what_is_stored_and_sends_nothing(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    glimpse_options only = with(GLIMPSE_CACHE_ONLY);
    open_stored(&r, &t);
    ask_with(&r, &t, &only);
    assert_int_equal(t.source, GLIMPSE_SOURCE_CACHE);
    glimpse_cache_clear(r.cache);
    ask_with(&r, &t, &only);
    assert_int_equal(t.error, GLIMPSE_ERR_NOT_CACHED);
    assert_int_equal(t.status, GLIMPSE_STATUS_ERROR);
    assert_string_equal(t.code, "not_cached");
    assert_string_equal(t.message, "no answer is stored, and nothing was to be sent");
    assert_string_equal(t.essence, "essence [error]"); /* as of every failure */
    assert_int_equal(t.attempts, 0);
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 1);
    rig_check_books(&r);
    rig_close(&r);
}

static void only_waits_for_nobody(void **state)
{
    (void)state;
    rig r;
    callback_log leader, only_one;
    glimpse_options only = with(GLIMPSE_CACHE_ONLY);
    rig_init(&r);
    rig_open(&r);
    rig_submit(&r, &leader, BODY);
    rig_submit_with(&r, &only_one, BODY, &only);
    gl_sim_run_for_ms(1);
    assert_int_equal(only_one.error, GLIMPSE_ERR_NOT_CACHED);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(leader.source, GLIMPSE_SOURCE_LIVE);
    rig_close(&r);
}

static void only_without_a_cache_is_never_cached(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    glimpse_options only = with(GLIMPSE_CACHE_ONLY);
    rig_init(&r);
    r.config.cache_entries = 0;
    rig_open(&r);
    ask_with(&r, &t, &only);
    assert_int_equal(t.error, GLIMPSE_ERR_NOT_CACHED);
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 0);
    rig_close(&r);
}

static void the_engines_setting_holds_for_requests_that_have_none(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    glimpse_options use = with(GLIMPSE_CACHE_USE);
    rig_init(&r);
    r.config.cache_control = GLIMPSE_CACHE_ONLY;
    rig_open(&r);
    ask_with(&r, &t, NULL);
    assert_int_equal(t.error, GLIMPSE_ERR_NOT_CACHED);
    ask_with(&r, &t, &use);
    assert_int_equal(t.source, GLIMPSE_SOURCE_LIVE);
    ask_with(&r, &t, NULL);
    assert_int_equal(t.source, GLIMPSE_SOURCE_CACHE);
    rig_close(&r);
}

/* What each does with a store: look there, put there, send. */
static void the_store_is_used_as_memory_is(void **state)
{
    (void)state;
    static const struct {
        glimpse_cache_control control;
        int gets, puts;
        uint64_t started;
    } cases[] = { { GLIMPSE_CACHE_USE, 1, 0, 0 },
                  { GLIMPSE_CACHE_REFRESH, 0, 1, 1 },
                  { GLIMPSE_CACHE_BYPASS, 0, 0, 1 },
                  { GLIMPSE_CACHE_ONLY, 1, 0, 0 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rig r;
        callback_log t;
        fake_store fake;
        glimpse_options options = with(cases[i].control);
        rig_init(&r);
        fake_open(&fake, 5 * GL_MS);
        r.config.store = fake.store;
        rig_open(&r);
        glimpse_store_unref(fake.store);
        ask_with(&r, &t, NULL);
        glimpse_cache_clear(r.cache);
        int gets = fake.gets, puts = fake.puts;
        ask_with(&r, &t, &options);
        assert_int_equal(t.status, GLIMPSE_STATUS_ALIGNED);
        assert_int_equal(fake.gets - gets, cases[i].gets);
        assert_int_equal(fake.puts - puts, cases[i].puts);
        assert_int_equal(gl_sim_counts_of(r.sim)->started, 1 + cases[i].started);
        if (cases[i].control == GLIMPSE_CACHE_ONLY) {
            options.cache_control = GLIMPSE_CACHE_ONLY;
            fake.ttl_ms = 0;
            glimpse_cache_clear(r.cache);
            ask_with(&r, &t, &options);
            assert_int_equal(t.error, GLIMPSE_ERR_NOT_CACHED);
            assert_int_equal(t.timings.total_ns, 5 * GL_MS);
        }
        rig_check_books(&r);
        rig_close(&r);
    }
}

static void a_value_out_of_range_is_refused(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    rig_open(&r);
    glimpse_options options = with(GLIMPSE_CACHE_USE);
    options.cache_control = GLIMPSE_CACHE_ONLY + 1;
    glimpse_chat chat = { .body = BODY };
    assert_int_equal(glimpse_submit_chat(r.engine, &chat, &options, NULL, NULL, NULL),
                     GLIMPSE_ERR_INVALID);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refresh_asks_again_and_replaces_what_was_stored),
        cmocka_unit_test(refresh_follows_nobody_and_may_be_followed),
        cmocka_unit_test(bypass_neither_takes_nor_stores_nor_coalesces),
        cmocka_unit_test(only_takes_what_is_stored_and_sends_nothing),
        cmocka_unit_test(only_waits_for_nobody),
        cmocka_unit_test(only_without_a_cache_is_never_cached),
        cmocka_unit_test(the_engines_setting_holds_for_requests_that_have_none),
        cmocka_unit_test(the_store_is_used_as_memory_is),
        cmocka_unit_test(a_value_out_of_range_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
