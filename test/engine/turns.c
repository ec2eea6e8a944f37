/* turns.c - callers of one priority take turns by tokens; a request has attempts of its own. */
#include "rig.h"

#include <stdlib.h>

static void submit_as(rig *r, callback_log *t, const char *caller, int number, int max_tokens,
                      glimpse_priority priority)
{
    char body[96];
    glimpse_options options;
    glimpse_options_init(&options);
    options.caller = caller;
    options.priority = priority;
    snprintf(body, sizeof body, "{\"max_tokens\":%d,\"n\":%d}", max_tokens, number);
    rig_submit_with(r, t, body, &options);
}

/* One attempt at a time, of a second each; the first is out. */
static void open_with_one_out(rig *r, callback_log *first)
{
    rig_init(r);
    r->config.concurrency = 1;
    r->config.max_tokens = 1;
    rig_open(r);
    rig_submit(r, first, "{}");
    gl_sim_run_for_ms(1);
}

static int done(const callback_log *t, int count)
{
    int results = 0;
    for (int i = 0; i < count; i++) results += t[i].results;
    return results;
}

static void a_flood_of_one_caller_does_not_hold_up_another(void **state)
{
    (void)state;
    enum { FLOOD = 200 };
    rig r;
    static callback_log first, flood[FLOOD], few[2];
    open_with_one_out(&r, &first);
    for (int i = 0; i < FLOOD; i++) submit_as(&r, &flood[i], "a", i, 1000, GLIMPSE_PRIORITY_BULK);
    for (int i = 0; i < 2; i++) submit_as(&r, &few[i], "b", 1000 + i, 1000, GLIMPSE_PRIORITY_BULK);
    gl_sim_run_for_ms(1000 * 5 + 500); /* the first, and four or five more */
    assert_int_equal(done(few, 2), 2);
    assert_true(gl_sim_run_idle(10000));
    assert_int_equal(done(flood, FLOOD), FLOOD);
    rig_check_books(&r);
    rig_close(&r);
}

static void callers_get_as_many_tokens_and_not_as_many_requests(void **state)
{
    (void)state;
    enum { N = 200 };
    rig r;
    static callback_log first, large[N], small[N];
    open_with_one_out(&r, &first);
    for (int i = 0; i < N; i++) submit_as(&r, &large[i], "a", i, 4000, GLIMPSE_PRIORITY_BULK);
    for (int i = 0; i < N; i++)
        submit_as(&r, &small[i], "b", 1000 + i, 1000, GLIMPSE_PRIORITY_BULK);
    gl_sim_run_for_ms(1000 * 101);
    int of_a = done(large, N), of_b = done(small, N);
    assert_in_range(of_a, 18, 22); /* of 100: 20 with 4,000 tokens, 80 with 1,000 */
    assert_in_range(of_b, 78, 82);
    assert_true(gl_sim_run_idle(10000));
    rig_check_books(&r);
    rig_close(&r);
}

/* An interactive request of the caller that floods still goes before others' bulk. */
static void turns_are_taken_within_a_priority(void **state)
{
    (void)state;
    rig r;
    static callback_log first, flood[50], bulk, urgent;
    open_with_one_out(&r, &first);
    for (int i = 0; i < 50; i++) submit_as(&r, &flood[i], "a", i, 100, GLIMPSE_PRIORITY_BULK);
    submit_as(&r, &bulk, "b", 100, 100, GLIMPSE_PRIORITY_BULK);
    submit_as(&r, &urgent, "a", 101, 100, GLIMPSE_PRIORITY_INTERACTIVE);
    gl_sim_run_for_ms(2500);
    assert_int_equal(urgent.results, 1);
    assert_int_equal(done(flood, 50) + bulk.results, 0);
    assert_true(gl_sim_run_idle(10000));
    rig_check_books(&r);
    rig_close(&r);
}

static void requests_of_one_caller_go_in_their_order(void **state)
{
    (void)state;
    rig r;
    static callback_log first, t[2][20];
    static const char *const names[] = { NULL, "a" };
    open_with_one_out(&r, &first);
    for (int i = 0; i < 20; i++)
        for (int c = 0; c < 2; c++)
            submit_as(&r, &t[c][i], names[c], 100 * c + i, 100 + 37 * (i % 5),
                      GLIMPSE_PRIORITY_BULK);
    for (int second = 0; second < 41; second++) {
        gl_sim_run_for_ms(1000);
        for (int c = 0; c < 2; c++)
            for (int i = 1; i < 20; i++) assert_true(t[c][i].results <= t[c][i - 1].results);
    }
    assert_true(gl_sim_run_idle(1000));
    rig_check_books(&r);
    rig_close(&r);
}

/* What is cancelled, what fails and what is retried keep the queue's books. */
static void a_caller_may_leave_while_it_waits(void **state)
{
    (void)state;
    enum { N = 300 };
    rig r;
    static callback_log t[N];
    static const char *const names[] = { "a", "b", "c", NULL };
    rig_init(&r);
    r.config.concurrency = 3;
    r.config.seed = 7;
    r.plans[0] = gl_sim_answer(10 * GL_MS, "x");
    r.plans[1] = gl_sim_failure(10 * GL_MS, GLIMPSE_ERR_RESET, 0);
    r.plan_count = 2;
    rig_open(&r);
    for (int i = 0; i < N; i++)
        submit_as(&r, &t[i], names[i % 4], i, 1 + 100 * (i % 7), (glimpse_priority)(i % 2));
    for (int i = 0; i < N; i += 3) {
        glimpse_cancel(r.engine, t[i].id);
        gl_sim_run_for_ms(3);
    }
    assert_true(gl_sim_run_idle(1000000));
    assert_int_equal(done(t, N), N);
    rig_check_books(&r);
    rig_close(&r);
}

static void a_request_has_attempts_of_its_own(void **state)
{
    (void)state;
    rig r;
    callback_log usual, fewer;
    glimpse_options options;
    glimpse_problem problem;
    rig_init(&r);
    r.plans[0] = gl_sim_failure(10 * GL_MS, GLIMPSE_ERR_RESET, 0);
    r.config.max_attempts = 4;
    r.config.breaker = GLIMPSE_BREAKER_OFF;
    rig_open(&r);
    glimpse_options_init(&options);
    options.max_attempts = 2;
    rig_submit(&r, &usual, "{\"n\":1}");
    rig_submit_with(&r, &fewer, "{\"n\":2}", &options);
    assert_true(gl_sim_run_idle(100000));
    assert_int_equal(usual.attempts, 4);
    assert_int_equal(fewer.attempts, 2);
    options.max_attempts = 0;
    assert_int_equal(glimpse_options_check(&options, &problem), GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.field, "max_attempts");
    options.max_attempts = GLIMPSE_INHERIT;
    options.caller = "";
    assert_int_equal(glimpse_options_check(&options, &problem), GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.field, "caller");
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flood_of_one_caller_does_not_hold_up_another),
        cmocka_unit_test(callers_get_as_many_tokens_and_not_as_many_requests),
        cmocka_unit_test(turns_are_taken_within_a_priority),
        cmocka_unit_test(requests_of_one_caller_go_in_their_order),
        cmocka_unit_test(a_caller_may_leave_while_it_waits),
        cmocka_unit_test(a_request_has_attempts_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
