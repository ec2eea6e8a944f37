/* scope.c - requests of two scopes never share an answer: in memory, in the store, in flight. */
#include "fake_store.h"

#define BODY "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}"

static glimpse_options scoped(const char *scope)
{
    glimpse_options options;
    glimpse_options_init(&options);
    options.scope = scope;
    return options;
}

static const char *const scopes[] = { "a", "b", "ab", NULL };
enum { SCOPES = sizeof scopes / sizeof *scopes };

static void each_scope_has_its_own_answer(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    rig_open(&r);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < SCOPES; i++) {
            const glimpse_options options = scoped(scopes[i]);
            rig_submit_with(&r, &t, BODY, &options);
            assert_true(gl_sim_run_idle(100));
            assert_int_equal(t.source, round == 0 ? GLIMPSE_SOURCE_LIVE : GLIMPSE_SOURCE_CACHE);
        }
    }
    assert_int_equal(gl_sim_counts_of(r.sim)->started, SCOPES);
    rig_check_books(&r);
    rig_close(&r);
}

static void only_requests_of_one_scope_fly_together(void **state)
{
    (void)state;
    rig r;
    callback_log t[2 * SCOPES];
    rig_init(&r);
    rig_open(&r);
    for (int i = 0; i < 2 * SCOPES; i++) {
        const glimpse_options options = scoped(scopes[i % SCOPES]);
        rig_submit_with(&r, &t[i], BODY, &options);
    }
    assert_true(gl_sim_run_idle(100));
    for (int i = 0; i < 2 * SCOPES; i++)
        assert_int_equal(t[i].source, i < SCOPES ? GLIMPSE_SOURCE_LIVE : GLIMPSE_SOURCE_COALESCED);
    assert_int_equal(gl_sim_counts_of(r.sim)->started, SCOPES);
    rig_check_books(&r);
    rig_close(&r);
}

static void the_store_knows_the_scopes_too(void **state)
{
    (void)state;
    rig r;
    fake_store fake;
    callback_log t;
    rig_init(&r);
    fake_open(&fake, 0);
    r.config.store = fake.store;
    rig_open(&r);
    glimpse_store_unref(fake.store); /* the engine has its own reference */
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < SCOPES; i++) {
            const glimpse_options options = scoped(scopes[i]);
            rig_submit_with(&r, &t, BODY, &options);
            assert_true(gl_sim_run_idle(100));
            assert_int_equal(t.source, round == 0 ? GLIMPSE_SOURCE_LIVE : GLIMPSE_SOURCE_CACHE);
        }
        glimpse_cache_clear(r.cache); /* as after a restart */
    }
    assert_int_equal(fake.hits, SCOPES);
    rig_close(&r);
}

static void an_empty_scope_is_refused(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    glimpse_problem problem;
    rig_init(&r);
    rig_open(&r);
    const glimpse_options options = scoped("");
    assert_int_equal(glimpse_options_check(&options, &problem), GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.field, "scope");
    glimpse_chat chat = { .body = BODY };
    assert_int_equal(glimpse_submit_chat(r.engine, &chat, &options, NULL, &t, NULL),
                     GLIMPSE_ERR_INVALID);
    rig_close(&r);
}

/* --- the age of an answer --------------------------------------------------------------------- */

static int64_t seen_age;
static bool seen_kept;

static void see(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    (void)arg;
    seen_age = glimpse_result_age_ms(result);
    seen_kept = glimpse_result_kept(result);
}

static void ask_aged(rig *r, int64_t max_age_ms)
{
    glimpse_options options = scoped(NULL);
    options.max_age_ms = max_age_ms;
    glimpse_observer observer = { .size = sizeof observer, .on_result = see };
    glimpse_chat chat = { .body = BODY };
    assert_int_equal(glimpse_submit_chat(r->engine, &chat, &options, &observer, NULL, NULL),
                     GLIMPSE_OK);
    assert_true(gl_sim_run_idle(100));
}

static void an_answer_that_is_too_old_does_not_serve(void **state)
{
    (void)state;
    rig r;
    rig_init(&r);
    rig_open(&r);
    ask_aged(&r, GLIMPSE_INHERIT);
    assert_int_equal(seen_age, -1);
    assert_true(seen_kept);
    gl_sim_run_for_ms(5000);
    ask_aged(&r, 5000);
    assert_int_equal(seen_age, 5000);
    assert_false(seen_kept);
    ask_aged(&r, 4999);
    assert_int_equal(seen_age, -1);
    ask_aged(&r, 0); /* the newer one took its place */
    assert_int_equal(seen_age, 0);
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 2);
    rig_close(&r);
}

/* --- waiting ---------------------------------------------------------------------------------- */

static void a_request_waits_until_something_was_sent_for_it(void **state)
{
    (void)state;
    rig r;
    callback_log first, second, follower;
    char body[96];
    rig_init(&r);
    r.config.concurrency = 1;
    rig_open(&r);
    rig_submit(&r, &first, "{}");
    rig_submit(&r, &second, rig_body(body, 2));
    rig_submit(&r, &follower, rig_body(body, 2));
    gl_sim_run_for_ms(1);
    assert_false(glimpse_request_waits(r.engine, first.id));
    assert_true(glimpse_request_waits(r.engine, second.id));
    assert_true(glimpse_request_waits(r.engine, follower.id));
    gl_sim_run_for_ms(1000);
    assert_false(glimpse_request_waits(r.engine, second.id));
    assert_false(glimpse_request_waits(r.engine, follower.id));
    assert_true(gl_sim_run_idle(100));
    assert_false(glimpse_request_waits(r.engine, second.id));
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_scope_has_its_own_answer),
        cmocka_unit_test(only_requests_of_one_scope_fly_together),
        cmocka_unit_test(the_store_knows_the_scopes_too),
        cmocka_unit_test(an_empty_scope_is_refused),
        cmocka_unit_test(an_answer_that_is_too_old_does_not_serve),
        cmocka_unit_test(a_request_waits_until_something_was_sent_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
