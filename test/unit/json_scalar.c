/*
 * json_scalar.c - strings and numbers: read exactly, and written so that they read back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "json_parse.h"
/* --- strings --------------------------------------------------------------------------------- */

static void strings_compare_with_escapes_undone(void **state)
{
    (void)state;
    assert_true(gl_json_string_is(parse("\"stop\""), "stop"));
    assert_true(gl_json_string_is(parse("\"\\u0073t\\/p\\n\""), "st/p\n"));
    assert_true(gl_json_string_is(parse("\"\\ud83d\\ude00\""), "\xF0\x9F\x98\x80"));
    assert_true(gl_json_string_is(parse("\"\""), ""));
    assert_false(gl_json_string_is(parse("\"stop\""), "sto"));
    assert_false(gl_json_string_is(parse("\"sto\""), "stop"));
    assert_false(gl_json_string_is(parse("\"a\\u0000b\""), "a"));
    assert_false(gl_json_string_is(parse("\"\\ud800\""), "\xEF\xBF\xBD"));
    assert_false(gl_json_string_is(parse("1"), "1"));
}

static void strings_read_as_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
        size_t len;
        bool lone;
    } cases[] = {
        { "\"\"", "", 0, false },
        { "\"plain \xC3\xA9\"", "plain \xC3\xA9", 8, false },
        { "\"\\b\\f\\n\\r\\t\\\"\\\\\\/\"", "\b\f\n\r\t\"\\/", 8, false },
        { "\"\\u0000x\\u00E9\\u20ac\"", "\0x\xC3\xA9\xE2\x82\xAC", 7, false },
        { "\"\\uD83D\\uDE00\\udbff\\udfff\"", "\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF", 8, false },
        { "\"\\ud800\"", "\xEF\xBF\xBD", 3, true },
        { "\"\\udc00\\ud800\"", "\xEF\xBF\xBD\xEF\xBF\xBD", 6, true },
        { "\"\\ud800\\ud800\\udc00\"", "\xEF\xBF\xBD\xF0\x90\x80\x80", 7, true },
        { "\"\\ud800\\n\\udc00\"", "\xEF\xBF\xBD\n\xEF\xBF\xBD", 7, true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gl_json string = parse(cases[i].text);
        bool lone = !cases[i].lone;
        gl_buf out;
        gl_buf_init(&out, 100);
        gl_json_string_append(string, &out, &lone);
        assert_int_equal(lone, cases[i].lone);
        assert_int_equal(out.len, cases[i].len);
        if (out.len > 0) assert_memory_equal(out.data, cases[i].expected, out.len);
        assert_true(out.len <= gl_json_string_bound(string));
        gl_buf_free(&out);
    }
    gl_buf out;
    gl_buf_init(&out, 100);
    gl_json_string_append(parse("[\"a\"]"), &out, NULL);
    assert_int_equal(out.len, 0);
    gl_buf_free(&out);
}

