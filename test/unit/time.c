/* base/time: sums that would pass the end of time are never, differences never wrap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <time.h>

#include "base/time.h"

static void adding_saturates_at_never(void **state)
{
    (void)state;
    const struct {
        gl_time t;
        int64_t ms;
        gl_time sum;
    } table[] = {
        { 0, 0, 0 },
        { 5, 1, 5 + GL_MS },
        { 5, -1, 5 },
        { 5, INT64_MIN, 5 },
        { 5, INT64_MAX, GL_TIME_NEVER },
        { 0, INT64_MAX / 1000000, (uint64_t)(INT64_MAX / 1000000) * GL_MS },
        { GL_TIME_NEVER, 0, GL_TIME_NEVER },
        { GL_TIME_NEVER, 1, GL_TIME_NEVER },
        { GL_TIME_NEVER - GL_MS - 1, 1, GL_TIME_NEVER - 1 },
        { GL_TIME_NEVER - GL_MS, 1, GL_TIME_NEVER },
        { GL_TIME_NEVER - GL_MS + 1, 1, GL_TIME_NEVER },
        { GL_TIME_NEVER - 1, 86400000, GL_TIME_NEVER },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_true(gl_time_add_ms(table[i].t, table[i].ms) == table[i].sum);
}

static void differences_do_not_wrap(void **state)
{
    (void)state;
    assert_true(gl_time_since(7, 5) == 2);
    assert_true(gl_time_since(5, 7) == 0);
    assert_true(gl_time_since(GL_TIME_NEVER, 0) == GL_TIME_NEVER);
    assert_true(gl_time_min(3, GL_TIME_NEVER) == 3);
    assert_true(gl_time_min(GL_TIME_NEVER, 3) == 3);
}

static void clock_never_goes_back(void **state)
{
    (void)state;
    gl_time last = gl_clock_now();
    assert_true(last > 0 && last < GL_TIME_NEVER / 2);
    for (int i = 0; i < 10000; i++) {
        gl_time now = gl_clock_now();
        assert_true(now >= last);
        last = now;
    }
}

static void the_wall_clock_is_the_systems(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL) * 1000;
    int64_t now = gl_clock_unix_ms();
    assert_true(now >= before - 1000 && now <= before + 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adding_saturates_at_never),
        cmocka_unit_test(differences_do_not_wrap),
        cmocka_unit_test(clock_never_goes_back),
        cmocka_unit_test(the_wall_clock_is_the_systems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
