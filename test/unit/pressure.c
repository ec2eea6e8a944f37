/* policy/pressure: bounds, given events and time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "policy/pressure.h"

static gl_pressure start(void)
{
    gl_pressure pressure;
    gl_pressure_init(&pressure, 1600, 64000, 30000, 10000);
    return pressure;
}

static void without_events_nothing_changes(void **state)
{
    (void)state;
    gl_pressure pressure = start();
    assert_true(pressure.grow_at == GL_TIME_NEVER);
    assert_false(gl_pressure_quiet(&pressure, 1000 * GL_SECOND));
    assert_true(pressure.entries == 1600 && pressure.bytes == 64000);
}

static void event_halves_what_is_held_at_once(void **state)
{
    (void)state;
    gl_pressure pressure = start();
    assert_true(gl_pressure_event(&pressure, 1600, 40000, 5 * GL_SECOND));
    assert_true(pressure.entries == 800 && pressure.bytes == 20000);
    assert_true(gl_pressure_event(&pressure, 800, 20000, 7 * GL_SECOND));
    assert_true(pressure.entries == 400 && pressure.bytes == 10000);
}

static void events_of_one_second_are_one_but_put_growth_off(void **state)
{
    (void)state;
    gl_pressure pressure = start();
    assert_true(gl_pressure_event(&pressure, 1600, 64000, 0));
    assert_false(gl_pressure_event(&pressure, 800, 32000, GL_SECOND - 1));
    assert_true(pressure.entries == 800 && pressure.grow_at == 31 * GL_SECOND - 1);
    assert_true(gl_pressure_event(&pressure, 800, 32000, GL_SECOND));
    assert_true(pressure.entries == 400);
}

static void floor_is_a_sixteenth_and_at_least_one(void **state)
{
    (void)state;
    gl_pressure pressure = start();
    gl_time now = 0;
    for (int i = 0; i < 20; i++) gl_pressure_event(&pressure, 0, 0, now += 2 * GL_SECOND);
    assert_true(pressure.entries == 100 && pressure.bytes == 4000);
    assert_false(gl_pressure_event(&pressure, 0, 0, now + 2 * GL_SECOND));
    gl_pressure_init(&pressure, 3, 1, 0, 0);
    for (int i = 0; i < 20; i++) gl_pressure_event(&pressure, 3, 1, now += 2 * GL_SECOND);
    assert_true(pressure.entries == 1 && pressure.bytes == 1);
}

static void quiet_gives_back_an_eighth_a_step(void **state)
{
    (void)state;
    gl_pressure pressure = start();
    gl_pressure_event(&pressure, 400, 16000, 0); /* to 200 and 8000, an eighth */
    assert_true(pressure.grow_at == 30 * GL_SECOND);
    assert_false(gl_pressure_quiet(&pressure, 30 * GL_SECOND - 1));
    for (int step = 2; step <= 8; step++) {
        gl_time now = (gl_time)(30 + 10 * (step - 2)) * GL_SECOND;
        assert_true(pressure.grow_at == now);
        assert_true(gl_pressure_quiet(&pressure, now));
        assert_true(pressure.entries == 200 * step && pressure.bytes == 8000 * step);
        assert_false(gl_pressure_quiet(&pressure, now));
    }
    assert_true(pressure.grow_at == GL_TIME_NEVER);
    gl_pressure_event(&pressure, 1600, 64000, 200 * GL_SECOND); /* and again */
    assert_true(pressure.entries == 800 && pressure.grow_at == 230 * GL_SECOND);
}

static void bounds_stay_between_the_floor_and_the_configured(void **state)
{
    (void)state;
    gl_rng rng;
    gl_rng_seed(&rng, 3);
    for (int run = 0; run < 200; run++) {
        gl_pressure pressure;
        int64_t entries = 1 + gl_rng_below(&rng, 5000), bytes = 1 + gl_rng_below(&rng, 1000000);
        gl_time now = 0;
        gl_pressure_init(&pressure, entries, bytes, gl_rng_below(&rng, 40000),
                         gl_rng_below(&rng, 20000));
        for (int i = 0; i < 200; i++) {
            int64_t was_entries = pressure.entries, was_bytes = pressure.bytes;
            now += gl_rng_below(&rng, 20000) * GL_MS;
            if (gl_rng_below(&rng, 5) == 0) {
                gl_pressure_event(&pressure, gl_rng_below(&rng, 6000), gl_rng_below(&rng, 1200000),
                                  now);
                assert_true(pressure.entries <= was_entries && pressure.bytes <= was_bytes);
            } else {
                gl_pressure_quiet(&pressure, now);
                assert_true(pressure.entries >= was_entries && pressure.bytes >= was_bytes);
            }
            assert_true(pressure.entries >= 1 && pressure.entries >= entries / 16);
            assert_true(pressure.bytes >= 1 && pressure.bytes >= bytes / 16);
            assert_true(pressure.entries <= entries && pressure.bytes <= bytes);
            bool full = pressure.entries == entries && pressure.bytes == bytes;
            assert_true(full || pressure.grow_at != GL_TIME_NEVER);
        }
    }
    gl_pressure pressure; /* the longest waits do not wrap around */
    gl_pressure_init(&pressure, 100, 100, INT64_MAX, INT64_MAX);
    gl_pressure_event(&pressure, 100, 100, 5);
    assert_false(gl_pressure_quiet(&pressure, GL_TIME_NEVER - 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_events_nothing_changes),
        cmocka_unit_test(event_halves_what_is_held_at_once),
        cmocka_unit_test(events_of_one_second_are_one_but_put_growth_off),
        cmocka_unit_test(floor_is_a_sixteenth_and_at_least_one),
        cmocka_unit_test(quiet_gives_back_an_eighth_a_step),
        cmocka_unit_test(bounds_stay_between_the_floor_and_the_configured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
