/* From an HTTP response to an outcome. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "decoder_rig.h"
#include "oom.h"
#include "openai/plain.h"

static glimpse_outcome decode_at(const char *path, int status, const char *type, gl_slice body)
{
    /* Exactly as long as the body, so that a read past its end is one past the allocation's. */
    static char *copy;
    free(copy);
    copy = malloc(body.len != 0 ? body.len : 1);
    assert_non_null(copy);
    if (body.len != 0) memcpy(copy, body.data, body.len);
    gl_decode_input input = { .status = status,
                              .body = gl_slice_of(copy, body.len),
                              .content_type = type,
                              .request_id = "req-1",
                              .path = path };
    glimpse_outcome outcome;
    gl_decode(decoder, &input, &outcome);
    assert_int_equal(outcome.size, sizeof outcome);
    assert_int_equal(outcome.sample.http_status, status);
    assert_string_equal(outcome.sample.request_id, "req-1");
    if (outcome.error != GLIMPSE_OK) {
        assert_non_null(outcome.error_message);
        assert_true(outcome.error_message[0] != '\0');
        assert_true(strlen(outcome.error_message) <= 500);
        assert_false(outcome.complete);
        assert_int_equal(outcome.sample.text_len, 0);
    }
    return outcome;
}

static glimpse_outcome decode(int status, const char *body)
{
    return decode_at("/chat/completions", status, "application/json", gl_slice_str(body));
}

static void assert_text(const glimpse_outcome *outcome, const char *text)
{
    assert_int_equal(outcome->error, GLIMPSE_OK);
    assert_int_equal(outcome->sample.text_len, strlen(text));
    assert_memory_equal(outcome->sample.text, text, strlen(text));
}

#define CHOICE(message, reason)                                                                    \
    "{\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","    \
    "" message "},\"finish_reason\":" reason "}],"                                                 \
    "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":12,\"total_tokens\":21}}"

/* --- answers --- */

static void a_chat_answer_is_read_whole(void **state)
{
    (void)state;
    glimpse_outcome o = decode(200, CHOICE("\"content\":\"Hello.\",\"refusal\":null", "\"stop\""));
    assert_text(&o, "Hello.");
    assert_true(o.complete);
    assert_true(o.sample.body_is_json);
    assert_string_equal(o.sample.model, "gpt-4o-mini");
    assert_string_equal(o.sample.finish_reason, "stop");
    assert_int_equal(o.sample.usage.prompt_tokens, 9);
    assert_int_equal(o.sample.usage.completion_tokens, 12);
    assert_int_equal(o.sample.usage.total_tokens, 21);
    assert_null(o.sample.delta);
    assert_int_equal(o.retry_after_ms, -1);
}

static void a_text_without_escapes_is_not_copied(void **state)
{
    (void)state;
    static const char body[] = CHOICE("\"content\":\"plain\"", "\"stop\"");
    gl_decode_input input = { .status = 200,
                              .body = gl_slice_str(body),
                              .path = "/chat/completions" };
    glimpse_outcome o;
    gl_decode(decoder, &input, &o);
    assert_true(o.sample.text > body && o.sample.text < body + sizeof body);
    assert_ptr_equal(o.sample.body, body);
    assert_null(o.sample.request_id);
}

static void escapes_are_undone_and_nul_is_a_character(void **state)
{
    (void)state;
    glimpse_outcome o =
        decode(200, CHOICE("\"content\":\"a\\n\\u0000\\ud83d\\ude80\\ud800z\"", "\"stop\""));
    static const char text[] = "a\n\0\xF0\x9F\x9A\x80\xEF\xBF\xBDz";
    assert_int_equal(o.sample.text_len, sizeof text - 1);
    assert_memory_equal(o.sample.text, text, sizeof text - 1);
}

static void content_parts_are_joined(void **state)
{
    (void)state;
    glimpse_outcome o = decode(
        200, CHOICE("\"content\":[{\"type\":\"text\",\"text\":\"one \"},{\"type\":\"image\"},7,"
                    "{\"type\":\"text\",\"text\":\"t\\u0077o\"}]",
                    "\"stop\""));
    assert_text(&o, "one two");
    assert_true(o.complete);
}

