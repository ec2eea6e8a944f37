/* The status page of the gateway, its figures, and /readyz: to whom they are shown, and what they
 * say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate_rig.h"

#define CHAT "/v1/chat/completions"

static bool is_localhost(gl_slice host)
{
    return memmem(host.data, host.len, "localhost", 9) == host.data ||
           memmem(host.data, host.len, "127.0.0.1", 9) == host.data;
}

static int get_from(mock_client *c, const char *path, const char *headers)
{
    char request[500];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n%s\r\n", path, headers);
    gate_client_forget(c);
    mock_client_send_text(c, request);
    gate_client_whole(c);
    return gate_client_status(c);
}

static int get(mock_client *c, const char *path)
{
    return get_from(c, path, "Host: localhost\r\n");
}

static gl_json figures(mock_client *c)
{
    gl_json root;
    assert_int_equal(get(c, "/status.json"), 200);
    assert_int_equal(gl_json_check(gl_slice_str(gate_client_body(c)), &root, NULL), GL_JSON_OK);
    return root;
}

static int64_t number(gl_json root, const char *group, const char *name)
{
    return mock_rig_number(gl_json_get(root, group), name);
}

static void they_are_shown_to_this_machine_alone(void **state)
{
    (void)state;
    static const struct {
        const char *headers;
        int status;
    } rows[] = {
        { "Host: localhost:8080\r\n", 200 },
        { "Host: 127.0.0.1\r\n", 200 },
        { "Host: evil.example\r\n", 403 }, /* a name that was bound to 127.0.0.1 */
        { "Host: localhost\r\nOrigin: http://evil.example\r\n", 403 },
        { "Host: localhost\r\nOrigin: null\r\n", 403 },
        { "Host: localhost\r\nOrigin: http://localhost:8080\r\n", 200 },
    };
    for (int keys = 0; keys < 2; keys++) {
        gate_rig g;
        gate_rig_init(&g, &(mock_options){ .seed = 5 });
        g.config.is_here = is_localhost;
        g.config.keys = keys != 0;
        gate_rig_open(&g);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            for (int page = 0; page < 2; page++) {
                mock_client *c = gate_rig_connect(&g);
                int status = get_from(c, page != 0 ? "/" : "/status.json", rows[i].headers);
                if (status != rows[i].status) fail_msg("row %zu: %d", i, status);
                assert_false(gate_client_names(c, "access-control-"));
                mock_client_close(c);
            }
        gate_rig_close(&g);
    }
}

/* Other machines reach this listener; here its loopback address is asked. */
static void they_are_not_there_on_a_listener_that_others_reach(void **state)
{
    (void)state;
    char problem[200];
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    gate_rig_open(&g);
    int fd = httpd_listen_tcp("0.0.0.0", 0, problem, sizeof problem);
    assert_false(httpd_listens_here(fd));
    int port = httpd_port_of(fd);
    assert_true(gateway_listen(g.gate, fd));
    mock_client *c = mock_client_open(g.mock.base, port);
    assert_int_equal(get(c, "/"), 404);
    assert_int_equal(get(c, "/status.json"), 404);
    assert_int_equal(get(c, "/healthz"), 200);
    mock_client_close(c);
    gate_rig_close(&g);
}

static void the_page_may_run_its_own_script_only(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    assert_int_equal(get(c, "/"), 200);
    const char *policy = strcasestr(c->got, "\r\ncontent-security-policy: default-src 'none'; ");
    assert_non_null(policy);
    assert_non_null(strstr(policy, "script-src 'sha256-"));
    assert_non_null(strstr(policy, "style-src 'sha256-"));
    assert_non_null(strstr(policy, "frame-ancestors 'none'"));
    assert_true(gate_client_has(c, "cache-control: no-store"));
    assert_true(gate_client_has(c, "x-content-type-options: nosniff"));
    assert_true(gate_client_has(c, "content-type: text/html; charset=utf-8"));
    /* Nothing of it is elsewhere. */
    assert_null(strstr(gate_client_body(c), "http:"));
    assert_null(strstr(gate_client_body(c), "https:"));
    assert_null(strstr(gate_client_body(c), " src="));
    mock_client_close(c);
    gate_rig_close(&g);
}

