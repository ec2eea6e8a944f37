/* cli/terminal/shown: text of strangers on a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "terminal/shown.h"

static void assert_shown(const char *text, const char *wanted)
{
    gl_buf out;
    gl_buf_init(&out, 1000);
    shown_append(&out, gl_slice_str(text));
    assert_true(gl_buf_terminate(&out));
    assert_string_equal(out.data, wanted);
    gl_buf_free(&out);
}

static void what_drives_a_terminal_or_turns_a_line_is_an_escape(void **state)
{
    (void)state;
    assert_shown("", "");
    assert_shown("plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\n\ttext\r\n",
                 "plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\n\ttext\r\n");
    assert_shown("a\033[2Jb\a", "a\\u001b[2Jb\\u0007");
    assert_shown("over\rwritten", "over\\u000dwritten");
    assert_shown("\x7f", "\\u007f");
    assert_shown("\xc2\x9b"
                 "31m",
                 "\\u009b31m");
    assert_shown("\xe2\x80\xae"
                 "evil",
                 "\\u202eevil");
    assert_shown("\xe2\x81\xa6x\xe2\x80\xa8", "\\u2066x\\u2028");
    assert_shown("\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f", "\\u061c\\u200e\\u200f");
    assert_shown("\x9b"
                 "c\xff",
                 "\\x9bc\\xff"); /* no UTF-8: a control byte to some */
}

/* The directional marks of Unicode's annex 9, and both separators; what stands beside them is text.
 */
static void each_mark_of_direction_is_one_and_its_neighbours_are_not(void **state)
{
    (void)state;
    static const uint32_t marks[] = { 0x61c,  0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b,
                                      0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069 };
    size_t found = 0;
    for (uint32_t code = 0xa0; code < 0x3000; code++) {
        bool mark = found < sizeof marks / sizeof *marks && marks[found] == code;
        assert_int_equal(gl_utf8_is_control(code), mark);
        found += mark;
    }
    assert_int_equal(found, sizeof marks / sizeof *marks);
}

/* A record on a terminal is still one, and means the same. */
static void json_stays_json_of_the_same_meaning(void **state)
{
    (void)state;
    const char *record = "{\"a\":\"x\xc2\x9b\xe2\x80\xae\x7f y\"}";
    gl_buf out, text;
    gl_json root;
    gl_buf_init(&out, 1000);
    gl_buf_init(&text, 1000);
    shown_append(&out, gl_slice_str(record));
    assert_int_equal(gl_json_check(gl_buf_slice(&out), &root, NULL), GL_JSON_OK);
    gl_json_string_append(gl_json_get(root, "a"), &text, NULL);
    assert_true(gl_buf_terminate(&text));
    assert_string_equal(text.data, "x\xc2\x9b\xe2\x80\xae\x7f y");
    gl_buf_free(&out);
    gl_buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_drives_a_terminal_or_turns_a_line_is_an_escape),
        cmocka_unit_test(each_mark_of_direction_is_one_and_its_neighbours_are_not),
        cmocka_unit_test(json_stays_json_of_the_same_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
