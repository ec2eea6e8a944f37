/* mock_script: which rule answers a request, and what is wrong with a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "mock_response.h"

#define CONTENT "choices.0.message.content"
#define CALL    "choices.0.message.tool_calls.0.function."

static void open_script(mock_response *response, const char *text)
{
    char problem[400] = "";
    mock_response_init(response);
    if (!mock_script_parse(&response->model.script, gl_slice_str(text), "text", problem,
                           sizeof problem))
        fail_msg("%s", problem);
}

static void close_script(mock_response *response)
{
    mock_script_free(&response->model.script);
    mock_response_free(response);
}

/* A chat whose messages are these, "user: Hello." each. Returns the status. */
static int chat(mock_response *response, const char *model, const char *messages)
{
    static char body[2000];
    gl_buf out = { .data = body, .capacity = sizeof body, .max = sizeof body };
    gl_buf_append_str(&out, "{\"model\":");
    gl_json_write_string(&out, gl_slice_str(model));
    gl_buf_append_str(&out, ",\"messages\":[");
    while (*messages != '\0') {
        const char *colon = strchr(messages, ':'), *end = strchr(colon, '|');
        if (end == NULL) end = colon + strlen(colon);
        if (out.data[out.len - 1] == '}') gl_buf_append_char(&out, ',');
        gl_buf_append_str(&out, "{\"role\":");
        gl_json_write_string(&out, gl_slice_of(messages, (size_t)(colon - messages)));
        gl_buf_append_str(&out, ",\"content\":");
        gl_json_write_string(&out, gl_slice_of(colon + 1, (size_t)(end - colon - 1)));
        gl_buf_append_char(&out, '}');
        messages = end + (*end == '|');
    }
    gl_buf_append_str(&out, "]}");
    assert_true(gl_buf_terminate(&out));
    return mock_response_ask(response, MOCK_FORM_CHAT, body);
}

static void says(mock_response *response, const char *model, const char *messages, const char *json)
{
    assert_int_equal(chat(response, model, messages), 200);
    mock_response_is(response, CONTENT, json);
}

static void the_first_rule_that_fits_answers(void **state)
{
    (void)state;
    mock_response response;
    open_script(&response,
                "{\"rules\":[{\"when\":{\"contains\":\"\\u0063at\"},\"content\":\"A cat.\"},"
                "{\"when\":{\"model\":\"gpt-*\"},\"content\":\"A gpt.\"},"
                "{\"when\":{\"model\":\"m\",\"contains\":\"dog\"},\"content\":\"A dog.\"}]}");
    says(&response, "m", "user:my cat", "\"A cat.\"");
    says(&response, "gpt-4o", "user:my cat", "\"A cat.\"");
    says(&response, "gpt-4o", "user:x", "\"A gpt.\"");
    says(&response, "gpt", "user:x", "\"x\"");
    says(&response, "m", "user:my dog", "\"A dog.\"");
    says(&response, "mm", "user:my dog", "\"my dog\"");
    says(&response, "m", "user:my cat|user:x", "\"x\""); /* only the last message counts */
    close_script(&response);
}

static void a_rule_answers_so_many_times_and_the_nth_call(void **state)
{
    (void)state;
    mock_response response;
    open_script(&response, "{\"rules\":[{\"times\":2,\"content\":\"Twice.\"},"
                           "{\"when\":{\"call\":4},\"content\":\"Four.\"},"
                           "{\"when\":{\"call\":\"5\"},\"content\":\"Five.\"},"
                           "{\"when\":{\"call\":\"6-7\"},\"content\":\"Six.\"},"
                           "{\"when\":{\"call\":\"9-\"},\"content\":\"Nine.\"}]}");
    static const char *const answers[] = { "\"Twice.\"", "\"Twice.\"", "\"x\"",    "\"Four.\"",
                                           "\"Five.\"",  "\"Six.\"",   "\"Six.\"", "\"x\"",
                                           "\"Nine.\"",  "\"Nine.\"" };
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 10; i++) says(&response, "m", "user:x", answers[i]);
        mock_script_rewind(&response.model.script);
    }
    close_script(&response);
}

