/* openai/resolve_tcp: questions as RFC 1035 writes them, and answers that may be anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "openai/resolve_tcp.h"

static void a_question_is_written_with_its_length(void **state)
{
    (void)state;
    static const char wanted[] = "\0\x1a\x12\x34\1\0\0\1\0\0\0\0\0\0\3api\4test\0\0\x1c\0\1";
    gl_buf buf;
    gl_buf_init(&buf, 1024);
    assert_true(gl_dns_write(&buf, 0x1234, "api.test.", GL_DNS_AAAA));
    assert_int_equal(buf.len, sizeof wanted - 1);
    assert_memory_equal(buf.data, wanted, buf.len);
    char long_label[66], long_name[300];
    memset(long_label, 'a', 64);
    long_label[64] = long_label[65] = '\0';
    memset(long_name, 'a', sizeof long_name);
    for (size_t i = 10; i < sizeof long_name; i += 10) long_name[i] = '.';
    long_name[sizeof long_name - 1] = '\0';
    const char *const none[] = { "", ".", "a..b", ".a", long_label, long_name };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        gl_buf_reset(&buf);
        assert_false(gl_dns_write(&buf, 1, none[i], GL_DNS_A));
    }
    gl_buf_free(&buf);
}

#define HEAD(code, answers) "\x12\x34\x81" code "\0\1\0" answers "\0\0\0\0\3api\4test\0\0\1\0\1"
#define RECORD(type, len)   "\xc0\x0c\0" type "\0\1\0\0\0\x3c\0" len
#define V6                  "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"

static gl_dns_verdict read_all(const char *bytes, size_t len, int most, char *text, size_t size)
{
    char *exact = malloc(len + 1); /* so that a read past it is caught by the sanitizer */
    gl_buf buf;
    int count = 0;
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    gl_buf_init(&buf, 1024);
    gl_dns_verdict verdict = gl_dns_read(gl_slice_of(exact, len), 0x1234, most, &count, &buf);
    assert_true(gl_buf_terminate(&buf) && buf.len < size);
    memcpy(text, buf.data, buf.len + 1);
    gl_buf_free(&buf);
    free(exact);
    return verdict;
}

static void an_answer_is_read_behind_any_chain_of_names(void **state)
{
    (void)state;
    static const char whole[] = HEAD("\x80", "\4") RECORD("\5", "\4") "\1b\xc0\x10" RECORD(
        "\1", "\4") "\x7f\0\0\1" RECORD("\1", "\4") "\x7f\0\0\2" RECORD("\x1c", "\x10") V6;
    char text[256];
    size_t len = sizeof whole - 1;
    assert_int_equal(read_all(whole, len, 16, text, sizeof text), GL_DNS_FOUND);
    assert_string_equal(text, "127.0.0.1,127.0.0.2,[2001:db8::1]");
    assert_int_equal(read_all(whole, len, 2, text, sizeof text), GL_DNS_FOUND);
    assert_string_equal(text, "127.0.0.1,127.0.0.2");
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(read_all(whole, cut, 16, text, sizeof text), GL_DNS_FAILED);
}

static void what_a_server_says_instead_is_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        gl_dns_verdict verdict;
    } rows[] = {
#define ROW(bytes, verdict) { bytes, sizeof bytes - 1, verdict }
        ROW(HEAD("\x83", "\0"), GL_DNS_NO_NAME),
        ROW(HEAD("\x82", "\0"), GL_DNS_FAILED),
        ROW(HEAD("\x80", "\0"), GL_DNS_EMPTY),
        ROW(HEAD("\x80", "\1") RECORD("\1", "\5") "\x7f\0\0\1\0", GL_DNS_EMPTY),
        ROW("\x12\x35\x81\x80\0\0\0\0\0\0\0\0", GL_DNS_FAILED),     /* another id */
        ROW("\x12\x34\x01\x80\0\0\0\0\0\0\0\0", GL_DNS_FAILED),     /* a question */
        ROW("\x12\x34\x81\x80\0\1\0\0\0\0\0\0\x80", GL_DNS_FAILED), /* no kind of label */
#undef ROW
    };
    char text[64];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(read_all(rows[i].bytes, rows[i].len, 16, text, sizeof text),
                         rows[i].verdict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_is_written_with_its_length),
        cmocka_unit_test(an_answer_is_read_behind_any_chain_of_names),
        cmocka_unit_test(what_a_server_says_instead_is_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
