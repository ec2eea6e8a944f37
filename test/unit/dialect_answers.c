/* Plain answers as servers of each kind send them: why they ended, what they hold. What is claimed
 * here is what docs/dialects.md says of them; dialect_streams.c has the same for streams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "decoder_rig.h"
#include "openai/finish.h"

/* The body must outlive the outcome. */
static glimpse_outcome decode_at(const char *path, const char *body)
{
    gl_decode_input input = { .status = 200, .body = gl_slice_str(body), .path = path };
    glimpse_outcome outcome;
    gl_decode(decoder, &input, &outcome);
    return outcome;
}

static glimpse_outcome decode(const char *body)
{
    return decode_at("/chat/completions", body);
}

static void assert_text(const glimpse_outcome *outcome, const char *text)
{
    assert_int_equal(outcome->error, GLIMPSE_OK);
    assert_int_equal(outcome->sample.text_len, strlen(text));
    assert_memory_equal(outcome->sample.text, text, strlen(text));
}

/* The message's members, then the rest of the choice. */
#define CHOICE(message, rest) "{\"choices\":[{\"message\":{" message "}" rest "}]}"

/* --- ends --- */

static void finish_reasons_are_told_by_all_their_names(void **state)
{
    (void)state;
    static const struct {
        const char *reason;
        gl_finish finish;
    } table[] = {
        { "null", GL_FINISH_NONE },
        { "\"\"", GL_FINISH_NONE },
        { "\" \"", GL_FINISH_NONE },
        { "\"null\"", GL_FINISH_NONE },
        { "\"None\"", GL_FINISH_NONE },
        { "\"FINISH_REASON_UNSPECIFIED\"", GL_FINISH_NONE },
        { "\"unknown\"", GL_FINISH_NONE },
        { "\"other\"", GL_FINISH_OTHER },
        { "7", GL_FINISH_NONE },
        { "\"stop\"", GL_FINISH_WELL },
        { "\"STOP\"", GL_FINISH_WELL },
        { "\"tool_calls\"", GL_FINISH_WELL },
        { "\"tool-calls\"", GL_FINISH_WELL },
        { "\"function_call\"", GL_FINISH_WELL },
        { "\"eos\"", GL_FINISH_WELL },
        { "\"eos_token\"", GL_FINISH_WELL },
        { "\"stop_sequence\"", GL_FINISH_WELL },
        { "\"end_turn\"", GL_FINISH_WELL },
        { "\"COMPLETE\"", GL_FINISH_WELL },
        { "\"content_filter\"", GL_FINISH_FILTERED },
        { "\"content_filter: PROHIBITED_CONTENT\"", GL_FINISH_FILTERED },
        { "\"SAFETY\"", GL_FINISH_FILTERED },
        { "\"RECITATION\"", GL_FINISH_FILTERED },
        { "\"BLOCKLIST\"", GL_FINISH_FILTERED },
        { "\"PROHIBITED_CONTENT\"", GL_FINISH_FILTERED },
        { "\"SPII\"", GL_FINISH_FILTERED },
        { "\"IMAGE_SAFETY\"", GL_FINISH_FILTERED },
        { "\"sensitive\"", GL_FINISH_FILTERED },
        { "\"refusal\"", GL_FINISH_FILTERED },
        { "\"guardrail_intervened\"", GL_FINISH_FILTERED },
        { "\"ERROR_TOXIC\"", GL_FINISH_FILTERED },
        { "\"error\"", GL_FINISH_FAILED },
        { "\"insufficient_system_resource\"", GL_FINISH_FAILED },
        { "\"network_error\"", GL_FINISH_FAILED },
        { "\"abort\"", GL_FINISH_FAILED },
        { "\"length\"", GL_FINISH_OTHER },
        { "\"MAX_TOKENS\"", GL_FINISH_OTHER },
        { "\"model_length\"", GL_FINISH_OTHER },
        { "\"model_context_window_exceeded\"", GL_FINISH_OTHER },
        { "\"content_filters\"", GL_FINISH_OTHER },
        { "\"stop tool\"", GL_FINISH_OTHER },
        { "\"function_call_filter: MALFORMED_FUNCTION_CALL_and_so_on_and_on\"", GL_FINISH_OTHER },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        gl_json reason;
        assert_int_equal(gl_json_check(gl_slice_str(table[i].reason), &reason, NULL), GL_JSON_OK);
        if (gl_finish_of(reason) != table[i].finish) fail_msg("%s", table[i].reason);
        /* An answer is judged by it. */
        char body[256];
        snprintf(body, sizeof body,
                 "{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":%s}]}",
                 table[i].reason);
        glimpse_outcome o = decode(body);
        assert_int_equal(o.complete, table[i].finish == GL_FINISH_WELL);
        assert_int_equal(o.error, table[i].finish == GL_FINISH_FILTERED ? GLIMPSE_ERR_CONTENT_FILTER
                                  : table[i].finish == GL_FINISH_FAILED ? GLIMPSE_ERR_HTTP
                                                                        : GLIMPSE_OK);
        if (table[i].finish == GL_FINISH_NONE) assert_null(o.sample.finish_reason);
    }
    assert_int_equal(gl_finish_of((gl_json){ .kind = GL_JSON_NONE }), GL_FINISH_NONE);
}

static void a_response_that_a_filter_stopped_is_told_by_all_its_names(void **state)
{
    (void)state;
    glimpse_outcome o = decode_at("/responses", "{\"status\":\"incomplete\",\"output\":[],"
                                                "\"incomplete_details\":{\"reason\":\"SAFETY\"}}");
    assert_int_equal(o.error, GLIMPSE_ERR_CONTENT_FILTER);
}

