/* Web pages from elsewhere that ask the gateway: a browser's questions, and the lines by which it
 * lets a page see an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate_rig.h"

#define CHAT "/v1/chat/completions"
#define PAGE "https://chat.example"
#define ASKED                                                                                      \
    "Access-Control-Request-Method: POST\r\n"                                                      \
    "Access-Control-Request-Headers: authorization,content-type,x-stainless-lang\r\n"

static bool here(gl_slice host)
{
    return gl_slice_is(host, "h") || gl_slice_is(host, "localhost");
}

static void open_gate(gate_rig *g, const mock_options *options)
{
    static const char *const origins[] = { "http://other.example:8000", PAGE };
    gate_rig_init(g, options);
    g->config.cors = origins;
    g->config.cors_count = 2;
    g->config.is_here = here;
    gate_rig_open(g);
}

static bool allows(const mock_client *c)
{
    return gate_client_has(c, "access-control-allow-origin: " PAGE) &&
           gate_client_has(c, "vary: origin") &&
           gate_client_names(c, "access-control-expose-headers: x-request-id, glimpse-request-id");
}

static bool mentions(const mock_client *c)
{
    return strcasestr(c->got, "access-control-") != NULL;
}

/* Sends a head; the whole answer, with a length or without a body. */
static int send_head(mock_client *c, const char *head)
{
    gate_client_forget(c);
    mock_client_send_text(c, head);
    mock_client_wait(c, "\r\n\r\n", 1);
    if (gate_client_status(c) != 204) gate_client_whole(c);
    return gate_client_status(c);
}

static void a_preflight_is_answered_without_a_key_and_without_the_endpoint(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    static const char *const origins[] = { PAGE };
    g.config.cors = origins;
    g.config.cors_count = 1;
    g.config.keys = true;
    gate_rig_open(&g);
    char why[200];
    const gl_slice none =
        gl_slice_str("{\"keys\":[{\"name\":\"a\",\"sha256\":\"0123456789abcdef0123456789"
                     "abcdef0123456789abcdef0123456789abcdef\"}]}");
    assert_true(gateway_load_keys(g.gate, none, why, sizeof why));
    mock_client *c = gate_rig_connect(&g);
    assert_int_equal(
        send_head(c, "OPTIONS " CHAT " HTTP/1.1\r\nHost: h\r\nOrigin: " PAGE "\r\n" ASKED "\r\n"),
        204);
    assert_true(allows(c));
    assert_true(gate_client_has(c, "access-control-allow-methods: POST"));
    assert_true(gate_client_has(
        c, "access-control-allow-headers: authorization,content-type,x-stainless-lang"));
    assert_true(gate_client_has(c, "access-control-max-age: 7200"));
    assert_true(gate_client_has(c, "vary: access-control-request-headers"));
    assert_false(gate_client_names(c, "access-control-allow-credentials"));
    assert_false(gate_client_names(c, "content-length"));
    assert_int_equal(gate_client_ask(c, CHAT, "Origin: " PAGE "\r\n", MOCK_RIG_CHAT), 401);
    assert_true(allows(c)); /* the page may read why */
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 0);
    mock_client_close(c);
    gate_rig_close(&g);
}

static void only_pages_of_the_list_are_let_in_and_our_name_is_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        int status;
        bool allowed;
    } rows[] = {
        { "Host: h\r\nOrigin: " PAGE "\r\n", 204, true },
        { "Host: h\r\nOrigin: HTTPS://CHAT.EXAMPLE\r\n", 204, true },
        { "Host: rebound.example\r\nOrigin: " PAGE "\r\n", 403, true },
        { "Host: h\r\nOrigin: https://evil.example\r\n", 403, false },
        { "Host: h\r\nOrigin: https://chat.example.evil\r\n", 403, false },
        { "Host: h\r\nOrigin: http://chat.example\r\n", 403, false },
        { "Host: h\r\nOrigin: https://chat.example:8443\r\n", 403, false },
        { "Host: h\r\nOrigin: null\r\n", 403, false },
        { "Host: h\r\nOrigin: " PAGE "\r\nOrigin: " PAGE "\r\n", 403, false },
        { "Host: h\r\nOrigin: http://localhost\r\n", 403, false },
    };
    gate_rig g;
    open_gate(&g, &(mock_options){ .seed = 5 });
    mock_client *c = gate_rig_connect(&g);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char head[500];
        snprintf(head, sizeof head, "OPTIONS " CHAT " HTTP/1.1\r\n%s" ASKED "\r\n", rows[i].lines);
        if (send_head(c, head) != rows[i].status || allows(c) != rows[i].allowed)
            fail_msg("row %zu: %s", i, c->got);
        if (!rows[i].allowed && mentions(c)) fail_msg("row %zu: %s", i, c->got);
        assert_true(gate_client_has(c, "vary: origin"));
    }
    mock_client_close(c);
    gate_rig_close(&g);
}