static void written_strings_are_valid_whatever_comes(void **state)
{
    (void)state;
    static const struct {
        gl_slice text;
        const char *expected;
    } cases[] = {
        { { NULL, 0 }, "\"\"" },
        { { "a/b\x7F", 4 }, "\"a/b\x7F\"" },
        { { "\"\\\b\f\n\r\t", 7 }, "\"\\\"\\\\\\b\\f\\n\\r\\t\"" },
        { { "\0\x1F\v", 3 }, "\"\\u0000\\u001f\\u000b\"" },
        { { "\xC3\xA9\xF0\x9F\x98\x80", 6 }, "\"\xC3\xA9\xF0\x9F\x98\x80\"" },
        { { "a\xFFz", 3 }, "\"a\xEF\xBF\xBDz\"" },
        { { "\xE2\x82", 2 }, "\"\xEF\xBF\xBD\xEF\xBF\xBD\"" },
        { { "\xED\xA0\x80\n", 4 }, "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\\n\"" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gl_buf out;
        gl_json root;
        gl_buf_init(&out, 100);
        gl_json_write_string(&out, cases[i].text);
        assert_slice(gl_buf_slice(&out), cases[i].expected);
        assert_int_equal(gl_json_check(gl_buf_slice(&out), &root, NULL), GL_JSON_OK);
        gl_buf_free(&out);
    }
}

static void random_bytes_are_written_as_valid_strings(void **state)
{
    (void)state;
    gl_rng rng;
    gl_rng_seed(&rng, 7);
    for (int turn = 0; turn < 5000; turn++) {
        char bytes[24];
        gl_slice text = gl_slice_of(bytes, gl_rng_below(&rng, sizeof bytes));
        for (size_t i = 0; i < text.len; i++) bytes[i] = (char)gl_rng_next(&rng);
        gl_buf out, back;
        gl_json root;
        gl_buf_init(&out, 1000);
        gl_buf_init(&back, 1000);
        gl_json_write_string(&out, text);
        assert_int_equal(gl_json_check(gl_buf_slice(&out), &root, NULL), GL_JSON_OK);
        gl_json_string_append(root, &back, NULL);
        if (gl_utf8_check(text.data, text.len) == text.len)
            assert_true(gl_slice_equal(gl_buf_slice(&back), text));
        gl_buf_free(&out);
        gl_buf_free(&back);
    }
}

/* The rule, a character at a time. */
static void write_each(gl_buf *out, gl_slice text)
{
    size_t used;
    gl_buf_append_char(out, '"');
    for (size_t at = 0; at < text.len; at += used) {
        uint32_t code = gl_utf8_decode(text.data + at, text.len - at, &used);
        static const char named[] = "\b\t\n\f\r\"\\", letters[] = "btnfr\"\\";
        const char *name = code != 0 && code < 0x80 ? strchr(named, (int)code) : NULL;
        if (code == GL_UTF8_BAD)
            gl_buf_append_str(out, "\xEF\xBF\xBD");
        else if (name != NULL)
            gl_buf_printf(out, "\\%c", letters[name - named]);
        else if (code < 0x20)
            gl_buf_printf(out, "\\u%04x", (unsigned)code);
        else
            gl_buf_append(out, text.data + at, used);
    }
    gl_buf_append_char(out, '"');
}

static void a_string_is_written_as_it_would_be_a_character_at_a_time(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "a",    "plain words", "\"",       "\\",           "\n",
        "\x01", "\x7F",        "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
        "\xC3", "\xE2\x82",    "\x80",     "\xFF",
    };
    gl_rng rng;
    gl_rng_seed(&rng, 11);
    for (int turn = 0; turn < 20000; turn++) {
        gl_buf text, expected, out;
        gl_buf_init(&text, 1000);
        gl_buf_init(&expected, 10000);
        gl_buf_init(&out, 10000);
        for (uint32_t count = gl_rng_below(&rng, 12); count > 0; count--)
            gl_buf_append_str(&text, pieces[gl_rng_below(&rng, sizeof pieces / sizeof *pieces)]);
        write_each(&expected, gl_buf_slice(&text));
        gl_json_write_string(&out, gl_buf_slice(&text));
        assert_true(gl_slice_equal(gl_buf_slice(&out), gl_buf_slice(&expected)));
        gl_buf_free(&text);
        gl_buf_free(&expected);
        gl_buf_free(&out);
    }
}

static void a_rewritten_string_has_one_spelling(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "\"a\\u0041\\/\\u002f\\u00e9\"", "\"aA//\xC3\xA9\"" },
        { "\"\\u0022\\u005C\\u000a\\u000B\\u007f\"", "\"\\\"\\\\\\n\\u000b\x7F\"" },
        { "\"\\uD83D\\uDE00\"", "\"\xF0\x9F\x98\x80\"" },
        { "\"\\uD83D\\n\\uDE00\"", "\"\\ud83d\\n\\ude00\"" },
        { "\"\\uDE00\\uD83D\"", "\"\\ude00\\ud83d\"" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gl_buf out;
        gl_buf_init(&out, 100);
        gl_json_rewrite_string(&out, parse(cases[i][0]).text);
        assert_slice(gl_buf_slice(&out), cases[i][1]);
        gl_buf_free(&out);
    }
}

/* --- numbers --------------------------------------------------------------------------------- */

static void integers_are_read_in_any_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        int64_t value;
    } cases[] = {
        { "0", true, 0 },
        { "-0", true, 0 },
        { "0.000e99", true, 0 },
        { "0e999999999999999999", true, 0 },
        { "1", true, 1 },
        { "1.0", true, 1 },
        { "1e0", true, 1 },
        { "10e-1", true, 1 },
        { "0.001e3", true, 1 },
        { "-12.50e1", true, -125 },
        { "1e18", true, INT64_C(1000000000000000000) },
        { "1e19", false, 0 },
        { "1.5", false, 0 },
        { "1e-1", false, 0 },
        { "1e-999999999999999999", false, 0 },
        { "1e999999999999999999", false, 0 },
        { "9223372036854775807", true, INT64_MAX },
        { "9223372036854775807.000", true, INT64_MAX },
        { "9223372036854775808", false, 0 },
        { "-9223372036854775808", true, INT64_MIN },
        { "-9223372036854775809", false, 0 },
        { "18446744073709551616", false, 0 },
        { "9999999999999999999", false, 0 },
        { "\"1\"", false, 0 },
        { "true", false, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = 0;
        if (gl_json_int64(parse(cases[i].text), &value) != cases[i].ok || value != cases[i].value)
            fail_msg("%s: %lld", cases[i].text, (long long)value);
    }
}

