/* mock_refuse: which requests are refused, and which specs are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "mock/refuse.h"

static void a_spec_refuses_all_bodies_or_those_with_its_text(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *body;
        int status;
        bool meets;
    } table[] = {
        { NULL, "x", 0, false },
        { "", "x", 0, false },
        { "401", "", 401, true },
        { "500:poison", "some poison", 500, true },
        { "500:poison", "poisom", 500, false },
        { "503:a:b", "a:b", 503, true }, /* a text may hold colons */
        { "503:a:b", "a", 503, false },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        mock_refusal refusal;
        char problem[200] = "";
        assert_true(mock_refusal_parse(&refusal, table[i].spec, problem, sizeof problem));
        assert_int_equal(refusal.status, table[i].status);
        assert_int_equal(mock_refusal_meets(&refusal, gl_slice_str(table[i].body)), table[i].meets);
    }
}

static void what_is_no_spec_is_refused_and_shown(void **state)
{
    (void)state;
    static const char *const specs[] = { "200",   "399",  "600", "4010", "4e2", ":x",
                                         "x:401", "401:", "-41", "40.",  "401 " };
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        mock_refusal refusal;
        char problem[200] = "";
        assert_false(mock_refusal_parse(&refusal, specs[i], problem, sizeof problem));
        assert_int_equal(strncmp(problem, "refuse: ", 8), 0);
        assert_non_null(strstr(problem, specs[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_spec_refuses_all_bodies_or_those_with_its_text),
        cmocka_unit_test(what_is_no_spec_is_refused_and_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
