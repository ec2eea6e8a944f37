/*
 * The mock server in this process, on one loop with plain sockets as clients. Nothing here sleeps:
 * a test turns the loop until what it waits for has come.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/time.h"
#include "mock/mock.h"

#define CHAT_BODY                                                                                  \
    "{\"model\":\"m-1\",\"messages\":[{\"role\":\"user\",\"content\":\"Summarize this.\\n\\nCats " \
    "sleep a lot. Dogs do not.\"}]}"

typedef struct world {
    struct event_base *base;
    mock_server *server;
    size_t live;
} world;

typedef struct client {
    struct event_base *base;
    struct event *event;
    int fd;
    char *got; /* NUL terminated */
    size_t len, capacity;
    bool ended, reset;
} client;

static void open_world(world *w, const char *latency, const char *fault)
{
    char problem[300];
    const mock_options options = { .latency = latency, .fault = fault, .seed = 5 };
    w->live = gl_alloc_live();
    struct event_config *config = event_config_new();
    assert_non_null(config);
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    w->base = event_base_new_with_config(config);
    event_config_free(config);
    assert_non_null(w->base);
    w->server = mock_server_new(w->base, &options, problem, sizeof problem);
    assert_non_null(w->server);
}

static void close_world(world *w)
{
    mock_server_free(w->server);
    event_base_free(w->base);
    assert_int_equal(gl_alloc_live(), w->live);
}

static void client_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    client *c = arg;
    char buffer[65536];
    ssize_t n = recv((int)fd, buffer, sizeof buffer, 0);
    if (n > 0) {
        if (c->len + (size_t)n >= c->capacity) {
            c->capacity = 2 * (c->len + (size_t)n) + 1;
            c->got = realloc(c->got, c->capacity);
            assert_non_null(c->got);
        }
        memcpy(c->got + c->len, buffer, (size_t)n);
        c->len += (size_t)n;
        c->got[c->len] = '\0';
    } else if (n == 0 || errno != EAGAIN) {
        c->ended = true;
        c->reset = n < 0 && errno == ECONNRESET;
        event_del(c->event);
    }
}

static client *connect_to(world *w)
{
    client *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->base = w->base;
    c->got = calloc(1, 1);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(c->fd >= 0);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)mock_server_port(w->server)),
                                   .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
    assert_int_equal(connect(c->fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(fcntl(c->fd, F_SETFL, O_NONBLOCK), 0);
    const int on = 1; /* or a request in two pieces waits 40 ms for an ACK */
    assert_int_equal(setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
    c->event = event_new(w->base, c->fd, EV_READ | EV_PERSIST, client_readable, c);
    assert_non_null(c->event);
    assert_int_equal(event_add(c->event, NULL), 0);
    return c;
}

static void disconnect(client *c)
{
    event_free(c->event);
    close(c->fd);
    free(c->got);
    free(c);
}

/* Sends all of it, turning the loop when the socket is full. */
static void send_bytes(client *c, const char *data, size_t len)
{
    while (len != 0) {
        ssize_t n = send(c->fd, data, len, MSG_NOSIGNAL);
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        } else {
            assert_true(n < 0 && errno == EAGAIN);
            event_base_loop(c->base, EVLOOP_ONCE);
        }
    }
}

static void send_text(client *c, const char *text)
{
    send_bytes(c, text, strlen(text));
}

/* memmem, since a sanitizer's strstr measures the whole rest of the text each time. */
static size_t count_of(const client *c, const char *what)
{
    size_t count = 0, len = strlen(what);
    const char *at = c->got, *end = c->got + c->len, *found;
    while ((found = memmem(at, (size_t)(end - at), what, len)) != NULL) {
        count++;
        at = found + len;
    }
    return count;
}

/* Turns the loop until the text came this often, or the connection ended. */
static void wait_for(client *c, const char *what, size_t times)
{
    while (!c->ended && count_of(c, what) < times) event_base_loop(c->base, EVLOOP_ONCE);
    assert_true(count_of(c, what) >= times);
}

static void wait_for_end(client *c)
{
    while (!c->ended) event_base_loop(c->base, EVLOOP_ONCE);
}

static void send_post(client *c, const char *path, const char *body)
{
    char head[200];
    snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", path,
             strlen(body));
    send_text(c, head);
    send_text(c, body);
}

