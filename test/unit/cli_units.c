/* cli/options/units: durations, sizes, numbers and thresholds as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "options/units.h"

static void a_duration_takes_every_unit_and_is_rounded_up(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = { { "50ms", 50 },    { "1.5s", 1500 },   { "2", 2000 },     { "0", 0 },
                  { "1us", 1 },      { "1000us", 1 },    { "1001us", 2 },   { "3m", 180000 },
                  { "2h", 7200000 }, { ".5s", 500 },     { "0.0001ms", 1 }, { "7200s", 7200000 },
                  { "1.", 1000 },    { "0.5h", 1800000 } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ms = -1;
        assert_null(units_duration_ms(cases[i].text, UNITS_SECOND, &ms));
        assert_int_equal(ms, cases[i].ms);
    }
}

static void a_bare_duration_counts_in_the_unit_asked_for(void **state)
{
    (void)state;
    int64_t ms;
    assert_null(units_duration_ms("1500", UNITS_MS, &ms));
    assert_int_equal(ms, 1500);
}

static void a_malformed_duration_is_refused(void **state)
{
    (void)state;
    static const char *const cases[] = { "",
                                         "s",
                                         "-1s",
                                         "1x",
                                         "1 s",
                                         "1s ",
                                         "1.2.3",
                                         "+1",
                                         "1e3",
                                         "ms",
                                         ".",
                                         "1S",
                                         "nan",
                                         "1msx",
                                         "99999999999999999999s",
                                         "9223372036854775807h",
                                         "3000000h" };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t ms = 42;
        assert_non_null(units_duration_ms(cases[i], UNITS_SECOND, &ms));
        assert_int_equal(ms, 42);
    }
}

static void sizes_count_in_1024s(void **state)
{
    (void)state;
    int64_t bytes;
    assert_null(units_size("64M", &bytes));
    assert_int_equal(bytes, 64 * 1024 * 1024);
    assert_null(units_size("1.5k", &bytes));
    assert_int_equal(bytes, 1536);
    assert_null(units_size("2G", &bytes));
    assert_int_equal(bytes, INT64_C(2) << 30);
    assert_null(units_size("17", &bytes));
    assert_int_equal(bytes, 17);
    assert_non_null(units_size("1T", &bytes));
    assert_non_null(units_size("1MB", &bytes));
    assert_non_null(units_size("-1", &bytes));
    assert_non_null(units_size("99999999999G", &bytes));
}

static void numbers_are_whole_and_in_range(void **state)
{
    (void)state;
    int64_t number;
    uint64_t seed;
    double real;
    assert_null(units_int("-7", &number));
    assert_int_equal(number, -7);
    assert_null(units_int("9223372036854775807", &number));
    assert_non_null(units_int("9223372036854775808", &number));
    assert_non_null(units_int("7x", &number));
    assert_non_null(units_int("", &number));
    assert_non_null(units_int("--7", &number));
    assert_null(units_uint64("18446744073709551615", &seed));
    assert_true(seed == UINT64_MAX);
    assert_non_null(units_uint64("18446744073709551616", &seed));
    assert_null(units_real("0.7", &real));
    assert_true(real == 0.7);
    assert_non_null(units_real("0,7", &real));
    assert_non_null(units_real("nan", &real));
    assert_non_null(units_real("1e999", &real));
}

static void thresholds_are_four_and_rise(void **state)
{
    (void)state;
    glimpse_thresholds t;
    assert_null(units_thresholds("1500,2.5s,4000,6s", &t));
    assert_int_equal(t.t1_ms, 1500);
    assert_int_equal(t.t2_ms, 2500);
    assert_int_equal(t.t3_ms, 4000);
    assert_int_equal(t.t4_ms, 6000);
    static const char *const cases[] = { "",          "1",       "1,2,3",   "1,2,3,4,5",
                                         "1,2,2,3",   "4,3,2,1", "0,1,2,3", "1,2,3,",
                                         "1,2,3,25h", "1,,3,4",  "a,b,c,d", "-1,2,3,4" };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_non_null(units_thresholds(cases[i], &t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_duration_takes_every_unit_and_is_rounded_up),
        cmocka_unit_test(a_bare_duration_counts_in_the_unit_asked_for),
        cmocka_unit_test(a_malformed_duration_is_refused),
        cmocka_unit_test(sizes_count_in_1024s),
        cmocka_unit_test(numbers_are_whole_and_in_range),
        cmocka_unit_test(thresholds_are_four_and_rise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
