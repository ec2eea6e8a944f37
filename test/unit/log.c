/* log: lines as promised, and one line of valid text whatever the values hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/json.h"
#include "base/rng.h"
#include "base/utf8.h"
#include "log.h"

/* 2025-10-29T08:00:00.123Z */
#define WHEN INT64_C(1761724800123)

typedef size_t format_fn(const glimpse_log_event *event, int64_t unix_ms, char *buffer,
                         size_t size);

static char line[8192];

static const char *format(format_fn *fn, const char *name, const glimpse_log_field *fields,
                          size_t count)
{
    glimpse_log_event event = { GLIMPSE_LOG_WARN, name, fields, count };
    size_t len = fn(&event, WHEN, line, sizeof line);
    assert_true(len < sizeof line);
    assert_int_equal(strlen(line), len);
    return line;
}

static void text_line_is_as_promised(void **state)
{
    (void)state;
    const glimpse_log_field fields[] = { { "id", NULL, 7 }, { "status", NULL, 500 } };
    assert_string_equal(format(glimpse_log_format_text, "openai_error_retry", fields, 2),
                        "2025-10-29T08:00:00.123Z WARN openai_error_retry id=7 status=500");
    assert_string_equal(format(glimpse_log_format_text, "cache_hit", NULL, 0),
                        "2025-10-29T08:00:00.123Z WARN cache_hit");
    const glimpse_log_field values[] = {
        { "a", "plain-1.5/x", 0 },    { "b", "", 0 },         { "c", "two words", 0 },
        { "d", "say \"hi\"\\\n", 0 }, { "e", "x=y", 0 },      { "f", NULL, INT64_MIN },
        { "g", "\x1b[31m\x7f", 0 },   { "h", "\xc3\xa9", 0 }, { "i", "\xff", 0 },
        { "j", "\xc2\x9b", 0 },
    };
    assert_string_equal(format(glimpse_log_format_text, "x", values, 10),
                        "2025-10-29T08:00:00.123Z WARN x a=plain-1.5/x b=\"\" c=\"two words\" "
                        "d=\"say \\\"hi\\\"\\\\\\n\" e=\"x=y\" f=-9223372036854775808 "
                        "g=\"\\u001b[31m\\u007f\" h=\"\xc3\xa9\" i=\"\xef\xbf\xbd\" "
                        "j=\"\\u009b\"");
}

static void json_line_is_as_promised(void **state)
{
    (void)state;
    const glimpse_log_field fields[] = { { "id", NULL, 7 }, { "why", "a \"b\"\n", 0 } };
    assert_string_equal(format(glimpse_log_format_json, "openai_error_retry", fields, 2),
                        "{\"ts\":\"2025-10-29T08:00:00.123Z\",\"level\":\"warn\","
                        "\"event\":\"openai_error_retry\",\"id\":7,\"why\":\"a \\\"b\\\"\\n\"}");
}

