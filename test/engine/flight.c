/* flight.c - identical requests that are under way together: who is sent, who is told what. */
#include "rig.h"

#define PLAIN_BODY "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}]}"

static glimpse_stats stats_of(const rig *r)
{
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    assert_int_equal(glimpse_engine_stats(r->engine, &stats), GLIMPSE_OK);
    return stats;
}

static glimpse_options options_with_deadline(int64_t ms)
{
    glimpse_options options;
    glimpse_options_init(&options);
    options.deadline_ms = ms;
    return options;
}

static void thousand_identical_submissions_are_one_request(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    static callback_log t[COUNT];
    rig r;
    rig_init(&r);
    rig_open(&r);
    for (int i = 0; i < COUNT; i++) /* in two spellings */
        rig_submit(&r, &t[i],
                   i % 2 ? "{\"model\":\"m\",\"messages\":[]}"
                         : "{\"messages\":[], \"model\":\"m\"}");
    assert_int_equal(stats_of(&r).waiting, 1);
    assert_int_equal(glimpse_engine_room(r.engine), (size_t)r.config.concurrency - 1);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 1);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(t[i].results, 1);
        assert_int_equal(t[i].status, GLIMPSE_STATUS_ALIGNED);
        assert_int_equal(t[i].source, i == 0 ? GLIMPSE_SOURCE_LIVE : GLIMPSE_SOURCE_COALESCED);
        assert_int_equal(t[i].attempts, i == 0 ? 1 : 0);
        assert_int_equal(t[i].http_status, 200);
        assert_int_equal(t[i].timings.total_ns, GL_SECOND);
        assert_string_equal(t[i].text, "an answer");
    }
    glimpse_stats stats = stats_of(&r);
    assert_int_equal(stats.coalesced, COUNT - 1);
    assert_int_equal(stats.by_source[GLIMPSE_SOURCE_COALESCED], COUNT - 1);
    assert_int_equal(stats.attempts, 1);
    rig_check_books(&r);
    rig_close(&r);
}

static void who_comes_after_the_answer_finds_it_in_the_cache(void **state)
{
    (void)state;
    rig r;
    callback_log leader, later;
    rig_init(&r);
    rig_open(&r);
    rig_submit(&r, &leader, PLAIN_BODY);
    gl_sim_run_for_ms(1000);
    rig_submit(&r, &later, PLAIN_BODY);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(later.source, GLIMPSE_SOURCE_CACHE);
    assert_int_equal(stats_of(&r).coalesced, 0);
    rig_close(&r);
}

static void coalescing_off_sends_each(void **state)
{
    (void)state;
    glimpse_options off;
    glimpse_options_init(&off);
    off.coalesce = 0;
    for (int how = 0; how < 3; how++) {
        rig r;
        callback_log t[3];
        rig_init(&r);
        if (how == 0) r.config.coalesce = false;
        if (how == 1) r.config.cache_entries = 0; /* nobody keeps what could be shared */
        rig_open(&r);
        for (int i = 0; i < 3; i++) rig_submit_with(&r, &t[i], PLAIN_BODY, how == 2 ? &off : NULL);
        assert_true(gl_sim_run_idle(100));
        assert_int_equal(gl_sim_counts_of(r.sim)->started, 3);
        for (int i = 0; i < 3; i++) assert_int_equal(t[i].source, GLIMPSE_SOURCE_LIVE);
        assert_int_equal(stats_of(&r).coalesced, 0);
        rig_close(&r);
    }
}

static void one_request_may_be_taken_out_of_it(void **state)
{
    (void)state;
    rig r;
    callback_log leader, alone, follower;
    glimpse_options options;
    glimpse_options_init(&options);
    options.coalesce = 0;
    rig_init(&r);
    rig_open(&r);
    rig_submit(&r, &leader, PLAIN_BODY);
    rig_submit_with(&r, &alone, PLAIN_BODY, &options);
    rig_submit(&r, &follower, PLAIN_BODY);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 2);
    assert_int_equal(alone.source, GLIMPSE_SOURCE_LIVE);
    assert_int_equal(follower.source, GLIMPSE_SOURCE_COALESCED);
    rig_close(&r);
}

static void identities_that_begin_alike_fly_apart(void **state)
{
    (void)state;
    rig r;
    callback_log one, other;
    rig_init(&r);
    rig_open(&r);
    rig_submit(&r, &one, PLAIN_BODY);
    gl_request *request = gl_map_get(&r.engine->requests, one.id);
    request->identity.bytes[31] ^= 1; /* another that shares its first 8 bytes */
    rig_submit(&r, &other, PLAIN_BODY);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 2);
    assert_int_equal(other.source, GLIMPSE_SOURCE_LIVE);
    assert_int_equal(other.attempts, 1);
    rig_check_books(&r);
    rig_close(&r);
}

