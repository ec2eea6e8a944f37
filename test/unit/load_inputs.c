/* load_inputs.c - what a load test asks, from a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/alloc.h"
#include "load/inputs.h"

static void draft_is(const glimpse_draft *draft, const char *input, const char *goal,
                     const char *constraints)
{
    assert_true(gl_slice_is(gl_slice_of(draft->input_text, draft->input_text_len), input));
    assert_true(gl_slice_is(gl_slice_of(draft->goal, draft->goal_len), goal));
    assert_true(gl_slice_is(gl_slice_of(draft->constraints, draft->constraints_len), constraints));
}

static bool lines(load_inputs *inputs, const char *text, char problem[128])
{
    load_inputs_init(inputs);
    return load_inputs_lines(inputs, gl_slice_str(text), problem, 128);
}

static void a_line_is_a_draft_and_one_like_it_is_no_other(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    load_inputs inputs;
    glimpse_draft draft;
    char problem[128];
    assert_true(lines(&inputs,
                      "{\"input_text\":\"a\\n\\u00e9\",\"goal\":\"g\",\"constraints\":\"c\"}\r\n"
                      "\n"
                      "{\"custom_id\":\"x\",\"input_text\":\"a\\n\xc3\xa9\","
                      "\"constraints\":\"c\",\"goal\":\"g\"}\n"
                      "{\"input_text\":\"b\",\"goal\":null}",
                      problem));
    assert_int_equal(inputs.count, 2);
    load_inputs_text(&inputs, 0, &draft);
    draft_is(&draft, "a\n\xc3\xa9", "g", "c");
    load_inputs_text(&inputs, 1, &draft);
    draft_is(&draft, "b", "", "");
    assert_null(draft.goal);
    load_inputs_free(&inputs);
    assert_int_equal(gl_alloc_live(), live);
}

/* Parts that only together are the same text are different drafts. */
static void where_one_part_ends_tells_drafts_apart(void **state)
{
    (void)state;
    load_inputs inputs;
    char problem[128];
    assert_true(lines(&inputs,
                      "{\"input_text\":\"ab\",\"goal\":\"c\"}\n"
                      "{\"input_text\":\"a\",\"goal\":\"bc\"}\n"
                      "{\"input_text\":\"ab\",\"constraints\":\"c\"}\n",
                      problem));
    assert_int_equal(inputs.count, 3);
    load_inputs_free(&inputs);
}

static void a_number_beyond_the_last_never_asks_the_same(void **state)
{
    (void)state;
    load_inputs inputs;
    glimpse_draft draft;
    char problem[128], seen[60][32];
    assert_true(lines(&inputs, "{\"input_text\":\"a\"}\n{\"input_text\":\"b\"}\n", problem));
    for (uint64_t i = 0; i < 60; i++) {
        load_inputs_text(&inputs, i, &draft);
        assert_true(draft.input_text_len < sizeof seen[i]);
        assert_int_equal(draft.input_text[0], i % 2 == 0 ? 'a' : 'b');
        memcpy(seen[i], draft.input_text, draft.input_text_len);
        seen[i][draft.input_text_len] = '\0';
        for (uint64_t k = 0; k < i; k++) assert_string_not_equal(seen[i], seen[k]);
    }
    load_inputs_text(&inputs, 59, &draft); /* the number alone decides */
    assert_true(gl_slice_is(gl_slice_of(draft.input_text, draft.input_text_len), seen[59]));
    load_inputs_free(&inputs);
}

static void a_line_that_is_no_draft_is_named(void **state)
{
    (void)state;
    static const char *const bad[] = { "{\"input_text\":\"a\"}\n{\"input_text\":\"a\"",
                                       "\n[1]",
                                       "\n{\"input_text\":\"\"}",
                                       "\n{\"body\":{}}",
                                       "\n{\"input_text\":7}",
                                       "\n{\"input_text\":\"a\",\"goal\":[]}",
                                       "\n{\"input_text\":\"\\ud800\"}" };
    size_t live = gl_alloc_live();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        load_inputs inputs;
        char problem[128] = "";
        assert_false(lines(&inputs, bad[i], problem));
        assert_non_null(strstr(problem, "line 2: "));
        load_inputs_free(&inputs);
    }
    load_inputs inputs;
    char problem[128] = "";
    assert_false(lines(&inputs, "\n \n", problem));
    assert_string_equal(problem, "has no drafts");
    load_inputs_free(&inputs);
    assert_int_equal(gl_alloc_live(), live);
}

static void a_package_is_asked_for_by_its_description(void **state)
{
    (void)state;
    static const char status[] = "Package: adduser\nVersion: 3\nDescription: add users\n"
                                 " Two commands.\n .\n  - one\nHomepage: x\n\n"
                                 "Package: short\nDescription: no more\n\n"
                                 "Package: again\nDescription: add users\n"
                                 " Two commands.\n .\n  - one\n";
    load_inputs inputs;
    glimpse_draft draft;
    char problem[128] = "";
    load_inputs_init(&inputs);
    assert_true(load_inputs_packages(&inputs, gl_slice_str(status), problem, sizeof problem));
    assert_int_equal(inputs.count, 1);
    load_inputs_text(&inputs, 0, &draft);
    draft_is(&draft, "add users\nTwo commands.\n\n - one", "summarize in one sentence",
             "at most 20 words");
    load_inputs_free(&inputs);
    load_inputs_init(&inputs);
    assert_false(load_inputs_packages(&inputs, gl_slice_str("Package: a\n"), problem, 128));
    assert_string_equal(problem, "describes no packages");
    load_inputs_free(&inputs);
}

static unsigned allowed;

static bool may(void)
{
    return allowed > 0 && allowed-- > 0;
}

static void want_of_memory_is_said_wherever_it_comes(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    for (unsigned budget = 0;; budget++) {
        load_inputs inputs;
        char problem[128] = "";
        allowed = budget;
        gl_alloc_set_gate(may);
        bool good = lines(&inputs, "{\"input_text\":\"a\"}\n{\"input_text\":\"b\"}\n", problem);
        gl_alloc_set_gate(NULL);
        load_inputs_free(&inputs);
        assert_int_equal(gl_alloc_live(), live);
        if (good) {
            assert_true(budget > 0);
            break;
        }
        assert_string_equal(problem, "out of memory");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_a_draft_and_one_like_it_is_no_other),
        cmocka_unit_test(where_one_part_ends_tells_drafts_apart),
        cmocka_unit_test(a_number_beyond_the_last_never_asks_the_same),
        cmocka_unit_test(a_line_that_is_no_draft_is_named),
        cmocka_unit_test(a_package_is_asked_for_by_its_description),
        cmocka_unit_test(want_of_memory_is_said_wherever_it_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