/* The JSON body of the last answer that came. */
static gl_json body_of(const client *c)
{
    const char *at = c->got, *next;
    while ((next = strstr(at, "\r\n\r\n")) != NULL) at = next + 4;
    gl_json root;
    assert_int_equal(gl_json_check(gl_slice_str(at), &root, NULL), GL_JSON_OK);
    return root;
}

static int64_t number_of(gl_json object, const char *name)
{
    int64_t number = -1;
    assert_true(gl_json_int64(gl_json_get(object, name), &number));
    return number;
}

/* One number of the statistics, asked on a connection of its own. group may be NULL. */
static int64_t stat_of(world *w, const char *group, const char *name)
{
    client *c = connect_to(w);
    send_text(c, "GET /__mock/stats HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    wait_for_end(c);
    gl_json object = body_of(c);
    if (group != NULL) object = gl_json_get(object, group);
    gl_json value = gl_json_get(object, name);
    int64_t number = value.kind == GL_JSON_NONE ? 0 : number_of(object, name);
    disconnect(c);
    return number;
}

/* --- claims ----------------------------------------------------------------------------------- */

static void a_chat_answer_has_the_shape_of_openais(void **state)
{
    (void)state;
    world w;
    open_world(&w, NULL, NULL);
    client *c = connect_to(&w);
    send_post(c, "/v1/chat/completions", CHAT_BODY);
    wait_for(c, "}\n", 1);
    assert_non_null(strstr(c->got, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(c->got, "\r\nx-request-id: "));
    assert_non_null(strstr(c->got, "\r\ncontent-type: application/json\r\n"));
    assert_non_null(strstr(c->got, "\r\nopenai-processing-ms: 0\r\n"));
    assert_non_null(strstr(c->got, "\r\ndate: "));
    gl_json root = body_of(c), usage = gl_json_get(root, "usage"), choice;
    assert_true(gl_json_string_is(gl_json_get(root, "object"), "chat.completion"));
    assert_true(gl_json_string_is(gl_json_get(root, "model"), "m-1"));
    assert_true(number_of(root, "created") > 0);
    gl_json_iter iter = gl_json_begin(gl_json_get(root, "choices"));
    assert_true(gl_json_next(&iter, NULL, &choice));
    assert_true(gl_json_string_is(gl_json_get(choice, "finish_reason"), "stop"));
    gl_json message = gl_json_get(choice, "message");
    assert_true(gl_json_string_is(gl_json_get(message, "role"), "assistant"));
    assert_true(gl_json_string_is(gl_json_get(message, "content"), "Cats sleep a lot."));
    assert_int_equal(number_of(usage, "total_tokens"),
                     number_of(usage, "prompt_tokens") + number_of(usage, "completion_tokens"));
    assert_true(number_of(usage, "completion_tokens") > 0);
    disconnect(c);
    close_world(&w);
}

static void the_answer_depends_on_nothing_but_the_request(void **state)
{
    (void)state;
    char *bodies[2];
    for (int i = 0; i < 2; i++) {
        world w;
        open_world(&w, i == 0 ? NULL : "1ms", NULL);
        client *c = connect_to(&w);
        if (i == 1) { /* whatever came before */
            send_post(c, "/v1/embeddings", "{\"model\":\"e\",\"input\":[\"a\",\"b\"]}");
            wait_for(c, "}\n", 1);
        }
        send_post(c, "/v1/chat/completions", CHAT_BODY);
        wait_for(c, "chat.completion", 1);
        gl_json root = body_of(c);
        bodies[i] = strndup(root.text.data, root.text.len);
        disconnect(c);
        close_world(&w);
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
        world w;
        open_world(&w, latencies[l], NULL);
        client *c = connect_to(&w);
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
        send_text(c, all);
        wait_for(c, "}\n", REQUESTS);
        const char *at = c->got;
        for (int i = 0; i < REQUESTS; i++) {
            char content[32];
            snprintf(content, sizeof content, "\"content\":\"n%02d\"", i);
            at = strstr(at, content);
            assert_non_null(at);
        }
        disconnect(c);
        assert_int_equal(stat_of(&w, NULL, "requests"), REQUESTS);
        assert_int_equal(stat_of(&w, NULL, "distinct"), REQUESTS);
        assert_int_equal(stat_of(&w, "by_status", "200"), REQUESTS);
        assert_int_equal(stat_of(&w, NULL, "peak_in_flight"), 1);
        close_world(&w);
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
        world w;
        open_world(&w, NULL, NULL);
        client *c = connect_to(&w);
        for (size_t at = 0; at < strlen(requests[i]); at++) {
            send_bytes(c, requests[i] + at, 1);
            event_base_loop(w.base, EVLOOP_NONBLOCK);
        }
        wait_for(c, "}\n", 1);
        assert_non_null(strstr(c->got, "200 OK"));
        assert_non_null(strstr(c->got, "\"content\":\"Hi there.\""));
        disconnect(c);
        close_world(&w);
    }
}

static void expect_continue_is_answered_before_the_body(void **state)
{
    (void)state;
    world w;
    open_world(&w, NULL, NULL);
    client *c = connect_to(&w);
    char head[200];
    snprintf(head, sizeof head,
             "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
             "Content-Length: %zu\r\n\r\n",
             strlen(CHAT_BODY));
    send_text(c, head);
    wait_for(c, "HTTP/1.1 100 Continue\r\n\r\n", 1);
    assert_null(strstr(c->got, "200 OK"));
    send_text(c, CHAT_BODY);
    wait_for(c, "}\n", 1);
    assert_non_null(strstr(c->got, "200 OK"));
    assert_int_equal(count_of(c, "100 Continue"), 1);
    disconnect(c);
    close_world(&w);
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
          "invalid_type" },
        { "POST", "/v1/embeddings", "{\"model\":\"m\"}", "400 Bad Request",
          "missing_required_parameter" },
        { "POST", "/v1/nothing", "{}", "404 Not Found", NULL },
        { "POST", "/v1/models", "{}", "405 Method Not Allowed", "method_not_supported" },
        { "GET", "/v1/chat/completions", "", "405 Method Not Allowed", "method_not_supported" },
        { "BREW", "/v1/models", "", "405 Method Not Allowed", "method_not_supported" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        world w;
        open_world(&w, NULL, "429:100%"); /* a wrong request is refused, not limited */
        client *c = connect_to(&w);
        char request[600];
        snprintf(request, sizeof request,
                 "%s %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
                 cases[i].method, cases[i].path, strlen(cases[i].body), cases[i].body);
        send_text(c, request);
        wait_for_end(c);
        assert_non_null(strstr(c->got, cases[i].status));
        gl_json error = gl_json_get(body_of(c), "error"), code = gl_json_get(error, "code");
        assert_int_equal(gl_json_get(error, "message").kind, GL_JSON_STRING);
        assert_true(gl_json_string_is(gl_json_get(error, "type"), "invalid_request_error"));
        if (cases[i].code == NULL)
            assert_int_equal(code.kind, GL_JSON_NULL);
        else
            assert_true(gl_json_string_is(code, cases[i].code));
        disconnect(c);
        close_world(&w);
    }
}

static void head_is_refused_without_a_body(void **state)
{
    (void)state;
    world w;
    open_world(&w, NULL, NULL);
    client *c = connect_to(&w);
    send_text(c, "HEAD /v1/models HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    wait_for_end(c);
    assert_non_null(strstr(c->got, "405"));
    assert_non_null(strstr(c->got, "\r\nallow: GET\r\n"));
    assert_string_equal(c->got + c->len - 4, "\r\n\r\n");
    disconnect(c);
    close_world(&w);
}

static void broken_http_is_refused_and_the_connection_closed(void **state)
{
    (void)state;
    world w;
    open_world(&w, NULL, NULL);
    client *c = connect_to(&w);
    send_text(c, "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n"
                 "more than is read");
    wait_for_end(c);
    assert_non_null(strstr(c->got, "HTTP/1.1 413 "));
    assert_non_null(strstr(c->got, "\r\nconnection: close\r\n"));
    assert_false(c->reset);
    disconnect(c);
    assert_int_equal(stat_of(&w, NULL, "requests"), 0);
    close_world(&w);
}

static void each_fault_does_what_it_says(void **state)
{
    (void)state;
    static const struct {
        const char *list, *status, *code;
    } errors[] = { { "429:100%", "429", "rate_limit_exceeded" },
                   { "500:100%", "500", NULL },
                   { "503:100%", "503", "server_is_overloaded" } };
    for (size_t i = 0; i < 3; i++) {
        world w;
        open_world(&w, "5ms", errors[i].list);
        client *c = connect_to(&w);
        send_post(c, "/v1/chat/completions", CHAT_BODY);
        wait_for(c, "}}", 1);
        assert_true(strncmp(c->got + 9, errors[i].status, 3) == 0);
        gl_json code = gl_json_get(gl_json_get(body_of(c), "error"), "code");
        assert_true(errors[i].code == NULL ? code.kind == GL_JSON_NULL
                                           : gl_json_string_is(code, errors[i].code));
        assert_int_equal(stat_of(&w, "by_fault", errors[i].status), 1);
        assert_int_equal(stat_of(&w, "by_status", errors[i].status), 1);
        disconnect(c);
        close_world(&w);
    }

    world w;
    open_world(&w, "1ms", "reset:100%");
    client *c = connect_to(&w);
    send_post(c, "/v1/chat/completions", CHAT_BODY);
    wait_for_end(c);
    assert_true(c->reset);
    assert_int_equal(c->len, 0);
    disconnect(c);
    assert_int_equal(stat_of(&w, NULL, "requests"), 1);
    assert_int_equal(stat_of(&w, "by_fault", "reset"), 1);
    assert_int_equal(stat_of(&w, "by_status", "200"), 0);
    close_world(&w);

    open_world(&w, NULL, "truncate:100%");
    c = connect_to(&w);
    send_post(c, "/v1/chat/completions", CHAT_BODY);
    wait_for_end(c);
    const char *length = strstr(c->got, "content-length: "), *body = strstr(c->got, "\r\n\r\n");
    assert_non_null(length);
    assert_non_null(body);
    assert_int_equal(strlen(body + 4), strtoul(length + 16, NULL, 10) / 2);
    assert_false(c->reset);
    disconnect(c);
    close_world(&w);

    open_world(&w, NULL, "malformed:100%");
    c = connect_to(&w);
    send_post(c, "/v1/chat/completions", CHAT_BODY);
    send_post(c, "/v1/chat/completions", CHAT_BODY); /* the connection is still good */
    wait_for(c, "200 OK", 2);
    length = strstr(c->got, "content-length: ");
    body = strstr(c->got, "\r\n\r\n");
    assert_non_null(length);
    assert_non_null(body);
    gl_json root;
    gl_slice cut = gl_slice_of(body + 4, strtoul(length + 16, NULL, 10));
    assert_int_equal(gl_json_check(cut, &root, NULL), GL_JSON_CUT);
    assert_int_equal(strncmp(cut.data + cut.len, "HTTP/1.1 200", 12), 0);
    disconnect(c);
    close_world(&w);
}

static void a_hanging_request_ends_when_its_client_leaves(void **state)
{
    (void)state;
    world w;
    open_world(&w, NULL, "hang:100%");
    client *c = connect_to(&w);
    send_post(c, "/v1/chat/completions", CHAT_BODY);
    while (stat_of(&w, NULL, "requests") == 0) {
    }
    assert_int_equal(stat_of(&w, NULL, "open_connections"), 2); /* and the one that asks */
    assert_int_equal(c->len, 0);
    disconnect(c);
    while (stat_of(&w, NULL, "open_connections") != 1) {
    }
    assert_int_equal(stat_of(&w, "by_fault", "hang"), 1);
    close_world(&w);
}

/* Statuses of 200 sequential requests, as one text. */
static void fates(char *out, size_t size)
{
    world w;
    open_world(&w, NULL, "429:15%,500:5%,503:5%");
    client *c = connect_to(&w);
    for (size_t i = 0; i < 200; i++) {
        send_post(c, "/v1/chat/completions", CHAT_BODY);
        wait_for(c, "HTTP/1.1 ", i + 1);
    }
    wait_for(c, "\"object\":", 1);
    out[0] = '\0';
    for (const char *at = c->got; (at = strstr(at, "HTTP/1.1 ")) != NULL; at += 9)
        strncat(out, at + 9, size - strlen(out) - 1 < 3 ? 0 : 3);
    assert_int_equal(stat_of(&w, NULL, "requests"), 200);
    assert_int_equal(stat_of(&w, NULL, "distinct"), 1);
    assert_int_equal(stat_of(&w, "by_status", "200") + stat_of(&w, "by_status", "429") +
                         stat_of(&w, "by_status", "500") + stat_of(&w, "by_status", "503"),
                     200);
    assert_int_equal(stat_of(&w, "by_status", "429"), stat_of(&w, "by_fault", "429"));
    assert_in_range(stat_of(&w, "by_status", "429"), 10, 50); /* 30 expected */
    disconnect(c);
    close_world(&w);
}

static void the_same_seed_makes_the_same_faults(void **state)
{
    (void)state;
    static char first[1000], again[1000];
    fates(first, sizeof first);
    fates(again, sizeof again);
    assert_string_equal(first, again);
}

static void latency_is_kept_and_requests_overlap(void **state)
{
    (void)state;
    enum { CLIENTS = 50 };
    world w;
    open_world(&w, "30ms", NULL);
    client *clients[CLIENTS];
    gl_time start = gl_clock_now();
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = connect_to(&w);
        send_post(clients[i], "/v1/chat/completions", CHAT_BODY);
    }
    for (int i = 0; i < CLIENTS; i++) {
        wait_for(clients[i], "}\n", 1);
        assert_true(gl_clock_now() - start >= 30 * GL_MS);
        assert_non_null(strstr(clients[i]->got, "openai-processing-ms: 30\r\n"));
    }
    for (int i = 0; i < CLIENTS; i++) disconnect(clients[i]);
    assert_int_equal(stat_of(&w, NULL, "peak_in_flight"), CLIENTS);
    close_world(&w);
}

static void a_client_that_leaves_is_in_flight_no_more(void **state)
{
    (void)state;
    world w;
    open_world(&w, "3600s", NULL);
    for (int i = 0; i < 3; i++) {
        client *c = connect_to(&w);
        send_post(c, "/v1/chat/completions", CHAT_BODY);
        while (stat_of(&w, NULL, "requests") != i + 1) {
        }
        disconnect(c);
        while (stat_of(&w, NULL, "open_connections") != 1) {
        }
    }
    assert_int_equal(stat_of(&w, NULL, "peak_in_flight"), 1);
    close_world(&w);
}

static void a_client_that_does_not_read_holds_up_nobody(void **state)
{
    (void)state;
    world w;
    open_world(&w, NULL, NULL);
    client *slow = connect_to(&w), *other = connect_to(&w);
    event_del(slow->event);
    const int small = 65536; /* bytes of socket buffers; with much less TCP itself crawls */
    setsockopt(slow->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    setsockopt(slow->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    static const char request[] = "GET /v1/models HTTP/1.1\r\nHost: h\r\n\r\n";
    const size_t size = sizeof request - 1;
    size_t sent = 0, refused = 0; /* bytes; turns of the loop that made no room */
    while (refused < 100) {
        ssize_t n = send(slow->fd, request + sent % size, size - sent % size, MSG_NOSIGNAL);
        assert_true(n > 0 || errno == EAGAIN);
        if (n > 0) {
            sent += (size_t)n;
            refused = 0;
        } else {
            refused++;
            event_base_loop(w.base, EVLOOP_NONBLOCK);
        }
    }
    assert_true(sent / size > 100);
    send_post(other, "/v1/chat/completions", CHAT_BODY);
    wait_for(other, "}\n", 1);
    disconnect(other);
    event_add(slow->event, NULL);
    shutdown(slow->fd, SHUT_WR); /* a client that only reads on gets all it asked for */
    wait_for_end(slow);
    assert_false(slow->reset);
    assert_int_equal(count_of(slow, "HTTP/1.1 200 OK"), sent / size);
    disconnect(slow);
    close_world(&w);
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
    world w;
    open_world(&w, NULL, NULL);
    client *c = connect_to(&w);
    send_post(c, "/v1/embeddings", "{\"model\":\"e\",\"input\":[\"a\",\"b\",\"a\"]}");
    wait_for(c, "}\n", 1);
    gl_json data = gl_json_get(body_of(c), "data"), item[3];
    gl_json_iter iter = gl_json_begin(data);
    for (int i = 0; i < 3; i++) {
        assert_true(gl_json_next(&iter, NULL, &item[i]));
        assert_int_equal(number_of(item[i], "index"), i);
        item[i] = gl_json_get(item[i], "embedding");
        assert_int_equal(item[i].kind, GL_JSON_ARRAY);
    }
    assert_true(gl_slice_equal(item[0].text, item[2].text));
    assert_false(gl_slice_equal(item[0].text, item[1].text));
    send_post(c, "/v1/embeddings",
              "{\"model\":\"e\",\"input\":\"a\",\"dimensions\":4,\"encoding_format\":\"base64\"}");
    wait_for(c, "}\n", 2);
    iter = gl_json_begin(gl_json_get(body_of(c), "data"));
    assert_true(gl_json_next(&iter, NULL, &item[0]));
    gl_json text = gl_json_get(item[0], "embedding");
    assert_int_equal(text.kind, GL_JSON_STRING);
    assert_int_equal(text.text.len, 24 + 2); /* 16 bytes in base64, and the quotes */
    disconnect(c);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chat_answer_has_the_shape_of_openais),
        cmocka_unit_test(the_answer_depends_on_nothing_but_the_request),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(a_request_may_come_byte_by_byte),
        cmocka_unit_test(expect_continue_is_answered_before_the_body),
        cmocka_unit_test(wrong_requests_get_openais_error_form),
        cmocka_unit_test(head_is_refused_without_a_body),
        cmocka_unit_test(broken_http_is_refused_and_the_connection_closed),
        cmocka_unit_test(each_fault_does_what_it_says),
        cmocka_unit_test(a_hanging_request_ends_when_its_client_leaves),
        cmocka_unit_test(the_same_seed_makes_the_same_faults),
        cmocka_unit_test(latency_is_kept_and_requests_overlap),
        cmocka_unit_test(a_client_that_leaves_is_in_flight_no_more),
        cmocka_unit_test(a_client_that_does_not_read_holds_up_nobody),
        cmocka_unit_test(refused_options_are_named),
        cmocka_unit_test(embeddings_come_in_both_encodings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