static void two_engines_share_a_cache_but_no_flight(void **state)
{
    (void)state;
    rig r;
    callback_log a, b;
    rig_init(&r);
    rig_open(&r);
    glimpse_engine *first = r.engine, *second;
    assert_int_equal(gl_engine_new(gl_sim_base(), &r.config, &second), GLIMPSE_OK);
    rig_submit(&r, &a, PLAIN_BODY);
    r.engine = second;
    rig_submit(&r, &b, PLAIN_BODY);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 2);
    glimpse_engine_free(second);
    r.engine = first;
    rig_close(&r);
}

/* --- what is a request's own --- */

static void follower_gets_its_own_deadline(void **state)
{
    (void)state;
    rig r;
    callback_log leader, follower, other;
    glimpse_options soon = options_with_deadline(300);
    rig_init(&r);
    rig_open(&r);
    rig_submit(&r, &leader, PLAIN_BODY);
    rig_submit_with(&r, &follower, PLAIN_BODY, &soon);
    rig_submit(&r, &other, PLAIN_BODY);
    gl_sim_run_for_ms(300);
    assert_int_equal(follower.results, 1);
    assert_int_equal(follower.error, GLIMPSE_ERR_DEADLINE);
    assert_int_equal(follower.attempts, 0);
    assert_string_equal(follower.message,
                        "the deadline of 300 ms passed before an identical request was answered");
    assert_string_equal(follower.essence, "essence [error]"); /* its own fallback */
    assert_int_equal(leader.results + other.results, 0);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(leader.status, GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(other.source, GLIMPSE_SOURCE_COALESCED);
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 1);
    assert_int_equal(gl_sim_counts_of(r.sim)->cancelled, 0);
    rig_check_books(&r);
    rig_close(&r);
}

static void follower_gets_its_own_notices(void **state)
{
    (void)state;
    rig r;
    callback_log leader, follower;
    glimpse_options options;
    glimpse_options_init(&options);
    const glimpse_thresholds quick = { 100, 200, 300, 400 };
    options.thresholds = quick;
    rig_init(&r);
    rig_open(&r);
    rig_submit(&r, &leader, PLAIN_BODY);
    gl_sim_run_for_ms(500);
    rig_submit_with(&r, &follower, PLAIN_BODY, &options);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(leader.notice_total, 0);
    assert_int_equal(follower.notice_total, 4);
    assert_int_equal(follower.notice_ms[GLIMPSE_NOTICE_PATIENCE], 300); /* from its own submit */
    assert_int_equal(follower.crossed, 4);
    assert_true(follower.stale && !leader.stale);
    assert_int_equal(follower.timings.total_ns, 500 * GL_MS);
    rig_close(&r);
}

static void cancelled_follower_leaves_alone(void **state)
{
    (void)state;
    rig r;
    callback_log leader, follower;
    rig_init(&r);
    rig_open(&r);
    rig_submit(&r, &leader, PLAIN_BODY);
    rig_submit(&r, &follower, PLAIN_BODY);
    gl_sim_run_for_ms(100);
    glimpse_cancel(r.engine, follower.id);
    glimpse_cancel(r.engine, follower.id);
    gl_sim_run_for_ms(0);
    assert_int_equal(follower.status, GLIMPSE_STATUS_CANCELLED);
    assert_int_equal(leader.results, 0);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(leader.status, GLIMPSE_STATUS_ALIGNED);
    rig_check_books(&r);
    rig_close(&r);
}

/* --- a leader that leaves --- */

static void cancelled_leader_promotes_a_follower_and_the_request_goes_on(void **state)
{
    (void)state;
    rig r;
    callback_log leader, next, last;
    rig_init(&r);
    rig_open(&r);
    rig_submit(&r, &leader, PLAIN_BODY);
    gl_sim_run_for_ms(100);
    rig_submit(&r, &next, PLAIN_BODY);
    rig_submit(&r, &last, PLAIN_BODY);
    gl_sim_run_for_ms(300);
    glimpse_cancel(r.engine, leader.id);
    gl_sim_run_for_ms(0);
    assert_int_equal(leader.status, GLIMPSE_STATUS_CANCELLED);
    assert_int_equal(next.results, 0);
    assert_int_equal(gl_sim_counts_of(r.sim)->running, 1);
    gl_sim_run_for_ms(600);
    assert_int_equal(next.status, GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(next.source, GLIMPSE_SOURCE_LIVE); /* the attempt is its own now */
    assert_int_equal(next.attempts, 1);
    assert_int_equal(next.timings.total_ns, 900 * GL_MS);
    assert_int_equal(last.source, GLIMPSE_SOURCE_COALESCED);
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 1);
    assert_int_equal(gl_sim_counts_of(r.sim)->cancelled, 0);
    rig_check_books(&r);
    rig_close(&r);
}

