/* The short form of a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "policy/essence.h"

static const char *words(const char *first, const char *second)
{
    static char out[GL_ESSENCE_MAX];
    size_t len = gl_essence_words(gl_slice_str(first), gl_slice_str(second), out);
    assert_int_equal(len, strlen(out));
    return out;
}

static const char *marked(const char *first, const char *second, const char *status)
{
    static char out[GL_ESSENCE_MAX];
    size_t len = gl_essence_marked(gl_slice_str(first), gl_slice_str(second), status, out);
    assert_int_equal(len, strlen(out));
    return out;
}

static void stop_words_are_skipped_in_any_case(void **state)
{
    (void)state;
    assert_string_equal(words("The cat IS on the mat", ""), "cat mat");
    assert_string_equal(words("It's what you Don't do: yours", ""), "");
    /* The first and last of the sorted list, and what only begins like a stop word. */
    assert_string_equal(words("a an about yours your zebra", ""), "zebra");
    assert_string_equal(words("thesis android yourself", ""), "thesis android yourself");
}

static void at_most_8_words_first_text_first(void **state)
{
    (void)state;
    assert_string_equal(words("w1 w2 w3 w4 w5 w6 w7 w8 w9 w10", "other"),
                        "w1 w2 w3 w4 w5 w6 w7 w8");
    assert_string_equal(words("cats", "summarize dogs"), "cats summarize dogs");
    assert_string_equal(words("", "summarize in one sentence"), "summarize sentence");
}

static void repeats_are_skipped_whatever_their_ascii_case(void **state)
{
    (void)state;
    assert_string_equal(words("Cat cat CAT dog", "Dog bird"), "Cat dog bird");
}

static void a_single_character_counts_only_as_a_digit(void **state)
{
    (void)state;
    assert_string_equal(words("x 7 y \xC3\xA9 ok", ""), "7 ok");
}

static void words_end_at_punctuation_of_any_script(void **state)
{
    (void)state;
    assert_string_equal(words("red,green;blue(white)", ""), "red green blue white");
    assert_string_equal(
        words("caf\xC3\xA9\xE2\x80\x94na\xC3\xAFve \xE2\x80\x9Cquote\xE2\x80\x9D", ""),
        "caf\xC3\xA9 na\xC3\xAFve quote");
    assert_string_equal(words("\xE6\x97\xA5\xE6\x9C\xAC\xE3\x80\x82\xE6\x9D\xB1\xE4\xBA\xAC", ""),
                        "\xE6\x97\xA5\xE6\x9C\xAC \xE6\x9D\xB1\xE4\xBA\xAC");
    assert_string_equal(words("fast \xF0\x9F\x9A\x80 rocket", ""), "fast rocket");
    assert_string_equal(words("'quoted' o'clock dogs'", ""), "quoted o'clock dogs");
}

static void a_long_word_is_clipped_between_characters(void **state)
{
    (void)state;
    /* 39 bytes of ASCII and a two-byte character across the limit of 40. */
    char text[128];
    snprintf(text, sizeof text, "%.39s\xC3\xA9zzzz end",
             "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq");
    char expected[64];
    snprintf(expected, sizeof expected, "%.39s end", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq");
    assert_string_equal(words(text, ""), expected);
}

static void bytes_that_are_not_utf8_separate_words(void **state)
{
    (void)state;
    assert_string_equal(words("good\xFF\xFEwords\xC3 here\xE2\x82", ""), "good words");
}

static void the_mark_follows_the_words_or_stands_alone(void **state)
{
    (void)state;
    assert_string_equal(marked("cats sleep", "", "rate_limited"), "cats sleep [rate_limited]");
    assert_string_equal(marked("the of", "", "error"), "[error]");
    assert_string_equal(marked("", "", "error"), "[error]");
}

static void the_largest_essence_fits_its_room(void **state)
{
    (void)state;
    char text[8 * 60 + 1] = "";
    size_t len = 0;
    for (int i = 0; i < 8; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "%dwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww"
                                "wwwwwwwwwwww ",
                                i);
    assert_int_equal(strlen(words(text, "")), 8 * 40 + 7);
    /* A status as long as a sentence is clipped, on a character. */
    char status[400];
    memset(status, 's', sizeof status - 1);
    status[sizeof status - 1] = '\0';
    memcpy(status + 53, "\xC3\xA9", 2);
    const char *all = marked(text, "", status);
    assert_int_equal(gl_utf8_check(all, strlen(all)), strlen(all));
    assert_true(strlen(all) < GL_ESSENCE_MAX);
    assert_int_equal(all[strlen(all) - 1], ']');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stop_words_are_skipped_in_any_case),
        cmocka_unit_test(at_most_8_words_first_text_first),
        cmocka_unit_test(repeats_are_skipped_whatever_their_ascii_case),
        cmocka_unit_test(a_single_character_counts_only_as_a_digit),
        cmocka_unit_test(words_end_at_punctuation_of_any_script),
        cmocka_unit_test(a_long_word_is_clipped_between_characters),
        cmocka_unit_test(bytes_that_are_not_utf8_separate_words),
        cmocka_unit_test(the_mark_follows_the_words_or_stands_alone),
        cmocka_unit_test(the_largest_essence_fits_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