static void what_a_limit_cut_is_an_answer_that_is_not_complete(void **state)
{
    (void)state;
    glimpse_outcome o = decode(200, CHOICE("\"content\":\"Hel\"", "\"length\""));
    assert_text(&o, "Hel");
    assert_false(o.complete);
    o = decode(200, CHOICE("\"content\":\"Hel\"", "null"));
    assert_text(&o, "Hel");
    assert_false(o.complete);
    o = decode(200, "{\"choices\":[{\"message\":{\"content\":\"Hel\"}}]}");
    assert_text(&o, "Hel");
    assert_false(o.complete);
    o = decode(200, CHOICE("\"content\":\"Hel\"", "\"error\""));
    assert_false(o.complete);
    /* One of several choices was cut. */
    o = decode(200, "{\"choices\":[{\"message\":{\"content\":\"a\"},\"finish_reason\":\"stop\"},"
                    "{\"message\":{\"content\":\"b\"},\"finish_reason\":\"length\"}]}");
    assert_text(&o, "a");
    assert_false(o.complete);
}

static void an_empty_text_is_complete_only_beside_tool_calls(void **state)
{
    (void)state;
    glimpse_outcome o = decode(200, CHOICE("\"content\":\"\"", "\"stop\""));
    assert_text(&o, "");
    assert_false(o.complete);
    o = decode(200, CHOICE("\"content\":null", "\"stop\""));
    assert_text(&o, "");
    assert_false(o.complete);
    o = decode(200, CHOICE("\"content\":null,\"tool_calls\":[]", "\"tool_calls\""));
    assert_false(o.complete);
    o = decode(200, CHOICE("\"content\":null,\"tool_calls\":[{\"id\":\"x\"}]", "\"tool_calls\""));
    assert_text(&o, "");
    assert_true(o.complete);
}

static void a_refusal_is_not_aligned_and_not_complete(void **state)
{
    (void)state;
    glimpse_outcome o =
        decode(200, CHOICE("\"content\":null,\"refusal\":\"I can\\u2019t.\"", "\"stop\""));
    assert_text(&o, "I can\xE2\x80\x99t.");
    assert_string_equal(o.sample.delta, "the model refused");
    assert_false(o.complete);
    o = decode(200, CHOICE("\"content\":[{\"type\":\"refusal\",\"refusal\":\"No.\"}]", "\"stop\""));
    assert_text(&o, "No.");
    assert_non_null(o.sample.delta);
}

static void the_content_filter_is_an_error(void **state)
{
    (void)state;
    glimpse_outcome o = decode(200, CHOICE("\"content\":\"half\"", "\"content_filter\""));
    assert_int_equal(o.error, GLIMPSE_ERR_CONTENT_FILTER);
    assert_string_equal(o.sample.finish_reason, "content_filter");
    assert_int_equal(o.sample.usage.total_tokens, 21);
    assert_null(o.error_code);
}

static void odd_usage_is_unknown(void **state)
{
    (void)state;
    glimpse_outcome o =
        decode(200, "{\"choices\":[{\"message\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}],"
                    "\"usage\":{\"prompt_tokens\":-3,\"completion_tokens\":\"5\","
                    "\"total_tokens\":1.5}}");
    assert_int_equal(o.sample.usage.prompt_tokens, -1);
    assert_int_equal(o.sample.usage.completion_tokens, -1);
    assert_int_equal(o.sample.usage.total_tokens, -1);
    o = decode(200, "{\"choices\":[{\"message\":{\"content\":\"a\"}}],\"usage\":null}");
    assert_int_equal(o.sample.usage.total_tokens, -1);
    /* Above 2^53 it is no count: readers of JSON do not agree on it. */
    o = decode(200, "{\"choices\":[{\"message\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}],"
                    "\"usage\":{\"prompt_tokens\":9223372036854775807,"
                    "\"completion_tokens\":9007199254740993,\"total_tokens\":9007199254740992}}");
    assert_int_equal(o.sample.usage.prompt_tokens, -1);
    assert_int_equal(o.sample.usage.completion_tokens, -1);
    assert_true(o.sample.usage.total_tokens == INT64_C(9007199254740992));
    assert_string_equal(o.sample.model, "");
}

