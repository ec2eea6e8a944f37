/* What the mock answers to a request, plain: texts, lengths, choices, complaints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "mock/words.h"
#include "mock_response.h"

#define ASK                                                                                        \
    "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"One two three four five.\"}]"
#define MESSAGE "choices.0.message."

static void text_parts_are_read_like_a_string(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"old\"},{\"role\":"
        "\"user\",\"content\":\"Hi \\u00e9  there.\"},{\"role\":\"assistant\",\"content\":\"x\"}]}",
        "{\"messages\":[{\"content\":[{\"type\":\"image_url\"},{\"text\":\"Hi \\u00e9 there.\","
        "\"type\":\"text\"}],\"role\":\"user\"}],\"model\":\"m\"}",
    };
    mock_response response;
    mock_response_init(&response);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(mock_response_ask(&response, MOCK_FORM_CHAT, bodies[i]), 200);
        mock_response_is(&response, MESSAGE "content", "\"Hi \xc3\xa9 there.\"");
    }
    mock_response_free(&response);
}

static void every_answer_is_json(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "",
        "[]",
        "nope",
        "\"x\"",
        "{}",
        "{\"model\":\"\\u0000\\\"\",\"messages\":[1,{\"role\":\"user\"}]}",
        "{\"model\":\"m\",\"messages\":{}}",
        "{\"model\":\"m\",\"messages\":[]}",
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800 \\\"q\\\"\"}]}",
        "{\"model\":\"m\",\"input\":[],\"prompt\":[]}",
        "{\"model\":\"m\",\"input\":[1,2],\"prompt\":[1,2]}",
        "{\"model\":\"m\",\"input\":[[1],[2]],\"dimensions\":0}",
        "{\"model\":\"m\",\"input\":\"\",\"dimensions\":3072}",
        "{\"model\":\"m\",\"query\":\"\",\"documents\":[]}",
        "{\"model\":\"m\",\"query\":\"\",\"documents\":[\"\",{\"text\":\"a\"}]}",
        "{\"model\":\"m\",\"query\":\"a b\",\"documents\":[1]}",
    };
    mock_response response;
    mock_response_init(&response);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        for (int form = MOCK_FORM_CHAT; form <= MOCK_FORM_RERANK; form++) {
            int status = mock_response_ask(&response, (mock_form)form, bodies[i]);
            assert_true(status == 200 || status == 400);
            bool error = mock_response_at(&response, "error").kind == GL_JSON_OBJECT;
            assert_int_equal(error, status == 400);
        }
    mock_response_free(&response);
}

/* Asks the same conversation with more members and reads the first choice. */
static void ask_with(mock_response *response, const char *members)
{
    char body[1024];
    snprintf(body, sizeof body, ASK ",%s}", members);
    char *kept = gl_strndup(body, strlen(body));
    assert_int_equal(mock_response_ask(response, MOCK_FORM_CHAT, kept), 200);
    gl_free(kept);
}

static void usage_counts_the_tokens_of_all_choices(void **state)
{
    (void)state;
    mock_response response;
    mock_response_init(&response);
    ask_with(&response, "\"n\":1");
    mock_response_is(&response, MESSAGE "content", "\"One two three four five.\"");
    mock_response_is(&response, "usage.completion_tokens", "5");
    ask_with(&response, "\"n\":3");
    mock_response_is(&response, "choices.1.message.content", "\"One two three four five. (2)\"");
    mock_response_is(&response, "choices.2.index", "2");
    mock_response_is(&response, "usage.completion_tokens", "17");
    mock_response_free(&response);
}

static void max_tokens_cuts_and_says_length(void **state)
{
    (void)state;
    static const char *const members[] = { "\"max_tokens\":2", "\"max_completion_tokens\":2" };
    mock_response response;
    mock_response_init(&response);
    for (size_t i = 0; i < 2; i++) {
        ask_with(&response, members[i]);
        mock_response_is(&response, MESSAGE "content", "\"One two\"");
        mock_response_is(&response, "choices.0.finish_reason", "\"length\"");
        mock_response_is(&response, "usage.completion_tokens", "2");
    }
    ask_with(&response, "\"max_tokens\":5"); /* it is enough */
    mock_response_is(&response, "choices.0.finish_reason", "\"stop\"");
    mock_response_free(&response);
}

