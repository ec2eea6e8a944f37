/* multipart/form-data, as the mock reads an upload: whole, cut, and with look-alikes of the
 * boundary in the data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mock/multipart.h"

#define TYPE "multipart/form-data; boundary=xyz"
#define FORM                                                                                       \
    "--xyz\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"                   \
    "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.jsonl\"\r\n"           \
    "Content-Type: application/jsonl\r\n\r\n{\"a\":1}\r\n--xy\r\n--xyzz\n{}\n\r\n--xyz--\r\n"

static void assert_slice(gl_slice slice, const char *text)
{
    assert_true(gl_slice_is(slice, text));
}

static void parts_come_with_their_names_and_bytes(void **state)
{
    (void)state;
    mock_multipart reader;
    mock_part part;
    assert_true(mock_multipart_begin(&reader, gl_slice_str(TYPE), gl_slice_str(FORM)));
    assert_true(mock_multipart_next(&reader, &part));
    assert_slice(part.name, "purpose");
    assert_null(part.filename.data);
    assert_slice(part.data, "batch");
    assert_true(mock_multipart_next(&reader, &part));
    assert_slice(part.name, "file");
    assert_slice(part.filename, "a b.jsonl");
    assert_slice(part.data, "{\"a\":1}\r\n--xy\r\n--xyzz\n{}\n");
    assert_true(reader.ended);
    assert_false(mock_multipart_next(&reader, &part));
}

static void a_form_that_is_cut_anywhere_is_not_whole(void **state)
{
    (void)state;
    size_t whole = strlen(FORM) - 2; /* the last line end is not needed */
    for (size_t len = 0; len < whole; len++) {
        mock_multipart reader;
        mock_part part;
        if (!mock_multipart_begin(&reader, gl_slice_str(TYPE), gl_slice_of(FORM, len))) continue;
        while (mock_multipart_next(&reader, &part)) assert_true(part.data.len < len);
        assert_false(reader.ended);
    }
}

static void what_is_no_form_is_refused(void **state)
{
    (void)state;
    static const char *const types[] = { "", "application/json", "multipart/form-data",
                                         "multipart/form-data; boundary=",
                                         "multipart/form-data; boundary=other" };
    mock_multipart reader;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        assert_false(mock_multipart_begin(&reader, gl_slice_str(types[i]), gl_slice_str(FORM)));
    assert_true(mock_multipart_begin(
        &reader, gl_slice_str("Multipart/Form-Data; charset=x; boundary=\"xyz\""),
        gl_slice_str(FORM)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_with_their_names_and_bytes),
        cmocka_unit_test(a_form_that_is_cut_anywhere_is_not_whole),
        cmocka_unit_test(what_is_no_form_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
