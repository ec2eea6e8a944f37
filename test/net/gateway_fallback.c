/* --fallback on: what a caller gets while no endpoint answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate_rig.h"

#define CHAT "/v1/chat/completions"

static void open_with(gate_rig *g, const char *fault, bool on)
{
    gate_rig_init(g, &(mock_options){ .fault = fault, .seed = 5 });
    g->engine_config.max_attempts = 1;
    g->config.fallback = on;
    gate_rig_open(g);
}

static gl_json message_of(mock_client *c)
{
    gl_json root, choice;
    assert_int_equal(gl_json_check(gl_slice_str(gate_client_body(c)), &root, NULL), GL_JSON_OK);
    assert_true(gl_json_string_is(gl_json_get(root, "object"), "chat.completion"));
    gl_json_iter iter = gl_json_begin(gl_json_get(root, "choices"));
    assert_true(gl_json_next(&iter, NULL, &choice));
    assert_true(gl_json_string_is(gl_json_get(choice, "finish_reason"), "stop"));
    return gl_json_get(choice, "message");
}

static void chat_is_answered_here_while_the_endpoint_is_down(void **state)
{
    (void)state;
    gate_rig g;
    open_with(&g, "reset:#1-", true);
    mock_client *c = gate_rig_connect(&g);
    for (int i = 0; i < 30; i++) { /* the circuit opens meanwhile */
        char body[200];
        snprintf(
            body, sizeof body,
            "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Cats sleep %d\"}]}",
            i);
        assert_int_equal(gate_client_ask(c, CHAT, "", body), 200);
        assert_true(gate_client_has(c, "glimpse-status: local"));
        assert_false(gate_client_names(c, "proxy-status"));
        assert_true(gl_json_has_text(gl_json_get(message_of(c), "content")));
    }
    glimpse_endpoint_stats endpoint;
    glimpse_endpoint_stats_init(&endpoint);
    assert_int_equal(glimpse_engine_endpoint(g.engine, 0, &endpoint), GLIMPSE_OK);
    assert_int_equal(endpoint.circuit, GLIMPSE_CIRCUIT_OPEN);
    mock_client_close(c);
    gate_rig_close(&g);
}

static void a_stream_of_chat_is_a_stream(void **state)
{
    (void)state;
    gate_rig g;
    open_with(&g, "reset:#1-", true);
    mock_client *c = gate_rig_connect(&g);
    mock_client_post(c, CHAT,
                     "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\","
                     "\"content\":\"Cats sleep a lot\"}]}");
    mock_client_wait(c, "\r\n0\r\n\r\n", 1);
    assert_int_equal(gate_client_status(c), 200);
    assert_true(gate_client_has(c, "glimpse-status: local"));
    assert_true(gate_client_has(c, "content-type: text/event-stream; charset=utf-8"));
    assert_non_null(strstr(c->got, "\"object\":\"chat.completion.chunk\""));
    assert_non_null(strstr(c->got, "data: [DONE]\n\n"));
    mock_client_close(c);
    gate_rig_close(&g);
}

/* Not chat; not down; not asked for. */
static void everything_else_keeps_its_error(void **state)
{
    (void)state;
    static const struct {
        const char *fault, *path, *body;
        bool on;
        int status;
    } rows[] = {
        { "reset:#1-", CHAT, MOCK_RIG_CHAT, false, 502 },
        { "reset:#1-", "/v1/embeddings", "{\"model\":\"m\",\"input\":\"a\"}", true, 502 },
        { "reset:#1-", "/v1/responses", "{\"model\":\"m\",\"input\":\"a\"}", true, 502 },
        { "reset:#1-", "/v1/completions", "{\"model\":\"m\",\"prompt\":\"a\"}", true, 502 },
        { "400:#1-", CHAT, MOCK_RIG_CHAT, true, 400 },
        { "401:#1-", CHAT, MOCK_RIG_CHAT, true, 424 },
        { "429:#1-", CHAT, MOCK_RIG_CHAT, true, 429 },
        { "500:#1-", CHAT, MOCK_RIG_CHAT, true, 200 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gate_rig g;
        open_with(&g, rows[i].fault, rows[i].on);
        mock_client *c = gate_rig_connect(&g);
        int status = gate_client_ask(c, rows[i].path, "", rows[i].body);
        if (status != rows[i].status) fail_msg("row %zu: %d", i, status);
        assert_int_equal(gate_client_has(c, "glimpse-status: local"), status == 200);
        mock_client_close(c);
        gate_rig_close(&g);
    }
}

/* Nothing of it is kept: the next one is the endpoint's. */
static void the_endpoint_answers_when_it_is_back(void **state)
{
    (void)state;
    gate_rig g;
    open_with(&g, "500:#1", true);
    mock_client *c = gate_rig_connect(&g);
    assert_int_equal(gate_client_ask(c, CHAT, "", MOCK_RIG_CHAT), 200);
    assert_true(gate_client_has(c, "glimpse-status: local"));
    assert_int_equal(gate_client_ask(c, CHAT, "", MOCK_RIG_CHAT), 200);
    assert_true(gate_client_has(c, "glimpse-status: live"));
    mock_client_close(c);
    gate_rig_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chat_is_answered_here_while_the_endpoint_is_down),
        cmocka_unit_test(a_stream_of_chat_is_a_stream),
        cmocka_unit_test(everything_else_keeps_its_error),
        cmocka_unit_test(the_endpoint_answers_when_it_is_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