static void a_finish_reason_that_names_a_failure_is_a_failure_of_the_server(void **state)
{
    (void)state;
    glimpse_outcome o = decode(
        CHOICE("\"content\":\"half\"", ",\"finish_reason\":\"insufficient_system_resource\""));
    assert_int_equal(o.error, GLIMPSE_ERR_HTTP);
    assert_string_equal(o.error_code, "insufficient_system_resource");
    assert_int_equal(o.error_status, 503);
    /* The server's own words come first. */
    o = decode(
        CHOICE("\"content\":\"\"",
               ",\"finish_reason\":\"error\",\"error\":{\"code\":429,\"message\":\"slow\"}"));
    assert_string_equal(o.error_code, "429");
    assert_int_equal(o.error_status, 429);
    assert_string_equal(o.error_message, "slow");
}

/* --- what they hold --- */

static void nothing_and_no_named_end_is_no_answer(void **state)
{
    (void)state;
    static const char *const nothing[] = {
        CHOICE("\"role\":\"assistant\",\"content\":\"\"", ""),
        CHOICE("\"role\":\"assistant\",\"content\":null,\"tool_calls\":[]",
               ",\"finish_reason\":\"\""),
        "{\"choices\":[{\"text\":\"\",\"finish_reason\":null}]}",
    };
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        glimpse_outcome o = decode(nothing[i]);
        assert_int_equal(o.error, GLIMPSE_ERR_EMPTY_BODY);
        assert_false(o.empty);
        assert_non_null(strstr(o.error_message, "no text, no call, no finish reason"));
    }
    /* The second of two may be the one that counts. */
    glimpse_outcome o = decode("{\"choices\":[{\"message\":{\"content\":\"\"}},"
                               "{\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}");
    assert_int_equal(o.error, GLIMPSE_OK);
}

static void an_answer_that_says_nothing_is_empty_and_not_complete(void **state)
{
    (void)state;
    static const struct {
        const char *path, *body;
        bool empty;
    } table[] = {
        { "/chat/completions", CHOICE("\"content\":\"\"", ",\"finish_reason\":\"stop\""), true },
        { "/chat/completions", CHOICE("\"content\":null", ",\"finish_reason\":\"length\""), true },
        { "/chat/completions", CHOICE("\"role\":\"x\"", ",\"finish_reason\":\"length\""), true },
        { "/chat/completions",
          CHOICE("\"content\":\"\",\"reasoning_content\":\"hm\"", ",\"finish_reason\":\"stop\""),
          true },
        { "/chat/completions", CHOICE("\"content\":\"\",\"reasoning_content\":\"hm\"", ""), true },
        { "/chat/completions",
          CHOICE("\"content\":[{\"type\":\"thinking\",\"thinking\":[]}]",
                 ",\"finish_reason\":\"stop\""),
          true },
        { "/chat/completions",
          CHOICE("\"content\":[{\"type\":\"image_url\"}]", ",\"finish_reason\":\"stop\""), false },
        { "/chat/completions", CHOICE("\"content\":\"x\"", ",\"finish_reason\":\"stop\""), false },
        { "/chat/completions",
          CHOICE("\"content\":\"\",\"tool_calls\":[{}]", ",\"finish_reason\":\"stop\""), false },
        { "/chat/completions",
          CHOICE("\"content\":null,\"refusal\":\"No.\"", ",\"finish_reason\":\"stop\""), false },
        { "/chat/completions",
          CHOICE("\"content\":\"\",\"images\":[{}]", ",\"finish_reason\":\"stop\""), false },
        { "/chat/completions",
          CHOICE("\"content\":\"\",\"audio\":{}", ",\"finish_reason\":\"stop\""), false },
        { "/responses", "{\"status\":\"completed\",\"output\":[{\"type\":\"reasoning\"}]}", true },
        { "/responses", "{\"status\":\"completed\",\"output\":[{\"type\":\"function_call\"}]}",
          false },
        { "/embeddings", "{\"data\":[]}", false },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        glimpse_outcome o = decode_at(table[i].path, table[i].body);
        assert_int_equal(o.error, GLIMPSE_OK);
        if (o.empty != table[i].empty) fail_msg("%s", table[i].body);
        if (o.empty) assert_false(o.complete);
    }
}

static void strings_among_the_parts_are_text(void **state)
{
    (void)state;
    glimpse_outcome o =
        decode(CHOICE("\"content\":[\"Good \",{\"type\":\"text\",\"text\":\"day\"}]",
                      ",\"finish_reason\":\"stop\""));
    assert_text(&o, "Good day");
    assert_true(o.complete);
}

static void tokens_are_counted_wherever_an_answer_says_them(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\",\"usage\":{"
        "\"prompt_tokens\":3,\"completion_tokens\":2}}]}",
        "{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}],"
        "\"usage\":null,\"x_groq\":{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        glimpse_outcome o = decode(bodies[i]);
        assert_int_equal(o.sample.usage.prompt_tokens, 3);
        assert_int_equal(o.sample.usage.completion_tokens, 2);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(finish_reasons_are_told_by_all_their_names),
        TEST(a_response_that_a_filter_stopped_is_told_by_all_its_names),
        TEST(a_finish_reason_that_names_a_failure_is_a_failure_of_the_server),
        TEST(nothing_and_no_named_end_is_no_answer),
        TEST(an_answer_that_says_nothing_is_empty_and_not_complete),
        TEST(strings_among_the_parts_are_text),
        TEST(tokens_are_counted_wherever_an_answer_says_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
