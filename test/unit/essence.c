/* The short form of a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "essence_oracle.h"
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

/* How a stop word begins, or all of it. */
static void append_beginning(gl_rng *rng, gl_buf *text)
{
    const char *word = stop_words[gl_rng_below(rng, sizeof stop_words / sizeof *stop_words)];
    gl_buf_append(text, word, 1 + gl_rng_below(rng, (uint32_t)strlen(word)));
}

static void any_text_has_the_essence_that_a_plain_search_finds(void **state)
{
    (void)state;
    static const char *const odd[] = {
        " ",
        ", ",
        "'",
        "-",
        "7",
        "x",
        "X9",
        "\xC3\xA9",
        "\xE2\x82\xAC",
        "\xE2\x80\x99",
        "\xFF",
        "\xC3",
        "report",
        "although",
        "Although",
        "althoughs",
        "abou",
        "about",
        "aboutx",
        "NEITHER",
        "neithe",
        "a",
        "A",
        "yours",
        "zz",
        "isn't",
        "ISN'T",
        "isn'",
        "won't",
        "cannot",
        "cant",
        "can't",
        "Y",
        "9",
        "\xF0\x9F\x98\x80",
    };
    gl_rng rng;
    gl_buf text;
    gl_rng_seed(&rng, 8);
    gl_buf_init(&text, 10000);
    for (int turn = 0; turn < 100000; turn++) {
        char found[GL_ESSENCE_MAX], expected[GL_ESSENCE_MAX];
        gl_buf_reset(&text);
        for (uint32_t count = gl_rng_below(&rng, 24); count > 0; count--) {
            size_t pick = gl_rng_below(&rng, 60);
            if (pick < sizeof odd / sizeof *odd)
                gl_buf_append_str(&text, odd[pick]);
            else
                append_beginning(&rng, &text);
            if (gl_rng_below(&rng, 3) != 0) gl_buf_append_char(&text, ' ');
        }
        gl_slice all = gl_buf_slice(&text);
        size_t half = all.len / 2;
        gl_slice first = gl_slice_of(all.data, half),
                 second = gl_slice_of(all.data + half, all.len - half);
        size_t len = gl_essence_words(first, second, found);
        assert_int_equal(len, oracle_essence(first, second, expected));
        assert_string_equal(found, expected);
    }
    gl_buf_free(&text);
}

/* Each, and each with its last byte changed. */
static void each_stop_word_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stop_words / sizeof *stop_words; i++) {
        char word[16], found[GL_ESSENCE_MAX], expected[GL_ESSENCE_MAX];
        int len = snprintf(word, sizeof word, "%s", stop_words[i]);
        assert_int_equal(gl_essence_words(gl_slice_str(word), gl_slice_str(NULL), found), 0);
        for (word[len - 1] = '0'; word[len - 1] < 'z'; word[len - 1]++) {
            gl_essence_words(gl_slice_str(word), gl_slice_str(NULL), found);
            oracle_essence(gl_slice_str(word), gl_slice_str(NULL), expected);
            assert_string_equal(found, expected);
        }
    }
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
        cmocka_unit_test(each_stop_word_is_known),
        cmocka_unit_test(any_text_has_the_essence_that_a_plain_search_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
