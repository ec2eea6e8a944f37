/* The mock server over plain sockets: what happens in the middle of an answer, and how its times
 * grow with the prompt and the load. Times are only ever compared with the least they may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "mock_rig.h"

#define CHAT "/v1/chat/completions"
#define STREAM                                                                                     \
    "{\"stream\":true,\"model\":\"m-1\",\"messages\":[{\"role\":\"user\",\"content\":\"Summarize " \
    "this.\\n\\nOne two three four five six seven eight.\"}]}"
#define TOKEN "\"delta\":{\"content\":\""

static int64_t whole_tokens; /* of the stream that STREAM asks for */

static mock_client *stream_with(mock_rig *w, const char *fault)
{
    char header[100];
    mock_client *c = mock_rig_connect(w);
    snprintf(header, sizeof header, "x-mock-fault: %s\r\n", fault);
    mock_client_post_with(c, CHAT, header, STREAM);
    return c;
}

static int count_tokens(void **state)
{
    (void)state;
    mock_rig w;
    mock_rig_open(&w, NULL, NULL);
    mock_client *c = stream_with(&w, "none");
    mock_client_wait(c, "[DONE]", 1);
    whole_tokens = (int64_t)mock_client_count(c, TOKEN);
    mock_client_close(c);
    mock_rig_close(&w);
    return whole_tokens >= 6 ? 0 : -1;
}

static void a_stream_ends_at_the_place_that_was_asked_for(void **state)
{
    (void)state;
    static const double rates[] = { 0, 1000 }; /* all at once; one after the other */
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        const mock_options options = { .token_rate = rates[i] };
        mock_rig w;
        mock_rig_open_with(&w, &options);
        mock_client *c = stream_with(&w, "reset@3");
        mock_client_wait_end(c);
        assert_true(c->reset);
        assert_int_equal(mock_client_count(c, TOKEN), 3);
        mock_client_close(c);

        c = stream_with(&w, "truncate@5");
        mock_client_wait_end(c);
        assert_false(c->reset);
        assert_int_equal(mock_client_count(c, TOKEN), 5);
        assert_int_equal(mock_client_count(c, "[DONE]"), 0);
        mock_client_close(c);

        c = stream_with(&w, "truncate@999"); /* a shorter stream: before its last token */
        mock_client_wait_end(c);
        assert_int_equal(mock_client_count(c, TOKEN), whole_tokens - 1);
        mock_client_close(c);
        assert_int_equal(mock_rig_stat(&w, "by_fault", "truncate"), 3); /* as clients see it */
        assert_int_equal(mock_rig_stat(&w, "by_status", "200"), 3);
        mock_rig_close(&w);
    }
}

static void a_stream_hangs_at_its_place_until_the_client_leaves(void **state)
{
    (void)state;
    mock_rig w;
    mock_rig_open(&w, NULL, NULL);
    mock_client *c = stream_with(&w, "hang@2");
    mock_client_wait(c, TOKEN, 2);
    assert_int_equal(mock_rig_stat(&w, NULL, "open_connections"), 2);
    assert_int_equal(mock_client_count(c, TOKEN), 2);
    mock_client_close(c);
    while (mock_rig_stat(&w, NULL, "left") == 0) event_base_loop(w.base, EVLOOP_NONBLOCK);
    assert_int_equal(mock_rig_stat(&w, "left_by_fault", "hang"), 1);
    mock_rig_close(&w);
}