static void the_last_one_cancelled_ends_the_attempt(void **state)
{
    (void)state;
    rig r;
    callback_log t[4];
    rig_init(&r);
    rig_open(&r);
    for (int i = 0; i < 4; i++) rig_submit(&r, &t[i], PLAIN_BODY);
    gl_sim_run_for_ms(100);
    static const int order[] = { 0, 2, 1, 3 };
    for (int i = 0; i < 4; i++) {
        assert_int_equal(gl_sim_counts_of(r.sim)->cancelled, 0);
        glimpse_cancel(r.engine, t[order[i]].id);
        gl_sim_run_for_ms(1);
        assert_int_equal(t[order[i]].status, GLIMPSE_STATUS_CANCELLED);
    }
    assert_int_equal(gl_sim_counts_of(r.sim)->cancelled, 1);
    rig_submit(&r, &t[0], PLAIN_BODY); /* nothing is left to follow */
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(t[0].source, GLIMPSE_SOURCE_LIVE);
    rig_check_books(&r);
    rig_close(&r);
}

static void leaders_deadline_is_not_the_followers(void **state)
{
    (void)state;
    rig r;
    callback_log leader, follower;
    glimpse_options soon = options_with_deadline(400);
    rig_init(&r);
    rig_open(&r);
    rig_submit_with(&r, &leader, PLAIN_BODY, &soon);
    rig_submit(&r, &follower, PLAIN_BODY);
    gl_sim_run_for_ms(400);
    assert_int_equal(leader.error, GLIMPSE_ERR_DEADLINE);
    assert_string_equal(leader.message, "the deadline of 400 ms passed after 1 attempt");
    assert_string_equal(leader.essence, "essence [error]");
    assert_int_equal(follower.results, 0);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(follower.status, GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(follower.timings.total_ns, GL_SECOND);
    assert_int_equal(follower.attempts, 1);
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 1);
    rig_check_books(&r);
    rig_close(&r);
}

static void a_leader_in_the_queue_leaves_its_place_to_a_follower(void **state)
{
    (void)state;
    rig r;
    callback_log first, leader, follower, behind;
    rig_init(&r);
    r.config.concurrency = 1;
    rig_open(&r);
    rig_submit(&r, &first, "{\"n\":1}");
    rig_submit(&r, &leader, PLAIN_BODY);
    rig_submit(&r, &behind, "{\"n\":2}");
    gl_sim_run_for_ms(500);
    rig_submit(&r, &follower, PLAIN_BODY);
    gl_sim_run_for_ms(100);
    glimpse_cancel(r.engine, leader.id);
    gl_sim_run_for_ms(1400);
    assert_int_equal(leader.status, GLIMPSE_STATUS_CANCELLED);
    assert_int_equal(leader.timings.queue_ns, 600 * GL_MS); /* each its own wait */
    assert_int_equal(follower.status, GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(follower.timings.queue_ns, 400 * GL_MS);
    assert_int_equal(behind.results, 0); /* it was behind the leader */
    assert_true(gl_sim_run_idle(100));
    rig_check_books(&r);
    rig_close(&r);
}

static void a_leader_between_two_attempts_leaves_the_next_to_a_follower(void **state)
{
    (void)state;
    rig r;
    callback_log leader, follower;
    rig_init(&r);
    r.plans[0] = gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_HTTP, 500);
    r.plans[0].retry_after_ms = 5000;
    r.plans[1] = gl_sim_answer(GL_SECOND, "the second");
    r.plan_count = 2;
    rig_open(&r);
    rig_submit(&r, &leader, PLAIN_BODY);
    rig_submit(&r, &follower, PLAIN_BODY);
    gl_sim_run_for_ms(1000);
    glimpse_cancel(r.engine, leader.id);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(leader.status, GLIMPSE_STATUS_CANCELLED);
    assert_int_equal(leader.attempts, 1); /* each request sent is in one result */
    assert_string_equal(follower.text, "the second");
    assert_int_equal(follower.attempts, 1);
    assert_int_equal(follower.source, GLIMPSE_SOURCE_LIVE);
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 2);
    assert_int_equal(stats_of(&r).retries, 1);
    rig_check_books(&r);
    rig_close(&r);
}

/* --- failures --- */

