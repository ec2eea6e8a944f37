/* mock_words: what the mock says about a text, and what it takes for a token. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mock/words.h"

static void the_gist_is_the_first_sentence_of_the_subject(void **state)
{
    (void)state;
    static const struct {
        const char *text, *gist;
    } cases[] = {
        { "", "" },
        { "  \n\n ", "" },
        { "One sentence.", "One sentence." },
        { "First one. Second one.", "First one." },
        { "Version 1.2 is out! Get it.", "Version 1.2 is out!" },
        { "Please summarize.\n\nCats sleep. Dogs run.\n", "Cats sleep." },
        { "Goal:\nsum up\n\nInput:\na shell\n It runs programs.\n\nMore.", "a shell" },
        { "Goal:\nsum up\n\nInput:\n\nLong line that goes\non here. Next.",
          "Long line that goes\non here." },
        { "Input:\n", "" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gl_slice gist = mock_words_gist(gl_slice_str(cases[i].text));
        if (!gl_slice_is(gist, cases[i].gist))
            fail_msg("case %zu: '%.*s'", i, (int)gist.len, gist.data);
    }
}

static void a_long_gist_ends_at_a_word_and_between_characters(void **state)
{
    (void)state;
    char text[600] = "";
    for (int i = 0; i < 100; i++) strncat(text, "word ", sizeof text - strlen(text) - 1);
    gl_slice gist = mock_words_gist(gl_slice_str(text));
    assert_in_range(gist.len, 100, 200);
    assert_int_equal(memcmp(gist.data + gist.len - 5, " word", 5), 0);
    text[0] = 'x'; /* then two-byte characters without a blank: 200 would cut one */
    for (size_t i = 1; i < 401; i += 2) memcpy(text + i, "\xc3\xa9", 2);
    gist = mock_words_gist(gl_slice_of(text, 401));
    assert_int_equal(gist.len, 199);
}

static void a_token_is_a_word_with_the_blanks_before_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t tokens, first_two; /* bytes */
    } cases[] = {
        { "", 0, 0 },
        { "One", 1, 3 },
        { "One two  three.", 3, 7 },
        { " a\n b ", 3, 5 },
        { "{\"a\":\"0123456789\",\"b\":1}", 2, 24 },
        { "0123456789abcdef0", 2, 17 },
        { "0123456789abcd\xc3\xa9\xc3\xa9", 2, 18 }, /* no character is cut */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gl_slice text = gl_slice_str(cases[i].text), rest = text;
        size_t len = 0;
        assert_int_equal(mock_words_count(text), cases[i].tokens);
        assert_int_equal(mock_words_first(text, 2), cases[i].first_two);
        while (rest.len != 0) len += mock_words_next(&rest).len;
        assert_int_equal(len, text.len);
    }
}

static void what_is_filled_in_has_so_many_tokens(void **state)
{
    (void)state;
    for (uint64_t tokens = 0; tokens < 40; tokens++) {
        gl_buf out;
        gl_buf_init(&out, 4096);
        gl_buf_append_str(&out, "Before.");
        mock_words_fill(tokens, tokens * 7, true, &out);
        assert_int_equal(mock_words_count(gl_buf_slice(&out)), tokens + 1);
        gl_buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gist_is_the_first_sentence_of_the_subject),
        cmocka_unit_test(a_long_gist_ends_at_a_word_and_between_characters),
        cmocka_unit_test(a_token_is_a_word_with_the_blanks_before_it),
        cmocka_unit_test(what_is_filled_in_has_so_many_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
