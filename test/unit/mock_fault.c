/* What the fault lists mean, and that draws follow them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mock/fault.h"

#define DRAWS 100000

static mock_fault choose(const mock_faults *faults, gl_rng *rng)
{
    return mock_faults_choose(faults, rng, 1, gl_slice_of("", 0)).fault;
}

static void faults_come_as_often_as_asked(void **state)
{
    (void)state;
    static const double percent[MOCK_FAULT_COUNT] = { 15, 5, 2.5, 1, 1,   0.5, 0.25, 3,
                                                      2,  1, 1,   1, 0.5, 1,   2,    0.5 };
    mock_faults faults;
    char problem[300];
    assert_true(mock_faults_parse(
        &faults,
        "429:15%,500:5%,503:2.5%,reset:1%,truncate:1%,malformed:0.5%,hang:0.25%,"
        "pack_short:3%,pack_order:2%,pack_duplicate:1%,pack_overlong:1%,pack_notjson:1%,"
        "pack_cut:0.5%,stall@1+1s:1%,close:2%,400:0.5%",
        problem, sizeof problem));
    int count[MOCK_FAULT_COUNT + 1] = { 0 };
    gl_rng rng;
    gl_rng_seed(&rng, 11);
    for (int i = 0; i < DRAWS; i++) count[choose(&faults, &rng)]++;
    for (int i = 0; i < MOCK_FAULT_COUNT; i++) {
        double expected = percent[i] / 100 * DRAWS;
        /* Four deviations of a binomial, at most 4 x sqrt(expected). */
        double off = count[i] - expected;
        assert_true(off * off <= 16 * expected);
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
    for (int i = 0; i < 1000; i++) assert_int_equal(choose(&faults, &rng), MOCK_FAULT_RESET);
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
        assert_int_equal(choose(&faults, &rng), MOCK_FAULT_NONE);
        assert_int_equal(rng.state, untouched);
    }
}

static void a_bad_list_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "429",           "429:5",          "429:%",          "429:-1%",         "teapot:1%",
        "429:101%",      "429:5%,",        ",429:5%",        "429:60%,500:41%", "429:1%,429:1%",
        "429:5%%",       "429 :5%",        "429:5%;500:1%",  "429:#",           "429:#0",
        "429:#x",        "429:#3-2",       "429:#3-x",       "429:/0",          "429:/",
        "429:~",         "429:3",          "418:1%",         "stall:1%",        "stall@3:1%",
        "stall@0+1s:1%", "stall@3+0:1%",   "stall@3+x:1%",   "429@3:1%",        "reset@0:1%",
        "reset@:1%",     "close@1:1%",     "malformed@1:1%", "reset+reset:1%",  "429+cut:1%",
        "429+:1%",       "429+reset@1:1%",
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        mock_faults faults;
        char problem[300] = "";
        assert_false(mock_faults_parse(&faults, lists[i], problem, sizeof problem));
        assert_int_equal(strncmp(problem, "fault: ", 7), 0);
    }
}

static void a_header_names_a_fault_without_a_when(void **state)
{
    (void)state;
    mock_mishap mishap;
    for (int i = 0; i < MOCK_FAULT_COUNT; i++) {
        if (i == MOCK_FAULT_STALL) continue; /* it has no sense without a place */
        assert_true(mock_mishap_read(gl_slice_str(mock_fault_name((mock_fault)i)), &mishap));
        assert_int_equal(mishap.fault, i);
        assert_int_equal(mishap.tokens, 0);
        assert_false(mishap.resets);
    }
    assert_true(mock_mishap_read(gl_slice_str("none"), &mishap));
    assert_int_equal(mishap.fault, MOCK_FAULT_NONE);
    assert_true(mock_mishap_read(gl_slice_str("stall@20+1500ms"), &mishap));
    assert_int_equal(mishap.fault, MOCK_FAULT_STALL);
    assert_int_equal(mishap.tokens, 20);
    assert_int_equal(mishap.pause, 1500 * GL_MS);
    assert_true(mock_mishap_read(gl_slice_str("reset@7"), &mishap));
    assert_int_equal(mishap.tokens, 7);
    assert_true(mock_mishap_read(gl_slice_str("401+reset"), &mishap));
    assert_int_equal(mishap.fault, MOCK_FAULT_401);
    assert_true(mishap.resets);
    assert_false(mock_mishap_read(gl_slice_str(""), &mishap));
    assert_false(mock_mishap_read(gl_slice_str("500 "), &mishap));
    assert_false(mock_mishap_read(gl_slice_str("stall"), &mishap));
}

