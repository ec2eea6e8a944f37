/* load_activity.c - stalls: long times in which nothing came, though requests were at the server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "answered.h"
#include "load/activity.h"

static load_activity activity;
static load_stall stall[8];

/* 100 requests a second of 50 ms; those under way at `from` end at `to`, and what is sent between
 * them, too, when the server stands still. */
static void run(gl_time from, gl_time to, gl_time until)
{
    load_activity_init(&activity, 0);
    for (gl_time at = 0; at < until; at += 10 * GL_MS) {
        load_outcome o = answered(at, 50 * GL_MS);
        if (o.done >= from && at < to) o.done = to + 50 * GL_MS;
        load_activity_add(&activity, &o);
    }
}

static size_t stalls(gl_time usual, gl_time until)
{
    return load_activity_stalls(&activity, usual, until, stall, 8);
}

static void a_server_that_stands_still_is_a_stall_from_its_last_sign_to_the_next(void **state)
{
    (void)state;
    run(4 * GL_SECOND, 5 * GL_SECOND, 10 * GL_SECOND);
    assert_int_equal(stalls(50 * GL_MS, GL_TIME_NEVER), 1);
    assert_int_equal(stall[0].from / (10 * GL_MS), 400);
    assert_in_range(stall[0].to, 5040 * GL_MS, 5060 * GL_MS);
}

static void a_steady_server_has_none(void **state)
{
    (void)state;
    run(GL_TIME_NEVER, 0, 30 * GL_SECOND);
    assert_int_equal(stalls(50 * GL_MS, GL_TIME_NEVER), 0);
}

/* 100 users in step: 1.4 s nothing, then all answers at once. That is no stall. */
static void users_in_step_make_none(void **state)
{
    (void)state;
    load_activity_init(&activity, 0);
    for (gl_time at = 0; at < 20 * GL_SECOND; at += 1400 * GL_MS)
        for (int i = 0; i < 100; i++) {
            load_outcome o = answered(at, 1400 * GL_MS);
            load_activity_add(&activity, &o);
        }
    assert_int_equal(stalls(1400 * GL_MS, GL_TIME_NEVER), 0);
}

/* One user, whose answers take very different times: what is slow is no stall. */
static void one_slow_answer_makes_none(void **state)
{
    (void)state;
    gl_time at = 0;
    load_activity_init(&activity, 0);
    for (int i = 0; i < 100; i++) {
        load_outcome o = answered(at, i % 10 == 9 ? 900 * GL_MS : 100 * GL_MS);
        load_activity_add(&activity, &o);
        at = o.done;
    }
    assert_int_equal(stalls(100 * GL_MS, GL_TIME_NEVER), 0);
}

/* Nobody is there. */
static void a_pause_of_the_client_is_none(void **state)
{
    (void)state;
    load_activity_init(&activity, 0);
    for (gl_time at = 0; at < 20 * GL_SECOND; at += 5 * GL_SECOND)
        for (int i = 0; i < 50; i++) {
            load_outcome o = answered(at, 20 * GL_MS);
            load_activity_add(&activity, &o);
        }
    assert_int_equal(stalls(20 * GL_MS, GL_TIME_NEVER), 0);
}

static void pieces_of_a_stream_are_signs_of_life(void **state)
{
    (void)state;
    static int64_t arrivals[100];
    for (int i = 0; i < 100; i++) arrivals[i] = (int64_t)((gl_time)i * 50 * GL_MS);
    load_activity_init(&activity, 0);
    for (int i = 0; i < 20; i++) {
        load_outcome o = answered(0, 5 * GL_SECOND);
        o.arrivals = arrivals;
        o.arrival_count = 100;
        load_activity_add(&activity, &o);
    }
    assert_int_equal(stalls(50 * GL_MS, GL_TIME_NEVER), 0);
    for (int i = 50; i < 100; i++) arrivals[i] += (int64_t)(2 * GL_SECOND); /* all stop at 2.5 s */
    load_activity_init(&activity, 0);
    for (int i = 0; i < 20; i++) {
        load_outcome o = answered(0, 8 * GL_SECOND);
        o.arrivals = arrivals;
        o.arrival_count = 100;
        load_activity_add(&activity, &o);
    }
    assert_int_equal(stalls(50 * GL_MS, 6 * GL_SECOND), 1);
    assert_in_range(stall[0].from, 2400 * GL_MS, 2500 * GL_MS);
}

/* Stragglers behind the schedule's end are the drain. */
static void what_is_behind_the_end_of_the_schedule_is_none(void **state)
{
    (void)state;
    run(4 * GL_SECOND, 9 * GL_SECOND, 4 * GL_SECOND);
    assert_int_equal(stalls(50 * GL_MS, 4 * GL_SECOND), 0);
    assert_int_equal(stalls(50 * GL_MS, GL_TIME_NEVER), 1);
}

static void hours_fit_into_the_cells_and_a_stall_of_them_is_still_seen(void **state)
{
    (void)state;
    run(4000 * GL_SECOND, 4060 * GL_SECOND, 7200 * GL_SECOND);
    assert_true(activity.count <= LOAD_CELLS);
    assert_int_equal(stalls(50 * GL_MS, GL_TIME_NEVER), 1);
    assert_in_range(stall[0].to - stall[0].from, 56 * GL_SECOND, 64 * GL_SECOND);
}

static void what_came_from_no_server_counts_nowhere(void **state)
{
    (void)state;
    load_outcome hit = answered(0, GL_SECOND), unsent = answered(0, GL_SECOND);
    hit.source = GLIMPSE_SOURCE_CACHE;
    unsent.left = GL_TIME_NEVER;
    load_activity_init(&activity, 0);
    load_activity_add(&activity, &hit);
    load_activity_add(&activity, &unsent);
    assert_int_equal(activity.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_stands_still_is_a_stall_from_its_last_sign_to_the_next),
        cmocka_unit_test(a_steady_server_has_none),
        cmocka_unit_test(users_in_step_make_none),
        cmocka_unit_test(one_slow_answer_makes_none),
        cmocka_unit_test(a_pause_of_the_client_is_none),
        cmocka_unit_test(pieces_of_a_stream_are_signs_of_life),
        cmocka_unit_test(what_is_behind_the_end_of_the_schedule_is_none),
        cmocka_unit_test(hours_fit_into_the_cells_and_a_stall_of_them_is_still_seen),
        cmocka_unit_test(what_came_from_no_server_counts_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
