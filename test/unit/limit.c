/* limit.c - the window of attempts in flight: what it makes of refusals, and how it comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/limit.h"

#define LATENCY (100 * GL_MS)

/* An endpoint that answers after LATENCY, and the attempts that are out, oldest first. */
typedef struct bench {
    gl_limit limit;
    gl_time now;
    uint64_t out[1024];
    int first, last;
} bench;

static void open_bench(bench *b, int64_t most)
{
    *b = (bench){ .now = 1000 * GL_SECOND };
    gl_limit_init(&b->limit, most);
}

/* As many as may start, do. */
static void fill(bench *b)
{
    while (gl_limit_when(&b->limit, b->now) <= b->now)
        b->out[b->last++ % 1024] = gl_limit_started(&b->limit, b->now);
}

static void answer(bench *b)
{
    uint64_t number = b->out[b->first++ % 1024];
    gl_limit_ended(&b->limit, number);
    gl_limit_answered(&b->limit, number, LATENCY, b->now);
}

static bool refuse(bench *b, gl_refusal kind)
{
    uint64_t number = b->out[b->first++ % 1024];
    gl_limit_ended(&b->limit, number);
    return gl_limit_refused(&b->limit, number, kind, b->now);
}

/* Round trips in which one of so many is refused; 0: none is. */
static void round_trips(bench *b, int trips, int one_in)
{
    for (int i = 0; i < trips; i++) {
        fill(b);
        b->now += LATENCY;
        for (int n = b->last - b->first; n > 0; n--) {
            if (one_in != 0 && b->first % one_in == 0)
                refuse(b, GL_REFUSAL_PACE);
            else
                answer(b);
            fill(b);
        }
    }
}

static void the_window_starts_at_the_most(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, 3);
    fill(&b);
    assert_int_equal(b.limit.in_flight, 3);
    assert_int_equal(gl_limit_when(&b.limit, b.now), GL_TIME_NEVER);
    answer(&b);
    assert_true(gl_limit_when(&b.limit, b.now) <= b.now);
    assert_int_equal(b.limit.peak, 3);
}

static void an_isolated_refusal_changes_nothing_and_concerns_its_request_alone(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, 64);
    round_trips(&b, 3, 0);
    for (int i = 0; i < 50; i++) {
        assert_false(refuse(&b, GL_REFUSAL_PACE));
        round_trips(&b, 2, 0);
        assert_int_equal(b.limit.window, 64);
    }
}

static void the_first_answer_of_all_is_believed_when_it_asks_to_wait(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, 1);
    fill(&b);
    assert_true(refuse(&b, GL_REFUSAL_PACE));
    open_bench(&b, 64); /* one of many */
    fill(&b);
    assert_false(refuse(&b, GL_REFUSAL_PACE));
}

static void headers_that_say_that_nothing_remains_are_believed(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, 64);
    round_trips(&b, 3, 0);
    assert_true(refuse(&b, GL_REFUSAL_LIMIT));
}

static void noise_is_found_out_by_a_trial_and_remembered(void **state)
{
    (void)state;
    const int one_in[] = { 10, 20, 33 };
    for (size_t i = 0; i < 3; i++) {
        bench b;
        open_bench(&b, 64);
        round_trips(&b, 60, one_in[i]);
        assert_true(b.limit.window > 63);
        assert_true(b.limit.noise > 0.5 / one_in[i] && b.limit.noise < 2.0 / one_in[i]);
        assert_true(gl_limit_mean(&b.limit, b.now) > 60);
        round_trips(&b, 60, 0); /* and forgotten when it is over */
        assert_true(b.limit.noise < 0.02);
        assert_int_equal(b.limit.window, 64);
    }
}

static void what_is_refused_of_a_full_window_gives_its_places_back(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, 64);
    fill(&b);
    b.now += LATENCY / 10;
    for (int i = 0; i < 54; i++) refuse(&b, GL_REFUSAL_PACE);
    assert_int_equal(b.limit.window, 10); /* as many as were let in */
    assert_int_equal(b.limit.in_flight, 10);
    assert_int_equal(gl_limit_when(&b.limit, b.now), GL_TIME_NEVER);
    b.now += LATENCY;
    for (int i = 0; i < 10; i++) answer(&b);
    fill(&b);
    assert_in_range(b.limit.in_flight, 10, 32); /* and goes on from there */
}

static void a_window_that_was_never_filled_shrinks_from_what_was_out(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, 1000);
    for (int i = 0; i < 10; i++) b.out[b.last++] = gl_limit_started(&b.limit, b.now);
    for (int i = 0; i < 3; i++) refuse(&b, GL_REFUSAL_PACE);
    assert_true(b.limit.window <= 8);
}

static void refused_one_after_the_other_it_rests_between_attempts(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, 64);
    round_trips(&b, 3, 0);
    gl_time begun = b.now;
    int refused = 0;
    while (b.now < begun + 60 * GL_SECOND) {
        fill(&b);
        b.now += LATENCY / 10;
        for (; b.first < b.last; refused++) refuse(&b, GL_REFUSAL_PACE);
        gl_time when = gl_limit_when(&b.limit, b.now);
        if (when > b.now) b.now = when;
    }
    assert_true(b.limit.window < 1);
    assert_int_equal(gl_limit_places(&b.limit), 1);
    assert_in_range(refused, 64, 64 + 40); /* those that were out, and a few more in a minute */
    /* One answer, and it goes up by great steps to what the endpoint bore. */
    fill(&b);
    b.now += LATENCY;
    answer(&b);
    round_trips(&b, 12, 0);
    assert_true(b.limit.window > 48);
}

