/* Streams through the gateway over real sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate_rig.h"

#define CHAT   GATE_CHAT
#define STREAM GATE_STREAM
#define USAGE  GATE_USAGE

static void a_stream_is_the_endpoint_s_byte_for_byte(void **state)
{
    (void)state;
    static const struct {
        const char *path, *body;
    } rows[] = {
        { CHAT, STREAM("one two three") },
        { CHAT, USAGE("one two three") },
        { "/v1/completions", "{\"model\":\"m\",\"stream\":true,\"prompt\":\"one two\"}" },
        { "/v1/responses", "{\"model\":\"m\",\"stream\":true,\"input\":\"one two\"}" },
    };
    gate_rig g;
    gate_rig_mock(&g, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mock_client *direct = mock_rig_connect(&g.mock), *through = gate_rig_connect(&g);
        char *wanted = gate_client_stream(direct, rows[i].path, rows[i].body);
        char *got = gate_client_stream(through, rows[i].path, rows[i].body);
        assert_non_null(strstr(got, ": glimpse-status=live; glimpse-attempts=1"));
        gate_without_comment(got);
        assert_string_equal(got, wanted);
        assert_true(gate_client_has(through, "content-type: text/event-stream; charset=utf-8"));
        assert_true(gate_client_has(through, "x-accel-buffering: no"));
        free(wanted);
        free(got);
        mock_client_close(direct);
        mock_client_close(through);
    }
    gate_rig_close(&g);
}

static void an_event_is_passed_on_before_the_next_one_comes(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_mock(&g, "hang@2:#1");
    mock_client *c = gate_rig_connect(&g);
    mock_client_post(c, CHAT, STREAM("one two three four five six"));
    mock_client_wait(c, "one", 1); /* the endpoint hangs behind the second token for ever */
    assert_null(strstr(c->got, "[DONE]"));
    mock_client_close(c);
    while (mock_rig_stat(&g.mock, NULL, "left") == 0) continue; /* and its request goes with it */
    gate_rig_close(&g);
}

static void a_failure_before_any_output_is_a_status_and_is_retried(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_mock(&g, "500:#1,reset:#2,400:#4");
    mock_client *c = gate_rig_connect(&g);
    char *body = gate_client_stream(c, CHAT, STREAM("a b"));
    assert_int_equal(gate_client_status(c), 200);
    assert_non_null(strstr(body, "glimpse-attempts=3"));
    free(body);
    assert_int_equal(gate_client_ask(c, CHAT, "", STREAM("c d")), 400);
    assert_true(gate_client_has(c, "content-type: application/json"));
    mock_client_close(c);
    gate_rig_close(&g);
}

static void a_cut_stream_ends_with_one_error_and_never_as_if_it_were_whole(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_mock(&g, "truncate:#1-");
    mock_client *c = gate_rig_connect(&g);
    mock_client_post(c, CHAT, STREAM("one two three four"));
    mock_client_wait_end(c);
    assert_int_equal(gate_client_status(c), 200);
    assert_int_equal(mock_client_count(c, "data: {\"error\":{\"message\":"), 1);
    assert_int_equal(mock_client_count(c, "[DONE]"), 0);
    assert_int_equal(mock_client_count(c, "\r\n0\r\n\r\n"), 0);    /* nor does its framing end */
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 1); /* it had begun: no retry */
    mock_client_close(c);
    gate_rig_close(&g);
}

static void a_follower_gets_the_events_from_the_first_one(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_mock(&g, "stall@3+300ms:#1");
    mock_client *first = gate_rig_connect(&g), *second = gate_rig_connect(&g);
    mock_client_post(first, CHAT, STREAM("one two three four five six"));
    mock_client_wait(first, "two", 1);
    mock_client_post(second, CHAT, STREAM("one two three four five six"));
    mock_client_wait(second, "one", 1); /* long before the end */
    char *a = gate_client_joined(first), *b = gate_client_joined(second);
    bool second_followed = strstr(b, "glimpse-status=coalesced") != NULL;
    assert_true(second_followed);
    gate_without_comment(a);
    gate_without_comment(b);
    assert_string_equal(a, b);
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 1);
    free(a);
    free(b);
    mock_client_close(first);
    mock_client_close(second);
    gate_rig_close(&g);
}