static void min_tokens_and_ignore_eos_make_it_so_long(void **state)
{
    (void)state;
    mock_response response;
    mock_response_init(&response);
    ask_with(&response, "\"min_tokens\":100");
    mock_response_is(&response, "usage.completion_tokens", "100");
    mock_response_is(&response, "choices.0.finish_reason", "\"stop\"");
    ask_with(&response, "\"max_tokens\":64,\"ignore_eos\":true");
    mock_response_is(&response, "usage.completion_tokens", "64");
    mock_response_is(&response, "choices.0.finish_reason", "\"length\""); /* as vLLM ends it */
    mock_response_free(&response);
}

static void a_stop_ends_the_text_before_it(void **state)
{
    (void)state;
    mock_response response;
    mock_response_init(&response);
    ask_with(&response, "\"stop\":\"three\"");
    mock_response_is(&response, MESSAGE "content", "\"One two \"");
    mock_response_is(&response, "choices.0.finish_reason", "\"stop\"");
    ask_with(&response, "\"stop\":[\"fo\\u0075r\",\"\",\" two\",\"x\"]");
    mock_response_is(&response, MESSAGE "content", "\"One\"");
    mock_response_free(&response);
}

static void thinking_takes_its_part_of_max_tokens_first(void **state)
{
    (void)state;
    mock_response response;
    mock_response_init(&response);
    response.model.reasoning = 7;
    ask_with(&response, "\"n\":1");
    gl_json thought = mock_response_at(&response, MESSAGE "reasoning_content");
    assert_int_equal(mock_words_count(gl_slice_of(thought.text.data + 1, thought.text.len - 2)), 7);
    mock_response_is(&response, "usage.completion_tokens", "12");
    mock_response_is(&response, "usage.completion_tokens_details.reasoning_tokens", "7");
    ask_with(&response, "\"max_tokens\":8");
    mock_response_is(&response, MESSAGE "content", "\"One\"");
    ask_with(&response, "\"max_tokens\":3");
    mock_response_is(&response, MESSAGE "content", "\"\"");
    mock_response_is(&response, "choices.0.finish_reason", "\"length\"");
    mock_response_is(&response, "usage.completion_tokens_details.reasoning_tokens", "3");
    mock_response_free(&response);
}

static void logprobs_are_of_each_token_and_add_up_to_less_than_one(void **state)
{
    (void)state;
    mock_response response;
    mock_response_init(&response);
    ask_with(&response, "\"n\":1");
    mock_response_is(&response, "choices.0.logprobs", "null");
    ask_with(&response, "\"logprobs\":true,\"top_logprobs\":2");
    mock_response_is(&response, "choices.0.logprobs.content.1.token", "\" two\"");
    mock_response_is(&response, "choices.0.logprobs.content.1.bytes", "[32,116,119,111]");
    mock_response_is(&response, "choices.0.logprobs.content.4.top_logprobs.0.token", "\" five.\"");
    double likely, other;
    const char *top = "choices.0.logprobs.content.0.top_logprobs.";
    char path[80];
    snprintf(path, sizeof path, "%s0.logprob", top);
    assert_true(gl_json_double(mock_response_at(&response, path), &likely));
    snprintf(path, sizeof path, "%s1.logprob", top);
    assert_true(gl_json_double(mock_response_at(&response, path), &other));
    assert_true(other < likely && likely < 0);
    assert_int_equal(mock_response_at(&response, "choices.0.logprobs.content.5").kind,
                     GL_JSON_NONE);
    mock_response_free(&response);
}

