/* Headers of requests through the gateway, as the endpoint behind it sees them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault_server.h"
#include "gate_keys.h"

#define CHAT "/v1/chat/completions"

typedef struct scripted {
    gate_rig g;
    fault_server *server;
} scripted;

/* A gateway in front of a server that keeps what it is sent. */
static void open_scripted(scripted *s)
{
    gate_rig_init(&s->g, &(mock_options){ .seed = 5 });
    s->server = fault_server_new(s->g.mock.base);
    snprintf(s->g.url, sizeof s->g.url, "http://127.0.0.1:%d/v1", fault_server_port(s->server));
    s->g.engine_config.cache_entries = 100;
    gate_rig_open(&s->g);
}

static void close_scripted(scripted *s)
{
    fault_server_free(s->server);
    gate_rig_close(&s->g);
}

static const fault_step *answer(void)
{
    static const char text[] = "{\"choices\":[{\"message\":{\"content\":\"hi\"},"
                               "\"finish_reason\":\"stop\"}]}";
    static char head[200];
    static fault_step script[] = { { FAULT_SEND, head, 0 }, { FAULT_END, NULL, 0 } };
    snprintf(head, sizeof head,
             "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             sizeof text - 1, text);
    return script;
}

static bool sent(const scripted *s, size_t number, const char *line)
{
    return strcasestr(fault_server_request(s->server, number)->head, line) != NULL;
}

static void headers_of_the_list_reach_the_endpoint_with_each_attempt(void **state)
{
    (void)state;
    static const fault_step failure[] = {
        { FAULT_SEND, "HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", 0 }, { FAULT_END, NULL, 0 }
    };
    scripted s;
    open_scripted(&s);
    fault_server_play(s.server, answer());
    fault_server_play_once(s.server, failure);
    mock_client *c = gate_rig_connect(&s.g);
    assert_int_equal(gate_client_ask(c, CHAT,
                                     "OpenAI-Beta: a=v2\r\nIdempotency-Key: k1\r\n"
                                     "traceparent: 00-1-2-01\r\ntracestate: a=1\r\n"
                                     "X-Client-Request-Id: c1\r\nCookie: a=b\r\n"
                                     "Authorization: Bearer sk-caller\r\nX-Other: y\r\n",
                                     MOCK_RIG_CHAT),
                     200);
    assert_int_equal(fault_server_requests(s.server), 2);
    for (size_t i = 0; i < 2; i++) {
        assert_true(sent(&s, i, "\r\nOpenAI-Beta: a=v2\r\n"));
        assert_true(sent(&s, i, "\r\nIdempotency-Key: k1\r\n"));
        assert_true(sent(&s, i, "\r\ntraceparent: 00-1-2-01\r\n"));
        assert_true(sent(&s, i, "\r\ntracestate: a=1\r\n"));
        assert_true(sent(&s, i, "\r\nX-Client-Request-Id: c1\r\n"));
        assert_true(sent(&s, i, "\r\nAuthorization: Bearer sk-of-the-endpoint"));
        assert_false(sent(&s, i, "sk-caller"));
        assert_false(sent(&s, i, "cookie"));
        assert_false(sent(&s, i, "x-other"));
    }
    /* The next request, over the same connection, has none of them. */
    assert_int_equal(gate_client_ask(c, CHAT, "Cache-Control: no-store\r\n", MOCK_RIG_CHAT), 200);
    assert_int_equal(fault_server_requests(s.server), 3);
    assert_int_equal(fault_server_request(s.server, 2)->connection,
                     fault_server_request(s.server, 1)->connection);
    assert_false(sent(&s, 2, "openai-beta"));
    assert_false(sent(&s, 2, "traceparent"));
    assert_true(sent(&s, 2, "content-type: application/json"));
    mock_client_close(c);
    close_scripted(&s);
}

static void another_beta_has_another_answer_and_a_trace_has_none(void **state)
{
    (void)state;
    static const struct {
        const char *headers;
        size_t requests; /* so far */
    } rows[] = {
        { "", 1 },
        { "traceparent: 00-1-2-01\r\n", 1 },
        { "X-Client-Request-Id: c1\r\n", 1 },
        { "OpenAI-Beta: a=v2\r\n", 2 },
        { "OpenAI-Beta: a=v2\r\ntracestate: a=1\r\n", 2 },
        { "OpenAI-Beta: a=v3\r\n", 3 },
    };
    scripted s;
    open_scripted(&s);
    fault_server_play(s.server, answer());
    mock_client *c = gate_rig_connect(&s.g);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(gate_client_ask(c, CHAT, rows[i].headers, MOCK_RIG_CHAT), 200);
        if (fault_server_requests(s.server) != rows[i].requests) fail_msg("row %zu", i);
    }
    mock_client_close(c);
    close_scripted(&s);
}

static void a_header_that_is_not_fit_is_dropped_and_counted_and_the_rest_goes(void **state)
{
    (void)state;
    char headers[700], id[600];
    scripted s;
    open_scripted(&s);
    fault_server_play(s.server, answer());
    mock_client *c = gate_rig_connect(&s.g);
    memset(id, 'a', sizeof id);
    id[513] = '\0';
    snprintf(headers, sizeof headers, "X-Client-Request-Id: %s\r\ntraceparent: 00-1-2-01\r\n", id);
    assert_int_equal(gate_client_ask(c, CHAT, headers, MOCK_RIG_CHAT), 200);
    assert_false(sent(&s, 0, "x-client-request-id"));
    assert_true(sent(&s, 0, "traceparent"));
    gl_buf page;
    gl_buf_init(&page, 1 << 20);
    gateway_metrics(s.g.gate, &page);
    assert_true(gl_buf_terminate(&page));
    assert_non_null(strstr(page.data, "\nglimpse_gateway_headers_dropped_total 1\n"));
    assert_null(strstr(page.data, "00-1-2-01"));
    gl_buf_free(&page);
    mock_client_close(c);
    close_scripted(&s);
}

