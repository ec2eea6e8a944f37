/* pace.c - rate limits, set or learned, against an endpoint that counts exactly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/pace.h"

static const gl_time T = 1000 * GL_SECOND;
static const gl_rate_report silent[GL_BUCKET_COUNT] = { { -1, -1, -1 },
                                                        { -1, -1, -1 },
                                                        { -1, -1, -1 } };

static void without_a_limit_everything_goes(void **state)
{
    (void)state;
    static const int64_t none[] = { 0, -1 };
    for (int i = 0; i < 2; i++) {
        gl_pace pace;
        gl_pace_mark mark;
        gl_pace_init(&pace, none[i], none[i], T);
        for (int n = 0; n < 10000; n++) {
            assert_int_equal(gl_pace_when(&pace, 1e6, T), T);
            gl_pace_sent(&pace, 1e6, T, &mark);
        }
    }
}

static int sent_in(gl_pace *pace, double tokens, gl_time from, uint64_t span)
{
    int count = 0;
    gl_pace_mark mark;
    for (gl_time now = from; now < from + span; count++) {
        gl_time when = gl_pace_when(pace, tokens, now);
        if (when >= from + span) break;
        now = when;
        gl_pace_sent(pace, tokens, now, &mark);
    }
    return count;
}

static void a_set_limit_is_kept_to_the_second(void **state)
{
    (void)state;
    gl_pace pace;
    gl_pace_init(&pace, 6000, 0, T);
    /* A second's worth at once, then 100 a second. */
    assert_in_range(sent_in(&pace, 0, T, 10 * GL_SECOND), 1098, 1101);
}

static void the_tightest_bucket_decides(void **state)
{
    (void)state;
    gl_pace pace;
    gl_pace_init(&pace, 6000, 60000, T); /* 1,000 tokens a second */
    assert_in_range(sent_in(&pace, 100, T, 10 * GL_SECOND), 108, 111);
}

static void a_request_larger_than_the_bucket_goes_when_it_is_full(void **state)
{
    (void)state;
    gl_pace pace;
    gl_pace_mark mark;
    gl_pace_init(&pace, 0, 6000, T); /* 100 tokens a second */
    assert_int_equal(gl_pace_when(&pace, 500, T), T);
    gl_pace_sent(&pace, 500, T, &mark);
    assert_in_range(gl_pace_when(&pace, 500, T) - T, 5 * GL_SECOND, 5 * GL_SECOND + GL_MS);
}

static void a_set_token_limit_is_corrected_by_what_was_used(void **state)
{
    (void)state;
    gl_pace pace;
    gl_pace_mark mark;
    gl_pace_init(&pace, 0, 6000, T);
    gl_pace_sent(&pace, 100, T, &mark);
    assert_true(gl_pace_when(&pace, 90, T) > T);
    gl_pace_learn(&pace, &mark, silent, 10, T);
    assert_int_equal(gl_pace_when(&pace, 90, T), T);
}

/* An endpoint with a bucket of `size`, filled at `rate` a second, that tells the truth. */
typedef struct endpoint {
    double level, size, rate;
    gl_time at;
    int refused, served;
} endpoint;

static bool arrive(endpoint *e, gl_time now, gl_rate_report *report)
{
    e->level += e->rate * (double)(now - e->at) / (double)GL_SECOND;
    if (e->level > e->size) e->level = e->size;
    e->at = now;
    bool served = e->level >= 1;
    if (served) e->level -= 1;
    *(served ? &e->served : &e->refused) += 1;
    *report = (gl_rate_report){ (int64_t)(e->rate * 60), (int64_t)e->level, 0 };
    return served;
}

/* Requests go when the pace allows and fewer than `most` are out; each is counted after half the
 * latency, and its answer is back after all of it. */
static void run(gl_pace *pace, endpoint *e, int most, uint64_t latency, int requests)
{
    enum { RING = 4096 };
    static struct {
        gl_time counted, back;
        gl_pace_mark mark;
        gl_rate_report report;
        bool was_counted;
    } out[RING];
    int first = 0, last = 0, sent = 0;
    for (gl_time now = T; e->served + e->refused < requests || first < last; now += 100 * GL_US) {
        while (sent < requests && last - first < most && gl_pace_when(pace, 0, now) <= now) {
            int i = last++ % RING;
            gl_pace_sent(pace, 0, now, &out[i].mark);
            out[i].counted = now + latency / 2;
            out[i].back = now + latency;
            out[i].was_counted = false;
            sent++;
        }
        for (int n = first; n < last; n++)
            if (!out[n % RING].was_counted && out[n % RING].counted <= now) {
                out[n % RING].was_counted = true;
                arrive(e, now, &out[n % RING].report);
            }
        while (first < last && out[first % RING].back <= now) {
            int i = first++ % RING;
            gl_rate_report report[GL_BUCKET_COUNT] = { out[i].report,
                                                       { -1, -1, -1 },
                                                       { -1, -1, -1 } };
            gl_pace_learn(pace, &out[i].mark, report, -1, now);
        }
        assert_true(now < T + 1000 * GL_SECOND);
        pace->sent_tokens = 0; /* tokens play no part here */
    }
}

