/* Streams through the gateway whose endpoint fails, over real sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate_rig.h"

#define RESPONSES "/v1/responses"
#define CHUNKED                                                                                    \
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
#define SHORT   "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 5000\r\n\r\n"
#define ROLE    "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\"}}]}\n\n"
#define CREATED "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{}}\n\n"
#define WORD                                                                                       \
    "event: response.output_text.delta\n"                                                          \
    "data: {\"type\":\"response.output_text.delta\",\"delta\":\"one\"}\n\n"

/* Had begun, so it is no status any more, and is not tried again; and it never looks whole. */
static void s3_an_endpoint_that_dies_within_a_stream_is_one_error_and_a_close(void **state)
{
    (void)state;
    static const struct {
        const char *path, *body;
        fault_step script[4];
    } rows[] = {
        { GATE_CHAT,
          GATE_STREAM("q"),
          { { FAULT_SEND, GATE_SSE_HEAD GATE_DELTA("one"), 0 }, { FAULT_RESET, NULL, 0 } } },
        { GATE_CHAT,
          GATE_STREAM("q"),
          { { FAULT_SEND, GATE_SSE_HEAD GATE_DELTA("one"), 0 }, { FAULT_CLOSE, NULL, 0 } } },
        { GATE_CHAT,
          GATE_STREAM("q"),
          { { FAULT_SEND, GATE_SSE_HEAD GATE_DELTA("one") "data: {\"choi", 0 },
            { FAULT_CLOSE, NULL, 0 } } },
        { GATE_CHAT,
          GATE_STREAM("q"),
          { { FAULT_SEND, SHORT GATE_DELTA("one"), 0 }, { FAULT_CLOSE, NULL, 0 } } },
        { GATE_CHAT,
          GATE_STREAM("q"),
          { { FAULT_SEND, CHUNKED "1000\r\n" GATE_DELTA("one"), 0 }, { FAULT_CLOSE, NULL, 0 } } },
        { GATE_CHAT,
          GATE_STREAM("q"),
          { { FAULT_SEND, GATE_SSE_HEAD GATE_DELTA("one") "data: {broken\n\n" GATE_DONE, 0 },
            { FAULT_CLOSE, NULL, 0 } } },
        { GATE_CHAT,
          GATE_STREAM("q"),
          { { FAULT_SEND,
              GATE_SSE_HEAD GATE_DELTA(
                  "one") "data: {\"error\":{\"message\":\"overloaded\"}}\n\n" GATE_DONE,
              0 },
            { FAULT_CLOSE, NULL, 0 } } },
        /* The end is announced, and a part is missing: [DONE] of a stream without a finish reason.
         */
        { RESPONSES,
          "{\"model\":\"m\",\"stream\":true,\"input\":\"q\",\"store\":false}",
          { { FAULT_SEND, GATE_SSE_HEAD CREATED WORD, 0 }, { FAULT_CLOSE, NULL, 0 } } },
        { RESPONSES,
          "{\"model\":\"m\",\"stream\":true,\"input\":\"q\",\"store\":false}",
          { { FAULT_SEND,
              GATE_SSE_HEAD CREATED WORD "event: response.failed\ndata: {\"type\":"
                                         "\"response.failed\",\"response\":{\"error\":{\"code\":"
                                         "\"server_error\",\"message\":\"no\"}}}\n\n",
              0 },
            { FAULT_CLOSE, NULL, 0 } } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gate_rig g;
        gate_rig_scripted(&g, rows[i].script);
        for (int n = 1; n <= 2; n++) { /* nor is it stored */
            mock_client *c = gate_rig_connect(&g);
            mock_client_post(c, rows[i].path, rows[i].body);
            mock_client_wait_end(c);
            if (gate_client_status(c) != 200 ||
                mock_client_count(c, "data: {\"error\":{\"message\":\"") != 1 ||
                mock_client_count(c, "\"param\":null,") != 1 ||
                mock_client_count(c, "[DONE]") != 0 || mock_client_count(c, "completed") != 0 ||
                mock_client_count(c, "\r\n0\r\n\r\n") != 0 || mock_client_count(c, "one") != 1 ||
                fault_server_requests(g.endpoint) != (size_t)n)
                fail_msg("row %zu, %zu requests: %s", i, fault_server_requests(g.endpoint), c->got);
            mock_client_close(c);
        }
        gate_rig_close(&g);
    }
}

/* Nothing was shown yet: it is a failed attempt, with the status that it stands for. */
static void s4_an_error_as_the_first_event_is_a_status_and_is_retried(void **state)
{
    (void)state;
    static const struct {
        const char *events;
        int status;
        const char *code;
        size_t requests; /* 3: it is tried as often as it may be */
    } rows[] = {
        { "data: {\"error\":{\"message\":\"overloaded\",\"code\":503}}\n\n", 502, "upstream_error",
          3 },
        { "event: error\ndata: {\"error\":{\"message\":\"busy\",\"type\":\"server_error\"}}\n\n",
          502, "upstream_error", 3 },
        { ROLE "data: {\"error\":{\"message\":\"no\",\"code\":503}}\n\n", 502, "upstream_error",
          3 },
        { "data: {\"error\":{\"message\":\"too long\",\"code\":400}}\n\n", 400, NULL, 1 },
        { "data: {\"error\":{\"message\":\"q\",\"code\":\"insufficient_quota\"}}\n\n", 429,
          "insufficient_quota", 1 },
        { "data: {\"error\":{\"message\":\"slow\",\"code\":\"rate_limit_exceeded\"}}\n\n", 429,
          NULL, 3 },
        { ROLE, 502, "upstream_error", 3 },
        { "", 502, "upstream_error", 2 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const fault_step script[] = { { FAULT_SEND, GATE_SSE_HEAD, 0 },
                                      { FAULT_SEND, rows[i].events, 0 },
                                      { FAULT_CLOSE, NULL, 0 } };
        const fault_step empty[] = { { FAULT_SEND, GATE_SSE_HEAD, 0 }, { FAULT_CLOSE, NULL, 0 } };
        gate_rig g;
        gate_rig_init(&g, &(mock_options){ .seed = 5 });
        gate_rig_script(&g, *rows[i].events != '\0' ? script : empty);
        g.engine_config.max_attempts = 3;
        gate_rig_open(&g);
        mock_client *c = gate_rig_connect(&g);
        int status = gate_client_ask(c, GATE_CHAT, "", GATE_STREAM("q"));
        if (status != rows[i].status || !gate_client_has(c, "content-type: application/json") ||
            fault_server_requests(g.endpoint) != rows[i].requests ||
            (rows[i].code != NULL && strstr(gate_client_body(c), rows[i].code) == NULL) ||
            mock_client_count(c, "data: ") != 0)
            fail_msg("row %zu, %zu requests: %s", i, fault_server_requests(g.endpoint), c->got);
        mock_client_close(c);
        gate_rig_close(&g);
    }
}

static void s4_an_answer_after_such_an_error_is_whole(void **state)
{
    (void)state;
    static const fault_step fails[] = {
        { FAULT_SEND, GATE_SSE_HEAD ROLE "data: {\"error\":{\"message\":\"no\",\"code\":503}}\n\n",
          0 },
        { FAULT_CLOSE, NULL, 0 }
    };
    static const fault_step fine[] = {
        { FAULT_SEND, GATE_SSE_HEAD ROLE GATE_DELTA("one") GATE_STOP GATE_DONE, 0 },
        { FAULT_CLOSE, NULL, 0 }
    };
    gate_rig g;
    gate_rig_scripted(&g, fine);
    fault_server_play_once(g.endpoint, fails);
    mock_client *c = gate_rig_connect(&g);
    char *body = gate_client_stream(c, GATE_CHAT, GATE_STREAM("q"));
    assert_non_null(strstr(body, "glimpse-status=live; glimpse-attempts=2"));
    gate_without_comment(body);
    assert_string_equal(body, ROLE GATE_DELTA("one") GATE_STOP GATE_DONE); /* one role event */
    free(body);
    mock_client_close(c);
    gate_rig_close(&g);
}

/* Waits until so many requests have had their results. */
static void until_delivered(gate_rig *g, uint64_t count)
{
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    do {
        event_base_loop(g->mock.base, EVLOOP_ONCE);
        assert_int_equal(glimpse_engine_stats(g->engine, &stats), GLIMPSE_OK);
    } while (stats.delivered < count);
}

/* The first request ends by its deadline while the stream that it follows goes on for another; what
 * comes of that then must not reach its connection, on which the next request is under way. */
static void s13_a_late_event_never_shows_in_the_next_answer(void **state)
{
    (void)state;
    static const fault_step first[] = {
        { FAULT_SEND, GATE_SSE_HEAD ROLE, 0 },
        { FAULT_WAIT, NULL, 0 },
        { FAULT_SEND, GATE_DELTA("of-the-first") GATE_DELTA("of-the-first") GATE_STOP GATE_DONE,
          0 },
        { FAULT_CLOSE, NULL, 0 }
    };
    static const fault_step second[] = { { FAULT_SEND, GATE_SSE_HEAD GATE_DELTA("of-the-second"),
                                           0 },
                                         { FAULT_WAIT, NULL, 0 },
                                         { FAULT_SEND, GATE_STOP GATE_DONE, 0 },
                                         { FAULT_CLOSE, NULL, 0 } };
    for (int ahead = 0; ahead < 2;
         ahead++) { /* 1: the second request is sent before the first ends */
        gate_rig g;
        gate_rig_scripted(&g, second);
        fault_server_play_once(g.endpoint, first);
        mock_client *other = gate_rig_connect(&g), *c = gate_rig_connect(&g);
        mock_client_post(other, GATE_CHAT, GATE_STREAM("first"));
        while (fault_server_steps(g.endpoint) < 2) event_base_loop(g.mock.base, EVLOOP_ONCE);
        mock_client_post_with(c, GATE_CHAT, "Glimpse-Deadline-Ms: 30\r\n", GATE_STREAM("first"));
        if (ahead) mock_client_post(c, GATE_CHAT, GATE_STREAM("second"));
        until_delivered(&g, 1);
        mock_client_wait(c, "HTTP/1.1 504", 1);
        if (!ahead) mock_client_post(c, GATE_CHAT, GATE_STREAM("second"));
        mock_client_wait(c, "of-the-second", 1);
        fault_server_go_on(g.endpoint); /* both go on */
        char *mine = gate_client_joined(other);
        assert_int_equal(mock_client_count(other, "of-the-first"), 2);
        while (!gate_client_ends_with(c, "\r\n0\r\n\r\n"))
            event_base_loop(g.mock.base, EVLOOP_ONCE);
        assert_int_equal(mock_client_count(c, "of-the-first"), 0);
        assert_int_equal(mock_client_count(c, "of-the-second"), 1);
        assert_int_equal(mock_client_count(c, "[DONE]"), 1);
        assert_int_equal(mock_client_count(c, "HTTP/1.1 "), 2);
        assert_int_equal(fault_server_requests(g.endpoint), 2);
        free(mine);
        mock_client_close(other);
        mock_client_close(c);
        gate_rig_close(&g);
    }
}

/* A server may answer with one body where a stream was asked, and with a stream where none was. */
static void an_answer_has_the_form_that_was_asked_for_whatever_the_endpoint_sends(void **state)
{
    (void)state;
    static const fault_step plain[] = {
        { FAULT_SEND,
          "HTTP/1.1 200 OK\r\ncontent-type: "
          "application/json\r\n\r\n{\"model\":\"m-1\",\"choices\":[{"
          "\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"one two\"},"
          "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,"
          "\"total_tokens\":3}}",
          0 },
        { FAULT_CLOSE, NULL, 0 }
    };
    static const fault_step streamed[] = {
        { FAULT_SEND, GATE_SSE_HEAD GATE_DELTA("one ") GATE_DELTA("two") GATE_STOP GATE_DONE, 0 },
        { FAULT_CLOSE, NULL, 0 }
    };
    gate_rig g;
    gate_rig_scripted(&g, plain);
    mock_client *c = gate_rig_connect(&g);
    char *body = gate_client_stream(c, GATE_CHAT, GATE_STREAM("a"));
    assert_true(gate_client_has(c, "content-type: text/event-stream; charset=utf-8"));
    assert_true(gate_client_has(c, "glimpse-status: live"));
    assert_non_null(strstr(body, "\"content\":\"one two\""));
    assert_non_null(strstr(body, GATE_DONE));
    assert_null(strstr(body, "usage"));
    free(body);
    fault_server_play(g.endpoint, streamed);
    assert_int_equal(gate_client_ask(c, GATE_CHAT, "", GATE_PLAIN("b")), 200);
    assert_true(gate_client_has(c, "content-type: application/json"));
    assert_non_null(strstr(gate_client_body(c), "\"content\":\"one two\""));
    mock_client_close(c);
    gate_rig_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s3_an_endpoint_that_dies_within_a_stream_is_one_error_and_a_close),
        cmocka_unit_test(s4_an_error_as_the_first_event_is_a_status_and_is_retried),
        cmocka_unit_test(s4_an_answer_after_such_an_error_is_whole),
        cmocka_unit_test(s13_a_late_event_never_shows_in_the_next_answer),
        cmocka_unit_test(an_answer_has_the_form_that_was_asked_for_whatever_the_endpoint_sends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