static void the_endpoints_failure_is_everybodys_each_with_its_own_fallback(void **state)
{
    (void)state;
    rig r;
    callback_log leader, bare, follower;
    glimpse_options none;
    glimpse_options_init(&none);
    none.fallback = 0;
    rig_init(&r);
    r.plans[0] = gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_HTTP, 404);
    r.plans[0].code = "model_not_found";
    rig_open(&r);
    rig_submit(&r, &leader, PLAIN_BODY);
    rig_submit_with(&r, &bare, PLAIN_BODY, &none);
    rig_submit(&r, &follower, PLAIN_BODY);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 1);
    const callback_log *all[] = { &leader, &bare, &follower };
    for (int i = 0; i < 3; i++) {
        assert_int_equal(all[i]->status, GLIMPSE_STATUS_NOT_FOUND);
        assert_string_equal(all[i]->code, "model_not_found");
        assert_string_equal(all[i]->message, leader.message);
        assert_int_equal(all[i]->http_status, 404);
        assert_int_equal(all[i]->attempts, i == 0 ? 1 : 0);
        assert_string_equal(all[i]->essence, i == 1 ? "" : "essence [not_found]");
    }
    assert_int_equal(leader.source, GLIMPSE_SOURCE_LOCAL);
    assert_int_equal(bare.source, GLIMPSE_SOURCE_COALESCED);
    assert_int_equal(follower.source, GLIMPSE_SOURCE_LOCAL);
    rig_check_books(&r);
    rig_close(&r);
}

static void a_retry_serves_all(void **state)
{
    (void)state;
    rig r;
    callback_log leader, follower, late;
    rig_init(&r);
    r.plans[0] = gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_HTTP, 500);
    r.plans[1] = gl_sim_answer(GL_SECOND, "the second");
    r.plan_count = 2;
    rig_open(&r);
    rig_submit(&r, &leader, PLAIN_BODY);
    rig_submit(&r, &follower, PLAIN_BODY);
    gl_sim_run_for_ms(101);
    rig_submit(&r, &late, PLAIN_BODY); /* during the wait */
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(leader.attempts, 2);
    assert_int_equal(leader.notices[GLIMPSE_NOTICE_RETRY], 1);
    assert_int_equal(follower.notices[GLIMPSE_NOTICE_RETRY], 0); /* it has no attempts */
    assert_string_equal(follower.text, "the second");
    assert_string_equal(late.text, "the second");
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 2);
    rig_close(&r);
}

static void a_retry_too_late_for_the_leader_is_made_for_a_follower(void **state)
{
    (void)state;
    rig r;
    callback_log leader, soon, follower;
    glimpse_options three = options_with_deadline(3000), two = options_with_deadline(2000);
    rig_init(&r);
    r.plans[0] = gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_HTTP, 503);
    r.plans[0].retry_after_ms = 5000;
    r.plans[1] = gl_sim_answer(GL_SECOND, "the second");
    r.plan_count = 2;
    rig_open(&r);
    rig_submit_with(&r, &leader, PLAIN_BODY, &three);
    rig_submit_with(&r, &soon, PLAIN_BODY, &two);
    rig_submit(&r, &follower, PLAIN_BODY);
    gl_sim_run_for_ms(101);
    assert_int_equal(leader.error, GLIMPSE_ERR_HTTP); /* what failed, and not the deadline */
    assert_int_equal(leader.http_status, 503);
    assert_int_equal(leader.attempts, 1);
    assert_int_equal(soon.error, GLIMPSE_ERR_HTTP);
    assert_int_equal(soon.attempts, 0);
    assert_int_equal(follower.results, 0);
    assert_true(gl_sim_run_idle(100));
    assert_string_equal(follower.text, "the second");
    assert_int_equal(follower.attempts, 1);
    assert_int_equal(follower.notices[GLIMPSE_NOTICE_RETRY], 1);
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 2);
    rig_check_books(&r);
    rig_close(&r);
}

static void a_stopped_key_ends_leader_and_followers(void **state)
{
    (void)state;
    rig r;
    callback_log refused, leader, follower, late;
    rig_init(&r);
    r.config.concurrency = 1;
    r.plans[0] = gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_HTTP, 401);
    r.plans[0].code = "invalid_api_key";
    rig_open(&r);
    rig_submit(&r, &refused, "{\"n\":1}");
    rig_submit(&r, &leader, PLAIN_BODY);
    rig_submit(&r, &follower, PLAIN_BODY);
    assert_true(gl_sim_run_idle(100));
    rig_submit(&r, &late, PLAIN_BODY);
    assert_true(gl_sim_run_idle(100));
    const callback_log *all[] = { &leader, &follower, &late };
    for (int i = 0; i < 3; i++) {
        assert_int_equal(all[i]->status, GLIMPSE_STATUS_AUTH_ERROR);
        assert_string_equal(all[i]->code, "invalid_api_key");
        assert_int_equal(all[i]->attempts, 0);
    }
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 1);
    rig_check_books(&r);
    rig_close(&r);
}