static void other_paths_need_only_an_object(void **state)
{
    (void)state;
    gl_slice body = gl_slice_str("{\"object\":\"list\",\"data\":[],"
                                 "\"usage\":{\"prompt_tokens\":8,\"total_tokens\":8}}");
    glimpse_outcome o = decode_at("/embeddings", 200, "application/json", body);
    assert_text(&o, "");
    assert_true(o.complete);
    assert_int_equal(o.sample.usage.prompt_tokens, 8);
    o = decode_at("/models", 200, NULL, gl_slice_str("[]"));
    assert_int_equal(o.error, GLIMPSE_ERR_BAD_JSON);
}

static void a_completion_path_is_known_with_deployment_and_query(void **state)
{
    (void)state;
    const char *path = "/openai/deployments/x/chat/completions?api-version=1/models";
    glimpse_outcome o = decode_at(path, 200, NULL, gl_slice_str("{\"data\":[]}"));
    assert_int_equal(o.error, GLIMPSE_ERR_BAD_JSON);
    o = decode_at("/completions", 200, NULL,
                  gl_slice_str("{\"choices\":[{\"text\":\"old\",\"finish_reason\":\"stop\"}]}"));
    assert_text(&o, "old");
    assert_true(o.complete);
}

static void the_text_of_a_response_is_read(void **state)
{
    (void)state;
    glimpse_outcome o = decode_at(
        "/responses", 200, NULL,
        gl_slice_str(
            "{\"status\":\"completed\",\"error\":null,\"output\":[{\"type\":\"reasoning\"},"
            "{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"hi\"}"
            "]}],\"usage\":{\"input_tokens\":3,\"output_tokens\":4,\"total_tokens\":7}}"));
    assert_text(&o, "hi");
    assert_true(o.complete);
    assert_int_equal(o.sample.usage.prompt_tokens, 3);
    assert_int_equal(o.sample.usage.completion_tokens, 4);
    o = decode_at(
        "/responses", 200, NULL,
        gl_slice_str("{\"status\":\"incomplete\","
                     "\"incomplete_details\":{\"reason\":\"max_output_tokens\"},\"output\":[]}"));
    assert_text(&o, "");
    assert_false(o.complete);
    assert_string_equal(o.sample.finish_reason, "max_output_tokens");
}

/* --- a 200 that is none --- */

static void a_200_without_a_body_is_an_empty_body(void **state)
{
    (void)state;
    assert_int_equal(decode(200, "").error, GLIMPSE_ERR_EMPTY_BODY);
    assert_int_equal(decode(200, " \r\n\t").error, GLIMPSE_ERR_EMPTY_BODY);
    assert_int_equal(decode(204, "").error, GLIMPSE_ERR_EMPTY_BODY);
}

static void a_200_that_is_not_json_names_the_problem_and_quotes_it(void **state)
{
    (void)state;
    glimpse_outcome o = decode_at("/chat/completions", 200, "text/html; charset=utf-8",
                                  gl_slice_str("<html>\x1b[31m\r\n<b>\x07login</b>"));
    assert_int_equal(o.error, GLIMPSE_ERR_BAD_JSON);
    assert_false(o.sample.body_is_json);
    assert_non_null(strstr(o.error_message, "at byte 0"));
    assert_non_null(strstr(o.error_message, "text/html; charset=utf-8"));
    assert_non_null(strstr(o.error_message, "<html> [31m <b> login</b>"));
    assert_int_equal(decode(200, "{\"choices\":[{\"mess").error, GLIMPSE_ERR_BAD_JSON);
    assert_int_equal(decode(200, "{} {}").error, GLIMPSE_ERR_BAD_JSON);
    assert_int_equal(decode(200, "{\"a\":\"\xFF\"}").error, GLIMPSE_ERR_BAD_UTF8);
    o = decode_at("/chat/completions", 200, NULL, gl_slice_str("nope"));
    assert_non_null(strstr(o.error_message, "content type not given"));
}

static void a_200_with_json_of_another_shape_is_bad_json(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "{}",
        "[]",
        "7",
        "null",
        "{\"choices\":[]}",
        "{\"choices\":{}}",
        "{\"choices\":[null]}",
        "{\"choices\":[{}]}",
        "{\"choices\":[{\"message\":\"x\"}]}",
        "{\"choices\":[{\"message\":{\"content\":5}}]}",
        "{\"choices\":[{\"message\":{\"content\":{}}}]}",
        "{\"error\":null}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        glimpse_outcome o = decode(200, bodies[i]);
        assert_int_equal(o.error, GLIMPSE_ERR_BAD_JSON);
        assert_true(o.sample.body_is_json);
    }
    assert_non_null(strstr(decode(200, "{}").error_message, "no choices"));
}

