/* What an endpoint's complaint means: money, parameters, waits, and what each server really sends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "decoder_rig.h"

/* The body must outlive the outcome. */
static glimpse_outcome decode(int status, const char *body)
{
    gl_decode_input input = { .status = status,
                              .body = gl_slice_str(body),
                              .content_type = "application/json",
                              .path = "/chat/completions" };
    glimpse_outcome outcome;
    gl_decode(decoder, &input, &outcome);
    return outcome;
}

/* --- money --- */

/* E01: by whichever name, with whichever status, plain or as an event of a stream. */
static void no_money_is_quota_by_all_its_names_and_nothing_else_is(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *message, *type, *code;
        bool quota;
    } table[] = {
        { 429, "m", "\"insufficient_quota\"", "\"insufficient_quota\"", true },
        { 429, "m", "\"insufficient_quota\"", "null", true },
        { 429, "m", "null", "\"insufficient_quota\"", true },
        { 429, "m", "\"billing_error\"", "\"credit_balance_exhausted\"", true },
        { 429, "m", "null", "\"organization_spend_limit_exceeded\"", true },
        { 429, "m", "null", "\"project_spend_limit_exceeded\"", true },
        { 429, "m", "null", "\"organization_usage_limit_exceeded\"", true },
        { 429, "m", "\"exceeded_current_quota_error\"", "null", true }, /* Kimi */
        { 429, "m", "null", "\"1113\"", true },                         /* Zhipu */
        { 429, "m", "null", "1113", true },
        { 403, "m", "null", "\"insufficient_balance\"", true },
        { 400, "m", "\"Arrearage\"", "\"Arrearage\"", true },
        { 403, "m", "\"Forbidden\"", "\"AccountOverdueError\"", true },
        { 402, "Insufficient Balance", "\"unknown_error\"", "\"invalid_request_error\"", true },
        { 402, "m", "null", "null", true },
        { 200, "m", "null", "402", true }, /* OpenRouter */
        { 400, "Your credit balance is too low to access it", "\"invalid_request_error\"", "null",
          true },
        { 500, "Insufficient balance", "null", "null", true },
        { 403, "m", "\"insufficient_quota\"", "\"insufficient_quota\"", true },
        { 401, "m", "\"insufficient_quota\"", "401", true }, /* Perplexity */
        { 503, "m", "null", "\"insufficient_quota\"", true },
        { 429, "m", "\"tokens\"", "\"rate_limit_exceeded\"", false },
        { 429, "m", "\"requests\"", "\"slow_down\"", false },
        { 429, "m", "\"rate_limit_error\"", "429", false },
        { 429, "You exceeded your current quota, please check your plan and billing details",
          "\"RESOURCE_EXHAUSTED\"", "429", false }, /* Gemini, of a minute's limit */
        { 400, "unknown role 'insufficient balance'", "null", "null", false },
        { 403, "m", "\"permission_error\"", "null", false },
    };
    for (size_t i = 0; i < 2 * (sizeof table / sizeof *table); i++) {
        char body[256];
        bool event = i % 2 == 1;
        int status = event ? 200 : table[i / 2].status;
        if (event && table[i / 2].status == 402) continue; /* no status says so there */
        snprintf(body, sizeof body,
                 "{\"error\":{\"message\":\"%s\",\"type\":%s,\"param\":null,\"code\":%s}}",
                 table[i / 2].message, table[i / 2].type, table[i / 2].code);
        glimpse_outcome o;
        gl_decode_input input = { .status = status, .body = gl_slice_str(body) };
        if (event)
            gl_decode_stream_error(decoder, &input, &o);
        else
            o = decode(status, body);
        glimpse_error other = event ? GLIMPSE_ERR_STREAM_ERROR : GLIMPSE_ERR_HTTP;
        if (o.error != (table[i / 2].quota ? GLIMPSE_ERR_QUOTA : other))
            fail_msg("%d %s, %s: %s", status, body, event ? "event" : "plain",
                     glimpse_error_name(o.error));
        assert_string_equal(o.error_message, table[i / 2].message);
        if (table[i / 2].quota) assert_null(o.error_code); /* the kind's own: "quota" */
    }
}