static void times_are_rfc_3339_at_every_end(void **state)
{
    (void)state;
    const struct {
        int64_t unix_ms;
        const char *time;
    } table[] = {
        { 0, "1970-01-01T00:00:00.000Z" },
        { -1, "1969-12-31T23:59:59.999Z" },
        { INT64_C(951782399999), "2000-02-28T23:59:59.999Z" },
        { INT64_C(951782400000), "2000-02-29T00:00:00.000Z" },
        { INT64_C(4107542400001), "2100-03-01T00:00:00.001Z" },
        { INT64_MAX, "9999-12-31T23:59:59.999Z" },
        { INT64_MIN, "0000-01-01T00:00:00.000Z" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        glimpse_log_event event = { GLIMPSE_LOG_INFO, "x", NULL, 0 };
        glimpse_log_format_text(&event, table[i].unix_ms, line, sizeof line);
        assert_memory_equal(line, table[i].time, 24);
        assert_string_equal(line + 24, " INFO x");
    }
}

static void short_buffers_are_filled_to_the_byte_and_the_length_told(void **state)
{
    (void)state;
    format_fn *const formats[] = { glimpse_log_format_text, glimpse_log_format_json };
    const glimpse_log_field fields[] = { { "id", NULL, -7 },
                                         { "v", "\xc3\xa9\xe2\x82\xac \n", 0 } };
    glimpse_log_event event = { GLIMPSE_LOG_ERROR, "name", fields, 2 };
    for (int f = 0; f < 2; f++) {
        char whole[256];
        size_t len = formats[f](&event, WHEN, whole, sizeof whole);
        assert_int_equal(formats[f](&event, WHEN, NULL, 0), len);
        for (size_t size = 1; size <= len + 1; size++) {
            char *exact = malloc(size + 1);
            assert_non_null(exact);
            exact[size] = '~';
            assert_int_equal(formats[f](&event, WHEN, exact, size), len);
            assert_int_equal(exact[size], '~');
            size_t got = strlen(exact);
            assert_true(got < size && got + 3 >= size - 1); /* no half character, nothing less */
            assert_memory_equal(exact, whole, got);
            assert_int_equal(gl_utf8_check(exact, got), got);
            free(exact);
        }
    }
}

/* A value of up to 60 bytes: anything, or pieces that are prone to be handled wrongly. */
static void random_text(gl_rng *rng, char *text)
{
    static const char *const pieces[] = { "\"",
                                          "\\",
                                          "\n",
                                          "=",
                                          " ",
                                          "\xc2\x85",
                                          "\xe2\x80\xa8",
                                          "\xed\xa0\x80",
                                          "\xf4\x90\x80\x80",
                                          "\xc3",
                                          "\x7f",
                                          "e" };
    size_t len = 0, parts = gl_rng_below(rng, 12);
    for (size_t i = 0; i < parts; i++) {
        if (gl_rng_below(rng, 2) == 0) {
            text[len++] = (char)(1 + gl_rng_below(rng, 255));
            continue;
        }
        const char *piece = pieces[gl_rng_below(rng, sizeof pieces / sizeof *pieces)];
        memcpy(text + len, piece, strlen(piece));
        len += strlen(piece);
    }
    text[len] = '\0';
}

/* What a value must read back as: bytes that are not UTF-8 replaced. */
static void replaced(const char *text, char *out)
{
    size_t len = strlen(text), used;
    for (size_t at = 0; at < len; at += used) {
        uint32_t code = gl_utf8_decode(text + at, len - at, &used);
        out += gl_utf8_encode(code == GL_UTF8_BAD ? 0xfffd : code, out);
    }
    *out = '\0';
}

static void assert_one_clean_line(const char *text, size_t len)
{
    assert_int_equal(gl_utf8_check(text, len), len);
    size_t used;
    for (size_t at = 0; at < len; at += used) {
        uint32_t code = gl_utf8_decode(text + at, len - at, &used);
        assert_false(code < 0x20 || (code >= 0x7f && code <= 0x9f));
        assert_false(code == 0x2028 || code == 0x2029);
    }
}

static void any_value_makes_one_valid_line(void **state)
{
    (void)state;
    gl_rng rng;
    gl_rng_seed(&rng, 31);
    for (int n = 0; n < 20000; n++) {
        char name[80], key[80], value[80], expected[256];
        random_text(&rng, name);
        random_text(&rng, key);
        random_text(&rng, value);
        const glimpse_log_field fields[] = { { "n", NULL, n }, { key, value, 0 } };
        format(glimpse_log_format_text, name, fields, 2);
        assert_one_clean_line(line, strlen(line));
        format(glimpse_log_format_json, name, fields, 2);
        assert_one_clean_line(line, strlen(line));
        gl_json root;
        assert_int_equal(gl_json_check(gl_slice_str(line), &root, NULL), GL_JSON_OK);
        if (n % 10 != 0) continue; /* the slower judge, of others' making */
        json_object *object = json_tokener_parse(line), *member;
        assert_non_null(object);
        assert_true(json_object_object_get_ex(object, "n", &member));
        replaced(name, expected);
        assert_true(json_object_object_get_ex(object, "event", &member));
        assert_string_equal(json_object_get_string(member), expected);
        replaced(key, expected);
        assert_true(json_object_object_get_ex(object, expected, &member));
        replaced(value, expected);
        assert_string_equal(json_object_get_string(member), expected);
        json_object_put(object);
    }
}

/* --- sending --- */

static int sent;
static glimpse_log_event last;

static void receive(const glimpse_log_event *event, void *arg)
{
    assert_ptr_equal(arg, &sent);
    sent++;
    last = *event;
}

static void only_wanted_levels_are_sent(void **state)
{
    (void)state;
    const glimpse_log_field field = { "id", NULL, 1 };
    for (int level = GLIMPSE_LOG_ERROR; level < GLIMPSE_LOG_LEVEL_COUNT; level++) {
        gl_log log = { receive, &sent, (glimpse_log_level)level };
        for (int of = GLIMPSE_LOG_ERROR; of < GLIMPSE_LOG_LEVEL_COUNT; of++) {
            sent = 0;
            gl_log_emit(&log, (glimpse_log_level)of, "name", &field, 1);
            assert_int_equal(sent, of <= level);
            assert_int_equal(gl_log_wants(&log, (glimpse_log_level)of), of <= level);
            if (sent == 0) continue;
            assert_int_equal(last.level, of);
            assert_string_equal(last.name, "name");
            assert_ptr_equal(last.fields, &field);
            assert_int_equal(last.field_count, 1);
        }
    }
    gl_log silent = { NULL, NULL, GLIMPSE_LOG_DEBUG };
    sent = 0;
    gl_log_emit(&silent, GLIMPSE_LOG_ERROR, "name", &field, 1);
    assert_int_equal(sent, 0);
}

static void level_names_are_stable_and_unknown_beyond(void **state)
{
    (void)state;
    const char *const names[] = { "error", "warn", "info", "debug", "unknown" };
    for (int level = 0; level <= GLIMPSE_LOG_LEVEL_COUNT; level++)
        assert_string_equal(glimpse_log_level_name((glimpse_log_level)level), names[level]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_line_is_as_promised),
        cmocka_unit_test(json_line_is_as_promised),
        cmocka_unit_test(times_are_rfc_3339_at_every_end),
        cmocka_unit_test(short_buffers_are_filled_to_the_byte_and_the_length_told),
        cmocka_unit_test(any_value_makes_one_valid_line),
        cmocka_unit_test(only_wanted_levels_are_sent),
        cmocka_unit_test(level_names_are_stable_and_unknown_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
