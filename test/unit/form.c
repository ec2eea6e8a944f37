/* base/form: what begins like something else than JSON, and what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/form.h"

static void what_is_no_utf8_text_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        const char *name;
        bool compressed;
    } table[] = {
        { "\x1F\x8B\x08", 3, "gzip", true },
        { "\x28\xB5\x2F\xFD", 4, "zstd", true },
        { "\x78\x9C\x01", 3, "zlib", true },
        { "\xFF\xFE{\0", 4, "UTF-16", false },
        { "\xFE\xFF\0{", 4, "UTF-16", false },
        { "{\0\"\0", 4, "UTF-16", false },
        { "\0{\0\"", 4, "UTF-16", false },
        { "\xFF\xFE\0\0{\0\0\0", 8, "UTF-32", false },
        { "\0\0\xFE\xFF", 4, "UTF-32", false },
        { "{\"a\":1}", 7, NULL, false },
        { "x^2", 3, NULL, false }, /* zlib's, too, if one looks at numbers alone */
        { "{\0ab", 4, NULL, false },
        { "\0\0\0\0", 4, NULL, false },
        { "\x1F", 1, NULL, false },
        { "\xEF\xBB\xBF{}", 5, NULL, false },
        { "", 0, NULL, false },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        bool compressed = !table[i].compressed;
        gl_slice bytes = gl_slice_of(table[i].bytes, table[i].len);
        const char *name = gl_form_name(bytes, &compressed);
        if (table[i].name == NULL)
            assert_null(name);
        else
            assert_string_equal(name, table[i].name);
        assert_int_equal(compressed, table[i].compressed);
    }
    assert_null(gl_form_name(gl_slice_of(NULL, 0), NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_utf8_text_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
