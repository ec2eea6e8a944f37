/* Lines of a batch's output and error files, read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <glimpse/batch_api.h>

static glimpse_error read_line(const char *text, glimpse_batch_line *line)
{
    return glimpse_batch_line_read(text, strlen(text), line);
}

static void assert_part(const char *text, size_t len, const char *wanted)
{
    assert_int_equal(len, strlen(wanted));
    assert_memory_equal(text, wanted, len);
}

static void an_answer_has_its_status_and_body(void **state)
{
    (void)state;
    glimpse_batch_line line;
    assert_int_equal(
        read_line("{\"id\":\"x\",\"custom_id\":\"a\\\"b\",\"response\":{\"status_code\":200,"
                  "\"request_id\":\"r\",\"body\":{\"k\":[1]}},\"error\":null}",
                  &line),
        GLIMPSE_OK);
    assert_part(line.custom_id, line.custom_id_len, "a\\\"b");
    assert_int_equal(line.status_code, 200);
    assert_part(line.request_id, line.request_id_len, "r");
    assert_part(line.body, line.body_len, "{\"k\":[1]}");
    assert_int_equal(line.code_len, 0);
}

static void what_was_left_undone_has_a_code_and_no_status(void **state)
{
    (void)state;
    glimpse_batch_line line;
    assert_int_equal(read_line("{\"custom_id\":\"a\",\"response\":null,\"error\":{\"code\":"
                               "\"batch_expired\",\"message\":\"late\"}}",
                               &line),
                     GLIMPSE_OK);
    assert_int_equal(line.status_code, 0);
    assert_part(line.code, line.code_len, "batch_expired");
    assert_part(line.message, line.message_len, "late");
    assert_true(glimpse_batch_line_again(NULL, &line));
}

static void what_is_no_line_is_refused_and_odd_members_count_as_absent(void **state)
{
    (void)state;
    glimpse_batch_line line;
    assert_int_equal(read_line("{\"custom_id\":\"a\"", &line), GLIMPSE_ERR_BAD_JSON);
    assert_int_equal(read_line("[]", &line), GLIMPSE_ERR_BAD_JSON);
    assert_int_equal(read_line("{\"custom_id\":7}", &line), GLIMPSE_ERR_BAD_JSON);
    assert_int_equal(read_line("{\"custom_id\":\"\xff\"}", &line), GLIMPSE_ERR_BAD_UTF8);
    assert_int_equal(read_line("{\"custom_id\":\"a\",\"response\":{\"status_code\":\"200\","
                               "\"request_id\":5},\"error\":\"no\"}",
                               &line),
                     GLIMPSE_OK);
    assert_int_equal(line.status_code, 0);
    assert_int_equal(line.request_id_len + line.body_len + line.code_len, 0);
}

static void a_code_may_be_a_number_and_an_error_a_text(void **state)
{
    (void)state;
    glimpse_batch_line line;
    assert_int_equal(read_line("{\"custom_id\":\"a\",\"response\":null,\"error\":{\"code\":400,"
                               "\"message\":\"too hot\"}}",
                               &line),
                     GLIMPSE_OK);
    assert_part(line.code, line.code_len, "400");
    assert_part(line.message, line.message_len, "too hot");
    assert_false(glimpse_batch_line_again(NULL, &line));
    assert_int_equal(
        read_line("{\"custom_id\":\"a\",\"response\":null,\"error\":\"too \\\"hot\\\"\"}", &line),
        GLIMPSE_OK);
    assert_int_equal(line.code_len, 0);
    assert_part(line.message, line.message_len, "too \\\"hot\\\"");
}

static void what_its_code_says_can_never_be_done_is_not_asked_again(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        bool again;
    } rows[] = { { "\"batch_expired\"", true },
                 { "\"batch_cancelled\"", true },
                 { "\"request_timeout\"", true },
                 { "\"rate_limit_exceeded\"", true },
                 { "\"server_error\"", true },
                 { "503", true },
                 { "null", true },
                 { "\"a_word_of_its_own\"", true },
                 { "\"invalid_request_error\"", false },
                 { "\"400\"", false },
                 { "404", false },
                 { "\"insufficient_quota\"", false } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[200];
        glimpse_batch_line line;
        snprintf(text, sizeof text,
                 "{\"custom_id\":\"a\",\"response\":null,\"error\":{\"code\":%s}}", rows[i].code);
        assert_int_equal(read_line(text, &line), GLIMPSE_OK);
        assert_int_equal(glimpse_batch_line_again(NULL, &line), rows[i].again);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_has_its_status_and_body),
        cmocka_unit_test(what_was_left_undone_has_a_code_and_no_status),
        cmocka_unit_test(a_code_may_be_a_number_and_an_error_a_text),
        cmocka_unit_test(what_its_code_says_can_never_be_done_is_not_asked_again),
        cmocka_unit_test(what_is_no_line_is_refused_and_odd_members_count_as_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
