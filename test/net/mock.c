/* The mock server over plain sockets: what it answers, and how it reads requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "mock_rig.h"

static void a_chat_answer_has_the_shape_of_openais(void **state)
{
    (void)state;
    mock_rig w;
    mock_rig_open(&w, NULL, NULL);
    mock_client *c = mock_rig_connect(&w);
    mock_client_post(c, "/v1/chat/completions", MOCK_RIG_CHAT);
    mock_client_wait(c, "}\n", 1);
    assert_non_null(strstr(c->got, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(c->got, "\r\nx-request-id: "));
    assert_non_null(strstr(c->got, "\r\ncontent-type: application/json\r\n"));
    assert_non_null(strstr(c->got, "\r\nopenai-processing-ms: 0\r\n"));
    assert_non_null(strstr(c->got, "\r\ndate: "));
    gl_json root = mock_client_body(c), usage = gl_json_get(root, "usage"), choice;
    assert_true(gl_json_string_is(gl_json_get(root, "object"), "chat.completion"));
    assert_true(gl_json_string_is(gl_json_get(root, "model"), "m-1"));
    assert_true(mock_rig_number(root, "created") > 0);
    gl_json_iter iter = gl_json_begin(gl_json_get(root, "choices"));
    assert_true(gl_json_next(&iter, NULL, &choice));
    assert_true(gl_json_string_is(gl_json_get(choice, "finish_reason"), "stop"));
    gl_json message = gl_json_get(choice, "message");
    assert_true(gl_json_string_is(gl_json_get(message, "role"), "assistant"));
    assert_true(gl_json_string_is(gl_json_get(message, "content"), "Cats sleep a lot."));
    assert_int_equal(mock_rig_number(usage, "total_tokens"),
                     mock_rig_number(usage, "prompt_tokens") +
                         mock_rig_number(usage, "completion_tokens"));
    assert_true(mock_rig_number(usage, "completion_tokens") > 0);
    mock_client_close(c);
    mock_rig_close(&w);
}

static void the_answer_depends_on_nothing_but_the_request(void **state)
{
    (void)state;
    char *bodies[2];
    for (int i = 0; i < 2; i++) {
        mock_rig w;
        mock_rig_open(&w, i == 0 ? NULL : "1ms", NULL);
        mock_client *c = mock_rig_connect(&w);
        if (i == 1) { /* whatever came before */
            mock_client_post(c, "/v1/embeddings", "{\"model\":\"e\",\"input\":[\"a\",\"b\"]}");
            mock_client_wait(c, "}\n", 1);
        }
        mock_client_post(c, "/v1/chat/completions", MOCK_RIG_CHAT);
        mock_client_wait(c, "chat.completion", 1);
        gl_json root = mock_client_body(c);
        bodies[i] = strndup(root.text.data, root.text.len);
        mock_client_close(c);
        mock_rig_close(&w);
    }
    assert_string_equal(bodies[0], bodies[1]);
    free(bodies[0]);
    free(bodies[1]);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    static const char *const latencies[] = { "0", "1ms" };
    for (size_t l = 0; l < 2; l++) {
        mock_rig w;
        mock_rig_open(&w, latencies[l], NULL);
        mock_client *c = mock_rig_connect(&w);
        char all[20000] = "";
        enum { REQUESTS = 20 };
        for (int i = 0; i < REQUESTS; i++) {
            char body[200], request[400];
            snprintf(body, sizeof body,
                     "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"n%02d\"}]}",
                     i);
            snprintf(request, sizeof request,
                     "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n"
                     "%s",
                     strlen(body), body);
            strncat(all, request, sizeof all - strlen(all) - 1);
        }
        mock_client_send_text(c, all);
        mock_client_wait(c, "}\n", REQUESTS);
        const char *at = c->got;
        for (int i = 0; i < REQUESTS; i++) {
            char content[32];
            snprintf(content, sizeof content, "\"content\":\"n%02d\"", i);
            at = strstr(at, content);
            assert_non_null(at);
        }
        mock_client_close(c);
        assert_int_equal(mock_rig_stat(&w, NULL, "requests"), REQUESTS);
        assert_int_equal(mock_rig_stat(&w, NULL, "distinct"), REQUESTS);
        assert_int_equal(mock_rig_stat(&w, "by_status", "200"), REQUESTS);
        assert_int_equal(mock_rig_stat(&w, NULL, "peak_in_flight"), 1);
        mock_rig_close(&w);
    }
}

