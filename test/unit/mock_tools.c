/* Tools and the form of the text, as the mock's answers have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "mock_response.h"

#define TOOL(name)                                                                                 \
    "{\"type\":\"function\",\"function\":{\"name\":\"" name                                        \
    "\",\"parameters\":{\"type\":\"object\",\"properties\":{\"city\":{\"const\":\"" name           \
    "\"}},\"required\":[\"city\"]}}}"
#define TOOLS      "\"tools\":[" TOOL("get_weather") "," TOOL("get_time") "]"
#define USER(text) "{\"role\":\"user\",\"content\":\"" text "\"}"
#define CALLS      "choices.0.message.tool_calls"

static void ask(mock_response *response, char *body, size_t size, const char *messages,
                const char *more)
{
    snprintf(body, size, "{\"model\":\"m\",\"messages\":[%s]%s}", messages, more);
    if (mock_response_ask(response, MOCK_FORM_CHAT, body) != 200)
        fail_msg("%.*s", (int)response->body.len, response->body.data);
}

static size_t count_calls(const mock_response *response)
{
    gl_json calls = mock_response_at(response, CALLS), call;
    gl_json_iter iter = gl_json_begin(calls);
    size_t count = 0;
    while (calls.kind == GL_JSON_ARRAY && gl_json_next(&iter, NULL, &call)) count++;
    return count;
}

static void tool_choice_decides_whether_and_which(void **state)
{
    (void)state;
    static const struct {
        const char *messages, *more;
        size_t calls;
        const char *first, *finish;
    } cases[] = {
        { USER("Hello."), "," TOOLS, 1, "\"get_weather\"", "\"tool_calls\"" },
        { USER("Call get_time."), "," TOOLS, 1, "\"get_time\"", "\"tool_calls\"" },
        { USER("get time and get weather"), "," TOOLS, 2, "\"get_weather\"", "\"tool_calls\"" },
        { USER("get time and get weather"), "," TOOLS ",\"parallel_tool_calls\":false", 1,
          "\"get_weather\"", "\"tool_calls\"" },
        { USER("Call get_time."), "," TOOLS ",\"tool_choice\":\"none\"", 0, NULL, "\"stop\"" },
        { USER("Hello."), "," TOOLS ",\"tool_choice\":\"required\"", 1, "\"get_weather\"",
          "\"tool_calls\"" },
        /* a function that was chosen by name finishes with "stop", as at OpenAI */
        { USER("Hello."),
          "," TOOLS ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"get_time\"}}",
          1, "\"get_time\"", "\"stop\"" },
        { USER("Hello.") ",{\"role\":\"assistant\",\"tool_calls\":[]},{\"role\":\"tool\","
                         "\"content\":\"21\"}",
          "," TOOLS, 0, NULL, "\"stop\"" },
        { USER("Hello.") ",{\"role\":\"tool\",\"content\":\"21\"}",
          "," TOOLS ",\"tool_choice\":\"required\"", 1, "\"get_weather\"", "\"tool_calls\"" },
    };
    mock_response response;
    char body[2048];
    mock_response_init(&response);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ask(&response, body, sizeof body, cases[i].messages, cases[i].more);
        if (count_calls(&response) != cases[i].calls)
            fail_msg("case %zu: %.*s", i, (int)response.body.len, response.body.data);
        mock_response_is(&response, "choices.0.finish_reason", cases[i].finish);
        if (cases[i].calls == 0) continue;
        mock_response_is(&response, CALLS ".0.function.name", cases[i].first);
        mock_response_is(&response, "choices.0.message.content", "null");
    }
    mock_response_free(&response);
}

static void arguments_are_valid_by_the_tools_schema(void **state)
{
    (void)state;
    mock_response response;
    char body[2048];
    mock_response_init(&response);
    ask(&response, body, sizeof body, USER("get_time"), "," TOOLS);
    mock_response_is(&response, CALLS ".0.function.arguments",
                     "\"{\\\"city\\\":\\\"get_time\\\"}\"");
    mock_response_is(&response, "usage.completion_tokens", "3"); /* the call, and two of 16 bytes */
    ask(&response, body, sizeof body, USER("a"),
        ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"none\"}}]");
    mock_response_is(&response, CALLS ".0.function.arguments", "\"{}\"");
    ask(&response, body, sizeof body, USER("get_time"), "," TOOLS ",\"max_tokens\":2");
    mock_response_is(&response, CALLS ".0.function.arguments", "\"{\\\"city\\\":\\\"get_tim\"");
    mock_response_is(&response, "choices.0.finish_reason", "\"length\"");
    mock_response_free(&response);
}