/* Digits alone are read in a way of their own. */
static void digits_alone_are_the_integer_that_they_are_with_a_fraction(void **state)
{
    (void)state;
    gl_rng rng;
    gl_rng_seed(&rng, 12);
    for (int turn = 0; turn < 20000; turn++) {
        char digits[32], fraction[40];
        int64_t value = -7, expected = -7;
        uint64_t number = (uint64_t)gl_rng_next(&rng) << 32 | gl_rng_next(&rng);
        snprintf(digits, sizeof digits, "%llu",
                 (unsigned long long)(number >> gl_rng_below(&rng, 64)));
        snprintf(fraction, sizeof fraction, "%s.0", digits);
        bool read = gl_json_int64(parse(digits), &value);
        assert_int_equal(read, gl_json_int64(parse(fraction), &expected));
        assert_int_equal(value, expected);
    }
}

static void doubles_are_the_nearest(void **state)
{
    (void)state;
    double value = 1;
    gl_rng rng;
    gl_rng_seed(&rng, 99);
    for (int turn = 0; turn < 20000; turn++) {
        char text[80];
        snprintf(text, sizeof text, "%s%u.%u%ue%d", turn % 2 == 0 ? "-" : "",
                 gl_rng_below(&rng, 1000), gl_rng_next(&rng), gl_rng_next(&rng),
                 (int)gl_rng_below(&rng, 660) - 330);
        bool ok = gl_json_double(parse(text), &value);
        double expected = strtod(text, NULL);
        if (ok == (isinf(expected) != 0) || (ok && value != expected)) fail_msg("%s", text);
    }
    assert_true(gl_json_double(parse("-0.0"), &value) && value == 0 && signbit(value));
    assert_true(gl_json_double(parse("1e-999999999999999999"), &value) && value == 0);
    assert_false(gl_json_double(parse("1e999999999999999999"), &value));
    assert_false(gl_json_double(parse("\"1\""), &value));
}

/* Half way between 1 and the next double, and a last digit far behind that decides. */
static void the_last_of_many_digits_decides(void **state)
{
    (void)state;
    static const char half[] = "1.00000000000000011102230246251565404236316680908203125";
    enum { MANY = 3000 };
    char *text = malloc(sizeof half + MANY + 1);
    double value = 0;
    assert_true(gl_json_double(parse(half), &value) && value == 1.0);
    memcpy(text, half, sizeof half);
    memset(text + sizeof half - 1, '0', MANY);
    memcpy(text + sizeof half - 1 + MANY, "1", sizeof "1");
    assert_true(gl_json_double(parse(text), &value) && value == 1.0 + DBL_EPSILON);
    free(text);
}

static void a_rewritten_number_has_one_spelling(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "-0.00e5", "0" },
        { "1.0", "1" },
        { "10e-1", "1" },
        { "-1E0", "-1" },
        { "1200", "1200" },
        { "12.340", "12.34" },
        { "0.1", "0.1" },
        { "0.10000000000000000001", "0.10000000000000000001" },
        { "100000000000000000000", "100000000000000000000" },
        { "1e20", "100000000000000000000" },
        { "123456789012345678901", "123456789012345678901" },
        { "1e21", "1e+21" },
        { "1234567890123456789012", "1.234567890123456789012e+21" },
        { "123456789012345678901.5", "123456789012345678901.5" },
        { "0.000001", "0.000001" },
        { "0.0000012", "0.0000012" },
        { "0.0000001", "1e-7" },
        { "12e-9", "1.2e-8" },
        { "1e999999999999999999", "1e+999999999999999999" },
        { "100e999999999999999999", "1e+1000000000000000001" },
        { "0.001e-999999999999999999", "1e-1000000000000000002" },
        { "0.0120e1", "0.12" },
        { "10.02e1", "100.2" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        gl_buf out;
        gl_buf_init(&out, 100);
        gl_json_rewrite_number(&out, parse(cases[i][0]).text);
        assert_slice(gl_buf_slice(&out), cases[i][1]);
        gl_buf_free(&out);
    }
}

static void assert_written(double number, const char *expected)
{
    gl_buf out;
    gl_buf_init(&out, 100);
    gl_json_write_double(&out, number);
    assert_slice(gl_buf_slice(&out), expected);
    gl_buf_free(&out);
}