static void a_stall_stops_the_answer_in_its_middle_and_goes_on(void **state)
{
    (void)state;
    mock_rig w;
    mock_rig_open(&w, NULL, NULL);
    gl_time start = gl_clock_now();
    mock_client *c = stream_with(&w, "stall@4+50ms");
    mock_client_wait(c, "[DONE]", 1);
    assert_true(gl_clock_now() - start >= 50 * GL_MS);
    assert_int_equal(mock_client_count(c, TOKEN), whole_tokens);
    mock_client_close(c);

    start = gl_clock_now(); /* a plain answer: behind half of its body */
    c = mock_rig_connect(&w);
    mock_client_post_with(c, CHAT, "x-mock-fault: stall@1+50ms\r\n", MOCK_RIG_CHAT);
    mock_client_wait(c, "200 OK", 1);
    assert_int_equal(mock_client_count(c, "system_fingerprint"), 0);
    mock_client_wait(c, "system_fingerprint", 1);
    assert_true(gl_clock_now() - start >= 50 * GL_MS);
    assert_int_equal(gl_json_get(mock_client_body(c), "choices").kind, GL_JSON_ARRAY);
    mock_client_close(c);
    mock_rig_close(&w);
}

static void a_closed_connection_was_not_said_to_close(void **state)
{
    (void)state;
    mock_rig w;
    mock_rig_open(&w, NULL, NULL);
    mock_client *c = mock_rig_connect(&w);
    mock_client_post_with(c, CHAT, "x-mock-fault: close\r\n", MOCK_RIG_CHAT);
    mock_client_wait_end(c);
    assert_false(c->reset);
    assert_null(strstr(c->got, "connection: close"));
    assert_int_equal(gl_json_get(mock_client_body(c), "choices").kind, GL_JSON_ARRAY);
    assert_int_equal(mock_rig_stat(&w, NULL, "closed_connections"), 0);
    mock_client_post(c, CHAT, MOCK_RIG_CHAT); /* nobody reads it */
    while (mock_rig_stat(&w, NULL, "closed_connections") == 0)
        event_base_loop(w.base, EVLOOP_NONBLOCK);
    assert_int_equal(mock_rig_stat(&w, NULL, "requests"), 1);
    mock_client_close(c);
    mock_rig_close(&w);
}

static void an_error_may_end_with_a_reset(void **state)
{
    (void)state;
    const mock_options options = { .fault = "401+reset:#1" };
    mock_rig w;
    mock_rig_open_with(&w, &options);
    mock_client *c = mock_rig_connect(&w);
    mock_client_post(c, CHAT, MOCK_RIG_CHAT);
    mock_client_wait_end(c);
    assert_true(c->reset);
    assert_non_null(strstr(c->got, "401 Unauthorized"));
    assert_non_null(strstr(c->got, "invalid_api_key"));
    assert_null(strstr(c->got, "content-length"));
    mock_client_close(c);
    c = mock_rig_connect(&w);
    mock_client_post(c, CHAT, MOCK_RIG_CHAT);
    mock_client_wait(c, "200 OK", 1);
    mock_client_close(c);
    mock_rig_close(&w);
}

static void a_long_prompt_takes_its_time(void **state)
{
    (void)state;
    const mock_options options = { .prefill_rate = 1000 };
    mock_rig w;
    mock_rig_open_with(&w, &options);
    gl_time start = gl_clock_now();
    mock_client *c = mock_rig_connect(&w);
    mock_client_post(c, CHAT, MOCK_RIG_CHAT);
    mock_client_wait(c, "\"prompt_tokens\":", 1);
    gl_time took = gl_clock_now() - start;
    int64_t prompt = strtol(strstr(c->got, "\"prompt_tokens\":") + 16, NULL, 10);
    assert_true(prompt >= 10);
    assert_true(took >= (gl_time)prompt * GL_MS);
    mock_client_close(c);
    mock_rig_close(&w);
}

static void requests_being_served_slow_each_other_down(void **state)
{
    (void)state;
    const mock_options options = { .latency = "20ms", .slowdown = "100%" };
    mock_rig w;
    mock_rig_open_with(&w, &options);
    mock_client *first = mock_rig_connect(&w), *second = mock_rig_connect(&w);
    mock_client_post_with(first, CHAT, "x-mock-fault: hang\r\n", MOCK_RIG_CHAT);
    mock_client_post_with(second, CHAT, "x-mock-fault: hang\r\n", MOCK_RIG_CHAT);
    while (mock_rig_stat(&w, NULL, "requests") < 2) event_base_loop(w.base, EVLOOP_NONBLOCK);
    gl_time start = gl_clock_now();
    mock_client *third = mock_rig_connect(&w);
    mock_client_post(third, CHAT, MOCK_RIG_CHAT);
    mock_client_wait(third, "200 OK", 1);
    assert_true(gl_clock_now() - start >= 60 * GL_MS); /* 20 ms x (1 + 2 others) */
    mock_client_close(first);
    mock_client_close(second);
    mock_client_close(third);
    mock_rig_close(&w);
}