/* --- parameters --- */

static void a_complaint_about_a_parameter_says_what_to_send(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body, *message;
    } table[] = {
        { 400,
          "{\"error\":{\"message\":\"Unsupported parameter: 'max_tokens'.\",\"type\":"
          "\"invalid_request_error\",\"param\":\"max_tokens\",\"code\":"
          "\"unsupported_parameter\"}}",
          "Unsupported parameter: 'max_tokens'. (send max_completion_tokens for this model)" },
        { 400,
          "{\"error\":{\"message\":\"'max_tokens' is not supported with this model.\","
          "\"param\":\"max_tokens\",\"code\":null}}",
          "'max_tokens' is not supported with this model. (send max_completion_tokens for this "
          "model)" },
        { 400,
          "{\"error\":{\"message\":\"Unsupported value: 0.7\",\"param\":\"temperature\","
          "\"code\":\"unsupported_value\"}}",
          "Unsupported value: 0.7 (leave temperature out for this model)" },
        { 400,
          "{\"error\":{\"message\":\"x\",\"param\":\"max_completion_tokens\","
          "\"code\":\"unsupported_parameter\"}}",
          "x (send max_tokens to this server)" },
        /* Something else is wrong with it, or with something else. */
        { 400,
          "{\"error\":{\"message\":\"max_tokens is too large\",\"param\":\"max_tokens\","
          "\"code\":\"invalid_value\"}}",
          "max_tokens is too large" },
        { 400,
          "{\"error\":{\"message\":\"no\",\"param\":\"stop\",\"code\":"
          "\"unsupported_parameter\"}}",
          "no" },
        { 503,
          "{\"error\":{\"message\":\"no\",\"param\":\"max_tokens\",\"code\":"
          "\"unsupported_parameter\"}}",
          "no" },
        /* It is the request's fault, whatever the status: see the next test. */
        { 500,
          "{\"error\":{\"message\":\"no\",\"param\":\"max_tokens\",\"code\":"
          "\"unsupported_parameter\"}}",
          "no (send max_completion_tokens for this model)" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        glimpse_outcome o = decode(table[i].status, table[i].body);
        assert_int_equal(o.error, GLIMPSE_ERR_HTTP);
        assert_string_equal(o.error_message, table[i].message);
    }
    /* Of a long complaint the end gives way, not the advice. */
    char body[1200] = "{\"error\":{\"param\":\"max_tokens\",\"code\":"
                      "\"unsupported_parameter\",\"message\":\"";
    size_t len = strlen(body);
    for (int i = 0; i < 400; i++, len += 2) memcpy(body + len, "\xC3\xA9", 2);
    memcpy(body + len, "\"}}", 4);
    glimpse_outcome o = decode(400, body);
    size_t said = strlen(o.error_message);
    assert_int_equal(gl_utf8_check(o.error_message, said), said);
    assert_non_null(strstr(o.error_message, " (send max_completion_tokens for this model)"));
}

/* 500 is what servers and gateways send with whatever went wrong: what the body names decides, or a
 * request that is wrong in itself is asked for again and again. Any other status is meant. */
