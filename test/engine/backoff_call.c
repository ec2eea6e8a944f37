/* glimpse_backoff_start in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glimpse/backoff.h>

#include "engine/loop_sim.h"
#include "oom.h"

#define START (1000 * GL_SECOND)

static size_t live_before;

/* One use of it: what the attempts do, and what came of them. */
typedef struct job {
    glimpse_backoff_call *call;
    int succeed_at;      /* attempt that succeeds; 0: none */
    glimpse_error error; /* what the others end with */
    bool for_good;       /* not to be tried again */
    int64_t at_least_ms;
    bool later; /* attempts do not end by themselves */
    int attempts, done;
    gl_time times[1001];
    glimpse_error outcome;
    int outcome_attempts;
    bool inside; /* an attempt has not returned yet */
} job;

static job j;

static int setup(void **state)
{
    (void)state;
    live_before = gl_alloc_live();
    gl_sim_reset(START);
    j = (job){ .error = GLIMPSE_ERR_RESET };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(gl_sim_live(), 0);
    assert_int_equal(gl_alloc_live(), live_before);
    return 0;
}

static void end_attempt(void)
{
    bool ok = j.attempts == j.succeed_at;
    glimpse_backoff_attempt_done(j.call, ok ? GLIMPSE_OK : j.error, !j.for_good, j.at_least_ms);
}

static void attempt(glimpse_backoff_call *call, int n, void *arg)
{
    assert_ptr_equal(arg, &j);
    assert_ptr_equal(call, j.call);
    assert_int_equal(n, ++j.attempts);
    j.times[n] = gl_sim_now();
    assert_false(j.inside);
    j.inside = true;
    if (!j.later) end_attempt();
    j.inside = false;
}

static void done(glimpse_error error, int attempts, void *arg)
{
    assert_ptr_equal(arg, &j);
    assert_false(j.inside);
    assert_int_equal(++j.done, 1);
    j.outcome = error;
    j.outcome_attempts = attempts;
}

static void start(const glimpse_backoff_policy *policy)
{
    glimpse_error error = glimpse_backoff_start(gl_sim_base(), policy, attempt, done, &j, &j.call);
    assert_int_equal(error, GLIMPSE_OK);
    assert_int_equal(j.attempts, 0); /* nothing runs inside start */
    assert_int_equal(j.done, 0);
}

static void assert_outcome(glimpse_error error, int attempts)
{
    assert_true(gl_sim_run_idle(10000));
    assert_int_equal(j.done, 1);
    assert_int_equal(j.outcome, error);
    assert_int_equal(j.outcome_attempts, attempts);
    assert_int_equal(j.attempts, attempts);
}

static void success_ends_it(void **state)
{
    (void)state;
    j.succeed_at = 1;
    start(NULL);
    assert_outcome(GLIMPSE_OK, 1);
    assert_true(gl_sim_now() == START);
}

static void failures_are_tried_again_after_growing_waits(void **state)
{
    (void)state;
    start(NULL);
    assert_outcome(GLIMPSE_ERR_RESET, 5);
    for (int n = 1; n < 5; n++) {
        uint64_t waited = j.times[n + 1] - j.times[n], base = (UINT64_C(500) << (n - 1)) * GL_MS;
        assert_true(waited >= base && waited <= base * 3 / 2);
    }
    assert_true(gl_sim_now() == j.times[5]); /* no wait after the last */
}

static void failure_for_good_is_not_tried_again(void **state)
{
    (void)state;
    j.for_good = true;
    start(NULL);
    assert_outcome(GLIMPSE_ERR_RESET, 1);
}

static void success_after_failures_counts_the_attempts(void **state)
{
    (void)state;
    j.succeed_at = 3;
    start(NULL);
    assert_outcome(GLIMPSE_OK, 3);
}

static void longer_wait_of_the_server_is_kept_and_a_shorter_one_is_not(void **state)
{
    (void)state;
    j.succeed_at = 2;
    j.at_least_ms = 30000;
    start(NULL);
    assert_outcome(GLIMPSE_OK, 2);
    assert_true(j.times[2] - j.times[1] == 30 * GL_SECOND);
    j = (job){ .error = GLIMPSE_ERR_RESET, .succeed_at = 2, .at_least_ms = 10 };
    start(NULL);
    assert_outcome(GLIMPSE_OK, 2);
    assert_true(j.times[2] - j.times[1] >= 500 * GL_MS);
}

static void same_seed_waits_the_same(void **state)
{
    (void)state;
    gl_time first[6];
    for (int run = 0; run < 2; run++) {
        gl_sim_reset(START);
        j = (job){ .error = GLIMPSE_ERR_RESET };
        glimpse_backoff_policy policy;
        glimpse_backoff_policy_init(&policy);
        policy.seed = 42;
        start(&policy);
        assert_outcome(GLIMPSE_ERR_RESET, 5);
        for (int n = 1; n <= 5; n++) {
            if (run == 0)
                first[n] = j.times[n];
            else
                assert_true(first[n] == j.times[n]);
        }
    }
}

static void thousand_attempts_that_end_at_once_do_not_nest(void **state)
{
    (void)state;
    glimpse_backoff_policy policy;
    glimpse_backoff_policy_init(&policy);
    policy.max_attempts = 1000;
    policy.base_delay_ms = 0;
    start(&policy);
    assert_outcome(GLIMPSE_ERR_RESET, 1000);
    assert_true(gl_sim_now() == START);
}

static void cancel_while_waiting_ends_it_from_the_loop(void **state)
{
    (void)state;
    start(NULL);
    assert_true(gl_sim_step()); /* the first attempt, failed */
    glimpse_backoff_cancel(j.call);
    glimpse_backoff_cancel(j.call);
    assert_int_equal(j.done, 0);
    assert_outcome(GLIMPSE_ERR_CANCELLED, 1);
    assert_true(gl_sim_now() == START);
}

