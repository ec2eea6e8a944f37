/* load_request_line.c - a request as a line of a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "load/request_line.h"

/* Meant for 1.5 s, taken 0.25 s late, sent 0.05 s later and, since it failed, again 0.1 s after
 * that; of the second attempt first byte after 10 ms and text after 20, whole 0.85 s on. */
static load_outcome outcome(void)
{
    return (load_outcome){ .intended = 101500 * GL_MS,
                           .sent = 101750 * GL_MS,
                           .left = 101800 * GL_MS,
                           .started = 101900 * GL_MS,
                           .done = 102750 * GL_MS,
                           .first_byte_ns = (int64_t)(10 * GL_MS),
                           .first_token_ns = (int64_t)(20 * GL_MS),
                           .source = GLIMPSE_SOURCE_LIVE,
                           .attempts = 2,
                           .prompt_tokens = 12,
                           .completion_tokens = 34,
                           .request_id = "req_9" };
}

static void written(gl_buf *out, const load_outcome *o, const char *kind, bool csv)
{
    const load_request_line line = { 7, 100 * GL_SECOND, true, kind, o };
    gl_buf_reset(out);
    if (csv)
        load_request_csv(out, &line);
    else
        load_request_json(out, &line);
    assert_true(gl_buf_terminate(out));
}

static void an_answer_has_all_its_times(void **state)
{
    (void)state;
    load_outcome o = outcome();
    gl_buf out;
    gl_buf_init(&out, 4096);
    written(&out, &o, "chat", false);
    assert_string_equal(out.data,
                        "{\"n\":7,\"class\":\"chat\",\"scheduled_s\":1.500000,\"sent_s\":1.800000,"
                        "\"first_s\":1.910000,\"first_token_s\":1.920000,\"last_s\":2.750000,"
                        "\"prompt_tokens\":12,\"completion_tokens\":34,\"status\":\"aligned\","
                        "\"error\":null,\"source\":\"live\",\"attempts\":2,\"measured\":true,"
                        "\"request_id\":\"req_9\"}\n");
    written(&out, &o, "chat", true);
    assert_string_equal(out.data, "7,chat,1.500000,1.800000,1.910000,1.920000,2.750000,12,34,"
                                  "aligned,,live,2,true,req_9\n");
    gl_buf_free(&out);
}

static void what_there_was_none_of_is_null_or_empty(void **state)
{
    (void)state;
    load_outcome o = outcome();
    gl_buf out;
    gl_buf_init(&out, 4096);
    o.first_byte_ns = o.first_token_ns = o.prompt_tokens = o.completion_tokens = -1;
    o.status = GLIMPSE_STATUS_ERROR;
    o.error = GLIMPSE_ERR_RESET;
    o.request_id = NULL;
    o.left = GL_TIME_NEVER;
    written(&out, &o, "", true);
    assert_string_equal(out.data, "7,,1.500000,,,,2.750000,,,error,reset,live,2,true,\n");
    written(&out, &o, "", false);
    assert_non_null(strstr(out.data, "\"sent_s\":null,\"first_s\":null,\"first_token_s\":null,"));
    assert_non_null(strstr(out.data, "\"error\":\"reset\""));
    assert_non_null(strstr(out.data, "\"request_id\":null}"));
    o.request_id = "";
    written(&out, &o, "", false);
    assert_non_null(strstr(out.data, "\"request_id\":null}"));
    gl_buf_free(&out);
}

static void a_class_with_commas_and_quotes_stays_one_column(void **state)
{
    (void)state;
    load_outcome o = outcome();
    gl_buf out;
    gl_buf_init(&out, 4096);
    written(&out, &o, "a,\"b\"", true);
    assert_int_equal(strncmp(out.data, "7,\"a,\"\"b\"\"\",1.5", 15), 0);
    written(&out, &o, "a,\"b\"", false);
    assert_non_null(strstr(out.data, "\"class\":\"a,\\\"b\\\"\""));
    o.request_id = "x\",\"";
    written(&out, &o, "", false);
    assert_non_null(strstr(out.data, "\"request_id\":\"x\\\",\\\"\"}"));
    gl_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_has_all_its_times),
        cmocka_unit_test(what_there_was_none_of_is_null_or_empty),
        cmocka_unit_test(a_class_with_commas_and_quotes_stays_one_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