static void what_a_body_names_decides_under_a_500(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *names;
        int judged; /* 0: as what it is */
    } table[] = {
        { 500, "\"type\":\"invalid_request_error\"", 400 },
        { 500, "\"type\":\"invalid_request_error\",\"code\":500", 400 },
        { 500, "\"type\":\"BadRequestError\",\"code\":null", 400 },
        { 500, "\"code\":\"rate_limit_exceeded\"", 429 },
        { 500, "\"type\":\"overloaded_error\"", 503 },
        { 500, "\"type\":\"authentication_error\"", 401 },
        { 500, "\"type\":\"server_error\"", 0 },
        { 500, "\"type\":\"server_error\",\"code\":500", 0 },
        { 500, "\"type\":\"upstream_error\"", 0 }, /* names nothing that is known */
        { 500, "\"type\":null", 0 },
        { 502, "\"type\":\"invalid_request_error\"", 0 },
        { 503, "\"type\":\"invalid_request_error\"", 0 },
        { 429, "\"type\":\"invalid_request_error\"", 0 },
        { 401, "\"type\":\"invalid_request_error\"", 0 },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char body[256];
        snprintf(body, sizeof body, "{\"error\":{\"message\":\"words\",%s}}", table[i].names);
        glimpse_outcome o = decode(table[i].status, body);
        assert_int_equal(o.error, GLIMPSE_ERR_HTTP);
        assert_int_equal(o.error_status, table[i].judged);
    }
}

/* --- what it asks to wait --- */

static void what_the_server_asks_is_passed_on(void **state)
{
    (void)state;
    gl_decode_input input = { .status = 429,
                              .body = gl_slice_str("{}"),
                              .retry_after = "Fri, 29 Sep 2023 16:26:57 GMT",
                              .now_unix_ms = INT64_C(1696004797000) };
    glimpse_outcome o;
    gl_decode(decoder, &input, &o);
    assert_int_equal(o.retry_after_ms, 20000);
    assert_int_equal(o.should_retry, -1);
    input.retry_after_ms = "300";
    input.should_retry = "false";
    gl_decode(decoder, &input, &o);
    assert_int_equal(o.retry_after_ms, 300);
    assert_int_equal(o.should_retry, 0);
}

/* E03: in whichever place of the body; a header that asks for a wait goes first. */
static void a_wait_in_the_body_is_obeyed_where_no_header_asks_for_one(void **state)
{
    (void)state;
    gl_decode_input input = {
        .status = 429,
        .body = gl_slice_str("[{\"error\":{\"code\":429,\"message\":\"Please retry in 3.2s.\","
                             "\"details\":[{\"@type\":\"RetryInfo\",\"retryDelay\":\"4.5s\"}]}}]"),
    };
    glimpse_outcome o;
    gl_decode(decoder, &input, &o);
    assert_int_equal(o.retry_after_ms, 4500);
    input.body = gl_slice_str("{\"error\":{\"message\":\"Please retry in 3.2s.\"}}");
    gl_decode(decoder, &input, &o);
    assert_int_equal(o.retry_after_ms, 3200);
    gl_decode_stream_error(decoder, &input, &o);
    assert_int_equal(o.retry_after_ms, 3200);
    input.retry_after = "7";
    gl_decode(decoder, &input, &o);
    assert_int_equal(o.retry_after_ms, 7000);
    input.retry_after = "0";
    gl_decode(decoder, &input, &o);
    assert_int_equal(o.retry_after_ms, 3200);
    /* An answer's own text asks for nothing. */
    input = (gl_decode_input){ .status = 200,
                               .path = "/chat/completions",
                               .body = gl_slice_str("{\"retry_after\":9,\"choices\":[{\"message\":{"
                                                    "\"content\":\"retry in 5s\"}}]}") };
    gl_decode(decoder, &input, &o);
    assert_int_equal(o.error, GLIMPSE_OK);
    assert_int_equal(o.retry_after_ms, -1);
}

static const char *the_date(const void *headers, const char *name)
{
    return strcmp(name, "date") == 0 ? headers : NULL;
}