static void cancel_before_the_first_attempt_makes_none(void **state)
{
    (void)state;
    start(NULL);
    glimpse_backoff_cancel(j.call);
    assert_int_equal(j.done, 0);
    assert_outcome(GLIMPSE_ERR_CANCELLED, 0);
}

static void cancel_waits_for_the_attempt_that_runs(void **state)
{
    (void)state;
    j.later = true;
    j.succeed_at = 1;
    start(NULL);
    assert_true(gl_sim_run_idle(10));
    assert_int_equal(j.attempts, 1);
    glimpse_backoff_cancel(j.call);
    assert_true(gl_sim_run_idle(10));
    assert_int_equal(j.done, 0);
    end_attempt(); /* even by success */
    assert_int_equal(j.done, 0);
    assert_outcome(GLIMPSE_ERR_CANCELLED, 1);
}

static void attempt_that_ends_later_is_waited_for_and_ends_once(void **state)
{
    (void)state;
    j.later = true;
    j.succeed_at = 2;
    start(NULL);
    assert_true(gl_sim_run_idle(10));
    gl_sim_run_for_ms(5000);
    end_attempt();
    glimpse_backoff_attempt_done(j.call, GLIMPSE_OK, false, 0); /* a second end is nothing */
    assert_true(gl_sim_run_idle(10));
    assert_int_equal(j.attempts, 2);
    end_attempt();
    assert_int_equal(j.done, 0);    /* not inside attempt_done */
    glimpse_backoff_cancel(j.call); /* too late */
    assert_outcome(GLIMPSE_OK, 2);
}

static void wait_past_the_end_of_time_can_be_cancelled(void **state)
{
    (void)state;
    j.at_least_ms = INT64_MAX;
    start(NULL);
    gl_sim_run_until(START + 1000000 * GL_SECOND);
    assert_int_equal(j.attempts, 1);
    assert_true(gl_sim_next() != GL_TIME_NEVER); /* still scheduled, however far */
    glimpse_backoff_cancel(j.call);
    assert_outcome(GLIMPSE_ERR_CANCELLED, 1);
}

static void cancels_in_done(glimpse_error error, int attempts, void *arg)
{
    glimpse_backoff_cancel(j.call);
    glimpse_backoff_attempt_done(j.call, GLIMPSE_OK, false, 0);
    done(error, attempts, arg);
}

static void call_is_valid_until_done_returns(void **state)
{
    (void)state;
    j.succeed_at = 1;
    assert_int_equal(
        glimpse_backoff_start(gl_sim_base(), NULL, attempt, cancels_in_done, &j, &j.call),
        GLIMPSE_OK);
    assert_outcome(GLIMPSE_OK, 1);
}

static void what_is_not_valid_is_refused(void **state)
{
    (void)state;
    struct event_base *base = gl_sim_base();
    glimpse_backoff_policy p;
    for (int wrong = 0; wrong < 5; wrong++) {
        glimpse_backoff_policy_init(&p);
        if (wrong == 0) p.max_attempts = 0;
        if (wrong == 1) p.max_attempts = 1001;
        if (wrong == 2) p.base_delay_ms = -1;
        if (wrong == 3) p.max_delay_ms = -1;
        if (wrong == 4) p.size = 0;
        assert_int_equal(glimpse_backoff_start(base, &p, attempt, done, &j, &j.call),
                         GLIMPSE_ERR_INVALID);
        assert_null(j.call);
    }
    assert_int_equal(glimpse_backoff_start(NULL, NULL, attempt, done, &j, NULL),
                     GLIMPSE_ERR_INVALID);
    assert_int_equal(glimpse_backoff_start(base, NULL, NULL, done, &j, NULL), GLIMPSE_ERR_INVALID);
    assert_int_equal(glimpse_backoff_start(base, NULL, attempt, NULL, &j, NULL),
                     GLIMPSE_ERR_INVALID);
    assert_false(gl_sim_step());
}

static void no_memory_is_an_error_and_leaves_nothing(void **state)
{
    (void)state;
    for (size_t k = 1;; k++) {
        oom_fail_at(k);
        glimpse_error error =
            glimpse_backoff_start(gl_sim_base(), NULL, attempt, done, &j, &j.call);
        if (!oom_end()) {
            assert_int_equal(error, GLIMPSE_OK);
            assert_true(k > 2);
            break;
        }
        assert_int_equal(error, GLIMPSE_ERR_OOM);
        assert_null(j.call);
        assert_int_equal(gl_alloc_live(), live_before);
        assert_false(gl_sim_step());
    }
    /* Once started it needs no more memory. */
    oom_fail_at(1);
    assert_true(gl_sim_run_idle(10000));
    assert_false(oom_end());
    assert_outcome(GLIMPSE_ERR_RESET, 5);
}

#define T(claim) cmocka_unit_test_setup_teardown(claim, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(success_ends_it),
        T(failures_are_tried_again_after_growing_waits),
        T(failure_for_good_is_not_tried_again),
        T(success_after_failures_counts_the_attempts),
        T(longer_wait_of_the_server_is_kept_and_a_shorter_one_is_not),
        T(same_seed_waits_the_same),
        T(thousand_attempts_that_end_at_once_do_not_nest),
        T(cancel_while_waiting_ends_it_from_the_loop),
        T(cancel_before_the_first_attempt_makes_none),
        T(cancel_waits_for_the_attempt_that_runs),
        T(attempt_that_ends_later_is_waited_for_and_ends_once),
        T(wait_past_the_end_of_time_can_be_cancelled),
        T(call_is_valid_until_done_returns),
        T(what_is_not_valid_is_refused),
        T(no_memory_is_an_error_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
