/* How the gateway ends: what is under way has its answer first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "gate_rig.h"

#define CHAT "/v1/chat/completions"

static void note_end(void *arg)
{
    *(bool *)arg = true;
}

static void a_drain_lets_requests_finish(void **state)
{
    (void)state;
    gate_rig g;
    bool ended = false;
    gate_rig_init(&g, &(mock_options){ .latency = "50ms", .seed = 5 });
    gate_rig_open(&g);
    mock_client *idle = gate_rig_connect(&g), *ready = gate_rig_connect(&g),
                *c = gate_rig_ask_own(&g, 1);
    while (mock_rig_stat(&g.mock, NULL, "requests") < 1) continue;
    gateway_drain(g.gate, 600000, note_end, &ended);
    mock_client_send_text(ready, "GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n");
    gate_client_whole(ready);
    assert_int_equal(gate_client_status(ready), 503);
    assert_true(gate_client_has(ready, "connection: close"));
    gate_client_whole(c);
    assert_int_equal(gate_client_status(c), 200);
    assert_true(gate_client_has(c, "connection: close"));
    while (!ended) event_base_loop(g.mock.base, EVLOOP_ONCE);
    mock_client_wait_end(idle);
    mock_client_close(idle);
    mock_client_close(ready);
    mock_client_close(c);
    gate_rig_close(&g);
}

/* A body that is half here, a request that was on its way, and an answer that is read slowly. */
static void a_drain_waits_for_what_is_half_done(void **state)
{
    (void)state;
    enum { WORDS = 400000 };
    static const char
        body[] = "{\"model\":\"m\",\"input\":\"one two\"}",
        head[] = "POST /v1/embeddings HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n%.9s";
    gate_rig g;
    bool ended = false;
    char half[200];
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    g.config.max_body = (size_t)1 << 24;
    gate_rig_open(&g);
    mock_client *asks = gate_rig_connect(&g), *fresh = gate_rig_connect(&g);
    mock_client *slow = gate_rig_connect(&g);
    mock_client_send_text(slow, "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"); /* all are accepted */
    gate_client_whole(slow);
    gate_client_forget(slow);
    gl_buf long_body;
    gl_buf_init(&long_body, g.config.max_body);
    gl_buf_append_str(&long_body,
                      "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"");
    for (int i = 0; i < WORDS; i++) gl_buf_append_str(&long_body, "word ");
    gl_buf_append_str(&long_body, "\"}]}");
    assert_true(gl_buf_terminate(&long_body));
    event_del(slow->event); /* it does not read */
    mock_client_post(slow, CHAT, long_body.data);
    snprintf(half, sizeof half, head, strlen(body), body);
    mock_client_send_text(asks, half);
    while (mock_rig_stat(&g.mock, "by_status", "200") < 1) continue;
    gateway_drain(g.gate, 600000, note_end, &ended);
    for (int i = 0; i < 100; i++) event_base_loop(g.mock.base, EVLOOP_NONBLOCK);
    mock_client_send_text(asks, body + 9);
    gate_client_whole(asks);
    assert_int_equal(gate_client_status(asks), 200);
    assert_int_equal(gate_client_ask(fresh, CHAT, "", MOCK_RIG_CHAT), 200);
    assert_false(ended);
    event_add(slow->event, NULL);
    gate_client_whole(slow);
    assert_int_equal(gate_client_status(slow), 200);
    while (!ended) event_base_loop(g.mock.base, EVLOOP_ONCE);
    gl_buf_free(&long_body);
    mock_client_close(asks);
    mock_client_close(fresh);
    mock_client_close(slow);
    gate_rig_close(&g);
}

static void what_a_drain_does_not_wait_for_is_told(void **state)
{
    (void)state;
    gate_rig g;
    bool ended = false;
    gate_rig_init(&g, &(mock_options){ .latency = "600s", .seed = 5 });
    gate_rig_open(&g);
    mock_client *c = gate_rig_ask_own(&g, 1);
    while (mock_rig_stat(&g.mock, NULL, "requests") < 1) continue;
    gateway_drain(g.gate, 0, note_end, &ended);
    gate_client_whole(c);
    assert_int_equal(gate_client_status(c), 503);
    assert_non_null(strstr(c->got, "\"code\":\"draining\""));
    assert_true(gate_client_has(c, "retry-after: 1"));
    while (!ended) event_base_loop(g.mock.base, EVLOOP_ONCE);
    mock_client_close(c);
    gate_rig_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_drain_lets_requests_finish),
        cmocka_unit_test(a_drain_waits_for_what_is_half_done),
        cmocka_unit_test(what_a_drain_does_not_wait_for_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