/* E07: our clock is an hour ahead of the server's, or behind. */
static void a_date_is_measured_against_the_answers_own(void **state)
{
    (void)state;
    gl_decode_input input = { .status = 429,
                              .body = gl_slice_str("{}"),
                              .retry_after = "Fri, 29 Sep 2023 16:26:57 GMT",
                              .header = the_date,
                              .headers = "Fri, 29 Sep 2023 16:26:55 GMT" };
    glimpse_outcome o;
    for (int hours = -1; hours <= 1; hours++) {
        input.now_unix_ms = INT64_C(1696004815000) + hours * INT64_C(3600000);
        gl_decode(decoder, &input, &o);
        assert_int_equal(o.retry_after_ms, 2000);
    }
    input.headers = "yesterday"; /* then the wall clock it is */
    input.now_unix_ms = INT64_C(1696004797000);
    gl_decode(decoder, &input, &o);
    assert_int_equal(o.retry_after_ms, 20000);
}

/* --- a request that is too long --- */

static void a_request_that_is_too_long_is_a_bad_request_whatever_the_status(void **state)
{
    (void)state;
    static const char *const messages[] = {
        "the request exceeds the available context size, try increasing it", /* llama-server */
        "This model's maximum Context Length is 4096 tokens",
        "the prompt does not fit the context window",
    };
    static const struct {
        int status, judged; /* 0: as what it is */
    } table[] = { { 200, 400 }, { 408, 400 }, { 409, 400 }, { 429, 400 }, { 500, 400 },
                  { 503, 400 }, { 529, 400 }, { 400, 0 },   { 401, 0 },   { 413, 0 } };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (size_t m = 0; m < sizeof messages / sizeof *messages; m++) {
            char body[256];
            snprintf(body, sizeof body,
                     "{\"error\":{\"code\":500,\"message\":\"%s\",\"type\":\"server_error\"}}",
                     messages[m]);
            glimpse_outcome o = decode(table[i].status, body);
            assert_int_equal(o.error, GLIMPSE_ERR_HTTP);
            assert_int_equal(o.error_status, table[i].judged);
            assert_string_equal(o.error_code,
                                table[i].judged ? "context_length_exceeded" : "server_error");
            assert_string_equal(o.error_message, messages[m]);
            gl_decode_input input = { .status = 200, .body = gl_slice_str(body) };
            gl_decode_stream_error(decoder, &input, &o);
            assert_int_equal(o.error, GLIMPSE_ERR_STREAM_ERROR);
            assert_int_equal(o.error_status, 400);
            assert_string_equal(o.error_code, "context_length_exceeded");
        }
    glimpse_outcome o = decode(500, "{\"error\":{\"message\":\"out of context\",\"code\":500}}");
    assert_int_equal(o.error_status, 0);
    assert_string_equal(o.error_code, "500");
}

/* --- what each server really sends --- */

