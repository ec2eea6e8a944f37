/* load_rows.c - the figures of a row of the timeline. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "answered.h"
#include "load/rows.h"

static load_recorder recorder;

static int begin(void **state)
{
    (void)state;
    return load_recorder_init(&recorder, 0, 0, GL_TIME_NEVER) ? 0 : 1;
}

static int end(void **state)
{
    (void)state;
    load_recorder_free(&recorder);
    return 0;
}

static void take(load_outcome o)
{
    load_recorder_issued(&recorder, o.intended);
    load_recorder_ended(&recorder, &o);
}

static double value(size_t row, load_row_figure figure)
{
    return load_row_value(&recorder, row, figure);
}

/* Little's law, without looking now and then: what waited 2.5 s waited in three rows. */
static void who_waits_in_the_client_is_in_each_row_that_it_waits_in(void **state)
{
    (void)state;
    load_outcome o = answered(GL_SECOND / 2, GL_SECOND),
                 unsent = answered(2 * GL_SECOND, GL_SECOND);
    o.left = o.started = 3 * GL_SECOND;
    o.done = 4 * GL_SECOND;
    unsent.left = GL_TIME_NEVER;
    unsent.status = GLIMPSE_STATUS_ERROR;
    take(o);
    take(unsent);
    assert_float_equal(value(0, LOAD_ROW_WAITING), 0.5, 1e-9);
    assert_float_equal(value(1, LOAD_ROW_WAITING), 1, 1e-9);
    assert_float_equal(value(2, LOAD_ROW_WAITING), 2, 1e-9);
    assert_float_equal(value(3, LOAD_ROW_WAITING), 0, 1e-9);
}

static void what_a_cache_answered_did_not_wait(void **state)
{
    (void)state;
    load_outcome o = answered(0, GL_SECOND);
    o.source = GLIMPSE_SOURCE_CACHE;
    o.left = GL_TIME_NEVER;
    take(o);
    assert_float_equal(value(0, LOAD_ROW_WAITING), 0, 0);
}

/* Seven tokens in three arrivals; without arrivals they come with the last byte. */
static void tokens_are_in_the_rows_in_which_they_arrived(void **state)
{
    (void)state;
    static const int64_t arrivals[] = { 100, 1100000000, 2100000000 };
    load_outcome stream = answered(0, 3 * GL_SECOND), whole = answered(0, 3 * GL_SECOND);
    stream.arrivals = arrivals;
    stream.arrival_count = 3;
    stream.completion_tokens = 7;
    whole.completion_tokens = 40;
    take(stream);
    take(whole);
    whole.completion_tokens = -1;
    take(whole);
    take(answered(0, 4 * GL_SECOND));
    assert_float_equal(value(0, LOAD_ROW_TOKENS), 3, 0);
    assert_float_equal(value(1, LOAD_ROW_TOKENS), 2, 0);
    assert_float_equal(value(2, LOAD_ROW_TOKENS), 2, 0);
    assert_float_equal(value(3, LOAD_ROW_TOKENS), 40, 0);
}

static void a_server_may_say_any_number_of_tokens(void **state)
{
    (void)state;
    load_outcome o = answered(0, GL_SECOND / 2);
    o.completion_tokens = INT64_MAX;
    for (int i = 0; i < 4; i++) take(o);
    assert_true(value(0, LOAD_ROW_TOKENS) >= 9e18);
}

static void the_first_token_counts_from_the_schedule_in_the_row_it_was_meant_for(void **state)
{
    (void)state;
    load_outcome o = answered(GL_SECOND, 3 * GL_SECOND);
    o.started = 2 * GL_SECOND;
    o.first_token_ns = 500000000;
    take(o);
    assert_true(isnan(value(0, LOAD_ROW_FIRST_P50)));
    assert_in_range((uint64_t)value(1, LOAD_ROW_FIRST_P50), 1400000, 1600000);
    assert_true(isnan(value(2, LOAD_ROW_FIRST_P99)));
}

static void a_last_row_that_is_too_short_has_no_rate(void **state)
{
    (void)state;
    take(answered(0, GL_SECOND / 2));
    take(answered(GL_SECOND, GL_SECOND + 300 * GL_MS));
    assert_int_equal(load_row_count(&recorder), 3);
    assert_float_equal(value(0, LOAD_ROW_ANSWERS), 1, 0);
    assert_true(isnan(value(2, LOAD_ROW_ANSWERS)));
    take(answered(2 * GL_SECOND, 800 * GL_MS));
    assert_float_equal(value(2, LOAD_ROW_ANSWERS), 2 / 0.8, 1e-9);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_waits_in_the_client_is_in_each_row_that_it_waits_in),
        TEST(what_a_cache_answered_did_not_wait),
        TEST(tokens_are_in_the_rows_in_which_they_arrived),
        TEST(a_server_may_say_any_number_of_tokens),
        TEST(the_first_token_counts_from_the_schedule_in_the_row_it_was_meant_for),
        TEST(a_last_row_that_is_too_short_has_no_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
