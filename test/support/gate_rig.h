/*
 * gate_rig.h - a gateway in this process, in front of an engine, in front of the mock server; its
 * clients are plain sockets on the same loop. Include after cmocka.h.
 */
#ifndef TEST_GATE_RIG_H
#define TEST_GATE_RIG_H

#include <glimpse/glimpse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "fault_server.h"
#include "gateway/gateway.h"
#include "http/listen.h"
#include "mock_rig.h"

#define GATE_CHAT "/v1/chat/completions"
/* Bodies: a stream with these words, with its usage too, and a plain request. */
#define GATE_MESSAGES(words) "\"messages\":[{\"role\":\"user\",\"content\":\"" words "\"}]}"
#define GATE_STREAM(words)   "{\"model\":\"m-1\",\"stream\":true," GATE_MESSAGES(words)
#define GATE_USAGE(words)                                                                          \
    "{\"model\":\"m-1\",\"stream\":true,\"stream_options\":{\"include_usage\":true}"               \
    "," GATE_MESSAGES(words)
#define GATE_PLAIN(words) "{\"model\":\"m-1\"," GATE_MESSAGES(words)

/* What a scripted endpoint sends: the head of a stream without a length, and events. */
#define GATE_SSE_HEAD "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
#define GATE_DELTA(t)                                                                              \
    "data: {\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" t "\"}}]}\n\n"
#define GATE_STOP "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define GATE_DONE "data: [DONE]\n\n"

typedef struct gate_rig {
    mock_rig mock;
    fault_server *endpoint; /* in the mock's place, or NULL */
    glimpse_config engine_config;
    glimpse_engine *engine;
    gateway_config config;
    gateway *gate;
    char url[64];
    int port;
    size_t live;
} gate_rig;

/* Change engine_config and config, then gate_rig_open. */
static inline void gate_rig_init(gate_rig *g, const mock_options *options)
{
    signal(SIGPIPE, SIG_IGN);
    *g = (gate_rig){ .live = gl_alloc_live() };
    mock_rig_open_with(&g->mock, options);
    snprintf(g->url, sizeof g->url, "http://127.0.0.1:%d/v1", mock_server_port(g->mock.server));
    glimpse_config_init(&g->engine_config);
    g->engine_config.endpoint.base_url = g->url;
    g->engine_config.endpoint.api_key = "sk-of-the-endpoint-0123456789";
    g->engine_config.endpoint.answer_headers = gateway_answer_headers;
    g->engine_config.endpoint.answer_header_count = gateway_answer_header_count;
    g->engine_config.fallback_on = false;
    g->engine_config.breaker = GLIMPSE_BREAKER_FAIL;
    g->engine_config.base_delay_ms = 1;
    g->engine_config.seed = 5;
    g->config = (gateway_config){ .base = g->mock.base,
                                  .endpoint = &g->engine_config.endpoint,
                                  .max_body = 1 << 20,
                                  .max_connections = 1000,
                                  .queue = 1000,
                                  .queue_timeout_ms = 60000 };
}

/* Puts a scripted endpoint in the mock's place. Before gate_rig_open. */
static inline void gate_rig_script(gate_rig *g, const fault_step *script)
{
    g->endpoint = fault_server_new(g->mock.base);
    fault_server_play(g->endpoint, script);
    snprintf(g->url, sizeof g->url, "http://127.0.0.1:%d/v1", fault_server_port(g->endpoint));
}

static inline void gate_rig_open(gate_rig *g)
{
    char problem[200];
    assert_int_equal(glimpse_engine_new(g->mock.base, &g->engine_config, &g->engine, NULL),
                     GLIMPSE_OK);
    g->config.engine = g->engine;
    g->config.max_attempts = g->engine_config.max_attempts;
    g->gate = gateway_new(&g->config);
    assert_non_null(g->gate);
    int fd = httpd_listen_tcp("127.0.0.1", 0, problem, sizeof problem);
    g->port = httpd_port_of(fd);
    assert_true(gateway_listen(g->gate, fd));
}

static inline void gate_rig_close(gate_rig *g)
{
    gateway_close(g->gate);
    glimpse_engine_free(g->engine);
    gateway_free(g->gate);
    if (g->endpoint != NULL) fault_server_free(g->endpoint);
    event_base_loop(g->mock.base, EVLOOP_NONBLOCK);
    event_base_loop(g->mock.base, EVLOOP_NONBLOCK);
    mock_rig_close(&g->mock);
    assert_int_equal(gl_alloc_live(), g->live);
}

