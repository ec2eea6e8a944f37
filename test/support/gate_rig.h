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
#include "gateway/gateway.h"
#include "http/listen.h"
#include "mock_rig.h"

typedef struct gate_rig {
    mock_rig mock;
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
    event_base_loop(g->mock.base, EVLOOP_NONBLOCK);
    event_base_loop(g->mock.base, EVLOOP_NONBLOCK);
    mock_rig_close(&g->mock);
    assert_int_equal(gl_alloc_live(), g->live);
}

static inline mock_client *gate_rig_connect(gate_rig *g)
{
    return mock_client_open(g->mock.base, g->port);
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

#endif