static void gaps_between_tokens_are_drawn(void **state)
{
    (void)state;
    const mock_options options = { .token_rate = 1e6, .token_gap = "5ms" };
    mock_rig w;
    mock_rig_open_with(&w, &options);
    gl_time start = gl_clock_now();
    mock_client *c = stream_with(&w, "none");
    mock_client_wait(c, "[DONE]", 1);
    assert_true(gl_clock_now() - start >= (gl_time)(whole_tokens - 1) * 5 * GL_MS);
    mock_client_close(c);
    mock_rig_close(&w);
}

static void a_piece_may_hold_several_tokens(void **state)
{
    (void)state;
    const mock_options options = { .token_rate = 200, .piece_tokens = 3 };
    mock_rig w;
    mock_rig_open_with(&w, &options);
    gl_time start = gl_clock_now();
    mock_client *c = stream_with(&w, "none");
    mock_client_wait(c, "[DONE]", 1);
    int64_t pieces = (whole_tokens + 2) / 3;
    assert_int_equal(mock_client_count(c, TOKEN), pieces);
    assert_int_equal(mock_client_count(c, "\"content\":\"One two three\""), 1);
    /* The rate is of tokens: each piece but the first waits for the three before it. */
    assert_true(gl_clock_now() - start >= (gl_time)(pieces - 1) * 3 * 5 * GL_MS);
    mock_client_close(c);
    c = stream_with(&w, "truncate@2");
    mock_client_wait_end(c);
    assert_int_equal(mock_client_count(c, TOKEN), 2);
    mock_client_close(c);
    mock_rig_close(&w);
}

static void a_body_over_the_limit_is_413_before_it_is_read(void **state)
{
    (void)state;
    const mock_options options = { .max_body = 200 };
    mock_rig w;
    mock_rig_open_with(&w, &options);
    mock_client *c = mock_rig_connect(&w);
    mock_client_post(c, CHAT, MOCK_RIG_CHAT);
    mock_client_wait(c, "200 OK", 1);
    mock_client_send_text(c, "POST " CHAT " HTTP/1.1\r\nHost: h\r\nContent-Length: 201\r\n\r\n");
    mock_client_wait(c, "413 Content Too Large", 1); /* not a byte of it was sent */
    mock_client_close(c);
    c = mock_rig_connect(&w);
    mock_client_send_text(c, "POST " CHAT " HTTP/1.1\r\nHost: h\r\n"
                             "Transfer-Encoding: chunked\r\n\r\nc9\r\n");
    mock_client_wait(c, "413 Content Too Large", 1);
    mock_client_close(c);
    mock_rig_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_ends_at_the_place_that_was_asked_for),
        cmocka_unit_test(a_stream_hangs_at_its_place_until_the_client_leaves),
        cmocka_unit_test(a_stall_stops_the_answer_in_its_middle_and_goes_on),
        cmocka_unit_test(a_closed_connection_was_not_said_to_close),
        cmocka_unit_test(an_error_may_end_with_a_reset),
        cmocka_unit_test(a_long_prompt_takes_its_time),
        cmocka_unit_test(requests_being_served_slow_each_other_down),
        cmocka_unit_test(gaps_between_tokens_are_drawn),
        cmocka_unit_test(a_piece_may_hold_several_tokens),
        cmocka_unit_test(a_body_over_the_limit_is_413_before_it_is_read),
    };
    return cmocka_run_group_tests(tests, count_tokens, NULL);
}
