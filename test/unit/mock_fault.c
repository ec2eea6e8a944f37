/* What the fault lists mean, and that draws follow them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mock/mock_fault.h"

#define DRAWS 100000

static void faults_come_as_often_as_asked(void **state)
{
    (void)state;
    static const double percent[MOCK_FAULT_COUNT] = { 15, 5, 2.5, 1, 1, 0.5, 0.25,
                                                      3,  2, 1,   1, 1, 0.5 };
    mock_faults faults;
    char problem[300];
    assert_true(mock_faults_parse(
        &faults,
        "429:15%,500:5%,503:2.5%,reset:1%,truncate:1%,malformed:0.5%,hang:0.25%,"
        "pack_short:3%,pack_order:2%,pack_duplicate:1%,pack_overlong:1%,pack_notjson:1%,"
        "pack_cut:0.5%",
        problem, sizeof problem));
    int count[MOCK_FAULT_COUNT + 1] = { 0 };
    gl_rng rng;
    gl_rng_seed(&rng, 11);
    for (int i = 0; i < DRAWS; i++) count[mock_faults_draw(&faults, &rng)]++;
    for (int i = 0; i < MOCK_FAULT_COUNT; i++) {
        double expected = percent[i] / 100 * DRAWS;
        /* Four deviations of a binomial, at most 4 x sqrt(expected). */
        double off = count[i] - expected;
        assert_true(off * off < 16 * expected);
    }
}

static void a_hundred_percent_is_every_time(void **state)
{
    (void)state;
    mock_faults faults;
    char problem[300];
    gl_rng rng;
    gl_rng_seed(&rng, 1);
    assert_true(mock_faults_parse(&faults, "reset:100%", problem, sizeof problem));
    for (int i = 0; i < 1000; i++)
        assert_int_equal(mock_faults_draw(&faults, &rng), MOCK_FAULT_RESET);
}

static void no_list_is_no_fault_and_no_draw(void **state)
{
    (void)state;
    static const char *const lists[] = { NULL, "", "429:0%" };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        mock_faults faults;
        char problem[300];
        gl_rng rng;
        gl_rng_seed(&rng, 1);
        uint64_t untouched = rng.state;
        assert_true(mock_faults_parse(&faults, lists[i], problem, sizeof problem));
        assert_int_equal(mock_faults_draw(&faults, &rng), MOCK_FAULT_NONE);
        assert_int_equal(rng.state, untouched);
    }
}

static void a_bad_list_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "429",      "429:5",   "429:%",         "429:-1%",         "teapot:1%",
        "429:101%", "429:5%,", ",429:5%",       "429:60%,500:41%", "429:1%,429:1%",
        "429:5%%",  "429 :5%", "429:5%;500:1%",
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        mock_faults faults;
        char problem[300] = "";
        assert_false(mock_faults_parse(&faults, lists[i], problem, sizeof problem));
        assert_int_equal(strncmp(problem, "fault: ", 7), 0);
    }
}

static void every_name_is_found_and_none_is_one(void **state)
{
    (void)state;
    mock_fault fault;
    for (int i = 0; i < MOCK_FAULT_COUNT; i++) {
        assert_true(mock_fault_find(gl_slice_str(mock_fault_name((mock_fault)i)), &fault));
        assert_int_equal(fault, i);
    }
    assert_true(mock_fault_find(gl_slice_str("none"), &fault));
    assert_int_equal(fault, MOCK_FAULT_NONE);
    assert_false(mock_fault_find(gl_slice_str(""), &fault));
    assert_false(mock_fault_find(gl_slice_str("500 "), &fault));
}

static void names_and_statuses_belong_together(void **state)
{
    (void)state;
    assert_string_equal(mock_fault_name(MOCK_FAULT_503), "503");
    assert_int_equal(mock_fault_status(MOCK_FAULT_503), 503);
    assert_int_equal(mock_fault_status(MOCK_FAULT_RESET), 0);
    assert_int_equal(mock_fault_status(MOCK_FAULT_NONE), 0);
    assert_string_equal(mock_fault_name(MOCK_FAULT_NONE), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_come_as_often_as_asked),
        cmocka_unit_test(a_hundred_percent_is_every_time),
        cmocka_unit_test(no_list_is_no_fault_and_no_draw),
        cmocka_unit_test(a_bad_list_is_refused_by_name),
        cmocka_unit_test(every_name_is_found_and_none_is_one),
        cmocka_unit_test(names_and_statuses_belong_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
