/* retry.c - retries, deadlines and the limits of an attempt, as the engine carries them out. */
#include "rig.h"

static void failures_are_retried_up_to_five_attempts_with_growing_waits(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.plans[0] = gl_sim_failure(10 * GL_MS, GLIMPSE_ERR_HTTP, 500);
    rig_open(&r);
    rig_submit(&r, &t, "{}");
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(t.attempts, 5);
    assert_int_equal(t.status, GLIMPSE_STATUS_SERVER_ERROR);
    assert_int_equal(t.error, GLIMPSE_ERR_HTTP);
    assert_int_equal(t.http_status, 500);
    assert_int_equal(t.source, GLIMPSE_SOURCE_LOCAL);
    assert_string_equal(t.essence, "essence [server_error]");
    assert_string_equal(t.text, ""); /* never mistaken for an answer */
    /* 0.5 + 1 + 2 + 4 s, each up to half as much again. */
    assert_in_range(t.timings.backoff_ns, 7500 * GL_MS, 11250 * GL_MS);
    assert_int_equal(t.timings.total_ns, t.timings.backoff_ns + 50 * (int64_t)GL_MS);
    rig_check_books(&r);
    rig_close(&r);
}

static void a_retry_that_succeeds_leaves_no_error(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.plans[0] = gl_sim_failure(10 * GL_MS, GLIMPSE_ERR_RESET, 0);
    r.plans[1] = gl_sim_failure(10 * GL_MS, GLIMPSE_ERR_HTTP, 429);
    r.plans[2] = gl_sim_answer(10 * GL_MS, "third time");
    r.plan_count = 3;
    rig_open(&r);
    rig_submit(&r, &t, "{}");
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(t.attempts, 3);
    assert_int_equal(t.status, GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(t.error, GLIMPSE_OK);
    assert_string_equal(t.code, "");
    assert_string_equal(t.message, "");
    assert_string_equal(t.text, "third time");
    assert_int_equal(t.http_status, 200);
    rig_close(&r);
}

static void what_cannot_succeed_is_not_retried(void **state)
{
    (void)state;
    static const struct {
        int http;
        glimpse_status status;
    } rows[] = { { 400, GLIMPSE_STATUS_BAD_REQUEST },
                 { 401, GLIMPSE_STATUS_AUTH_ERROR },
                 { 403, GLIMPSE_STATUS_PERMISSION_DENIED },
                 { 404, GLIMPSE_STATUS_NOT_FOUND },
                 { 422, GLIMPSE_STATUS_UNPROCESSABLE } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rig r;
        callback_log t;
        rig_init(&r);
        r.plans[0] = gl_sim_failure(10 * GL_MS, GLIMPSE_ERR_HTTP, rows[i].http);
        rig_open(&r);
        rig_submit(&r, &t, "{}");
        assert_true(gl_sim_run_idle(1000));
        assert_int_equal(t.attempts, 1);
        assert_int_equal(t.status, rows[i].status);
        rig_close(&r);
    }
}

static void an_answer_that_does_not_parse_is_tried_once_more(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.plans[0] = gl_sim_failure(10 * GL_MS, GLIMPSE_ERR_BAD_JSON, 200);
    rig_open(&r);
    rig_submit(&r, &t, "{}");
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(t.attempts, 2);
    assert_int_equal(t.status, GLIMPSE_STATUS_ERROR);
    assert_int_equal(t.error, GLIMPSE_ERR_BAD_JSON);
    rig_close(&r);
}

static void the_wait_a_server_asks_for_is_kept(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.plans[0] = gl_sim_failure(0, GLIMPSE_ERR_HTTP, 429);
    r.plans[0].retry_after_ms = 20000;
    r.plans[1] = gl_sim_answer(0, "x");
    r.plan_count = 2;
    rig_open(&r);
    rig_submit(&r, &t, "{}");
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(t.attempts, 2);
    assert_in_range(t.timings.backoff_ns, 20000 * GL_MS, 22000 * GL_MS);
    rig_close(&r);
}

static void a_longer_wait_than_we_honour_is_not_replaced_by_a_shorter_one(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.plans[0] = gl_sim_failure(0, GLIMPSE_ERR_HTTP, 429);
    r.plans[0].retry_after_ms = 121000;
    rig_open(&r);
    rig_submit(&r, &t, "{}");
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(t.attempts, 1);
    assert_int_equal(t.status, GLIMPSE_STATUS_RATE_LIMITED);
    assert_true(t.timings.total_ns < (int64_t)GL_SECOND);
    rig_close(&r);
}

static void what_the_server_says_about_a_retry_is_obeyed(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.plans[0] = gl_sim_failure(0, GLIMPSE_ERR_HTTP, 503);
    r.plans[0].should_not_retry = true;
    rig_open(&r);
    rig_submit(&r, &t, "{}");
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(t.attempts, 1);
    assert_int_equal(t.status, GLIMPSE_STATUS_SERVER_ERROR);
    rig_close(&r);
}

static void a_retry_goes_back_through_admission(void **state)
{
    (void)state;
    rig r;
    callback_log failing, other;
    rig_init(&r);
    r.config.concurrency = 1;
    r.plans[0] = gl_sim_failure(GL_SECOND, GLIMPSE_ERR_HTTP, 500);
    r.plans[1] = gl_sim_answer(GL_SECOND, "x");
    r.plan_count = 2;
    rig_open(&r);
    rig_submit(&r, &failing, "{\"n\":1}");
    rig_submit(&r, &other, "{\"n\":2}");
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(gl_sim_counts_of(r.sim)->peak, 1);
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 4);
    assert_int_equal(failing.status, GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(other.status, GLIMPSE_STATUS_ALIGNED);
    rig_close(&r);
}

static void the_place_of_a_failed_attempt_is_taken_at_once(void **state)
{
    (void)state;
    rig r;
    callback_log failing, next;
    rig_init(&r);
    r.config.concurrency = 1;
    r.plans[0] = gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_HTTP, 500);
    rig_open(&r);
    rig_submit(&r, &failing, "{\"n\":1}");
    rig_submit(&r, &next, "{\"n\":2}");
    gl_sim_run_for_ms(100); /* the first one's attempt ends, and it waits for its retry */
    assert_int_equal(gl_sim_counts_of(r.sim)->started, 2);
    rig_close(&r);
}