static void a_schema_that_has_no_value_is_400(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"model\":\"m\",\"messages\":[" USER(
            "a") "],\"tools\":[{\"type\":\"function\","
                 "\"function\":{\"name\":\"f\",\"parameters\":{\"not\":{}}}}]}",
        "{\"model\":\"m\",\"messages\":[" USER(
            "a") "],\"response_format\":{\"type\":"
                 "\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":{\"$ref\":\"#\"}}}}",
    };
    static const char *const params[] = { "\"tools\"", "\"response_format\"" };
    mock_response response;
    mock_response_init(&response);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(mock_response_ask(&response, MOCK_FORM_CHAT, bodies[i]), 400);
        mock_response_is(&response, "error.param", params[i]);
        mock_response_is(&response, "error.code", "\"invalid_schema\"");
    }
    mock_response_free(&response);
}

static void the_text_is_json_where_that_is_asked_for(void **state)
{
    (void)state;
    mock_response response;
    char body[2048];
    mock_response_init(&response);
    ask(&response, body, sizeof body, USER("Say \\\"so\\\"."),
        ",\"response_format\":{\"type\":\"json_object\"}");
    mock_response_is(&response, "choices.0.message.content",
                     "\"{\\\"answer\\\":\\\"Say \\\\\\\"so\\\\\\\".\\\"}\"");
    ask(&response, body, sizeof body, USER("a"),
        ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"schema\":"
        "{\"type\":\"object\",\"properties\":{\"a\":{\"const\":1}},\"required\":[\"a\"]}}}");
    mock_response_is(&response, "choices.0.message.content", "\"{\\\"a\\\":1}\"");
    assert_int_equal(
        mock_response_ask(&response, MOCK_FORM_RESPONSE,
                          "{\"model\":\"m\",\"input\":\"a\",\"text\":{\"format\":{\"type\":"
                          "\"json_schema\",\"name\":\"n\",\"schema\":{\"const\":7}}}}"),
        200);
    mock_response_is(&response, "output.0.content.0.text", "\"7\"");
    mock_response_free(&response);
}

static void a_response_calls_tools_as_items(void **state)
{
    (void)state;
    static const char tools[] = "\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":{"
                                "\"type\":\"object\",\"properties\":{}}}]}";
    mock_response response;
    char body[1024];
    mock_response_init(&response);
    response.model.reasoning = 2;
    snprintf(body, sizeof body, "{\"model\":\"m\",\"input\":\"a\",%s", tools);
    assert_int_equal(mock_response_ask(&response, MOCK_FORM_RESPONSE, body), 200);
    mock_response_is(&response, "output.0.type", "\"reasoning\"");
    mock_response_is(&response, "output.1.type", "\"function_call\"");
    mock_response_is(&response, "output.1.arguments", "\"{}\"");
    mock_response_is(&response, "usage.output_tokens", "4");
    snprintf(body, sizeof body,
             "{\"model\":\"m\",\"input\":[{\"role\":\"user\",\"content\":\"a\"},{\"type\":"
             "\"function_call\",\"name\":\"f\",\"arguments\":\"{}\",\"call_id\":\"1\"},{\"type\":"
             "\"function_call_output\",\"call_id\":\"1\",\"output\":\"b\"}],%s",
             tools);
    assert_int_equal(mock_response_ask(&response, MOCK_FORM_RESPONSE, body), 200);
    mock_response_is(&response, "output.1.content.0.text", "\"a\"");
    mock_response_free(&response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tool_choice_decides_whether_and_which),
        cmocka_unit_test(arguments_are_valid_by_the_tools_schema),
        cmocka_unit_test(a_schema_that_has_no_value_is_400),
        cmocka_unit_test(the_text_is_json_where_that_is_asked_for),
        cmocka_unit_test(a_response_calls_tools_as_items),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
