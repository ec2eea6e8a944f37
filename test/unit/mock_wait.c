/* mock_wait: which waits are read, and that they spread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "mock/wait.h"

static void a_wait_is_one_time_or_a_range(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        gl_time from, to;
    } table[] = {
        { NULL, 0, 0 },
        { "", 0, 0 },
        { "0", 0, 0 },
        { "1500ms", 1500 * GL_MS, 1500 * GL_MS },
        { "2", 2 * GL_SECOND, 2 * GL_SECOND }, /* as the header has it */
        { "1s-30s", GL_SECOND, 30 * GL_SECOND },
        { "0-2", 0, 2 * GL_SECOND },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        mock_wait wait;
        char problem[200] = "";
        assert_true(mock_wait_parse(&wait, table[i].spec, problem, sizeof problem));
        assert_int_equal(wait.from, table[i].from);
        assert_int_equal(wait.to, table[i].to);
    }
}

static void what_is_no_wait_is_refused_and_shown(void **state)
{
    (void)state;
    static const char *const specs[] = { "soon", "-1s", "2s-1s",    "1s-",
                                         "1s-x", "2h",  "1s-2s-3s", "99999" };
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        mock_wait wait;
        char problem[200] = "";
        assert_false(mock_wait_parse(&wait, specs[i], problem, sizeof problem));
        assert_int_equal(strncmp(problem, "retry-after: ", 13), 0);
        assert_non_null(strstr(problem, specs[i]));
    }
}

/* A crowd that is refused at once comes back over the whole range, no second more than its part. */
static void a_range_spreads_a_crowd(void **state)
{
    (void)state;
    enum { SECONDS = 10, CROWD = 1000 };
    mock_wait wait;
    char problem[200];
    int in_second[SECONDS + 1] = { 0 };
    gl_rng rng;
    gl_rng_seed(&rng, 1);
    assert_true(mock_wait_parse(&wait, "0-10s", problem, sizeof problem));
    for (int i = 0; i < CROWD; i++) in_second[mock_wait_draw(&wait, &rng) / GL_SECOND]++;
    for (int i = 0; i < SECONDS; i++) assert_in_range(in_second[i], 60, 140); /* 100 +- 4 x 9.5 */
}

static void one_time_draws_nothing(void **state)
{
    (void)state;
    mock_wait wait;
    char problem[200];
    gl_rng rng;
    gl_rng_seed(&rng, 1);
    uint64_t untouched = rng.state;
    assert_true(mock_wait_parse(&wait, "2s", problem, sizeof problem));
    assert_int_equal(mock_wait_draw(&wait, &rng), 2 * GL_SECOND);
    assert_int_equal(rng.state, untouched);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_is_one_time_or_a_range),
        cmocka_unit_test(what_is_no_wait_is_refused_and_shown),
        cmocka_unit_test(a_range_spreads_a_crowd),
        cmocka_unit_test(one_time_draws_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