static void the_figures_are_those_of_what_was_asked(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .fault = "hang:#2-", .seed = 5 });
    g.engine_config.concurrency = 1;
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    gl_json root = figures(c);
    assert_true(gl_json_get(root, "hit_rate").kind == GL_JSON_NULL);
    assert_true(gl_json_get(gl_json_get(root, "latency_ms"), "p50").kind == GL_JSON_NULL);
    for (int i = 0; i < 4; i++) /* three of the cache */
        assert_int_equal(gate_client_ask(c, CHAT, "", MOCK_RIG_CHAT), 200);
    assert_int_equal(gate_client_ask(c, CHAT, "", "{\"model\":\"m\",\"messages\":[]}"), 400);
    assert_int_equal(gate_client_ask(c, CHAT, "", "[]"), 400);
    mock_client *one = gate_rig_connect(&g), *two = gate_rig_connect(&g);
    mock_client_post(one, CHAT,
                     "{\"model\":\"m-2\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}");
    while (root = figures(c), number(root, "requests", "in_flight") == 0) continue;
    mock_client_post_with(
        two, CHAT, "Glimpse-Priority: bulk\r\n",
        "{\"model\":\"m-2\",\"messages\":[{\"role\":\"user\",\"content\":\"b\"}]}");
    while (root = figures(c), number(root, "waiting", "bulk") == 0) continue;
    assert_int_equal(number(root, "waiting", "bulk"), 1);
    assert_int_equal(number(root, "waiting", "interactive"), 0);
    assert_int_equal(number(root, "requests", "live"), 2);
    assert_int_equal(number(root, "requests", "in_flight"), 1);
    assert_int_equal(mock_rig_number(root, "connections"), 3);
    assert_int_equal(number(root, "answers", "good"), 4);
    assert_int_equal(number(root, "answers", "failed"), 2);
    assert_int_equal(number(root, "sources", "live"), 1);
    assert_int_equal(number(root, "sources", "cache"), 3);
    assert_true(gl_slice_is(gl_json_get(root, "hit_rate").text, "0.75"));
    assert_true(gl_json_get(gl_json_get(root, "latency_ms"), "p50").kind == GL_JSON_NUMBER);
    mock_client_close(one);
    mock_client_close(two);
    mock_client_close(c);
    gate_rig_close(&g);
}

static void wants_ready(mock_client *c, int status, const char *word)
{
    assert_int_equal(get(c, "/readyz"), status);
    assert_string_equal(gate_client_body(c), word);
    assert_int_equal(get(c, "/healthz"), 200);
    assert_string_equal(gate_client_body(c), "ok\n");
}

static void it_is_not_ready_while_the_circuit_is_open(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .fault = "500:#1-20", .seed = 5 });
    g.engine_config.max_attempts = 1;
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    wants_ready(c, 200, "ok\n");
    for (int i = 0; i < 20; i++) {
        char body[120];
        snprintf(body, sizeof body,
                 "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"%d\"}]}", i);
        assert_int_equal(gate_client_ask(c, CHAT, "", body), 502);
    }
    wants_ready(c, 503, "circuit_open\n");
    gl_json root = figures(c), endpoints = gl_json_get(root, "endpoints"), endpoint;
    gl_json_iter iter = gl_json_begin(endpoints);
    assert_true(gl_json_next(&iter, NULL, &endpoint));
    assert_true(gl_json_string_is(gl_json_get(endpoint, "circuit"), "open"));
    assert_true(gl_json_get(endpoint, "open").kind == GL_JSON_FALSE);
    assert_int_equal(memcmp(gl_json_get(endpoint, "problem").text.data, "\"500 ", 5), 0);
    assert_false(gl_json_next(&iter, NULL, &endpoint));
    /* When the next probe may go it is ready: only a request can find out that the endpoint is
     * back. */
    while (get(c, "/readyz") != 200) continue;
    assert_int_equal(gate_client_ask(c, CHAT, "", MOCK_RIG_CHAT), 200);
    root = figures(c);
    assert_true(gl_json_string_is(gl_json_get(root, "ready"), "ok"));
    mock_client_close(c);
    gate_rig_close(&g);
}

static void it_is_not_ready_while_the_key_is_stopped(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .fault = "401:#1", .seed = 5 });
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    assert_int_equal(gate_client_ask(c, CHAT, "", MOCK_RIG_CHAT), 424);
    wants_ready(c, 503, "key_stopped\n");
    glimpse_engine_resume(g.engine);
    wants_ready(c, 200, "ok\n");
    mock_client_close(c);
    gate_rig_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_shown_to_this_machine_alone),
        cmocka_unit_test(they_are_not_there_on_a_listener_that_others_reach),
        cmocka_unit_test(the_page_may_run_its_own_script_only),
        cmocka_unit_test(the_figures_are_those_of_what_was_asked),
        cmocka_unit_test(it_is_not_ready_while_the_circuit_is_open),
        cmocka_unit_test(it_is_not_ready_while_the_key_is_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