static void a_request_may_come_byte_by_byte(void **state)
{
    (void)state;
    static const char *const requests[] = {
        "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "10\r\n{\"model\":\"m\",\"me\r\n"
        "2f\r\nssages\":[{\"role\":\"user\",\"content\":\"Hi there.\"}]\r\n1\r\n}\r\n0\r\n\r\n",
        "POST /chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: 64\r\n\r\n"
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi there.\"}]}",
    };
    for (size_t i = 0; i < 2; i++) {
        mock_rig w;
        mock_rig_open(&w, NULL, NULL);
        mock_client *c = mock_rig_connect(&w);
        for (size_t at = 0; at < strlen(requests[i]); at++) {
            mock_client_send(c, requests[i] + at, 1);
            event_base_loop(w.base, EVLOOP_NONBLOCK);
        }
        mock_client_wait(c, "}\n", 1);
        assert_non_null(strstr(c->got, "200 OK"));
        assert_non_null(strstr(c->got, "\"content\":\"Hi there.\""));
        mock_client_close(c);
        mock_rig_close(&w);
    }
}

/* ab -k waits for the end of the connection unless it is told that there is none. */
static void http_1_0_is_told_whether_the_connection_stays(void **state)
{
    (void)state;
    static const char chat[] =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a b\"}]%s}";
    static const struct {
        const char *header, *more, *said;
        bool ends;
    } cases[] = {
        { "Connection: Keep-Alive\r\n", "", "\r\nconnection: keep-alive\r\n", false },
        { "", "", "\r\nconnection: close\r\n", true },
        { "Connection: Keep-Alive\r\n", ",\"stream\":true", "\r\nconnection: close\r\n", true },
    };
    mock_rig w;
    mock_rig_open(&w, NULL, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char body[128], request[512];
        mock_client *c = mock_rig_connect(&w);
        snprintf(body, sizeof body, chat, cases[i].more);
        snprintf(request, sizeof request,
                 "POST /v1/chat/completions HTTP/1.0\r\n%sContent-Length: %zu\r\n\r\n%s",
                 cases[i].header, strlen(body), body);
        mock_client_send_text(c, request);
        mock_client_wait(c, cases[i].said, 1);
        if (cases[i].ends) {
            mock_client_wait_end(c);
        } else { /* and it does stay */
            mock_client_send_text(c, request);
            mock_client_wait(c, cases[i].said, 2);
        }
        mock_client_close(c);
    }
    mock_rig_close(&w);
}

/* RFC 9112, section 6.1: it would take the sizes for text. Token by token, and all at once. */
static void http_1_0_gets_a_stream_without_chunks(void **state)
{
    (void)state;
    static const char body[] = "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":"
                               "\"user\",\"content\":\"One two.\"}]}";
    static const double rates[] = { 0, 1000 };
    for (size_t i = 0; i < 2; i++) {
        char request[512];
        mock_rig w;
        const mock_options options = { .token_rate = rates[i], .times = true };
        mock_rig_open_with(&w, &options);
        mock_client *c = mock_rig_connect(&w);
        snprintf(request, sizeof request,
                 "POST /v1/chat/completions HTTP/1.0\r\nConnection: keep-alive\r\n"
                 "Content-Length: %zu\r\n\r\n%s",
                 strlen(body), body);
        mock_client_send_text(c, request);
        mock_client_wait_end(c);
        assert_null(strstr(c->got, "transfer-encoding"));
        const char *head_end = strstr(c->got, "\r\n\r\n");
        assert_non_null(head_end);
        assert_memory_equal(head_end + 4, "data: {", 7);
        assert_null(strchr(head_end + 4, '\r'));
        assert_non_null(strstr(head_end, "\n\n: x-mock-times "));
        assert_string_equal(c->got + strlen(c->got) - 14, "data: [DONE]\n\n");
        mock_client_close(c);
        mock_rig_close(&w);
    }
}

static void expect_continue_is_answered_before_the_body(void **state)
{
    (void)state;
    mock_rig w;
    mock_rig_open(&w, NULL, NULL);
    mock_client *c = mock_rig_connect(&w);
    char head[200];
    snprintf(head, sizeof head,
             "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
             "Content-Length: %zu\r\n\r\n",
             strlen(MOCK_RIG_CHAT));
    mock_client_send_text(c, head);
    mock_client_wait(c, "HTTP/1.1 100 Continue\r\n\r\n", 1);
    assert_null(strstr(c->got, "200 OK"));
    mock_client_send_text(c, MOCK_RIG_CHAT);
    mock_client_wait(c, "}\n", 1);
    assert_non_null(strstr(c->got, "200 OK"));
    assert_int_equal(mock_client_count(c, "100 Continue"), 1);
    mock_client_close(c);
    mock_rig_close(&w);
}

static void wrong_requests_get_openais_error_form(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *body, *status, *code;
    } cases[] = {
        { "POST", "/v1/chat/completions", "{\"model\":", "400 Bad Request", NULL },
        { "POST", "/v1/chat/completions", "{\"model\":\"m\"}", "400 Bad Request",
          "missing_required_parameter" },
        { "POST", "/v1/chat/completions", "{\"messages\":[]}", "400 Bad Request", NULL },
        { "POST", "/v1/chat/completions", "{\"model\":\"m\",\"messages\":[]}", "400 Bad Request",
          "empty_array" },
        { "POST", "/v1/embeddings", "{\"model\":\"m\"}", "400 Bad Request",
          "missing_required_parameter" },
        { "POST", "/v1/embeddings", "{\"model\":\"m\",\"input\":\"\"}", "400 Bad Request",
          "invalid_value" },
        { "POST", "/v1/embeddings", "{\"model\":\"m\",\"input\":[\"a\",\"\"]}", "400 Bad Request",
          "invalid_value" },
        { "POST", "/v1/nothing", "{}", "404 Not Found", NULL },
        { "POST", "/v1/models", "{}", "405 Method Not Allowed", "method_not_supported" },
        { "GET", "/v1/chat/completions", "", "405 Method Not Allowed", "method_not_supported" },
        { "BREW", "/v1/models", "", "405 Method Not Allowed", "method_not_supported" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mock_rig w;
        mock_rig_open(&w, NULL, "429:100%"); /* a wrong request is refused, not limited */
        mock_client *c = mock_rig_connect(&w);
        char request[600];
        snprintf(request, sizeof request,
                 "%s %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
                 cases[i].method, cases[i].path, strlen(cases[i].body), cases[i].body);
        mock_client_send_text(c, request);
        mock_client_wait_end(c);
        assert_non_null(strstr(c->got, cases[i].status));
        gl_json error = gl_json_get(mock_client_body(c), "error"),
                code = gl_json_get(error, "code");
        assert_int_equal(gl_json_get(error, "message").kind, GL_JSON_STRING);
        assert_true(gl_json_string_is(gl_json_get(error, "type"), "invalid_request_error"));
        if (cases[i].code == NULL)
            assert_int_equal(code.kind, GL_JSON_NULL);
        else
            assert_true(gl_json_string_is(code, cases[i].code));
        mock_client_close(c);
        mock_rig_close(&w);
    }
}

/* The whole answer to a request without a body, asked on a connection of its own. */
static mock_client *ask(mock_rig *w, const char *method, const char *path, const char *headers)
{
    char request[600];
    mock_client *c = mock_rig_connect(w);
    snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%s\r\n",
             method, path, headers);
    mock_client_send_text(c, request);
    mock_client_wait_end(c);
    return c;
}