/* The value of a header that the endpoint got. */
static void value_sent(const scripted *s, size_t number, char value[64])
{
    const char *at =
        strcasestr(fault_server_request(s->server, number)->head, "\r\nIdempotency-Key: ");
    assert_non_null(at);
    assert_int_equal(sscanf(at + strlen("\r\nIdempotency-Key: "), "%63[^\r]", value), 1);
}

/* The endpoint sees one account: to it two callers with one value are one. */
static void an_idempotency_key_goes_on_as_one_of_its_scope_alone(void **state)
{
    (void)state;
    static const char *const members[] = { "", "", ",\"share\":\"team\"", ",\"share\":\"team\"" };
    static const char *const headers[] = {
        A "Idempotency-Key: k\r\n",
        B "Idempotency-Key: k\r\n",
        C "Idempotency-Key: k\r\n",
        D "Idempotency-Key: k\r\n",
        A "Idempotency-Key: k2\r\n",
        A "Idempotency-Key: k\r\nGlimpse-Namespace: n\r\n",
        A "Glimpse-Namespace: n\r\nIdempotency-Key: k\r\n",
        A "Idempotency-Key: k\r\n",
    };
    static const size_t same[] = { 0, 1, 2, 2, 4, 5, 5, 0 }; /* as which of them */
    enum { COUNT = sizeof headers / sizeof *headers };
    char values[COUNT][64], lines[200];
    scripted s;
    gate_rig_init(&s.g, &(mock_options){ .seed = 5 });
    s.server = fault_server_new(s.g.mock.base);
    snprintf(s.g.url, sizeof s.g.url, "http://127.0.0.1:%d/v1", fault_server_port(s.server));
    s.g.config.keys = true;
    fault_server_play(s.server, answer());
    gate_rig_open(&s.g);
    gate_keys_load(&s.g, members, 4);
    for (size_t i = 0; i < COUNT; i++) {
        if (i == COUNT - 1) { /* after a restart */
            gateway_close(s.g.gate);
            glimpse_engine_free(s.g.engine);
            gateway_free(s.g.gate);
            gate_rig_turn(&s.g, 2);
            gate_rig_open(&s.g);
            gate_keys_load(&s.g, members, 4);
        }
        snprintf(lines, sizeof lines, "%sCache-Control: no-store\r\n", headers[i]);
        assert_int_equal(gate_status_as(&s.g, lines, MOCK_RIG_CHAT), 200);
        assert_int_equal(fault_server_requests(s.server), i + 1);
        value_sent(&s, i, values[i]);
        assert_int_equal(strlen(values[i]), 32);
        for (size_t j = 0; j <= i; j++)
            if ((strcmp(values[i], values[j]) == 0) != (same[i] == same[j]))
                fail_msg("%zu and %zu: %s, %s", i, j, values[i], values[j]);
    }
    close_scripted(&s);
}

/* Without the endpoint's key in it, whoever knows a scope could make its values. */
static void in_a_pool_the_keys_of_the_endpoints_are_the_secret(void **state)
{
    (void)state;
    static const char *const keys[] = { "sk-one-0123456789", "sk-two-0123456789" };
    static const char *const members[] = { "" };
    char values[2][64];
    for (size_t i = 0; i < 2; i++) {
        scripted s;
        glimpse_pool pool;
        glimpse_pool_endpoint endpoint;
        gate_rig_init(&s.g, &(mock_options){ .seed = 5 });
        s.server = fault_server_new(s.g.mock.base);
        snprintf(s.g.url, sizeof s.g.url, "http://127.0.0.1:%d/v1", fault_server_port(s.server));
        glimpse_pool_init(&pool);
        glimpse_pool_endpoint_init(&endpoint);
        endpoint.name = "one";
        endpoint.endpoint = s.g.engine_config.endpoint;
        endpoint.endpoint.api_key = keys[i];
        pool.endpoints = &endpoint;
        pool.endpoint_count = 1;
        s.g.engine_config.pool = s.g.config.pool = &pool;
        s.g.config.keys = true;
        fault_server_play(s.server, answer());
        gate_rig_open(&s.g);
        gate_keys_load(&s.g, members, 1);
        assert_int_equal(gate_status_as(&s.g, A "Idempotency-Key: k\r\n", MOCK_RIG_CHAT), 200);
        value_sent(&s, 0, values[i]);
        close_scripted(&s);
    }
    assert_string_not_equal(values[0], values[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_of_the_list_reach_the_endpoint_with_each_attempt),
        cmocka_unit_test(another_beta_has_another_answer_and_a_trace_has_none),
        cmocka_unit_test(a_header_that_is_not_fit_is_dropped_and_counted_and_the_rest_goes),
        cmocka_unit_test(an_idempotency_key_goes_on_as_one_of_its_scope_alone),
        cmocka_unit_test(in_a_pool_the_keys_of_the_endpoints_are_the_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