static void a_rule_meets_the_requests_it_names(void **state)
{
    (void)state;
    static const struct {
        const char *list, *body;
        uint64_t number;
        mock_fault fault;
    } table[] = {
        { "500:#3", "x", 2, MOCK_FAULT_NONE },
        { "500:#3", "x", 3, MOCK_FAULT_500 },
        { "500:#3", "x", 4, MOCK_FAULT_NONE },
        { "500:#3-4", "x", 4, MOCK_FAULT_500 },
        { "500:#3-4", "x", 5, MOCK_FAULT_NONE },
        { "500:#3-", "x", 2, MOCK_FAULT_NONE },
        { "500:#3-", "x", 3000, MOCK_FAULT_500 },
        { "500:/10", "x", 9, MOCK_FAULT_NONE },
        { "500:/10", "x", 10, MOCK_FAULT_500 },
        { "500:/10", "x", 20, MOCK_FAULT_500 },
        { "500:~poison", "some poison", 1, MOCK_FAULT_500 },
        { "500:~poison", "poisom", 1, MOCK_FAULT_NONE },
        { "500:~a:#1", "a:#1", 1, MOCK_FAULT_500 },  /* a text may hold all but commas */
        { "429:#1,500:#1", "x", 1, MOCK_FAULT_429 }, /* the first that fits */
        { "429:#1,500:#1-9", "x", 2, MOCK_FAULT_500 },
        { "reset:100%,401:#2", "x", 2, MOCK_FAULT_401 }, /* before what was drawn */
        { "reset:100%,401:#2", "x", 3, MOCK_FAULT_RESET },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        mock_faults faults;
        char problem[400] = "";
        gl_rng rng;
        gl_rng_seed(&rng, 1);
        assert_true(mock_faults_parse(&faults, table[i].list, problem, sizeof problem));
        mock_mishap mishap =
            mock_faults_choose(&faults, &rng, table[i].number, gl_slice_str(table[i].body));
        assert_int_equal(mishap.fault, table[i].fault);
    }
}

/* So that adding one changes the fate of no other request. */
static void a_rule_takes_no_draw_away(void **state)
{
    (void)state;
    mock_faults drawn, ruled;
    char problem[400];
    gl_rng a, b;
    gl_rng_seed(&a, 5);
    gl_rng_seed(&b, 5);
    assert_true(mock_faults_parse(&drawn, "429:50%", problem, sizeof problem));
    assert_true(mock_faults_parse(&ruled, "429:50%,500:/3", problem, sizeof problem));
    for (uint64_t n = 1; n <= 300; n++) {
        mock_fault one = mock_faults_choose(&drawn, &a, n, gl_slice_of("", 0)).fault;
        mock_fault other = mock_faults_choose(&ruled, &b, n, gl_slice_of("", 0)).fault;
        assert_int_equal(other, n % 3 == 0 ? MOCK_FAULT_500 : one);
    }
}

static void more_than_sixteen_rules_are_refused(void **state)
{
    (void)state;
    mock_faults faults;
    char problem[400] = "";
    static const char list[] = "500:#1,500:#1,500:#1,500:#1,500:#1,500:#1,500:#1,500:#1,500:#1,"
                               "500:#1,500:#1,500:#1,500:#1,500:#1,500:#1,500:#1,500:#1";
    assert_true(mock_faults_parse(&faults, list + 7, problem, sizeof problem)); /* 16 of them */
    assert_false(mock_faults_parse(&faults, list, problem, sizeof problem));
    assert_non_null(strstr(problem, "more than 16"));
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
        cmocka_unit_test(a_header_names_a_fault_without_a_when),
        cmocka_unit_test(a_rule_meets_the_requests_it_names),
        cmocka_unit_test(a_rule_takes_no_draw_away),
        cmocka_unit_test(more_than_sixteen_rules_are_refused),
        cmocka_unit_test(names_and_statuses_belong_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