static void a_stream_goes_on_for_those_who_stay(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_mock(&g, "stall@3+300ms:#1");
    mock_client *first = gate_rig_connect(&g), *second = gate_rig_connect(&g);
    mock_client_post(first, CHAT, STREAM("one two three four five six"));
    mock_client_wait(first, "two", 1);
    mock_client_post(second, CHAT, STREAM("one two three four five six"));
    mock_client_wait(second, "one", 1);
    mock_client_close(first); /* the leader */
    char *body = gate_client_joined(second);
    assert_int_equal(mock_client_count(second, "[DONE]"), 1);
    assert_non_null(strstr(body, "six"));
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "left"), 0);
    free(body);
    mock_client_close(second);
    gate_rig_close(&g);
}

static void a_stored_answer_comes_as_a_stream_and_a_streamed_one_plain(void **state)
{
    (void)state;
    static const char plain[] = "{\"model\":\"m-1\",\"messages\":[{\"role\":\"user\",\"content\":"
                                "\"one two\"}]}";
    gate_rig g;
    gate_rig_mock(&g, NULL);
    mock_client *c = gate_rig_connect(&g);
    assert_int_equal(gate_client_ask(c, CHAT, "", plain), 200);
    char *body = gate_client_stream(c, CHAT, STREAM("one two"));
    assert_true(gate_client_has(c, "glimpse-status: cache"));
    assert_true(gate_client_has(c, "content-type: text/event-stream; charset=utf-8"));
    assert_non_null(strstr(body, "\"content\":\"one two\""));
    assert_non_null(strstr(body, "data: [DONE]\n\n"));
    assert_null(strstr(body, "usage"));
    free(body);
    body = gate_client_stream(c, CHAT, USAGE("one two"));
    assert_non_null(strstr(body, "\"usage\":{\"prompt_tokens\""));
    free(body);
    body = gate_client_stream(c, CHAT, USAGE("three four"));
    assert_non_null(strstr(body, "glimpse-status=live"));
    free(body);
    static const char other[] = "{\"model\":\"m-1\",\"messages\":[{\"role\":\"user\",\"content\":"
                                "\"three four\"}]}";
    assert_int_equal(gate_client_ask(c, CHAT, "", other), 200);
    assert_true(gate_client_has(c, "glimpse-status: cache"));
    assert_true(gate_client_has(c, "content-type: application/json"));
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 2);
    mock_client_close(c);
    gate_rig_close(&g);
}

static void usage_goes_to_those_who_asked_for_it(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_mock(&g, "stall@1+200ms:#1");
    mock_client *asked = gate_rig_connect(&g), *did_not = gate_rig_connect(&g);
    mock_client_post(asked, CHAT, USAGE("one two"));
    mock_client_wait(asked, "one", 1);
    mock_client_post(did_not, CHAT, STREAM("one two"));
    char *a = gate_client_joined(asked), *b = gate_client_joined(did_not);
    assert_non_null(strstr(a, "\"usage\":{"));
    assert_null(strstr(b, "\"usage\":{"));
    assert_non_null(strstr(b, "data: [DONE]\n\n"));
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 1);
    free(a);
    free(b);
    mock_client_close(asked);
    mock_client_close(did_not);
    gate_rig_close(&g);
}

static void a_silent_stream_is_kept_alive(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .fault = "stall@1+400ms:#1", .seed = 5 });
    g.config.ping_ms = 20;
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    mock_client_post(c, CHAT, STREAM("one two"));
    mock_client_wait(c, "\r\n: ping\n\n\r\n", 2);
    char *body = gate_client_joined(c);
    assert_non_null(strstr(body, "data: [DONE]\n\n"));
    free(body);
    mock_client_close(c);
    gate_rig_close(&g);
}

static size_t without_pings(char *body)
{
    static const char ping[] = ": ping\n\n";
    size_t count = 0;
    for (char *at; (at = strstr(body, ping)) != NULL; count++)
        memmove(at, at + sizeof ping - 1, strlen(at + sizeof ping - 1) + 1);
    return count;
}