static void head_has_the_headers_of_get_and_no_body(void **state)
{
    (void)state;
    mock_rig w;
    mock_rig_open(&w, NULL, NULL);
    mock_client *get = ask(&w, "GET", "/v1/models", "");
    mock_client *head = ask(&w, "HEAD", "/v1/models", "");
    assert_string_equal(head->got + head->len - 4, "\r\n\r\n");
    assert_non_null(strstr(head->got, "200 OK"));
    const char *length = strstr(get->got, "\r\ncontent-length: ");
    assert_non_null(length);
    const char *end = strstr(length + 2, "\r\n");
    char line[64];
    snprintf(line, sizeof line, "%.*s", (int)(end + 2 - length), length);
    assert_non_null(strstr(head->got, line));
    mock_client_close(get);
    mock_client_close(head);
    mock_rig_close(&w);
}

static void a_405_names_the_methods_of_the_path(void **state)
{
    (void)state;
    static const struct {
        const char *method, *path, *allow;
    } cases[] = {
        { "HEAD", "/v1/chat/completions", "\r\nallow: POST, OPTIONS\r\n" },
        { "PUT", "/v1/models", "\r\nallow: GET, HEAD, OPTIONS\r\n" },
        { "PATCH", "/v1/files", "\r\nallow: GET, HEAD, POST, OPTIONS\r\n" },
        { "POST", "/v1/files/file-1", "\r\nallow: GET, HEAD, DELETE, OPTIONS\r\n" },
        { "GET", "/batches/batch_1/cancel", "\r\nallow: POST, OPTIONS\r\n" },
    };
    mock_rig w;
    mock_rig_open(&w, NULL, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        mock_client *c = ask(&w, cases[i].method, cases[i].path, "");
        assert_non_null(strstr(c->got, "405 Method Not Allowed"));
        assert_non_null(strstr(c->got, cases[i].allow));
        mock_client_close(c);
    }
    mock_client *c = ask(&w, "GET", "/v1/files/a/b/content", ""); /* an id is one segment */
    assert_non_null(strstr(c->got, "404 Not Found"));
    assert_null(strstr(c->got, "\r\nallow:"));
    mock_client_close(c);
    mock_rig_close(&w);
}