static void an_error_inside_a_200_is_an_error(void **state)
{
    (void)state;
    glimpse_outcome o =
        decode(200, "{\"error\":{\"message\":\"upstream\",\"code\":502},\"choices\":[]}");
    assert_int_equal(o.error, GLIMPSE_ERR_HTTP);
    assert_string_equal(o.error_code, "502");
    assert_string_equal(o.error_message, "upstream");
    o = decode(200, "{\"error\":\"boom\"}");
    assert_int_equal(o.error, GLIMPSE_ERR_HTTP);
    assert_string_equal(o.error_code, "error");
    assert_string_equal(o.error_message, "boom");
}

/* --- errors --- */

static void each_body_shape_gives_its_code_and_message(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body, *code, *message;
    } table[] = {
        { 404,
          "{\"error\":{\"message\":\"no such model\",\"type\":\"invalid_request_error\","
          "\"param\":null,\"code\":\"model_not_found\"}}",
          "model_not_found", "no such model" },
        { 400, "{\"error\":{\"message\":\"bad\",\"type\":\"invalid_request_error\",\"code\":null}}",
          "invalid_request_error", "bad" },
        { 400, "{\"error\":{\"message\":\"bad\",\"code\":\"\"}}", "bad_request", "bad" },
        { 503, "{\"error\":{\"message\":\"loading\",\"type\":\"unavailable_error\",\"code\":503}}",
          "503", "loading" },
        { 401, "{\"error\":\"who are you\"}", "auth_error", "who are you" },
        { 500, "{\"error\":\"boom\",\"code\":\"x1\"}", "x1", "boom" },
        { 400,
          "{\"object\":\"error\",\"message\":\"too long\",\"type\":\"BadRequestError\","
          "\"param\":null,\"code\":400}",
          "400", "too long" },
        { 422, "{\"message\":\"m\",\"type\":\"t\"}", "t", "m" },
        { 403, "{\"detail\":\"nope\"}", "permission_denied", "nope" },
        { 422,
          "{\"detail\":[{\"loc\":[\"body\",\"messages\"],\"msg\":\"field required\","
          "\"type\":\"value_error.missing\"}]}",
          "unprocessable", "field required (body.messages)" },
        { 400, "{\"detail\":{\"message\":\"inner\",\"code\":\"c\"}}", "c", "inner" },
        { 400, "{\"errors\":[{\"message\":\"first\"},{\"message\":\"second\"}]}", "bad_request",
          "first" },
        { 429, "[{\"error\":{\"code\":429,\"message\":\"quota\",\"status\":\"X\"}}]", "429",
          "quota" },
        { 429, "", "rate_limited", "the endpoint asked to be called less often (HTTP 429)" },
        { 418, "", "error", "no usable answer came (HTTP 418)" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        glimpse_outcome o = decode(table[i].status, table[i].body);
        assert_int_equal(o.error, GLIMPSE_ERR_HTTP);
        assert_string_equal(o.error_code, table[i].code);
        assert_string_equal(o.error_message, table[i].message);
        assert_int_equal(o.sample.body_len, strlen(table[i].body));
    }
}

static void an_error_body_without_words_is_quoted(void **state)
{
    (void)state;
    static const char *const bodies[] = { "{\"x\":\"why\"}", "\"why\"", "<h1>why</h1>",
                                          "{\"error\":{\"message\":{\"a\":\"why\"}}}",
                                          "{\"detail\":[[\"why\"]]}" };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        glimpse_outcome o = decode(502, bodies[i]);
        assert_int_equal(o.error, GLIMPSE_ERR_HTTP);
        assert_string_equal(o.error_code, "server_error");
        assert_non_null(strstr(o.error_message, "HTTP 502"));
        assert_non_null(strstr(o.error_message, "why"));
    }
}

static void a_body_that_is_json_is_kept_whole_and_another_4_kib(void **state)
{
    (void)state;
    size_t size = 10000;
    char *body = malloc(size);
    assert_non_null(body);
    memset(body, 'x', size);
    memcpy(body + 4095, "\xC3\xA9", 2); /* a character across the limit is left out */
    glimpse_outcome o = decode_at("/chat/completions", 502, "text/html", gl_slice_of(body, size));
    assert_int_equal(o.sample.body_len, 4095);
    assert_false(o.sample.body_is_json);
    body[0] = body[size - 1] = '"';
    o = decode_at("/chat/completions", 502, "application/json", gl_slice_of(body, size));
    assert_int_equal(o.sample.body_len, size);
    assert_true(o.sample.body_is_json);
    free(body);
}