static void what_is_out_of_range_is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *members, *param, *code;
    } cases[] = {
        { "\"temperature\":3", "\"temperature\"", "\"decimal_above_max_value\"" },
        { "\"temperature\":-0.5", "\"temperature\"", "\"decimal_below_min_value\"" },
        { "\"top_p\":1.5", "\"top_p\"", "\"decimal_above_max_value\"" },
        { "\"n\":0", "\"n\"", "\"integer_below_min_value\"" },
        { "\"n\":129", "\"n\"", "\"integer_above_max_value\"" },
        { "\"n\":1.5", "\"n\"", "\"invalid_type\"" },
        { "\"n\":\"2\"", "\"n\"", "\"invalid_type\"" },
        { "\"max_tokens\":0", "\"max_tokens\"", "\"integer_below_min_value\"" },
        { "\"max_tokens\":1e400", "\"max_tokens\"", "\"integer_above_max_value\"" },
        { "\"max_tokens\":1,\"max_completion_tokens\":1", "\"max_tokens\"",
          "\"invalid_parameter_combination\"" },
        { "\"n\":100,\"min_tokens\":2001", "\"min_tokens\"", "\"integer_above_max_value\"" },
        { "\"max_tokens\":200001,\"ignore_eos\":true", "\"max_tokens\"",
          "\"integer_above_max_value\"" },
        { "\"stream\":1", "\"stream\"", "\"invalid_type\"" },
        { "\"stream_options\":{}", "\"stream_options\"", "\"invalid_value\"" },
        { "\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\"]", "\"stop\"", "\"array_above_max_length\"" },
        { "\"stop\":1", "\"stop\"", "\"invalid_type\"" },
        { "\"top_logprobs\":2", "\"top_logprobs\"", "\"invalid_value\"" },
        { "\"logprobs\":true,\"top_logprobs\":21", "\"top_logprobs\"",
          "\"integer_above_max_value\"" },
        { "\"messages\":[{\"role\":\"robot\"}]", "\"messages[0].role\"", "\"invalid_value\"" },
        { "\"messages\":[{\"content\":\"\"}]", "\"messages[0].role\"",
          "\"missing_required_parameter\"" },
        { "\"messages\":[]", "\"messages\"", "\"empty_array\"" },
        { "\"tools\":[]", "\"tools\"", "\"empty_array\"" },
        { "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a b\"}}]",
          "\"tools[0].function.name\"", "\"invalid_value\"" },
        { "\"tool_choice\":\"auto\"", "\"tool_choice\"", "\"invalid_value\"" },
        { "\"response_format\":{\"type\":\"xml\"}", "\"response_format\"", "\"invalid_value\"" },
        { "\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a\"}}",
          "\"response_format\"", "\"missing_required_parameter\"" },
    };
    mock_response response;
    mock_response_init(&response);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char body[512];
        snprintf(body, sizeof body, ASK ",%s}", cases[i].members);
        assert_int_equal(mock_response_ask(&response, MOCK_FORM_CHAT, body), 400);
        mock_response_is(&response, "error.param", cases[i].param);
        mock_response_is(&response, "error.code", cases[i].code);
        mock_response_is(&response, "error.type", "\"invalid_request_error\"");
    }
    mock_response_free(&response);
}

static void a_model_that_is_not_served_is_404(void **state)
{
    (void)state;
    char problem[200];
    mock_response response;
    mock_response_init(&response);
    assert_true(mock_models_parse(&response.model.names, "a,m,org/b", problem, sizeof problem));
    assert_int_equal(mock_response_ask(&response, MOCK_FORM_CHAT, ASK "}"), 200);
    assert_true(mock_models_parse(&response.model.names, "a,mm", problem, sizeof problem));
    assert_int_equal(mock_response_ask(&response, MOCK_FORM_CHAT, ASK "}"), 404);
    mock_response_is(&response, "error.code", "\"model_not_found\"");
    gl_buf out;
    gl_buf_init(&out, 4096);
    assert_true(mock_models_parse(&response.model.names, "a,org/b", problem, sizeof problem));
    assert_int_equal(mock_models_get(&response.model.names, gl_slice_str("org%2Fb"), &out), 200);
    assert_int_equal(mock_models_get(&response.model.names, gl_slice_str("b"), &out), 404);
    gl_buf_free(&out);
    static const char *const bad[] = { ",", "a,", "a,,b", ",a" };
    for (size_t i = 0; i < 4; i++)
        assert_false(mock_models_parse(&response.model.names, bad[i], problem, sizeof problem));
    mock_response_free(&response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_parts_are_read_like_a_string),
        cmocka_unit_test(every_answer_is_json),
        cmocka_unit_test(usage_counts_the_tokens_of_all_choices),
        cmocka_unit_test(max_tokens_cuts_and_says_length),
        cmocka_unit_test(min_tokens_and_ignore_eos_make_it_so_long),
        cmocka_unit_test(a_stop_ends_the_text_before_it),
        cmocka_unit_test(thinking_takes_its_part_of_max_tokens_first),
        cmocka_unit_test(logprobs_are_of_each_token_and_add_up_to_less_than_one),
        cmocka_unit_test(what_is_out_of_range_is_refused_by_name),
        cmocka_unit_test(a_model_that_is_not_served_is_404),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