static void without_fallback_a_failure_has_no_essence(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    glimpse_options options;
    rig_init(&r);
    r.plans[0] = gl_sim_failure(0, GLIMPSE_ERR_HTTP, 404);
    rig_open(&r);
    glimpse_options_init(&options);
    options.fallback = 0;
    rig_submit_with(&r, &t, "{}", &options);
    assert_true(gl_sim_run_idle(1000));
    assert_string_equal(t.essence, "");
    assert_int_equal(t.source, GLIMPSE_SOURCE_LIVE);
    rig_close(&r);
}

/* --- limits of time --- */

static void the_deadline_ends_a_request_whatever_it_does(void **state)
{
    (void)state;
    rig r;
    callback_log running, waiting;
    rig_init(&r);
    r.config.concurrency = 1;
    r.config.deadline_ms = 3000;
    r.plans[0] = gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_HTTP, 500);
    r.plans[1] = gl_sim_answer(GL_TIME_NEVER, "never");
    r.plan_count = 2;
    rig_open(&r);
    rig_submit(&r, &running, "{\"n\":1}");
    gl_sim_run_for_ms(1500); /* its second attempt is out */
    rig_submit(&r, &waiting, "{\"n\":2}");
    r.plans[0] = gl_sim_answer(GL_TIME_NEVER, "never");
    assert_true(gl_sim_run_idle(1000));
    callback_log *all[] = { &running, &waiting };
    for (int i = 0; i < 2; i++) {
        assert_int_equal(all[i]->error, GLIMPSE_ERR_DEADLINE);
        assert_int_equal(all[i]->status, GLIMPSE_STATUS_ERROR);
        assert_string_equal(all[i]->code, "deadline");
        assert_int_equal(all[i]->timings.total_ns, 3000 * GL_MS);
        assert_string_equal(all[i]->essence, "essence [error]"); /* the fallback still answers */
    }
    assert_string_equal(running.message, "the deadline of 3000 ms passed after 2 attempts");
    assert_int_equal(running.attempts, 2);
    assert_string_equal(waiting.message, "the deadline of 3000 ms passed after 1 attempt");
    rig_check_books(&r);
    rig_close(&r);
}