static inline mock_client *gate_rig_connect(gate_rig *g)
{
    return mock_client_open(g->mock.base, g->port);
}

/* A gateway in front of the mock with these faults; of a scripted endpoint. */
static inline void gate_rig_mock(gate_rig *g, const char *fault)
{
    gate_rig_init(g, &(mock_options){ .fault = fault, .seed = 5 });
    gate_rig_open(g);
}

static inline void gate_rig_scripted(gate_rig *g, const fault_step *script)
{
    gate_rig_init(g, &(mock_options){ .seed = 5 });
    gate_rig_script(g, script);
    gate_rig_open(g);
}

/* Turns the loop; a turn waits for nothing. */
static inline void gate_rig_turn(gate_rig *g, int turns)
{
    while (turns-- > 0) event_base_loop(g->mock.base, EVLOOP_NONBLOCK);
}

/* A client that asks a question of its own. */
static inline mock_client *gate_rig_ask_own(gate_rig *g, int number)
{
    char body[100];
    mock_client *c = gate_rig_connect(g);
    snprintf(body, sizeof body,
             "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"%d\"}]}", number);
    mock_client_post(c, "/v1/chat/completions", body);
    return c;
}

/* Forgets what came. */
static inline void gate_client_forget(mock_client *c)
{
    c->len = 0;
    c->got[0] = '\0';
}

/* Waits for a whole answer with a length. */
static inline void gate_client_whole(mock_client *c)
{
    mock_client_wait(c, "\r\n\r\n", 1);
    const char *length = strcasestr(c->got, "\r\ncontent-length: ");
    assert_non_null(length);
    size_t head = (size_t)(strstr(c->got, "\r\n\r\n") + 4 - c->got);
    size_t body = strtoul(length + strlen("\r\ncontent-length: "), NULL, 10);
    while (c->len < head + body) event_base_loop(c->base, EVLOOP_ONCE);
    assert_int_equal(c->len, head + body);
}

static inline int gate_client_status(const mock_client *c)
{
    return (int)strtol(c->got + strlen("HTTP/1.1 "), NULL, 10);
}

/* Asks on this connection, and waits for a whole answer with a length. Returns its status. */
static inline int gate_client_ask(mock_client *c, const char *path, const char *headers,
                                  const char *body)
{
    gate_client_forget(c);
    mock_client_post_with(c, path, headers, body);
    gate_client_whole(c);
    return gate_client_status(c);
}

/* Returns the body of the answer that came. */
static inline const char *gate_client_body(const mock_client *c)
{
    return strstr(c->got, "\r\n\r\n") + 4;
}

/* The line "name: value" stands in the head that came. */
static inline bool gate_client_has(const mock_client *c, const char *line)
{
    char wanted[300];
    snprintf(wanted, sizeof wanted, "\r\n%s\r\n", line);
    const char *found = strcasestr(c->got, wanted);
    return found != NULL && found < gate_client_body(c);
}

/* The head has a header whose name begins so. */
static inline bool gate_client_names(const mock_client *c, const char *name)
{
    char wanted[100];
    snprintf(wanted, sizeof wanted, "\r\n%s", name);
    const char *found = strcasestr(c->got, wanted);
    return found != NULL && found < gate_client_body(c);
}

/* --- streams --- */

static inline bool gate_client_ends_with(const mock_client *c, const char *end)
{
    size_t len = strlen(end);
    return c->len >= len && memcmp(c->got + c->len - len, end, len) == 0;
}

/* Waits for the end of a chunked answer, and gives its body with the chunks joined: the caller's.
 */
static inline char *gate_client_joined(mock_client *c)
{
    while (!gate_client_ends_with(c, "\r\n0\r\n\r\n") && !c->ended && !c->reset)
        event_base_loop(c->base, EVLOOP_ONCE);
    const char *at = strstr(c->got, "\r\n\r\n") + 4;
    char *body = calloc(1, c->len + 1), *to = body;
    for (;;) {
        char *end;
        size_t len = strtoul(at, &end, 16);
        if (len == 0 || end == at) break;
        memcpy(to, end + 2, len);
        to += len;
        at = end + 2 + len + 2;
    }
    return body;
}

/* Cuts off the last comment. */
static inline void gate_without_comment(char *body)
{
    char *comment = strstr(body, ": glimpse-status=");
    assert_non_null(comment);
    *comment = '\0';
}

/* Asks for a stream, and gives all of it: the caller's. */
static inline char *gate_client_stream(mock_client *c, const char *path, const char *body)
{
    gate_client_forget(c);
    mock_client_post(c, path, body);
    return gate_client_joined(c);
}

#endif