/* --- the queue --- */

static void an_interactive_follower_takes_its_leader_along(void **state)
{
    (void)state;
    rig r;
    callback_log running, bulk, leader, follower;
    glimpse_options interactive;
    glimpse_options_init(&interactive);
    interactive.priority = GLIMPSE_PRIORITY_INTERACTIVE;
    rig_init(&r);
    r.config.concurrency = 1;
    rig_open(&r);
    rig_submit(&r, &running, "{\"n\":1}");
    gl_sim_run_for_ms(1);
    rig_submit(&r, &bulk, "{\"n\":2}");
    rig_submit(&r, &leader, PLAIN_BODY);
    rig_submit_with(&r, &follower, PLAIN_BODY, &interactive);
    gl_sim_run_for_ms(2000);
    assert_int_equal(follower.results, 1);
    assert_int_equal(leader.results, 1);
    assert_int_equal(bulk.results, 0);
    assert_true(gl_sim_run_idle(100));
    rig_check_books(&r);
    rig_close(&r);
}

/* --- the end --- */

static void closing_tells_everybody_once(void **state)
{
    (void)state;
    rig r;
    callback_log running[3], waiting[3];
    rig_init(&r);
    r.config.concurrency = 1;
    rig_open(&r);
    for (int i = 0; i < 3; i++) rig_submit(&r, &running[i], PLAIN_BODY);
    gl_sim_run_for_ms(100);
    for (int i = 0; i < 3; i++) rig_submit(&r, &waiting[i], "{\"n\":1}");
    gl_sim_run_for_ms(100);
    glimpse_engine_close(r.engine, 5000, rig_closed, &r);
    gl_sim_run_for_ms(100);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(waiting[i].status, GLIMPSE_STATUS_CANCELLED);
        assert_int_equal(running[i].results, 0); /* theirs is in flight: it has its grace */
    }
    assert_true(gl_sim_run_idle(100));
    for (int i = 0; i < 3; i++) assert_int_equal(running[i].status, GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(r.closed, 1);
    rig_check_books(&r);
    rig_close(&r);
}

static void freeing_tells_everybody_once(void **state)
{
    (void)state;
    rig r;
    callback_log t[100];
    rig_init(&r);
    r.config.concurrency = 1;
    rig_open(&r);
    for (int i = 0; i < 100; i++) rig_submit(&r, &t[i], i % 2 ? PLAIN_BODY : "{\"n\":1}");
    gl_sim_run_for_ms(100);
    glimpse_engine_free(r.engine);
    r.engine = NULL;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(t[i].results, 1);
        assert_int_equal(t[i].status, GLIMPSE_STATUS_CANCELLED);
    }
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousand_identical_submissions_are_one_request),
        cmocka_unit_test(who_comes_after_the_answer_finds_it_in_the_cache),
        cmocka_unit_test(coalescing_off_sends_each),
        cmocka_unit_test(one_request_may_be_taken_out_of_it),
        cmocka_unit_test(identities_that_begin_alike_fly_apart),
        cmocka_unit_test(two_engines_share_a_cache_but_no_flight),
        cmocka_unit_test(follower_gets_its_own_deadline),
        cmocka_unit_test(follower_gets_its_own_notices),
        cmocka_unit_test(cancelled_follower_leaves_alone),
        cmocka_unit_test(cancelled_leader_promotes_a_follower_and_the_request_goes_on),
        cmocka_unit_test(the_last_one_cancelled_ends_the_attempt),
        cmocka_unit_test(leaders_deadline_is_not_the_followers),
        cmocka_unit_test(a_leader_in_the_queue_leaves_its_place_to_a_follower),
        cmocka_unit_test(a_leader_between_two_attempts_leaves_the_next_to_a_follower),
        cmocka_unit_test(the_endpoints_failure_is_everybodys_each_with_its_own_fallback),
        cmocka_unit_test(a_retry_serves_all),
        cmocka_unit_test(a_retry_too_late_for_the_leader_is_made_for_a_follower),
        cmocka_unit_test(a_stopped_key_ends_leader_and_followers),
        cmocka_unit_test(an_interactive_follower_takes_its_leader_along),
        cmocka_unit_test(closing_tells_everybody_once),
        cmocka_unit_test(freeing_tells_everybody_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