static void a_redirect_is_refused(void **state)
{
    (void)state;
    glimpse_outcome o = decode_at("/chat/completions", 302, "text/html", gl_slice_str("moved"));
    assert_int_equal(o.error, GLIMPSE_ERR_REDIRECT);
    assert_non_null(strstr(o.error_message, "302"));
}

static void a_key_in_an_error_is_masked(void **state)
{
    (void)state;
    glimpse_outcome o =
        decode(401, "{\"error\":{\"message\":\"Incorrect API key provided: sk-proj-abc_DEF123. "
                    "Not sk-ab******yz9; risk-free\\u001b[0m\\r\\nsk-\"}}");
    assert_string_equal(o.error_message,
                        "Incorrect API key provided: sk-****. Not sk-****; risk-free [0m sk-");
    /* Also where the body is quoted, across the end of the quote too. */
    char body[512];
    snprintf(body, sizeof body, "%190s sk-abcdefghijklmnopqrstuvwxyz", "x");
    o = decode_at("/chat/completions", 502, "text/plain", gl_slice_str(body));
    assert_null(strstr(o.error_message, "abc"));
}

static void a_long_message_is_clipped_between_characters(void **state)
{
    (void)state;
    char body[2000] = "{\"error\":{\"message\":\"x";
    size_t len = strlen(body);
    for (int i = 0; i < 400; i++, len += 2) memcpy(body + len, "\xC3\xA9", 2);
    memcpy(body + len, "\"}}", 4);
    glimpse_outcome o = decode(400, body);
    assert_int_equal(strlen(o.error_message), 499);
    assert_int_equal(gl_utf8_check(o.error_message, 499), 499);
}

static void a_broken_response_keeps_what_came(void **state)
{
    (void)state;
    gl_decode_input input = { .status = 200,
                              .body = gl_slice_str("{\"choices\":[{"),
                              .retry_after = "3",
                              .request_id = "req\x1b-2" };
    glimpse_outcome o;
    gl_decode_broken(decoder, &input, GLIMPSE_ERR_RESET, "closed\nby\x07peer", &o);
    assert_int_equal(o.error, GLIMPSE_ERR_RESET);
    assert_string_equal(o.error_message, "closed by peer");
    assert_string_equal(o.sample.request_id, "req -2");
    assert_int_equal(o.sample.http_status, 200);
    assert_int_equal(o.sample.body_len, 13);
    assert_false(o.sample.body_is_json);
    assert_int_equal(o.retry_after_ms, 3000);
    gl_decode_broken(decoder, &input, GLIMPSE_ERR_RESET, "", &o);
    assert_string_equal(o.error_message, glimpse_error_sentence(GLIMPSE_ERR_RESET));
}

static void out_of_memory_is_an_error_and_never_a_shorter_answer(void **state)
{
    (void)state;
    const char *body = CHOICE("\"content\":\"tab\\there\"", "\"stop\"");
    for (size_t k = 1;; k++) {
        gl_decoder_free(decoder);
        decoder = NULL;
        oom_fail_at(k);
        decoder = gl_decoder_new();
        glimpse_outcome o = { .error = GLIMPSE_ERR_OOM };
        if (decoder != NULL) o = decode(200, body);
        if (!oom_end()) {
            assert_text(&o, "tab\there");
            break;
        }
        assert_int_equal(o.error, GLIMPSE_ERR_OOM);
        assert_true(k < 100);
    }
}

static void large_scratch_is_given_back(void **state)
{
    (void)state;
    size_t size = (size_t)3 << 20;
    char *body = malloc(size);
    assert_non_null(body);
    static const char head[] = "{\"choices\":[{\"message\":{\"content\":\"\\n", tail[] = "\"}}]}";
    memset(body, 'x', size);
    memcpy(body, head, sizeof head - 1);
    memcpy(body + size - (sizeof tail - 1), tail, sizeof tail - 1);
    glimpse_outcome o = decode_at("/chat/completions", 200, NULL, gl_slice_of(body, size));
    assert_int_equal(o.sample.text_len, size - (sizeof head - 1) - (sizeof tail - 1) + 1);
    size_t before = gl_alloc_live();
    decode(200, "{}");
    assert_true(gl_alloc_live() < before);
    free(body);
}

