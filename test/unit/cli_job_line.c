/* cli/batch/job_line: what a line of a job asks for, or why it cannot be used; cli/record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/alloc.h"
#include "batch/job_line.h"
#include "batch/record.h"

static const char *code_of(line_parser *parser, const char *text, job_line *line)
{
    line_parser_read(parser, gl_slice_str(text), 7, line);
    return line->error_code != NULL ? line->error_code : "";
}

#define CHAT "\"body\":{\"model\":\"m\",\"messages\":[]}"

static void each_bad_line_has_its_code(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code;
    } cases[] = {
        { "not json", "bad_json" },
        { "", "bad_json" },
        { "[]", "bad_json" },
        { "{\"custom_id\":\"\xff\"}", "bad_utf8" },
        { "{\"custom_id\":7,\"input_text\":\"x\"}", "bad_json" },
        { "{\"custom_id\":\"a\\u0000b\",\"input_text\":\"x\"}", "bad_json" },
        { "{\"custom_id\":\"\\ud800\",\"input_text\":\"x\"}", "bad_json" },
        { "{}", "missing_input_text" },
        { "{\"input_text\":null}", "missing_input_text" },
        { "{\"input_text\":\"\"}", "missing_input_text" },
        { "{\"input_text\":5}", "bad_json" },
        { "{\"input_text\":\"x\",\"goal\":[]}", "bad_json" },
        { "{\"messages\":[]}", "missing_input_text" },
        { "{\"body\":{}}", "missing_messages" },
        { "{\"body\":{\"messages\":5}}", "missing_messages" },
        { "{\"body\":{\"messages\":[]},\"body\":{}}", "missing_messages" }, /* the last counts */
        { "{\"messages\":[],\"body\":{\"a\":{\"messages\":[]}}}", "missing_messages" },
        { "{\"url\":\"/v1/chat/completions\"}", "missing_messages" },
        { "{\"url\":\"/v1/embeddings\"}", "bad_json" },
        { "{\"body\":[]}", "bad_json" },
        { "{\"method\":\"GET\"," CHAT "}", "bad_json" },
        { "{\"url\":\"http://evil.example/\"," CHAT "}", "bad_url" },
        { "{\"url\":5," CHAT "}", "bad_url" },
        { "{\"url\":null," CHAT "}", "bad_url" },
        { "{\"input_text\":\"x\"}", "" },
        { "{\"input_text\":\"x\",\"goal\":null}", "" },
        { "{" CHAT "}", "" },
        { "{\"url\":\"/v1/embeddings\",\"body\":{\"input\":\"x\"}}", "" },
    };
    size_t live = gl_alloc_live();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        line_parser parser;
        job_line line;
        line_parser_init(&parser);
        assert_string_equal(code_of(&parser, cases[i].text, &line), cases[i].code);
        line_parser_free(&parser);
    }
    assert_int_equal(gl_alloc_live(), live);
}

static void a_body_is_the_very_bytes_of_the_line(void **state)
{
    (void)state;
    line_parser parser;
    job_line line;
    static const char text[] = "{\"custom_id\":\"\\u00e9\",\"method\":\"POST\",\"url\":"
                               "\"\\/v1/chat/completions\",\"body\":  { \"messages\": [ 1.00 ] } }";
    line_parser_init(&parser);
    assert_string_equal(code_of(&parser, text, &line), "");
    assert_true(line.is_chat);
    assert_ptr_equal(line.chat.body, strstr(text, "{ \"messages"));
    assert_int_equal(line.chat.body_len, strlen("{ \"messages\": [ 1.00 ] }"));
    assert_string_equal(line.chat.path, "/chat/completions");
    assert_string_equal(line.custom_id, "\xc3\xa9");
    line_parser_free(&parser);
}