/* By what the conversation holds, so that several may go on at once and a retry changes nothing. */
static void turns_follow_the_conversation(void **state)
{
    (void)state;
    mock_response response;
    open_script(&response,
                "{\"rules\":[{\"turns\":[{\"content\":\"One.\"},{\"content\":\"Two.\"}]}]}");
    for (int round = 0; round < 2; round++) {
        says(&response, "m", "system:s|user:a", "\"One.\"");
        says(&response, "m", "user:a|assistant:One.|user:b", "\"Two.\"");
        says(&response, "m", "user:a|assistant:One.|assistant:again|tool:t", "\"Two.\"");
        says(&response, "m", "user:a|assistant:One.|user:b|assistant:Two.|user:c", "\"c\"");
    }
    close_script(&response);
}

static void an_answer_has_what_the_line_says(void **state)
{
    (void)state;
    mock_response response;
    open_script(&response,
                "{\"rules\":[{\"when\":{\"contains\":\"1\"},\"content\":{\"a\":[1]}},"
                "{\"when\":{\"contains\":\"2\"},\"tool_calls\":[{\"name\":\"f\",\"arguments\":"
                "{\"x\":1}},{\"function\":{\"name\":\"g\",\"arguments\":\"not JSON\"}},"
                "{\"name\":\"h\"}]},"
                "{\"when\":{\"contains\":\"3\"},\"content\":\"c\",\"finish_reason\":\"length\","
                "\"reasoning\":\"r\"},"
                "{\"when\":{\"contains\":\"4\"},\"status\":418,\"error\":{\"code\":7}}]}");
    says(&response, "m", "user:1", "\"{\\\"a\\\":[1]}\"");
    assert_int_equal(chat(&response, "m", "user:2"), 200);
    mock_response_is(&response, CALL "name", "\"f\"");
    mock_response_is(&response, CALL "arguments", "\"{\\\"x\\\":1}\"");
    mock_response_is(&response, "choices.0.message.tool_calls.1.function.arguments",
                     "\"not JSON\"");
    mock_response_is(&response, "choices.0.message.tool_calls.2.function.arguments", "\"{}\"");
    mock_response_is(&response, "choices.0.finish_reason", "\"tool_calls\"");
    says(&response, "m", "user:3", "\"c\"");
    mock_response_is(&response, "choices.0.finish_reason", "\"length\"");
    mock_response_is(&response, "choices.0.message.reasoning_content", "\"r\"");
    assert_int_equal(chat(&response, "m", "user:4"), 200); /* the server makes an error of it */
    gl_buf_reset(&response.body);
    assert_int_equal(mock_line_error(response.answer.line, &response.body), 418);
    assert_int_equal(gl_json_check(gl_buf_slice(&response.body), &response.root, NULL), GL_JSON_OK);
    mock_response_is(&response, "error.code", "7");
    mock_response_is(&response, "error.type", "\"invalid_request_error\"");
    close_script(&response);
}

static void the_example_does_what_the_page_says(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    char problem[400] = "";
    mock_response response;
    mock_response_init(&response);
    if (!mock_script_read(&response.model.script,
                          TEST_SOURCE_DIR "/../docs/examples/mock_script.json", problem,
                          sizeof problem))
        fail_msg("%s", problem);
    assert_int_equal(chat(&response, "m", "user:What is the weather in Paris?"), 200);
    mock_response_is(&response, CALL "arguments", "\"{ \\\"city\\\": \\\"Paris\\\" }\"");
    says(&response, "clock-1", "user:a|assistant:|tool:12", "\"It is noon.\"");
    says(&response, "m", "user:in JSON, please", "\"{ \\\"answer\\\": 42, \\\"sure\\\": true }\"");
    for (int i = 0; i < 2; i++) {
        chat(&response, "m", "user:overload");
        assert_int_equal(response.answer.line->status, 503);
        assert_int_equal(response.answer.line->retry_after, 50 * GL_MS);
    }
    says(&response, "m", "user:overload", "\"Here you are.\"");
    chat(&response, "m", "user:hang up");
    assert_int_equal(response.answer.line->mishap.fault, MOCK_FAULT_RESET);
    close_script(&response);
    assert_int_equal(gl_alloc_live(), live);
}

