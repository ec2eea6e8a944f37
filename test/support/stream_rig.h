/* stream_rig.h - one engine at a scripted server: asks for a stream and keeps what it is told. */
#ifndef TEST_STREAM_RIG_H
#define TEST_STREAM_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <glimpse/glimpse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/time.h"
#include "fault_server.h"

#define KEY  "sk-test-0123456789abcdef"
#define BODY "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"}],\"stream\":true}"

#define HEAD                                                                                       \
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nx-request-id: r3\r\n"
/* Without a length the body ends with the connection. */
#define OPEN    HEAD "\r\n"
#define CHUNKED HEAD "Transfer-Encoding: chunked\r\n\r\n"
#define DELTA(t)                                                                                   \
    "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" t "\"}}]}\n\n"
#define STOP      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define DONE      "data: [DONE]\n\n"
#define END_STEPS { FAULT_END, NULL, 0 }

typedef struct rig {
    struct event_base *base;
    fault_server *server;
    glimpse_engine *engine;
    size_t live;
    glimpse_config config;
    char url[64];
    bool listens;
    int results, pieces;
    const glimpse_result *result;
    gl_buf text; /* what on_text said */
} rig;

static inline void rig_init(rig *r)
{
    signal(SIGPIPE, SIG_IGN);
    *r = (rig){ .live = gl_alloc_live(), .listens = true };
    gl_buf_init(&r->text, SIZE_MAX / 2);
    r->base = event_base_new();
    r->server = fault_server_new(r->base);
    snprintf(r->url, sizeof r->url, "http://127.0.0.1:%d/v1", fault_server_port(r->server));
    glimpse_config_init(&r->config);
    r->config.endpoint.base_url = r->url;
    r->config.endpoint.api_key = KEY;
    r->config.base_delay_ms = 1;
    r->config.max_attempts = 3;
    r->config.seed = 1;
    r->config.fallback_on = false;
}

static inline void on_text(glimpse_id id, const char *text, size_t len, void *arg)
{
    (void)id;
    rig *r = arg;
    r->pieces++;
    gl_buf_append(&r->text, text, len);
}

static inline void on_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    rig *r = arg;
    r->results++;
    glimpse_result_unref(r->result);
    r->result = glimpse_result_ref(result);
    event_base_loopbreak(r->base);
}

static inline const glimpse_result *ask_at(rig *r, const char *path, const char *body)
{
    int before = r->results;
    if (r->engine == NULL)
        assert_int_equal(glimpse_engine_new(r->base, &r->config, &r->engine, NULL), GLIMPSE_OK);
    glimpse_chat chat = { .body = body, .path = path };
    glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                  .on_text = r->listens ? on_text : NULL,
                                  .on_result = on_result };
    gl_buf_reset(&r->text);
    r->pieces = 0;
    glimpse_options options;
    glimpse_options_init(&options);
    options.arrivals = true;
    assert_int_equal(glimpse_submit_chat(r->engine, &chat, &options, &observer, r, NULL),
                     GLIMPSE_OK);
    const struct timeval limit = { 60, 0 };
    event_base_loopexit(r->base, &limit);
    event_base_dispatch(r->base);
    assert_int_equal(r->results, before + 1);
    assert_true(gl_buf_terminate(&r->text));
    return r->result;
}

static inline const glimpse_result *ask(rig *r, const fault_step *script)
{
    fault_server_play(r->server, script);
    return ask_at(r, NULL, BODY);
}

static inline void rig_end(rig *r)
{
    glimpse_engine_free(r->engine);
    glimpse_result_unref(r->result);
    fault_server_free(r->server);
    event_base_loop(r->base, EVLOOP_NONBLOCK);
    event_base_free(r->base);
    gl_buf_free(&r->text);
    assert_int_equal(gl_alloc_live(), r->live);
}

#endif
