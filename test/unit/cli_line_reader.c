/* cli/batch/line_reader: lines come out the same however the bytes come in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "batch/line_reader.h"

static size_t add_line(char *out, uint64_t number, const char *text, size_t len)
{
    return (size_t)snprintf(out, 256, "%d:%.*s;", (int)number, (int)len, text);
}

/* What a reader makes of bytes that come in pieces of `piece`: each line as NUMBER:TEXT; or
 * NUMBER:!; for one that is too long. */
static void read_all(const char *bytes, size_t len, size_t piece, size_t max, char *out)
{
    int ends[2];
    line_reader reader;
    assert_int_equal(pipe(ends), 0);
    assert_true(line_reader_init(&reader, ends[0], max));
    size_t sent = 0, used = 0;
    for (;;) {
        gl_slice line;
        uint64_t number;
        line_state found = line_reader_next(&reader, &line, &number);
        if (found == LINE_END) break;
        if (found == LINE_EMPTY) {
            size_t n = len - sent < piece ? len - sent : piece;
            if (n > 0) assert_int_equal(write(ends[1], bytes + sent, n), (ssize_t)n);
            sent += n;
            if (n == 0) {
                close(ends[1]);
                ends[1] = -1;
            }
            assert_int_equal(line_reader_fill(&reader), 0);
        } else if (found == LINE_TOO_LONG) {
            used += add_line(out + used, number, "!", 1);
        } else {
            used += add_line(out + used, number, line.data, line.len);
        }
    }
    out[used] = '\0';
    assert_int_equal(line_reader_consumed(&reader), len);
    line_reader_free(&reader);
    close(ends[0]);
    if (ends[1] >= 0) close(ends[1]);
}

static void expect(const char *bytes, size_t len, size_t max, const char *expected)
{
    char out[512];
    for (size_t piece = 1; piece <= len + 1; piece++) {
        read_all(bytes, len, piece, max, out);
        assert_string_equal(out, expected);
    }
}

static void ends_of_both_kinds_a_bom_and_blank_lines_are_fine(void **state)
{
    (void)state;
    static const char text[] = "\xef\xbb\xbf{1}\r\n\n  \t\r\n{2}\n\r\n{3}";
    expect(text, sizeof text - 1, 100, "1:{1};4:{2};6:{3};");
}

static void a_last_line_needs_no_end(void **state)
{
    (void)state;
    expect("a\nb", 3, 100, "1:a;2:b;");
    expect("a\nb\n", 4, 100, "1:a;2:b;");
    expect("", 0, 100, "");
    expect("\n\n", 2, 100, "");
}

static void a_line_that_is_too_long_is_skipped_and_the_next_is_read(void **state)
{
    (void)state;
    expect("12345\n123456\nok\n", 16, 5, "1:12345;2:!;3:ok;");
    expect("ok\n1234567890123456789012345678901234567890\nfine", 48, 5, "1:ok;2:!;3:fine;");
    expect("1234567890123456789012345678901234567890", 40, 5, "1:!;");
    expect("\xef\xbb\xbf"
           "12345\r\n6",
           11, 5, "1:12345;2:6;");
}

static void nul_bytes_are_part_of_a_line(void **state)
{
    (void)state;
    line_reader reader;
    gl_slice line;
    uint64_t number;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_true(line_reader_init(&reader, ends[0], 100));
    assert_int_equal(write(ends[1], "a\0b\n", 4), 4);
    assert_int_equal(line_reader_next(&reader, &line, &number), LINE_EMPTY);
    assert_int_equal(line_reader_fill(&reader), 0);
    assert_int_equal(line_reader_next(&reader, &line, &number), LINE_READY);
    assert_int_equal(line.len, 3);
    line_reader_free(&reader);
    close(ends[0]);
    close(ends[1]);
}

static void memory_is_bounded_by_the_longest_line_allowed(void **state)
{
    (void)state;
    enum { MAX = 1000000, LEN = 20000000 };
    size_t live = gl_alloc_live();
    char path[] = "/tmp/glimpse-lines-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    char *blob = malloc(LEN);
    assert_non_null(blob);
    memset(blob, 'x', LEN);
    blob[LEN - 3] = '\n';
    assert_int_equal(write(fd, blob, LEN), LEN);
    free(blob);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    line_reader reader;
    gl_slice line;
    uint64_t number;
    size_t lines = 0, most = 0;
    assert_true(line_reader_init(&reader, fd, MAX));
    for (line_state found; (found = line_reader_next(&reader, &line, &number)) != LINE_END;) {
        if (found == LINE_EMPTY) assert_int_equal(line_reader_fill(&reader), 0);
        if (found == LINE_TOO_LONG) assert_int_equal(number, 1);
        if (found == LINE_READY) assert_int_equal(number, 2);
        lines += found != LINE_EMPTY;
        if (reader.capacity > most) most = reader.capacity;
    }
    assert_int_equal(lines, 2);
    assert_true(most < 3 * MAX);
    line_reader_free(&reader);
    close(fd);
    assert_int_equal(gl_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ends_of_both_kinds_a_bom_and_blank_lines_are_fine),
        cmocka_unit_test(a_last_line_needs_no_end),
        cmocka_unit_test(a_line_that_is_too_long_is_skipped_and_the_next_is_read),
        cmocka_unit_test(nul_bytes_are_part_of_a_line),
        cmocka_unit_test(memory_is_bounded_by_the_longest_line_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