static void an_overloaded_endpoint_keeps_one_in_flight(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, 8);
    round_trips(&b, 3, 0);
    for (int i = 0; i < 100; i++) {
        fill(&b);
        b.now += LATENCY;
        refuse(&b, GL_REFUSAL_OVERLOAD);
    }
    assert_true(b.limit.window == 1);
}

static void after_an_outage_it_doubles_each_round_trip_up_to_the_most(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, 64);
    gl_limit_restart(&b.limit, b.now);
    for (int trip = 1; trip <= 6; trip++) {
        assert_int_equal(b.limit.window, trip < 6 ? 1 << trip : 64);
        fill(&b);
        b.now += LATENCY;
        for (int n = b.last - b.first; n > 0; n--) answer(&b);
    }
    round_trips(&b, 10, 0);
    assert_int_equal(b.limit.window, 64);
}

static void mean_and_least_are_over_time(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, 10);
    assert_true(gl_limit_mean(&b.limit, b.now) == 10);
    b.now += 100 * GL_SECOND; /* before the first attempt: does not count */
    fill(&b);
    b.now += 3 * GL_SECOND;
    gl_limit_restart(&b.limit, b.now); /* 2 */
    b.now += GL_SECOND;
    assert_true(gl_limit_mean(&b.limit, b.now) == 8); /* (3 x 10 + 2) / 4 */
    assert_true(b.limit.least == 2);
}

static void without_descriptors_what_is_in_flight_is_all_there_can_be(void **state)
{
    (void)state;
    bench b;
    open_bench(&b, 500);
    for (int i = 0; i < 20; i++) b.out[b.last++] = gl_limit_started(&b.limit, b.now);
    gl_limit_ended(&b.limit, b.out[b.first++]);
    assert_true(gl_limit_starved(&b.limit, b.now));
    assert_int_equal(b.limit.window, 19);
    assert_int_equal(gl_limit_when(&b.limit, b.now), GL_TIME_NEVER);
    round_trips(&b, 10, 0); /* a place more, some time later */
    assert_in_range(gl_limit_places(&b.limit), 20, 40);
    while (b.limit.in_flight > 0) gl_limit_ended(&b.limit, b.out[b.first++ % 1024]);
    assert_false(gl_limit_starved(&b.limit, b.now)); /* none to wait for */
}

static void it_is_told_when_it_is_half_or_twice(void **state)
{
    (void)state;
    bench b;
    double from, to;
    open_bench(&b, 64);
    fill(&b);
    assert_false(gl_limit_changed(&b.limit, &from, &to));
    for (int i = 0; i < 54; i++) refuse(&b, GL_REFUSAL_PACE);
    assert_true(gl_limit_changed(&b.limit, &from, &to));
    assert_true(from == 64 && to == 10);
    assert_string_equal(b.limit.why, "refused");
    assert_false(gl_limit_changed(&b.limit, &from, &to));
    b.now += LATENCY;
    for (int i = 0; i < 10; i++) answer(&b);
    round_trips(&b, 200, 0);
    assert_true(gl_limit_changed(&b.limit, &from, &to));
    assert_true(from == 10 && to == 64);
    assert_string_equal(b.limit.why, "held");
}

static void another_largest_window_keeps_what_is_in_flight(void **state)
{
    (void)state;
    gl_limit limit;
    gl_limit_init(&limit, 4);
    uint64_t first = gl_limit_started(&limit, 0);
    for (int i = 0; i < 3; i++) gl_limit_started(&limit, 0);
    assert_int_equal(gl_limit_when(&limit, 0), GL_TIME_NEVER);
    gl_limit_resize(&limit, 2, GL_SECOND);
    assert_int_equal(limit.in_flight, 4);
    gl_limit_ended(&limit, first);
    gl_limit_answered(&limit, first, GL_SECOND, GL_SECOND);
    assert_int_equal(gl_limit_when(&limit, GL_SECOND), GL_TIME_NEVER); /* three of two */
    gl_limit_resize(&limit, 8, GL_SECOND);
    assert_int_equal(gl_limit_places(&limit), 8);
    assert_int_equal(gl_limit_when(&limit, GL_SECOND), GL_SECOND);
    assert_int_equal(gl_limit_started(&limit, GL_SECOND), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_window_starts_at_the_most),
        cmocka_unit_test(an_isolated_refusal_changes_nothing_and_concerns_its_request_alone),
        cmocka_unit_test(the_first_answer_of_all_is_believed_when_it_asks_to_wait),
        cmocka_unit_test(headers_that_say_that_nothing_remains_are_believed),
        cmocka_unit_test(noise_is_found_out_by_a_trial_and_remembered),
        cmocka_unit_test(what_is_refused_of_a_full_window_gives_its_places_back),
        cmocka_unit_test(a_window_that_was_never_filled_shrinks_from_what_was_out),
        cmocka_unit_test(refused_one_after_the_other_it_rests_between_attempts),
        cmocka_unit_test(an_overloaded_endpoint_keeps_one_in_flight),
        cmocka_unit_test(after_an_outage_it_doubles_each_round_trip_up_to_the_most),
        cmocka_unit_test(mean_and_least_are_over_time),
        cmocka_unit_test(it_is_told_when_it_is_half_or_twice),
        cmocka_unit_test(without_descriptors_what_is_in_flight_is_all_there_can_be),
        cmocka_unit_test(another_largest_window_keeps_what_is_in_flight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
