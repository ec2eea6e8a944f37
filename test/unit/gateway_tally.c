/* frontends/gateway/tally: what is counted under which labels, and how many of them there can be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "gateway/tally.h"

#define MS INT64_C(1000000)

/* The whole text, in memory that the next call reuses. */
static const char *text_of(const gateway_tally *tally)
{
    static char text[1 << 20];
    gl_buf out;
    gl_buf_init(&out, sizeof text - 1);
    gateway_tally_write(tally, &out);
    assert_false(out.failed);
    memcpy(text, out.data, out.len);
    text[out.len] = '\0';
    gl_buf_free(&out);
    return text;
}

static bool has(const gateway_tally *tally, const char *line)
{
    char whole[300];
    snprintf(whole, sizeof whole, "\n%s\n", line);
    return strstr(text_of(tally), whole) != NULL;
}

static void wants(const gateway_tally *tally, const char *line)
{
    if (!has(tally, line)) fail_msg("no line %s in\n%s", line, text_of(tally));
}

static gateway_entry answer(void)
{
    return (gateway_entry){ .status = 200,
                            .source = GLIMPSE_SOURCE_LIVE,
                            .first_byte_ns = 100 * MS,
                            .total_ns = 1100 * MS,
                            .prompt_tokens = 7,
                            .completion_tokens = 11 };
}

static void a_duration_has_the_operation_and_the_error(void **state)
{
    (void)state;
    gateway_tally *tally = gateway_tally_new();
    gateway_entry entry = answer();
    gateway_tally_exchange(tally, GATEWAY_RESPONSES, &entry, 200, GATEWAY_PHASE_NONE, NULL);
    gateway_tally_exchange(tally, GATEWAY_CHAT, &entry, 200, GATEWAY_PHASE_NONE, NULL);
    entry.code = "upstream_error"; /* of a stream that had begun */
    gateway_tally_exchange(tally, GATEWAY_CHAT, &entry, 502, GATEWAY_PHASE_NONE, NULL);
    entry.status = 418;
    gateway_tally_exchange(tally, GATEWAY_EMBEDDINGS, &entry, 418, GATEWAY_PHASE_NONE, NULL);
#define DURATION "gen_ai_server_request_duration_seconds_count{gen_ai_operation_name="
    wants(tally, DURATION "\"chat\",gen_ai_provider_name=\"openai\"} 2");
    wants(tally, DURATION "\"chat\",gen_ai_provider_name=\"openai\",error_type=\"502\"} 1");
    wants(tally, DURATION "\"embeddings\",gen_ai_provider_name=\"openai\",error_type=\"4xx\"} 1");
    wants(tally, "glimpse_gateway_answers_total{kind=\"chat\",status=\"200\"} 2");
    wants(tally, "glimpse_gateway_answers_total{kind=\"responses\",status=\"200\"} 1");
    wants(tally, "glimpse_gateway_errors_total{code=\"upstream_error\"} 2");
    gateway_tally_free(tally);
}

/* 1,000 ms for the ten tokens behind the first. */
static void a_stream_s_tokens_are_timed_from_the_first_on(void **state)
{
    (void)state;
    gateway_tally *tally = gateway_tally_new();
    gateway_entry entry = answer();
    gateway_tally_exchange(tally, GATEWAY_CHAT, &entry, 200, GATEWAY_PHASE_NONE, NULL);
    assert_null(strstr(text_of(tally), "time_to_first_token_seconds_count"));
    entry.stream = true;
    gateway_tally_exchange(tally, GATEWAY_CHAT, &entry, 200, GATEWAY_PHASE_NONE, NULL);
#define CHAT_OF "{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai\"} "
    wants(tally, "gen_ai_server_time_to_first_token_seconds_sum" CHAT_OF "0.1");
    wants(tally, "gen_ai_server_time_per_output_token_seconds_sum" CHAT_OF "0.1");
    /* Neither one that broke nor one without usage has a rate; the first did have a first token. */
    gateway_tally_exchange(tally, GATEWAY_CHAT, &entry, 502, GATEWAY_PHASE_NONE, NULL);
    entry.completion_tokens = -1;
    gateway_tally_exchange(tally, GATEWAY_CHAT, &entry, 200, GATEWAY_PHASE_NONE, NULL);
    wants(tally, "gen_ai_server_time_to_first_token_seconds_count" CHAT_OF "3");
    wants(tally, "gen_ai_server_time_per_output_token_seconds_count" CHAT_OF "1");
    /* Nor has one that failed before its head a first token. */
    entry.first_byte_ns = -1;
    gateway_tally_exchange(tally, GATEWAY_CHAT, &entry, 499, GATEWAY_PHASE_HEAD, NULL);
    wants(tally, "gen_ai_server_time_to_first_token_seconds_count" CHAT_OF "3");
    gateway_tally_free(tally);
}