/* E05. The body that is kept is JSON, so it has no mark. */
static void a_byte_order_mark_before_an_answer_is_skipped(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "\xEF\xBB\xBF{\"choices\":[{\"message\":{\"content\":\"hi\"}}]}",
        "\xEF\xBB\xBF \n{\"choices\":[{\"message\":{\"content\":\"hi\"}}]}",
    };
    for (size_t i = 0; i < 2; i++) {
        gl_decode_input input = { .status = 200,
                                  .path = "/chat/completions",
                                  .body = gl_slice_str(bodies[i]) };
        glimpse_outcome o;
        gl_decode(decoder, &input, &o);
        assert_int_equal(o.error, GLIMPSE_OK);
        assert_memory_equal(o.sample.text, "hi", 2);
        assert_true(o.sample.body_is_json);
        assert_int_not_equal((unsigned char)o.sample.body[0], 0xEF);
    }
    gl_decode_input input = { .status = 200, .body = gl_slice_str("\xEF\xBB\xBF") };
    glimpse_outcome o;
    gl_decode(decoder, &input, &o);
    assert_int_equal(o.error, GLIMPSE_ERR_EMPTY_BODY);
}

static void plain_text_is_one_clean_line(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } table[] = {
        { "", "" },
        { "  a \t\n b  ", "a b" },
        { "\x1b]0;title\x07x\x7f", "]0;title x" },
        { "c1 \xC2\x9B\x33mred", "c1 3mred" },
        { "bad \xFF\xC3 utf", "bad ?? utf" },
        { "line\xE2\x80\xA8sep \xE2\x80\xAEltr", "line sep ltr" },
        { "(sk-1)", "(sk-****)" },
        { "sk-", "sk-" },
        { "sk-...", "sk-..." },
        { "Bearer sk-a.b-c_d*e, x", "Bearer sk-****, x" },
        { "desk-top", "desk-top" },
    };
    char out[64];
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t len = gl_plain(gl_slice_str(table[i].in), out, sizeof out);
        assert_string_equal(out, table[i].out);
        assert_int_equal(len, strlen(table[i].out));
    }
    /* Whatever room there is, it ends between characters and never inside a mask. */
    for (size_t size = 1; size < 20; size++) {
        size_t len = gl_plain(gl_slice_str("\xC3\xA9\xC3\xA9 sk-abcdef z"), out, size);
        assert_true(len < size);
        assert_int_equal(gl_utf8_check(out, len), len);
        assert_null(strstr(out, "abc"));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_chat_answer_is_read_whole),
        TEST(a_text_without_escapes_is_not_copied),
        TEST(escapes_are_undone_and_nul_is_a_character),
        TEST(content_parts_are_joined),
        TEST(what_a_limit_cut_is_an_answer_that_is_not_complete),
        TEST(an_empty_text_is_complete_only_beside_tool_calls),
        TEST(a_refusal_is_not_aligned_and_not_complete),
        TEST(the_content_filter_is_an_error),
        TEST(odd_usage_is_unknown),
        TEST(other_paths_need_only_an_object),
        TEST(a_completion_path_is_known_with_deployment_and_query),
        TEST(the_text_of_a_response_is_read),
        TEST(a_200_without_a_body_is_an_empty_body),
        TEST(a_200_that_is_not_json_names_the_problem_and_quotes_it),
        TEST(a_200_with_json_of_another_shape_is_bad_json),
        TEST(an_error_inside_a_200_is_an_error),
        TEST(each_body_shape_gives_its_code_and_message),
        TEST(an_error_body_without_words_is_quoted),
        TEST(a_body_that_is_json_is_kept_whole_and_another_4_kib),
        TEST(a_redirect_is_refused),
        TEST(a_key_in_an_error_is_masked),
        TEST(a_long_message_is_clipped_between_characters),
        TEST(a_broken_response_keeps_what_came),
        TEST(out_of_memory_is_an_error_and_never_a_shorter_answer),
        TEST(large_scratch_is_given_back),
        TEST(a_byte_order_mark_before_an_answer_is_skipped),
        TEST(plain_text_is_one_clean_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