/* One clock over attempts, the waits between them, and the queue before each. */
static void the_deadline_counts_the_queue_as_well(void **state)
{
    (void)state;
    rig r;
    callback_log first, retried, unsent;
    rig_init(&r);
    r.config.concurrency = 1;
    r.config.cache_entries = 0;
    r.plans[0] = gl_sim_failure(100 * GL_MS, GLIMPSE_ERR_HTTP, 500);
    r.plan_count = 1;
    rig_open(&r);
    glimpse_options options;
    glimpse_options_init(&options);
    options.deadline_ms = 3000;
    rig_submit_with(&r, &retried, "{\"n\":1}", &options);
    gl_sim_run_for_ms(200); /* it rests; another takes the one place, and keeps it */
    r.plans[0] = gl_sim_answer(GL_TIME_NEVER, "never");
    options.deadline_ms = 20000;
    rig_submit_with(&r, &first, "{\"n\":2}", &options);
    gl_sim_run_for_ms(100);
    options.deadline_ms = 1000;
    rig_submit_with(&r, &unsent, "{\"n\":3}", &options);
    assert_true(gl_sim_run_idle(1000));
    assert_string_equal(unsent.message, "the deadline of 1000 ms passed before the first attempt");
    assert_int_equal(unsent.timings.total_ns, 1000 * GL_MS);
    assert_int_equal(unsent.attempts, 0);
    assert_string_equal(retried.message, "the deadline of 3000 ms passed after 1 attempt, the last "
                                         "of them: http");
    assert_int_equal(retried.timings.total_ns, 3000 * GL_MS);
    assert_int_equal(first.timings.total_ns, 20000 * GL_MS);
    rig_check_books(&r);
    rig_close(&r);
}

static void a_wait_that_would_pass_the_deadline_is_not_begun(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.config.deadline_ms = 400;
    r.plans[0] = gl_sim_failure(10 * GL_MS, GLIMPSE_ERR_HTTP, 500);
    rig_open(&r);
    rig_submit(&r, &t, "{}");
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(t.attempts, 1);
    assert_int_equal(t.status, GLIMPSE_STATUS_SERVER_ERROR); /* what happened, not "deadline" */
    assert_int_equal(t.timings.total_ns, 10 * GL_MS);
    rig_close(&r);
}

static void run_limit(rig *r, callback_log *t, const gl_sim_plan *plan, glimpse_error want,
                      int64_t ms)
{
    r->config.max_attempts = 1;
    r->config.thresholds = (glimpse_thresholds){ 3600000, 3600001, 3600002, 3600003 };
    r->plans[0] = *plan;
    rig_open(r);
    rig_submit(r, t, "{}");
    assert_true(gl_sim_run_idle(10000));
    assert_int_equal(t->error, want);
    assert_int_equal(t->status, GLIMPSE_STATUS_ERROR);
    assert_int_equal(t->timings.total_ns, ms * (int64_t)GL_MS);
    assert_int_equal(gl_sim_counts_of(r->sim)->cancelled, 1);
    rig_close(r);
}

static void each_limit_of_an_attempt_ends_it_at_its_time_under_its_name(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    gl_sim_plan plan = gl_sim_answer(GL_TIME_NEVER, "x");
    plan.connected = GL_TIME_NEVER;
    rig_init(&r);
    run_limit(&r, &t, &plan, GLIMPSE_ERR_TIMEOUT_CONNECT, 5000);
    assert_int_equal(t.attempts, 0); /* nothing was sent */

    plan.connected = 100 * GL_MS;
    plan.first_byte = GL_TIME_NEVER;
    rig_init(&r);
    r.config.first_byte_timeout_ms = 2000;
    run_limit(&r, &t, &plan, GLIMPSE_ERR_TIMEOUT_FIRST_BYTE, 2100);
    assert_int_equal(t.attempts, 1);

    plan.first_byte = 1000 * GL_MS;
    rig_init(&r);
    r.config.idle_timeout_ms = 700;
    run_limit(&r, &t, &plan, GLIMPSE_ERR_TIMEOUT_IDLE, 1700);

    plan.bytes_every = 500 * GL_MS; /* never idle, never done */
    rig_init(&r);
    r.config.idle_timeout_ms = 700;
    r.config.timeout_ms = 20000;
    run_limit(&r, &t, &plan, GLIMPSE_ERR_TIMEOUT, 20000);

    rig_init(&r);
    r.config.idle_timeout_ms = 700;
    r.config.deadline_ms = 9000;
    run_limit(&r, &t, &plan, GLIMPSE_ERR_DEADLINE, 9000);
}