static void answers_errors_and_streams_are_shown_to_the_page(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        int status;
    } rows[] = {
        { "GET /v1/models HTTP/1.1\r\n", 200 },
        { "GET /healthz HTTP/1.1\r\n", 200 },
        { "GET /v1/nothing HTTP/1.1\r\n", 404 },
        { "GET " CHAT " HTTP/1.1\r\n", 405 },
        { "POST " CHAT " HTTP/1.1\r\nContent-Length: 0\r\n", 400 },
        { "POST " CHAT " HTTP/1.1\r\nContent-Encoding: br\r\nContent-Length: 0\r\n", 415 },
        { "POST " CHAT " HTTP/1.1\r\nContent-Length: 99999999\r\n", 413 },
        { "GET /v1/models HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n", 426 },
    };
    gate_rig g;
    open_gate(&g, &(mock_options){ .fault = "404:#1", .seed = 5 });
    g.engine_config.cache_entries = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char head[300];
        mock_client *c = gate_rig_connect(&g);
        snprintf(head, sizeof head, "%sHost: h\r\nOrigin: " PAGE "\r\n\r\n", rows[i].head);
        if (send_head(c, head) != rows[i].status || !allows(c)) fail_msg("row %zu: %s", i, c->got);
        mock_client_close(c);
    }
    mock_client *c = gate_rig_connect(&g);
    assert_int_equal(gate_client_ask(c, CHAT, "Origin: " PAGE "\r\n", MOCK_RIG_CHAT), 404);
    assert_true(allows(c)); /* an error of the endpoint's */
    assert_int_equal(gate_client_ask(c, CHAT, "Origin: " PAGE "\r\n", MOCK_RIG_CHAT), 200);
    assert_true(allows(c));
    gate_client_forget(c);
    mock_client_post_with(c, CHAT, "Origin: " PAGE "\r\n",
                          "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\","
                          "\"content\":\"x\"}]}");
    mock_client_wait(c, "\r\n0\r\n\r\n", 1);
    assert_true(allows(c));
    /* The next request of the connection is of no page. */
    assert_int_equal(gate_client_ask(c, CHAT, "", MOCK_RIG_CHAT), 200);
    assert_false(mentions(c));
    assert_true(gate_client_has(c, "vary: origin"));
    mock_client_close(c);
    gate_rig_close(&g);
}

static void a_413_of_a_body_in_chunks_is_shown_while_others_send_heads(void **state)
{
    (void)state;
    gate_rig g;
    open_gate(&g, &(mock_options){ .seed = 5 });
    mock_client *a = gate_rig_connect(&g), *b = gate_rig_connect(&g);
    mock_client_send_text(a, "POST " CHAT " HTTP/1.1\r\nHost: h\r\nOrigin: " PAGE
                             "\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 3; i++) event_base_loop(g.mock.base, EVLOOP_NONBLOCK);
    mock_client_send_text(b, "POST /a/very/long/path/of/another HTTP/1.1\r\nHost: h\r\n"
                             "Origin: https://evil.example\r\nX: y\r\n");
    for (int i = 0; i < 3; i++) event_base_loop(g.mock.base, EVLOOP_NONBLOCK);
    mock_client_send_text(a, "FFFFFFF\r\n");
    gate_client_whole(a);
    assert_int_equal(gate_client_status(a), 413);
    assert_true(allows(a));
    mock_client_close(a);
    mock_client_close(b);
    gate_rig_close(&g);
}

static void names_that_are_none_are_not_said_again(void **state)
{
    (void)state;
    static const char *const lists[] = { "a, b c", "a: b", "", "a,\"b\"" };
    gate_rig g;
    open_gate(&g, &(mock_options){ .seed = 5 });
    mock_client *c = gate_rig_connect(&g);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        char head[400];
        snprintf(head, sizeof head,
                 "OPTIONS " CHAT " HTTP/1.1\r\nHost: h\r\nOrigin: " PAGE
                 "\r\nAccess-Control-Request-Method: POST\r\n"
                 "Access-Control-Request-Headers: %s\r\n\r\n",
                 lists[i]);
        assert_int_equal(send_head(c, head), 204);
        assert_false(gate_client_names(c, "access-control-allow-headers"));
    }
    mock_client_close(c);
    gate_rig_close(&g);
}

static void the_status_is_for_no_page_from_elsewhere_though_any_may_ask(void **state)
{
    (void)state;
    static const char *const any[] = { "*" };
    static const struct {
        const char *origin;
        int status;
    } rows[] = { { "", 200 },
                 { "Origin: http://localhost\r\n", 200 },
                 { "Origin: https://evil.example\r\n", 403 } };
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    g.config.cors = any;
    g.config.cors_count = 1;
    g.config.is_here = here;
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char head[200];
        snprintf(head, sizeof head, "GET /status.json HTTP/1.1\r\nHost: h\r\n%s\r\n",
                 rows[i].origin);
        if (send_head(c, head) != rows[i].status) fail_msg("row %zu: %s", i, c->got);
    }
    assert_int_equal(gate_client_ask(c, CHAT, "Origin: https://evil.example\r\n", MOCK_RIG_CHAT),
                     200);
    assert_true(gate_client_has(c, "access-control-allow-origin: *"));
    mock_client_close(c);
    gate_rig_close(&g);
}

static void without_cors_no_answer_mentions_it(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    assert_int_equal(
        send_head(c, "OPTIONS " CHAT " HTTP/1.1\r\nHost: h\r\nOrigin: " PAGE "\r\n" ASKED "\r\n"),
        403);
    assert_false(mentions(c));
    assert_non_null(strstr(c->got, "--cors"));
    assert_int_equal(gate_client_ask(c, CHAT, "Origin: " PAGE "\r\n", MOCK_RIG_CHAT), 200);
    assert_false(mentions(c));
    assert_false(gate_client_names(c, "vary"));
    mock_client_close(c);
    gate_rig_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_preflight_is_answered_without_a_key_and_without_the_endpoint),
        cmocka_unit_test(only_pages_of_the_list_are_let_in_and_our_name_is_asked_for),
        cmocka_unit_test(answers_errors_and_streams_are_shown_to_the_page),
        cmocka_unit_test(a_413_of_a_body_in_chunks_is_shown_while_others_send_heads),
        cmocka_unit_test(names_that_are_none_are_not_said_again),
        cmocka_unit_test(the_status_is_for_no_page_from_elsewhere_though_any_may_ask),
        cmocka_unit_test(without_cors_no_answer_mentions_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