static void doubles_are_written_short(void **state)
{
    (void)state;
    assert_written(0, "0");
    assert_written(-0.0, "-0");
    assert_written(1, "1");
    assert_written(-256, "-256");
    assert_written(0.7, "0.7");
    assert_written(0.1 + 0.2, "0.30000000000000004");
    assert_written(1e20, "100000000000000000000");
    assert_written(1e21, "1e+21");
    assert_written(1e-7, "1e-7");
    assert_written(1.5e300, "1.5e+300");
    assert_written((double)NAN, "null");
    assert_written((double)INFINITY, "null");
    assert_written((double)-INFINITY, "null");
}

static void assert_reads_back(double number)
{
    gl_buf out;
    double back = 0;
    gl_json root;
    gl_buf_init(&out, 100);
    gl_json_write_double(&out, number);
    assert_int_equal(gl_json_check(gl_buf_slice(&out), &root, NULL), GL_JSON_OK);
    assert_true(gl_json_double(root, &back));
    assert_memory_equal(&back, &number, sizeof number);
    gl_buf_free(&out);
}

/* The shortest of 15 to 17 digits, always by way of printf. */
static void write_printed(gl_buf *out, double number)
{
    char text[64];
    for (int digits = DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
        snprintf(text, sizeof text, "%.*e", digits - 1, number);
        if (strtod(text, NULL) == number) break;
    }
    gl_json_rewrite_number(out, gl_slice_str(text));
}

static void a_double_with_few_digits_is_written_as_printf_would(void **state)
{
    (void)state;
    gl_rng rng;
    gl_rng_seed(&rng, 31);
    gl_buf out, expected;
    gl_buf_init(&out, 100);
    gl_buf_init(&expected, 100);
    for (int turn = 0; turn < 200000; turn++) {
        static const double powers[] = { 1, 10, 100, 1000, 1e4, 1e5, 1e-5, 3 };
        uint64_t whole = (uint64_t)gl_rng_next(&rng) << 32 | gl_rng_next(&rng);
        double number = (double)(whole >> gl_rng_below(&rng, 64)) / powers[gl_rng_below(&rng, 8)];
        if (gl_rng_below(&rng, 4) == 0)
            number = nextafter(number, gl_rng_below(&rng, 2) ? 0 : 1e300);
        if (gl_rng_below(&rng, 2) == 0) number = -number;
        if (number == 0) continue;
        gl_buf_reset(&out);
        gl_buf_reset(&expected);
        gl_json_write_double(&out, number);
        write_printed(&expected, number);
        if (!gl_slice_equal(gl_buf_slice(&out), gl_buf_slice(&expected)))
            fail_msg("%.17g: %.*s", number, (int)out.len, out.data);
    }
    gl_buf_free(&out);
    gl_buf_free(&expected);
}

static void any_finite_double_reads_back(void **state)
{
    (void)state;
    gl_rng rng;
    gl_rng_seed(&rng, 5);
    for (int turn = 0; turn < 50000; turn++) {
        uint64_t bits = (uint64_t)gl_rng_next(&rng) << 32 | gl_rng_next(&rng);
        double number;
        memcpy(&number, &bits, sizeof number);
        if (isfinite(number)) assert_reads_back(number);
    }
    assert_reads_back(DBL_MAX);
    assert_reads_back(DBL_MIN);
    assert_reads_back(5e-324);
    assert_reads_back(-0.0);
    assert_reads_back(0x1p-44); /* its two neighbours are not equally far */
}

static void a_comma_locale_changes_nothing(void **state)
{
    (void)state;
    static const char *const locales[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "ps_AF" };
    size_t i = 0, count = sizeof locales / sizeof *locales;
    while (i < count && setlocale(LC_NUMERIC, locales[i]) == NULL) i++;
    if (i == count) skip(); /* none is installed */
    double value = 0;
    assert_true(gl_json_double(parse("1.5"), &value) && value == 1.5);
    assert_written(1.5, "1.5");
    setlocale(LC_NUMERIC, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_compare_with_escapes_undone),
        cmocka_unit_test(strings_read_as_utf8),
        cmocka_unit_test(written_strings_are_valid_whatever_comes),
        cmocka_unit_test(random_bytes_are_written_as_valid_strings),
        cmocka_unit_test(a_string_is_written_as_it_would_be_a_character_at_a_time),
        cmocka_unit_test(a_rewritten_string_has_one_spelling),
        cmocka_unit_test(integers_are_read_in_any_spelling),
        cmocka_unit_test(digits_alone_are_the_integer_that_they_are_with_a_fraction),
        cmocka_unit_test(doubles_are_the_nearest),
        cmocka_unit_test(the_last_of_many_digits_decides),
        cmocka_unit_test(a_rewritten_number_has_one_spelling),
        cmocka_unit_test(doubles_are_written_short),
        cmocka_unit_test(a_double_with_few_digits_is_written_as_printf_would),
        cmocka_unit_test(any_finite_double_reads_back),
        cmocka_unit_test(a_comma_locale_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