static void a_page_of_any_origin_may_ask(void **state)
{
    (void)state;
    mock_rig w;
    mock_rig_open(&w, NULL, NULL);
    mock_client *c = ask(&w, "OPTIONS", "/v1/chat/completions",
                         "Origin: http://page.example\r\n"
                         "Access-Control-Request-Method: POST\r\n"
                         "Access-Control-Request-Headers: authorization,content-type\r\n");
    assert_non_null(strstr(c->got, "HTTP/1.1 204 No Content\r\n"));
    assert_non_null(strstr(c->got, "\r\nallow: POST, OPTIONS\r\n"));
    assert_non_null(strstr(c->got, "\r\naccess-control-allow-origin: *\r\n"));
    assert_non_null(strstr(c->got, "\r\naccess-control-allow-headers: *, authorization\r\n"));
    assert_null(strstr(c->got, "content-length")); /* RFC 9110 section 8.6: none in a 204 */
    mock_client_close(c);
    c = ask(&w, "GET", "/v1/models", "Origin: http://page.example\r\n");
    assert_non_null(strstr(c->got, "\r\naccess-control-allow-origin: *\r\n"));
    mock_client_close(c);
    c = ask(&w, "GET", "/v1/models", "");
    assert_null(strstr(c->got, "access-control"));
    mock_client_close(c);
    c = ask(&w, "OPTIONS", "/v1/nothing", "");
    assert_non_null(strstr(c->got, "404 Not Found"));
    mock_client_close(c);
    mock_rig_close(&w);
}

static void broken_http_is_refused_and_the_connection_closed(void **state)
{
    (void)state;
    mock_rig w;
    mock_rig_open(&w, NULL, NULL);
    mock_client *c = mock_rig_connect(&w);
    mock_client_send_text(
        c, "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: 999999999\r\n\r\n"
           "more than is read");
    mock_client_wait_end(c);
    assert_non_null(strstr(c->got, "HTTP/1.1 413 "));
    assert_non_null(strstr(c->got, "\r\nconnection: close\r\n"));
    assert_false(c->reset);
    mock_client_close(c);
    assert_int_equal(mock_rig_stat(&w, NULL, "requests"), 0);
    mock_rig_close(&w);
}

static void refused_options_are_named(void **state)
{
    (void)state;
    static const struct {
        mock_options options;
        const char *start;
    } cases[] = {
        { { .latency = "soon" }, "latency: " },
        { { .fault = "429" }, "fault: " },
        { { .outage = "5s" }, "outage: " },
        { { .quota_after = -1 }, "quota-after: " },
        { { .rpm = -1 }, "rpm: " },
        { { .tpm = INT64_MAX }, "tpm: " },
        { { .port = 70000 }, "port: " },
        { { .host = "256.1.1.1.1" }, "host: " },
    };
    struct event_base *base = event_base_new();
    assert_non_null(base);
    size_t live = gl_alloc_live();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char problem[300] = "";
        assert_null(mock_server_new(base, &cases[i].options, problem, sizeof problem));
        assert_int_equal(strncmp(problem, cases[i].start, strlen(cases[i].start)), 0);
        assert_int_equal(gl_alloc_live(), live);
    }
    event_base_free(base);
}