static void a_mistake_is_told_with_its_place(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "{\n\n nope", "line 3" },
        { "{\"rules\":[\n", "line 1" },
        { "nope\n", "line 1" },
        { "{\n\"rules\":[\n\n \n", "line 2" },
        { "[]", "'rules'" },
        { "{\"rules\":{}}", "'rules'" },
        { "{\"rule\":[],\"rules\":[]}", "\"rule\"" },
        { "{\"rules\":[{},1]}", "rule 2" },
        { "{\"rules\":[{\"contant\":\"\"}]}", "\"contant\"" },
        { "{\"rules\":[{\"when\":{\"contain\":\"\"}}]}", "\"contain\"" },
        { "{\"rules\":[{\"when\":3}]}", "'when'" },
        { "{\"rules\":[{\"when\":{\"contains\":3}}]}", "'contains'" },
        { "{\"rules\":[{\"when\":{\"call\":0}}]}", "'call'" },
        { "{\"rules\":[{\"when\":{\"call\":\"5-3\"}}]}", "'call'" },
        { "{\"rules\":[{\"when\":{\"call\":\"0\"}}]}", "'call'" },
        { "{\"rules\":[{\"times\":0}]}", "'times'" },
        { "{\"rules\":[{\"status\":200}]}", "'status'" },
        { "{\"rules\":[{\"error\":{}}]}", "'error'" },
        { "{\"rules\":[{\"status\":400,\"error\":{\"mesage\":\"\"}}]}", "\"mesage\"" },
        { "{\"rules\":[{\"latency\":5}]}", "'latency'" },
        { "{\"rules\":[{\"retry_after\":\"soon\"}]}", "'retry_after'" },
        { "{\"rules\":[{\"fault\":\"boom\"}]}", "'fault'" },
        { "{\"rules\":[{\"reasoning\":{}}]}", "'reasoning'" },
        { "{\"rules\":[{\"finish_reason\":\"end\"}]}", "'finish_reason'" },
        { "{\"rules\":[{\"tool_calls\":{}}]}", "'tool_calls'" },
        { "{\"rules\":[{\"tool_calls\":[{\"arguments\":{}}]}]}", "'name'" },
        { "{\"rules\":[{\"turns\":[]}]}", "'turns'" },
        { "{\"rules\":[{\"turns\":[{\"turns\":[]}]}]}", "\"turns\"" },
        { "{\"rules\":[{\"turns\":[{}],\"content\":\"\"}]}", "'content'" },
    };
    size_t live = gl_alloc_live();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mock_script script;
        char problem[400] = "";
        assert_false(mock_script_parse(&script, gl_slice_str(cases[i][0]), "file.json", problem,
                                       sizeof problem));
        if (strncmp(problem, "script: file.json: ", 19) != 0 ||
            strstr(problem, cases[i][1]) == NULL)
            fail_msg("%s: %s", cases[i][0], problem);
    }
    assert_int_equal(gl_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rule_that_fits_answers),
        cmocka_unit_test(a_rule_answers_so_many_times_and_the_nth_call),
        cmocka_unit_test(turns_follow_the_conversation),
        cmocka_unit_test(an_answer_has_what_the_line_says),
        cmocka_unit_test(the_example_does_what_the_page_says),
        cmocka_unit_test(a_mistake_is_told_with_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