static void a_client_that_left_is_no_error(void **state)
{
    (void)state;
    gateway_tally *tally = gateway_tally_new();
    gateway_share share = { 0 };
    gateway_entry entry = answer();
    entry.status = 499;
    entry.code = "client_left";
    for (gateway_phase phase = GATEWAY_PHASE_QUEUE; phase < GATEWAY_PHASE_COUNT; phase++)
        for (unsigned i = 0; i < phase; i++)
            gateway_tally_exchange(tally, GATEWAY_CHAT, &entry, 499, phase, &share);
    wants(tally, "glimpse_gateway_disconnects_total{phase=\"queue\"} 1");
    wants(tally, "glimpse_gateway_disconnects_total{phase=\"head\"} 2");
    wants(tally, "glimpse_gateway_disconnects_total{phase=\"stream\"} 3");
    wants(tally, "glimpse_gateway_slow_readers_total 4");
    assert_null(strstr(text_of(tally), "glimpse_gateway_errors_total{"));
    assert_int_equal(share.left, 10);
    assert_int_equal(share.failed, 0);
    gateway_tally_free(tally);
}

static void a_caller_s_requests_are_counted_once(void **state)
{
    (void)state;
    gateway_tally *tally = gateway_tally_new();
    gateway_share share = { 0 };
    gateway_entry entry = answer();
    gateway_tally_exchange(tally, GATEWAY_CHAT, &entry, 200, GATEWAY_PHASE_NONE, &share);
    entry.status = 429;
    entry.code = "caller_rate";
    entry.prompt_tokens = entry.completion_tokens = -1;
    gateway_tally_exchange(tally, GATEWAY_CHAT, &entry, 429, GATEWAY_PHASE_NONE, &share);
    gateway_tally_plain(tally, GATEWAY_CHAT, &entry, &share);
    assert_int_equal(share.answered, 1);
    assert_int_equal(share.failed, 1);
    assert_int_equal(share.refused, 1);
    assert_int_equal(share.prompt_tokens, 7);
    assert_int_equal(share.completion_tokens, 11);
    wants(tally, "glimpse_gateway_errors_total{code=\"caller_rate\"} 2");
    gateway_tally_free(tally);
}

/* Whatever a client and an endpoint do: every status, kind and code there can be. */
static void the_text_is_bounded(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    gateway_tally *tally = gateway_tally_new();
    gateway_entry entry = answer();
    entry.stream = true;
    for (int status = -1; status <= 1000; status++)
        for (gateway_kind kind = 0; kind <= GATEWAY_UNKNOWN; kind++) {
            char code[32];
            snprintf(code, sizeof code, "code_%d", status);
            entry.status = status;
            entry.code = status % 2 == 0 ? code : NULL;
            if (kind <= GATEWAY_RESPONSES)
                gateway_tally_exchange(tally, kind, &entry, status, GATEWAY_PHASE_NONE, NULL);
            gateway_tally_plain(tally, kind, &entry, NULL);
        }
    assert_in_range(strlen(text_of(tally)), 100000, 300000);
    assert_true(has(tally, "glimpse_gateway_errors_total{code=\"other\"} 7515"));
    gateway_tally_free(tally);
    assert_int_equal(gl_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_duration_has_the_operation_and_the_error),
        cmocka_unit_test(a_stream_s_tokens_are_timed_from_the_first_on),
        cmocka_unit_test(a_client_that_left_is_no_error),
        cmocka_unit_test(a_caller_s_requests_are_counted_once),
        cmocka_unit_test(the_text_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