static void embeddings_come_in_both_encodings(void **state)
{
    (void)state;
    mock_rig w;
    mock_rig_open(&w, NULL, NULL);
    mock_client *c = mock_rig_connect(&w);
    mock_client_post(c, "/v1/embeddings", "{\"model\":\"e\",\"input\":[\"a\",\"b\",\"a\"]}");
    mock_client_wait(c, "}\n", 1);
    gl_json data = gl_json_get(mock_client_body(c), "data"), item[3];
    gl_json_iter iter = gl_json_begin(data);
    for (int i = 0; i < 3; i++) {
        assert_true(gl_json_next(&iter, NULL, &item[i]));
        assert_int_equal(mock_rig_number(item[i], "index"), i);
        item[i] = gl_json_get(item[i], "embedding");
        assert_int_equal(item[i].kind, GL_JSON_ARRAY);
    }
    assert_true(gl_slice_equal(item[0].text, item[2].text));
    assert_false(gl_slice_equal(item[0].text, item[1].text));
    mock_client_post(
        c, "/v1/embeddings",
        "{\"model\":\"e\",\"input\":\"a\",\"dimensions\":4,\"encoding_format\":\"base64\"}");
    mock_client_wait(c, "}\n", 2);
    iter = gl_json_begin(gl_json_get(mock_client_body(c), "data"));
    assert_true(gl_json_next(&iter, NULL, &item[0]));
    gl_json text = gl_json_get(item[0], "embedding");
    assert_int_equal(text.kind, GL_JSON_STRING);
    assert_int_equal(text.text.len, 24 + 2); /* 16 bytes in base64, and the quotes */
    mock_client_close(c);
    mock_rig_close(&w);
}

/* Each connection may bring as much as a file of a batch; all together, as much as is allowed. */
static void connections_share_a_bound_of_memory(void **state)
{
    (void)state;
    enum { CLIENTS = 8, SENT = 200000 };
    const mock_options options = { .memory = 1000000 };
    mock_rig w;
    mock_client *clients[CLIENTS];
    char *bytes = malloc(SENT);
    assert_non_null(bytes);
    memset(bytes, 'x', SENT);
    mock_rig_open_with(&w, &options);
    size_t refused = 0;
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = mock_rig_connect(&w);
        mock_client_send_text(clients[i], "POST /v1/chat/completions HTTP/1.1\r\nhost: m\r\n"
                                          "content-length: 10000000\r\n\r\n");
        mock_client_send(clients[i], bytes, SENT);
    }
    mock_client *asked = mock_rig_connect(&w);
    for (int tries = 0; refused == 0 && tries < 1000; tries++) {
        event_base_loop(w.base, EVLOOP_ONCE);
        for (size_t i = 0; i < CLIENTS; i++) refused += mock_client_count(clients[i], " 503 ");
    }
    assert_true(refused > 0);
    for (size_t i = 0; i < CLIENTS; i++) mock_client_close(clients[i]);
    mock_client_post(asked, "/v1/chat/completions", MOCK_RIG_CHAT); /* their room is free again */
    mock_client_wait(asked, " 200 OK", 1);
    mock_client_close(asked);
    mock_rig_close(&w);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chat_answer_has_the_shape_of_openais),
        cmocka_unit_test(the_answer_depends_on_nothing_but_the_request),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(a_request_may_come_byte_by_byte),
        cmocka_unit_test(http_1_0_is_told_whether_the_connection_stays),
        cmocka_unit_test(http_1_0_gets_a_stream_without_chunks),
        cmocka_unit_test(expect_continue_is_answered_before_the_body),
        cmocka_unit_test(wrong_requests_get_openais_error_form),
        cmocka_unit_test(head_has_the_headers_of_get_and_no_body),
        cmocka_unit_test(a_405_names_the_methods_of_the_path),
        cmocka_unit_test(a_page_of_any_origin_may_ask),
        cmocka_unit_test(broken_http_is_refused_and_the_connection_closed),
        cmocka_unit_test(refused_options_are_named),
        cmocka_unit_test(embeddings_come_in_both_encodings),
        cmocka_unit_test(connections_share_a_bound_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
