/* store_use.c - what the engine asks of a store, what it puts there, and what a lookup's time means
 * for those who wait for it. */
#include "fake_store.h"

#define BODY "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}"

typedef struct shelf {
    rig r;
    fake_store fake;
} shelf;

static void shelf_init(shelf *s, gl_time delay)
{
    rig_init(&s->r);
    fake_open(&s->fake, delay);
    s->r.config.store = s->fake.store;
}

static void shelf_open(shelf *s)
{
    rig_open(&s->r);
    glimpse_store_unref(s->fake.store); /* the engine has its own reference */
}

/* As another process does that finds what this one stored. */
static void forget_memory(shelf *s)
{
    glimpse_cache_clear(s->r.cache);
}

static void ask_once(shelf *s, callback_log *t)
{
    rig_submit(&s->r, t, BODY);
    assert_true(gl_sim_run_idle(100));
}

static void a_miss_is_asked_of_the_endpoint_and_its_answer_is_stored(void **state)
{
    (void)state;
    static const gl_time delays[] = { 0, 5 * GL_MS };
    for (size_t i = 0; i < 2; i++) {
        shelf s;
        callback_log first, again;
        shelf_init(&s, delays[i]);
        shelf_open(&s);
        ask_once(&s, &first);
        assert_int_equal(first.source, GLIMPSE_SOURCE_LIVE);
        assert_int_equal(first.timings.total_ns, GL_SECOND + delays[i]);
        assert_int_equal(s.fake.puts, 1);
        forget_memory(&s);
        ask_once(&s, &again);
        assert_int_equal(again.source, GLIMPSE_SOURCE_CACHE);
        assert_int_equal(again.status, GLIMPSE_STATUS_ALIGNED);
        assert_int_equal(again.attempts, 0);
        assert_int_equal(again.timings.total_ns, delays[i]);
        assert_string_equal(again.text, first.text);
        assert_int_equal(gl_sim_counts_of(s.r.sim)->started, 1);
        glimpse_stats stats;
        glimpse_stats_init(&stats);
        assert_int_equal(glimpse_engine_stats(s.r.engine, &stats), GLIMPSE_OK);
        assert_int_equal(stats.store_hits, 1);
        assert_int_equal(stats.store_misses, 1);
        rig_check_books(&s.r);
        rig_close(&s.r);
        assert_null(s.fake.store); /* nobody holds it any more */
    }
}

static void memory_is_asked_first(void **state)
{
    (void)state;
    shelf s;
    callback_log t;
    shelf_init(&s, 5 * GL_MS);
    shelf_open(&s);
    ask_once(&s, &t);
    for (int i = 0; i < 3; i++) ask_once(&s, &t);
    assert_int_equal(t.source, GLIMPSE_SOURCE_CACHE);
    assert_int_equal(s.fake.gets, 1);
    rig_close(&s.r);
}

static void a_stored_answer_is_in_memory_as_old_as_it_is(void **state)
{
    (void)state;
    shelf s;
    callback_log t;
    shelf_init(&s, 0);
    shelf_open(&s);
    ask_once(&s, &t);
    gl_sim_run_for_ms(7000 * 1000);
    forget_memory(&s);
    ask_once(&s, &t);
    assert_int_equal(s.fake.gets, 2);
    gl_sim_run_for_ms(199 * 1000);
    ask_once(&s, &t); /* 7,199 s: memory still has it */
    assert_int_equal(s.fake.gets, 2);
    gl_sim_run_for_ms(1000);
    ask_once(&s, &t);
    assert_int_equal(s.fake.gets, 3);
    rig_close(&s.r);
}

static void an_answer_older_than_the_clock_stays_in_the_store(void **state)
{
    (void)state;
    shelf s;
    callback_log t;
    shelf_init(&s, 0);
    shelf_open(&s);
    ask_once(&s, &t);
    /* Stored before the machine started: the clock of the test began 1,000 s ago. */
    s.fake.entries[0].stored -= 4000 * GL_SECOND;
    for (int i = 0; i < 2; i++) {
        forget_memory(&s);
        ask_once(&s, &t);
        assert_int_equal(t.source, GLIMPSE_SOURCE_CACHE);
        glimpse_cache_stats memory = { .size = sizeof memory };
        glimpse_cache_get_stats(s.r.cache, &memory);
        assert_int_equal(memory.entries, 0);
    }
    rig_close(&s.r);
}