static void learned_limits_use_nine_tenths_of_the_rate_and_are_hardly_refused(void **state)
{
    (void)state;
    static const uint64_t latencies[] = { 2 * GL_MS, 50 * GL_MS, 400 * GL_MS, 1500 * GL_MS };
    for (size_t i = 0; i < sizeof latencies / sizeof *latencies; i++) {
        gl_pace pace;
        endpoint e = { .level = 100, .size = 100, .rate = 100, .at = T };
        gl_pace_init(&pace, -1, -1, T);
        run(&pace, &e, 64, latencies[i], 3000);
        double took = (double)(e.at - T) / (double)GL_SECOND;
        double possible = 64 / ((double)latencies[i] / (double)GL_SECOND);
        double rate = 3000 / took, allowed = possible < 100 ? possible : 100;
        print_message("latency %llu ms: %.1f a second, %d refused\n",
                      (unsigned long long)(latencies[i] / GL_MS), rate, e.refused);
        assert_true(rate >= 0.9 * allowed);
        assert_true(e.refused < 30);
    }
}

/* 64 at once into a bucket of five: 59 are refused at once, and the five answers come behind. */
static void answers_behind_refusals_of_later_requests_do_not_empty_the_bucket(void **state)
{
    (void)state;
    enum { ALL = 64, FIT = 5 };
    gl_pace pace;
    gl_pace_mark marks[ALL];
    gl_pace_init(&pace, -1, -1, T);
    for (int i = 0; i < ALL; i++) gl_pace_sent(&pace, 0, T, &marks[i]);
    gl_rate_report report[GL_BUCKET_COUNT] = { { 300, 0, 1000 }, { -1, -1, -1 }, { -1, -1, -1 } };
    for (int i = FIT; i < ALL; i++) gl_pace_learn(&pace, &marks[i], report, -1, T + GL_MS);
    for (int i = 0; i < FIT; i++) {
        report[GL_BUCKET_REQUESTS].remaining = FIT - 1 - i;
        gl_pace_learn(&pace, &marks[i], report, -1, T + 50 * GL_MS);
    }
    /* One that is kept in reserve and one that goes, at five a second. */
    assert_true(gl_pace_when(&pace, 0, T + 50 * GL_MS) <= T + 500 * GL_MS);
}

static void a_wait_that_was_asked_for_holds_everybody_and_lets_them_go_one_by_one(void **state)
{
    (void)state;
    gl_pace pace;
    gl_rng rng;
    gl_rng_seed(&rng, 1);
    gl_pace_init(&pace, -1, -1, T);
    gl_pace_park(&pace, 20 * GL_SECOND, 100, T);
    assert_int_equal(gl_pace_when(&pace, 0, T), T + 20 * GL_SECOND);
    gl_time now = T + 20 * GL_SECOND;
    for (int i = 0; i < 100; i++) {
        gl_pace_mark mark;
        now = gl_pace_when(&pace, 0, now);
        gl_pace_sent(&pace, 0, now, &mark);
        gl_pace_ramp(&pace, &rng, now);
    }
    /* Spread over about a tenth of the wait. */
    assert_in_range(now - T, 21 * GL_SECOND, 23 * GL_SECOND);
    gl_pace_park(&pace, GL_SECOND, 1, T); /* a shorter word does not undo a longer one */
    assert_true(gl_pace_when(&pace, 0, T) >= T + 20 * GL_SECOND);
}

static void without_a_limit_header_the_reset_is_waited_for(void **state)
{
    (void)state;
    gl_pace pace;
    gl_pace_mark mark;
    gl_pace_init(&pace, -1, -1, T);
    gl_pace_sent(&pace, 0, T, &mark);
    gl_rate_report report[GL_BUCKET_COUNT] = { { -1, 0, 7000 }, { -1, -1, -1 }, { -1, -1, -1 } };
    gl_pace_learn(&pace, &mark, report, -1, T);
    assert_int_equal(gl_pace_when(&pace, 0, T), T + 7 * GL_SECOND);
    assert_int_equal(gl_pace_when(&pace, 0, T + 7 * GL_SECOND), T + 7 * GL_SECOND);
}

static void it_says_which_limit_is_waited_for(void **state)
{
    (void)state;
    gl_time now = 1000 * GL_SECOND;
    gl_pace pace;
    gl_pace_mark mark;
    gl_rate_report report[GL_BUCKET_COUNT] = { { 600, 0, 100 }, { -1, -1, -1 }, { -1, -1, -1 } };
    gl_pace_init(&pace, -1, -1, now);
    gl_pace_sent(&pace, 10, now, &mark);
    gl_pace_learn(&pace, &mark, report, -1, now);
    assert_true(gl_pace_when(&pace, 10, now) > now);
    assert_int_equal(gl_pace_waits_for(&pace, 10, now), GL_BUCKET_REQUESTS);
    gl_pace_park(&pace, 60 * GL_SECOND, 1, now);
    assert_int_equal(gl_pace_waits_for(&pace, 10, now), GL_BUCKET_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_which_limit_is_waited_for),
        cmocka_unit_test(without_a_limit_everything_goes),
        cmocka_unit_test(a_set_limit_is_kept_to_the_second),
        cmocka_unit_test(the_tightest_bucket_decides),
        cmocka_unit_test(a_request_larger_than_the_bucket_goes_when_it_is_full),
        cmocka_unit_test(a_set_token_limit_is_corrected_by_what_was_used),
        cmocka_unit_test(learned_limits_use_nine_tenths_of_the_rate_and_are_hardly_refused),
        cmocka_unit_test(answers_behind_refusals_of_later_requests_do_not_empty_the_bucket),
        cmocka_unit_test(a_wait_that_was_asked_for_holds_everybody_and_lets_them_go_one_by_one),
        cmocka_unit_test(without_a_limit_header_the_reset_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