static void a_draft_keeps_nul_bytes_and_gets_its_line_as_id(void **state)
{
    (void)state;
    line_parser parser;
    job_line line;
    line_parser_init(&parser);
    assert_string_equal(
        code_of(&parser, "{\"input_text\":\"a\\u0000b\",\"goal\":\"g\",\"constraints\":\"c\"}",
                &line),
        "");
    assert_false(line.is_chat);
    assert_int_equal(line.draft.input_text_len, 3);
    assert_memory_equal(line.draft.input_text, "a\0b", 3);
    assert_string_equal(line.draft.goal, "g");
    assert_string_equal(line.draft.constraints, "c");
    assert_string_equal(line.custom_id, "7");
    line_parser_free(&parser);
}

static void the_first_of_two_equal_ids_stands(void **state)
{
    (void)state;
    line_parser parser;
    job_line line;
    line_parser_init(&parser);
    assert_string_equal(code_of(&parser, "{\"custom_id\":\"a\",\"input_text\":\"x\"}", &line), "");
    assert_string_equal(code_of(&parser, "{\"custom_id\":\"\\u0061\",\"input_text\":\"y\"}", &line),
                        "duplicate_custom_id");
    assert_string_equal(line.custom_id, "a");
    line_parser_forget_ids(&parser);
    assert_string_equal(code_of(&parser, "{\"custom_id\":\"a\",\"input_text\":\"x\"}", &line), "");
    line_parser_free(&parser);
}

static void a_url_is_a_path_of_this_server(void **state)
{
    (void)state;
    static const struct {
        const char *url, *path;
    } good[] = { { "/v1/chat/completions", "/chat/completions" },
                 { "/chat/completions", "/chat/completions" },
                 { "/v1/embeddings?x=1&y=2", "/embeddings?x=1&y=2" },
                 { "/v1beta/x", "/v1beta/x" },
                 { "/v10", "/v10" } };
    static const char *const bad[] = { "",       "/",         "/v1",   "/v1/",    "v1/x",
                                       "//host", "/v1//x",    "/../x", "/a/..",   "http://h/",
                                       "/x@y",   "/x y",      "/x\\y", "/x\n",    "/x#y",
                                       "/%2e",   "/\xc3\xa9", "@host", "https:/x" };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        gl_slice path;
        assert_true(job_url_path(gl_slice_str(good[i].url), &path));
        assert_true(gl_slice_is(path, good[i].path));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gl_slice path;
        assert_false(job_url_path(gl_slice_str(bad[i]), &path));
    }
}

static void a_bad_line_s_record_is_valid_json_with_its_line(void **state)
{
    (void)state;
    gl_buf out;
    gl_json root;
    int64_t number;
    job_line line;
    gl_buf_init(&out, SIZE_MAX / 2);
    line_parser_too_long(12, 100, &line);
    line.custom_id = "a\"b";
    record_bad_line(&out, &line);
    assert_int_equal(gl_json_check(gl_buf_slice(&out), &root, NULL), GL_JSON_OK);
    assert_true(gl_json_string_is(gl_json_get(root, "custom_id"), "a\"b"));
    assert_true(
        gl_json_string_is(gl_json_get(gl_json_get(root, "error"), "code"), "line_too_long"));
    gl_json ours = gl_json_get(root, "glimpse");
    assert_true(gl_json_int64(gl_json_get(ours, "line"), &number));
    assert_int_equal(number, 12);
    assert_true(gl_json_string_is(gl_json_get(ours, "status"), "bad_request"));
    assert_true(gl_json_string_is(gl_json_get(ours, "source"), "local"));
    gl_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_bad_line_has_its_code),
        cmocka_unit_test(a_body_is_the_very_bytes_of_the_line),
        cmocka_unit_test(a_draft_keeps_nul_bytes_and_gets_its_line_as_id),
        cmocka_unit_test(the_first_of_two_equal_ids_stands),
        cmocka_unit_test(a_url_is_a_path_of_this_server),
        cmocka_unit_test(a_bad_line_s_record_is_valid_json_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