static void what_is_no_whole_answer_is_not_stored(void **state)
{
    (void)state;
    shelf s;
    callback_log t;
    shelf_init(&s, 0);
    s.r.plans[0].complete = false;
    shelf_open(&s);
    ask_once(&s, &t);
    assert_int_equal(t.status, GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(s.fake.puts, 0);
    rig_close(&s.r);
}

static void a_store_serves_without_a_memory_cache(void **state)
{
    (void)state;
    shelf s;
    callback_log t, follower;
    shelf_init(&s, GL_MS);
    s.r.config.cache_entries = 0;
    shelf_open(&s);
    rig_submit(&s.r, &t, BODY);
    ask_once(&s, &follower);
    assert_int_equal(follower.source, GLIMPSE_SOURCE_COALESCED);
    ask_once(&s, &t);
    assert_int_equal(t.source, GLIMPSE_SOURCE_CACHE);
    assert_int_equal(gl_sim_counts_of(s.r.sim)->started, 1);
    rig_close(&s.r);
}

static void of_identical_requests_one_asks_the_store(void **state)
{
    (void)state;
    shelf s;
    callback_log t[5];
    shelf_init(&s, 5 * GL_MS);
    shelf_open(&s);
    ask_once(&s, &t[0]);
    forget_memory(&s);
    for (int i = 0; i < 5; i++) rig_submit(&s.r, &t[i], BODY);
    assert_true(gl_sim_run_idle(100));
    for (int i = 0; i < 5; i++) {
        assert_int_equal(t[i].source, GLIMPSE_SOURCE_CACHE);
        assert_int_equal(t[i].timings.total_ns, 5 * GL_MS);
    }
    assert_int_equal(s.fake.gets, 2);
    rig_check_books(&s.r);
    rig_close(&s.r);
}

static void a_lookup_goes_on_for_the_followers_of_who_leaves(void **state)
{
    (void)state;
    for (int miss = 0; miss < 2; miss++) {
        shelf s;
        callback_log leader, late, follower;
        glimpse_options soon;
        glimpse_options_init(&soon);
        soon.deadline_ms = 50;
        shelf_init(&s, 100 * GL_MS);
        shelf_open(&s);
        if (!miss) ask_once(&s, &leader);
        forget_memory(&s);
        rig_submit(&s.r, &leader, BODY);
        rig_submit_with(&s.r, &late, BODY, &soon);
        rig_submit(&s.r, &follower, BODY);
        gl_sim_run_for_ms(10);
        glimpse_cancel(s.r.engine, leader.id);
        gl_sim_run_for_ms(40);
        assert_int_equal(leader.status, GLIMPSE_STATUS_CANCELLED);
        assert_int_equal(late.error, GLIMPSE_ERR_DEADLINE); /* it led by then */
        assert_int_equal(s.fake.cancels, 0);
        assert_true(gl_sim_run_idle(100));
        assert_int_equal(follower.source, miss ? GLIMPSE_SOURCE_LIVE : GLIMPSE_SOURCE_CACHE);
        assert_int_equal(follower.timings.total_ns, (miss ? 1100 : 100) * GL_MS);
        rig_check_books(&s.r);
        rig_close(&s.r);
    }
}

static void a_lookup_that_nobody_waits_for_is_cancelled(void **state)
{
    (void)state;
    shelf s;
    callback_log cancelled, late;
    glimpse_options soon;
    glimpse_options_init(&soon);
    soon.deadline_ms = 50;
    shelf_init(&s, GL_TIME_NEVER);
    shelf_open(&s);
    rig_submit(&s.r, &cancelled, "{\"n\":1}");
    rig_submit_with(&s.r, &late, "{\"n\":2}", &soon);
    glimpse_cancel(s.r.engine, cancelled.id);
    gl_sim_run_for_ms(50);
    assert_int_equal(cancelled.status, GLIMPSE_STATUS_CANCELLED);
    assert_int_equal(late.error, GLIMPSE_ERR_DEADLINE);
    assert_string_equal(late.message, "the deadline of 50 ms passed before the first attempt");
    assert_string_equal(late.essence, "essence [error]");
    assert_int_equal(s.fake.cancels, 2);
    assert_int_equal(gl_sim_counts_of(s.r.sim)->started, 0);
    rig_check_books(&s.r);
    rig_close(&s.r);
}

static void closing_and_freeing_end_lookups(void **state)
{
    (void)state;
    for (int frees = 0; frees < 2; frees++) {
        shelf s;
        callback_log t[3];
        shelf_init(&s, GL_TIME_NEVER);
        shelf_open(&s);
        for (int i = 0; i < 3; i++) rig_submit(&s.r, &t[i], i < 2 ? BODY : "{}");
        if (frees)
            glimpse_engine_free(s.r.engine);
        else
            glimpse_engine_close(s.r.engine, 5000, rig_closed, &s.r);
        if (frees) s.r.engine = NULL;
        gl_sim_run_for_ms(0);
        for (int i = 0; i < 3; i++) assert_int_equal(t[i].status, GLIMPSE_STATUS_CANCELLED);
        assert_int_equal(s.r.closed, !frees);
        rig_close(&s.r);
    }
}

static void notices_come_during_a_lookup(void **state)
{
    (void)state;
    shelf s;
    callback_log t;
    shelf_init(&s, 3 * GL_SECOND);
    shelf_open(&s);
    ask_once(&s, &t);
    assert_int_equal(t.notice_ms[GLIMPSE_NOTICE_TRYING], 1500);
    assert_int_equal(t.notice_ms[GLIMPSE_NOTICE_MATCHING_INTENT], 2500);
    rig_close(&s.r);
}

static void a_stopped_key_still_gets_what_is_stored(void **state)
{
    (void)state;
    shelf s;
    callback_log t;
    shelf_init(&s, GL_MS);
    shelf_open(&s);
    ask_once(&s, &t);
    forget_memory(&s);
    s.r.plans[0] = gl_sim_failure(0, GLIMPSE_ERR_HTTP, 401);
    rig_submit(&s.r, &t, "{}");
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(t.status, GLIMPSE_STATUS_AUTH_ERROR);
    ask_once(&s, &t);
    assert_int_equal(t.source, GLIMPSE_SOURCE_CACHE);
    rig_submit(&s.r, &t, "{\"n\":2}");
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(t.status, GLIMPSE_STATUS_AUTH_ERROR);
    assert_int_equal(gl_sim_counts_of(s.r.sim)->started, 2);
    rig_close(&s.r);
}

static void what_looks_takes_room(void **state)
{
    (void)state;
    shelf s;
    callback_log t[2];
    shelf_init(&s, GL_TIME_NEVER);
    s.r.config.concurrency = 3;
    shelf_open(&s);
    rig_submit(&s.r, &t[0], BODY);
    rig_submit(&s.r, &t[1], "{}");
    assert_int_equal(glimpse_engine_room(s.r.engine), 1);
    glimpse_cancel(s.r.engine, t[0].id);
    assert_int_equal(glimpse_engine_room(s.r.engine), 2);
    rig_close(&s.r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_miss_is_asked_of_the_endpoint_and_its_answer_is_stored),
        cmocka_unit_test(memory_is_asked_first),
        cmocka_unit_test(a_stored_answer_is_in_memory_as_old_as_it_is),
        cmocka_unit_test(an_answer_older_than_the_clock_stays_in_the_store),
        cmocka_unit_test(what_is_no_whole_answer_is_not_stored),
        cmocka_unit_test(a_store_serves_without_a_memory_cache),
        cmocka_unit_test(of_identical_requests_one_asks_the_store),
        cmocka_unit_test(a_lookup_goes_on_for_the_followers_of_who_leaves),
        cmocka_unit_test(a_lookup_that_nobody_waits_for_is_cancelled),
        cmocka_unit_test(closing_and_freeing_end_lookups),
        cmocka_unit_test(notices_come_during_a_lookup),
        cmocka_unit_test(a_stopped_key_still_gets_what_is_stored),
        cmocka_unit_test(what_looks_takes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