static void the_errors_of_compatible_servers_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *server, *body;
        int status, judged;
        const char *code, *message;
    } table[] = {
        { "vLLM",
          "{\"error\":{\"message\":\"The model `x` does not exist.\",\"type\":"
          "\"NotFoundError\",\"param\":\"model\",\"code\":404}}",
          404, 0, "404", "The model `x` does not exist." },
        { "older vLLM",
          "{\"object\":\"error\",\"message\":\"This model's maximum context length is 4096 "
          "tokens.\",\"type\":\"BadRequestError\",\"param\":null,\"code\":400}",
          400, 0, "400", "This model's maximum context length is 4096 tokens." },
        { "llama.cpp, loading",
          "{\"error\":{\"code\":503,\"message\":\"Loading model\",\"type\":"
          "\"unavailable_error\"}}",
          503, 0, "503", "Loading model" },
        { "llama.cpp, too long",
          "{\"error\":{\"code\":400,\"message\":\"the request exceeds the available context "
          "size\",\"type\":\"exceed_context_size_error\",\"n_prompt_tokens\":9000,"
          "\"n_ctx\":4096}}",
          400, 0, "400", "the request exceeds the available context size" },
        { "a gateway that writes 500 beside every type",
          "{\"error\":{\"code\":500,\"message\":\"no\",\"type\":\"invalid_request_error\"}}", 200,
          400, "invalid_request_error", "no" },
        { "Ollama",
          "{\"error\":{\"message\":\"model \\\"x\\\" not found, try pulling it first\","
          "\"type\":\"not_found_error\",\"param\":null,\"code\":null}}",
          404, 0, "not_found_error", "model \"x\" not found, try pulling it first" },
        { "Ollama, native", "{\"error\":\"invalid character\"}", 400, 0, "bad_request",
          "invalid character" },
        { "OpenRouter, in a 200",
          "{\"error\":{\"code\":502,\"message\":\"Provider returned error\",\"metadata\":{"
          "\"provider_name\":\"x\"}},\"user_id\":\"u\"}",
          200, 502, "502", "Provider returned error" },
        { "Azure, filtered",
          "{\"error\":{\"message\":\"The response was filtered\",\"type\":null,\"param\":"
          "\"prompt\",\"code\":\"content_filter\",\"status\":400,\"innererror\":{\"code\":"
          "\"ResponsibleAIPolicyViolation\"}}}",
          400, 0, "content_filter", "The response was filtered" },
        { "Azure, throttled",
          "{\"error\":{\"code\":\"429\",\"message\":\"Requests have exceeded the call rate "
          "limit\"}}",
          429, 0, "429", "Requests have exceeded the call rate limit" },
        { "Azure's gateway",
          "{ \"statusCode\": 401, \"message\": \"Unauthorized. Access token is missing.\" }", 401,
          0, "auth_error", "Unauthorized. Access token is missing." },
        { "Mistral, a parameter it does not know",
          "{\"object\":\"error\",\"type\":\"invalid_request_error\",\"code\":\"3051\",\"message\":"
          "{\"detail\":[{\"type\":\"extra_forbidden\",\"loc\":[\"body\",\"frobnicate\",0],\"msg\":"
          "\"Extra inputs are not permitted\"}]}}",
          422, 0, "3051", "Extra inputs are not permitted (body.frobnicate.0)" },
        { "Zhipu's gateway, in a 200", "{\"code\":500,\"msg\":\"busy\",\"success\":false}", 200,
          500, "500", "busy" },
        { "Baidu, in a 200", "{\"error_code\":110,\"error_msg\":\"Access token invalid\"}", 200, 0,
          "110", "Access token invalid" },
        { "MiniMax, too fast, in a 200",
          "{\"id\":\"x\",\"choices\":null,\"base_resp\":{\"status_code\":1002,\"status_msg\":"
          "\"too many a minute\"}}",
          200, 429, "1002", "too many a minute" },
        { "MiniMax, its own failure",
          "{\"base_resp\":{\"status_code\":1013,\"status_msg\":\"inner\"}}", 200, 500, "1013",
          "inner" },
        { "Cloudflare", "{\"success\":false,\"errors\":[{\"code\":10000,\"message\":\"who\"}]}",
          403, 0, "10000", "who" },
        { "a proxy", "<html><h1>502 Bad Gateway</h1>", 502, 0, "server_error",
          "the endpoint failed (HTTP 502); content type application/json; it begins: "
          "<html><h1>502 Bad Gateway</h1>" },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        glimpse_outcome o = decode(table[i].status, table[i].body);
        if (o.error != GLIMPSE_ERR_HTTP || strcmp(o.error_code, table[i].code) != 0 ||
            strcmp(o.error_message, table[i].message) != 0 || o.error_status != table[i].judged)
            fail_msg("%s: %s, %s, judged by %d", table[i].server, o.error_code, o.error_message,
                     o.error_status);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(no_money_is_quota_by_all_its_names_and_nothing_else_is),
        TEST(a_complaint_about_a_parameter_says_what_to_send),
        TEST(what_a_body_names_decides_under_a_500),
        TEST(what_the_server_asks_is_passed_on),
        TEST(a_wait_in_the_body_is_obeyed_where_no_header_asks_for_one),
        TEST(a_date_is_measured_against_the_answers_own),
        TEST(a_request_that_is_too_long_is_a_bad_request_whatever_the_status),
        TEST(the_errors_of_compatible_servers_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