/* The endpoint is silent before its first event, and in the middle of one. */
static void pings_stand_between_events_and_not_before_the_head(void **state)
{
    (void)state;
    static const char rest[] = "ex\":0,\"delta\":{\"content\":\"two\"}}]}\n\n" GATE_STOP GATE_DONE;
    static const fault_step script[] = {
        { FAULT_SEND, GATE_SSE_HEAD, 0 },
        { FAULT_PAUSE, NULL, 60 },
        { FAULT_SEND, GATE_DELTA("one") "data: {\"choices\":[{\"ind", 0 },
        { FAULT_WAIT, NULL, 0 },
        { FAULT_SEND, rest, 0 },
        { FAULT_CLOSE, NULL, 0 },
    };
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    gate_rig_script(&g, script);
    g.config.ping_ms = 5;
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    mock_client_post(c, CHAT, STREAM("q"));
    mock_client_wait(c, ": ping", 3);
    assert_true(strstr(c->got, "one") < strstr(c->got, ": ping"));
    fault_server_go_on(g.endpoint);
    char *body = gate_client_joined(c);
    assert_true(without_pings(body) >= 3);
    gate_without_comment(body);
    assert_int_equal(strncmp(body, GATE_DELTA("one") "data: {\"choices\":[{\"ind",
                             strlen(GATE_DELTA("one") "data: {\"choices\":[{\"ind")),
                     0);
    assert_string_equal(body + strlen(body) - strlen(rest), rest);
    free(body);
    mock_client_close(c);
    gate_rig_close(&g);
}

/* It is behind: what it has not read yet keeps its connection alive. */
static void a_client_that_is_behind_gets_no_pings(void **state)
{
    (void)state;
    enum { LEN = 12 * 1024 * 1024 };
    char *text = malloc(LEN + 1);
    memset(text, 'x', LEN);
    text[LEN] = '\0';
    const fault_step script[] = {
        { FAULT_SEND, GATE_SSE_HEAD "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"",
          0 },
        { FAULT_SEND, text, 0 },
        { FAULT_SEND, "\"}}]}\n\n", 0 },
        { FAULT_PAUSE, NULL, 100 },
        { FAULT_WAIT, NULL, 0 },
        { FAULT_SEND, GATE_STOP GATE_DONE, 0 },
        { FAULT_CLOSE, NULL, 0 },
    };
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    gate_rig_script(&g, script);
    g.config.ping_ms = 5;
    gate_rig_open(&g);
    mock_client *deaf = gate_rig_connect(&g);
    event_del(deaf->event);
    mock_client_post(deaf, CHAT, STREAM("q"));
    while (fault_server_steps(g.endpoint) < 5) event_base_loop(g.mock.base, EVLOOP_ONCE);
    event_add(deaf->event, NULL);
    while (deaf->len < LEN + 100) event_base_loop(g.mock.base, EVLOOP_ONCE);
    gate_rig_turn(&g, 3);
    assert_true(mock_client_count(deaf, ": ping") < 5); /* 20 were due */
    mock_client_wait(deaf, ": ping", 1);                /* it has read all, and is behind no more */
    fault_server_go_on(g.endpoint);
    free(gate_client_joined(deaf));
    free(text);
    mock_client_close(deaf);
    gate_rig_close(&g);
}

static void note_end(void *arg)
{
    *(bool *)arg = true;
}

static void a_drain_that_is_over_ends_a_stream_with_an_error(void **state)
{
    (void)state;
    gate_rig g;
    bool ended = false;
    gate_rig_mock(&g, "hang@2:#1");
    mock_client *c = gate_rig_connect(&g);
    mock_client_post(c, CHAT, STREAM("one two three four"));
    mock_client_wait(c, "one", 1);
    gateway_drain(g.gate, 0, note_end, &ended);
    mock_client_wait_end(c);
    assert_int_equal(mock_client_count(c, "\"code\":\"draining\""), 1);
    assert_int_equal(mock_client_count(c, "[DONE]"), 0);
    while (!ended) event_base_loop(g.mock.base, EVLOOP_ONCE);
    mock_client_close(c);
    gate_rig_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_is_the_endpoint_s_byte_for_byte),
        cmocka_unit_test(an_event_is_passed_on_before_the_next_one_comes),
        cmocka_unit_test(a_failure_before_any_output_is_a_status_and_is_retried),
        cmocka_unit_test(a_cut_stream_ends_with_one_error_and_never_as_if_it_were_whole),
        cmocka_unit_test(a_follower_gets_the_events_from_the_first_one),
        cmocka_unit_test(a_stream_goes_on_for_those_who_stay),
        cmocka_unit_test(a_stored_answer_comes_as_a_stream_and_a_streamed_one_plain),
        cmocka_unit_test(usage_goes_to_those_who_asked_for_it),
        cmocka_unit_test(a_silent_stream_is_kept_alive),
        cmocka_unit_test(pings_stand_between_events_and_not_before_the_head),
        cmocka_unit_test(a_client_that_is_behind_gets_no_pings),
        cmocka_unit_test(a_drain_that_is_over_ends_a_stream_with_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
