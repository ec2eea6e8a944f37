/* notices.c - t1 to t4 (docs/playbook.md section 1) as the engine tells them. */
#include "rig.h"

#include <stdlib.h>

static void each_threshold_is_told_once_in_order_at_its_time(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.plans[0] = gl_sim_answer(10 * GL_SECOND, "late");
    rig_open(&r);
    rig_submit(&r, &t, "{}");
    static const int64_t at[] = { 1500, 2500, 4000, 6000 };
    for (int i = 0; i < 4; i++) {
        gl_sim_run_until(1000 * GL_SECOND + (uint64_t)at[i] * GL_MS - 1);
        assert_int_equal(t.notice_total, i);
        gl_sim_run_until(1000 * GL_SECOND + (uint64_t)at[i] * GL_MS);
        assert_int_equal(t.notice_total, i + 1);
        assert_int_equal(t.notices[i], 1); /* kinds are in the order of the thresholds */
        assert_int_equal(t.notice_ms[i], at[i]);
        assert_true(t.last_notice.message[0] != '\0');
    }
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(t.notice_total, 4);
    assert_true(t.stale);
    assert_int_equal(t.crossed, 4);
    assert_int_equal(t.status, GLIMPSE_STATUS_ALIGNED);
    rig_close(&r);
}

static void an_answer_before_t4_is_not_stale(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.plans[0] = gl_sim_answer(5999 * GL_MS, "in time");
    rig_open(&r);
    rig_submit(&r, &t, "{}");
    assert_true(gl_sim_run_idle(100));
    assert_false(t.stale);
    assert_int_equal(t.crossed, 3);
    assert_int_equal(t.notice_total, 3);
    rig_close(&r);
}

static void patience_offers_its_four_choices_as_data(void **state)
{
    (void)state;
    glimpse_choice seen[4] = { 0 };
    rig r;
    callback_log t;
    rig_init(&r);
    r.plans[0] = gl_sim_answer(5 * GL_SECOND, "x");
    rig_open(&r);
    rig_submit(&r, &t, "{}");
    gl_sim_run_for_ms(2500);
    assert_null(t.last_notice.choices);
    gl_sim_run_for_ms(1500);
    assert_int_equal(t.last_notice.kind, GLIMPSE_NOTICE_PATIENCE);
    assert_int_equal(t.last_notice.choice_count, 4);
    memcpy(seen, t.last_notice.choices, sizeof seen);
    for (int i = 0; i < 4; i++) assert_int_equal(seen[i], i);
    assert_true(gl_sim_run_idle(100));
    rig_close(&r);
}

static void thresholds_of_one_request_replace_the_engines(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    glimpse_thresholds own = { 10, 20, 30, 40 };
    glimpse_options options;
    rig_init(&r);
    rig_open(&r);
    glimpse_options_init(&options);
    options.thresholds = own;
    rig_submit_with(&r, &t, "{}", &options);
    gl_sim_run_for_ms(40);
    assert_int_equal(t.notice_total, 4);
    assert_true(gl_sim_run_idle(100));
    assert_true(t.stale);
    rig_close(&r);
}

static void time_in_the_queue_counts_towards_the_thresholds(void **state)
{
    (void)state;
    rig r;
    callback_log first, second;
    rig_init(&r);
    r.config.concurrency = 1;
    r.plans[0] = gl_sim_answer(1900 * GL_MS, "x");
    rig_open(&r);
    rig_submit(&r, &first, "{\"n\":1}");
    rig_submit(&r, &second, "{\"n\":2}");
    gl_sim_run_for_ms(1500);
    assert_int_equal(second.notices[GLIMPSE_NOTICE_TRYING], 1);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(second.crossed, 2);
    rig_close(&r);
}

static void ten_thousand_requests_get_each_notice_once_in_order_at_its_time(void **state)
{
    (void)state;
    enum { N = 10000 };
    rig r;
    callback_log *t = calloc(N, sizeof *t);
    char body[96];
    rig_init(&r);
    r.config.concurrency = N;
    r.config.cache_entries = 0;
    r.plans[0] = gl_sim_answer(7 * GL_SECOND, "x");
    rig_open(&r);
    for (int i = 0; i < N; i++) {
        rig_submit(&r, &t[i], rig_body(body, i));
        gl_sim_run_until(1000 * GL_SECOND + (uint64_t)(i + 1) * 100 * GL_US);
    }
    assert_true(gl_sim_run_idle(10000000));
    static const int64_t at[] = { 1500, 2500, 4000, 6000 };
    for (int i = 0; i < N; i++) {
        assert_int_equal(t[i].results, 1);
        assert_int_equal(t[i].notice_total, 4);
        for (int n = 0; n < 4; n++) {
            assert_int_equal(t[i].notices[n], 1);
            assert_int_equal(t[i].notice_ms[n], at[n]);
        }
    }
    rig_check_books(&r);
    rig_close(&r);
    free(t);
}

static void a_retry_is_told_with_its_reason_and_its_wait(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.plans[0] = gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_HTTP, 503);
    r.plans[1] = gl_sim_answer(100 * GL_MS, "x");
    r.plan_count = 2;
    rig_open(&r);
    rig_submit(&r, &t, "{}");
    gl_sim_run_for_ms(101);
    assert_int_equal(t.notices[GLIMPSE_NOTICE_RETRY], 1);
    assert_int_equal(t.last_notice.http_status, 503);
    assert_int_equal(t.last_notice.error, GLIMPSE_ERR_HTTP);
    assert_int_equal(t.last_notice.attempt, 1);
    assert_in_range(t.last_notice.delay_ms, 500, 750);
    assert_true(gl_sim_run_idle(100));
    assert_int_equal(t.status, GLIMPSE_STATUS_ALIGNED);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_threshold_is_told_once_in_order_at_its_time),
        cmocka_unit_test(an_answer_before_t4_is_not_stale),
        cmocka_unit_test(patience_offers_its_four_choices_as_data),
        cmocka_unit_test(thresholds_of_one_request_replace_the_engines),
        cmocka_unit_test(time_in_the_queue_counts_towards_the_thresholds),
        cmocka_unit_test(ten_thousand_requests_get_each_notice_once_in_order_at_its_time),
        cmocka_unit_test(a_retry_is_told_with_its_reason_and_its_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
