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
    load_question asked;
    char problem[128];
    assert_true(lines(&inputs,
                      "{\"input_text\":\"a\\n\\u00e9\",\"goal\":\"g\",\"constraints\":\"c\"}\r\n"
                      "\n"
                      "{\"custom_id\":\"x\",\"input_text\":\"a\\n\xc3\xa9\","
                      "\"constraints\":\"c\",\"goal\":\"g\"}\n"
                      "{\"input_text\":\"b\",\"goal\":null}",
                      problem));
    assert_int_equal(inputs.count, 2);
    load_inputs_question(&inputs, 0, &asked);
    draft_is(&asked.draft, "a\n\xc3\xa9", "g", "c");
    load_inputs_question(&inputs, 1, &asked);
    draft_is(&asked.draft, "b", "", "");
    assert_null(asked.draft.goal);
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
    load_question asked;
    char problem[128], seen[60][32];
    assert_true(lines(&inputs, "{\"input_text\":\"a\"}\n{\"input_text\":\"b\"}\n", problem));
    for (uint64_t i = 0; i < 60; i++) {
        load_inputs_question(&inputs, i, &asked);
        assert_true(asked.draft.input_text_len < sizeof seen[i]);
        assert_int_equal(asked.draft.input_text[0], i % 2 == 0 ? 'a' : 'b');
        memcpy(seen[i], asked.draft.input_text, asked.draft.input_text_len);
        seen[i][asked.draft.input_text_len] = '\0';
        for (uint64_t k = 0; k < i; k++) assert_string_not_equal(seen[i], seen[k]);
    }
    load_inputs_question(&inputs, 59, &asked); /* the number alone decides */
    assert_true(
        gl_slice_is(gl_slice_of(asked.draft.input_text, asked.draft.input_text_len), seen[59]));
    load_inputs_free(&inputs);
}

static void chat_is(const load_inputs *inputs, uint64_t number, const char *path, const char *body)
{
    load_question asked;
    load_inputs_question((void *)(uintptr_t)inputs, number, &asked);
    assert_true(asked.raw);
    assert_string_equal(asked.chat.path, path);
    assert_true(gl_slice_is(gl_slice_of(asked.chat.body, asked.chat.body_len), body));
}

static void a_body_is_asked_as_it_is_and_again_with_its_number_in_its_last_text(void **state)
{
    (void)state;
    load_inputs inputs;
    char problem[128];
    size_t live = gl_alloc_live();
    assert_true(lines(
        &inputs,
        "{\"messages\":[{\"content\":\"s\"},{\"content\":\"a\\\"\"}],\"model\":\"m\"}\n"
        "{\"url\":\"/v1/embeddings\",\"body\":{\"input\":[\"x\",\"y\"]}}\n"
        "{\"body\":{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"p\"}]}]}}\n"
        "{\"body\":{\"input\":[{\"role\":\"user\",\"content\":\"q\"}]},\"url\":\"/responses\"}\n"
        "{\"body\":{\"prompt\":\"r\"},\"url\":\"/v1/completions\"}\n",
        problem));
    assert_int_equal(inputs.count, 5);
    chat_is(&inputs, 0, "/chat/completions",
            "{\"messages\":[{\"content\":\"s\"},{\"content\":\"a\\\"\"}],\"model\":\"m\"}");
    chat_is(&inputs, 5, "/chat/completions",
            "{\"messages\":[{\"content\":\"s\"},{\"content\":\"a\\\"\\n\\n(no. 5)\"}],"
            "\"model\":\"m\"}");
    chat_is(&inputs, 6, "/embeddings", "{\"input\":[\"x\",\"y\\n\\n(no. 6)\"]}");
    chat_is(&inputs, 7, "/chat/completions",
            "{\"messages\":[{\"content\":[{\"type\":\"text\",\"text\":\"p\\n\\n(no. 7)\"}]}]}");
    chat_is(&inputs, 8, "/responses",
            "{\"input\":[{\"role\":\"user\",\"content\":\"q\\n\\n(no. 8)\"}]}");
    chat_is(&inputs, 9, "/completions", "{\"prompt\":\"r\\n\\n(no. 9)\"}");
    load_inputs_free(&inputs);
    assert_int_equal(gl_alloc_live(), live);
}

static void a_line_that_is_no_draft_is_named(void **state)
{
    (void)state;
    static const char *const bad[] = { "{\"input_text\":\"a\"}\n{\"input_text\":\"a\"",
                                       "\n{\"messages\":[]}",
                                       "\n{\"messages\":[{\"content\":7}]}",
                                       "\n{\"messages\":\"\",\"body\":[]}",
                                       "\n{\"body\":{\"input\":\"a\"},\"url\":\"/a b\"}",
                                       "\n{\"body\":{\"input\":\"a\"},\"url\":\"//x/a\"}",
                                       "\n{\"body\":{\"input\":\"a\"},\"url\":[]}",
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
    assert_string_equal(problem, "has nothing to ask");
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
    load_question asked;
    char problem[128] = "";
    load_inputs_init(&inputs);
    assert_true(load_inputs_packages(&inputs, gl_slice_str(status), problem, sizeof problem));
    assert_int_equal(inputs.count, 1);
    load_inputs_question(&inputs, 0, &asked);
    draft_is(&asked.draft, "add users\nTwo commands.\n\n - one", "summarize in one sentence",
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
        cmocka_unit_test(a_body_is_asked_as_it_is_and_again_with_its_number_in_its_last_text),
        cmocka_unit_test(a_line_that_is_no_draft_is_named),
        cmocka_unit_test(a_package_is_asked_for_by_its_description),
        cmocka_unit_test(want_of_memory_is_said_wherever_it_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