static void a_limit_that_has_passed_is_retried(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.config.timeout_ms = 1000;
    r.plans[0] = gl_sim_answer(GL_TIME_NEVER, "never");
    r.plans[1] = gl_sim_answer(100 * GL_MS, "second");
    r.plan_count = 2;
    rig_open(&r);
    rig_submit(&r, &t, "{}");
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(t.status, GLIMPSE_STATUS_ALIGNED);
    assert_int_equal(t.attempts, 2);
    rig_close(&r);
}

static void a_limit_that_passes_shows_no_answer_of_an_earlier_attempt(void **state)
{
    (void)state;
    rig r;
    callback_log t;
    rig_init(&r);
    r.config.timeout_ms = 1000;
    r.config.max_attempts = 3;
    r.plans[0] = gl_sim_failure(10 * GL_MS, GLIMPSE_ERR_HTTP, 500);
    r.plans[1] = gl_sim_answer(GL_TIME_NEVER, "never");
    r.plan_count = 2;
    rig_open(&r);
    rig_submit(&r, &t, "{}");
    while (t.notices[GLIMPSE_NOTICE_RETRY] < 1) assert_true(gl_sim_step());
    assert_int_equal(t.last_notice.http_status, 500);
    while (t.notices[GLIMPSE_NOTICE_RETRY] < 2) assert_true(gl_sim_step());
    assert_int_equal(t.last_notice.error, GLIMPSE_ERR_TIMEOUT);
    assert_int_equal(t.last_notice.http_status, 0);
    assert_true(gl_sim_run_idle(1000));
    assert_int_equal(t.error, GLIMPSE_ERR_TIMEOUT);
    assert_int_equal(t.http_status, 0);
    rig_check_books(&r);
    rig_close(&r);
}

static void a_wait_that_is_cut_short_counts_as_long_as_it_was(void **state)
{
    (void)state;
    rig r;
    callback_log resting, queued;
    rig_init(&r);
    r.config.concurrency = 1;
    r.config.base_delay_ms = 60 * 1000;
    r.plans[0] = gl_sim_failure(10 * GL_MS, GLIMPSE_ERR_HTTP, 500);
    r.plans[1] = gl_sim_answer(GL_TIME_NEVER, "never");
    rig_open(&r);
    rig_submit(&r, &resting, "{\"n\":1}");
    gl_sim_run_for_ms(10); /* it failed, and now waits for a minute */
    r.plans[0] = r.plans[1];
    callback_log running;
    rig_submit(&r, &running, "{\"n\":2}");
    rig_submit(&r, &queued, "{\"n\":3}");
    gl_sim_run_for_ms(90);
    glimpse_cancel(r.engine, resting.id);
    glimpse_cancel(r.engine, queued.id);
    gl_sim_run_for_ms(1);
    assert_int_equal(resting.timings.backoff_ns, 90 * (int64_t)GL_MS);
    assert_int_equal(queued.timings.queue_ns, 90 * (int64_t)GL_MS);
    glimpse_cancel(r.engine, running.id);
    assert_true(gl_sim_run_idle(100));
    rig_check_books(&r);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_are_retried_up_to_five_attempts_with_growing_waits),
        cmocka_unit_test(a_retry_that_succeeds_leaves_no_error),
        cmocka_unit_test(what_cannot_succeed_is_not_retried),
        cmocka_unit_test(an_answer_that_does_not_parse_is_tried_once_more),
        cmocka_unit_test(the_wait_a_server_asks_for_is_kept),
        cmocka_unit_test(a_longer_wait_than_we_honour_is_not_replaced_by_a_shorter_one),
        cmocka_unit_test(a_retry_goes_back_through_admission),
        cmocka_unit_test(the_place_of_a_failed_attempt_is_taken_at_once),
        cmocka_unit_test(without_fallback_a_failure_has_no_essence),
        cmocka_unit_test(the_deadline_ends_a_request_whatever_it_does),
        cmocka_unit_test(the_deadline_counts_the_queue_as_well),
        cmocka_unit_test(what_the_server_says_about_a_retry_is_obeyed),
        cmocka_unit_test(a_wait_that_would_pass_the_deadline_is_not_begun),
        cmocka_unit_test(each_limit_of_an_attempt_ends_it_at_its_time_under_its_name),
        cmocka_unit_test(a_limit_that_has_passed_is_retried),
        cmocka_unit_test(a_limit_that_passes_shows_no_answer_of_an_earlier_attempt),
        cmocka_unit_test(a_wait_that_is_cut_short_counts_as_long_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
