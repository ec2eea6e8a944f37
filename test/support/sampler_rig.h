/*
 * sampler_rig.h - an engine with the OpenAI sampler in front of the scripted server, for the tests
 * in net/ that look at what it sends and what it makes of what comes back.
 */
#ifndef TEST_SAMPLER_RIG_H
#define TEST_SAMPLER_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <glimpse/glimpse.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "fault_server.h"

#define KEY "sk-test-0123456789abcdef"

typedef struct rig {
    struct event_base *base;
    fault_server *server;
    glimpse_engine *engine;
    size_t live;
    glimpse_config config;
    char url[64];
    const char *path; /* NULL: chat completions */
    int results;
    const glimpse_result *result;
} rig;

static inline void rig_init(rig *r)
{
    signal(SIGPIPE, SIG_IGN);
    *r = (rig){ .live = gl_alloc_live() };
    r->base = event_base_new();
    r->server = fault_server_new(r->base);
    assert_non_null(r->server);
    snprintf(r->url, sizeof r->url, "http://127.0.0.1:%d/v1", fault_server_port(r->server));
    glimpse_config_init(&r->config);
    r->config.endpoint.base_url = r->url;
    r->config.max_attempts = 1;
    r->config.seed = 1;
    r->config.fallback_on = false;
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

static inline glimpse_id rig_submit(rig *r, const char *body)
{
    if (r->engine == NULL)
        assert_int_equal(glimpse_engine_new(r->base, &r->config, &r->engine, NULL), GLIMPSE_OK);
    glimpse_chat chat = { .body = body, .path = r->path };
    glimpse_observer observer = { .size = sizeof(glimpse_observer), .on_result = on_result };
    glimpse_id id;
    assert_int_equal(glimpse_submit_chat(r->engine, &chat, NULL, &observer, r, &id), GLIMPSE_OK);
    return id;
}

static inline const glimpse_result *rig_ask(rig *r, const char *body)
{
    int before = r->results;
    rig_submit(r, body);
    const struct timeval limit = { 60, 0 };
    event_base_loopexit(r->base, &limit);
    event_base_dispatch(r->base);
    assert_int_equal(r->results, before + 1);
    return r->result;
}

static inline void rig_end(rig *r)
{
    glimpse_engine_free(r->engine); /* may still tell results */
    glimpse_result_unref(r->result);
    fault_server_free(r->server);
    event_base_loop(r->base, EVLOOP_NONBLOCK);
    event_base_free(r->base);
    assert_int_equal(gl_alloc_live(), r->live);
}

/* The response that the server will give from now on. */
static inline void rig_answer(rig *r, int status, const char *body)
{
    static char text[4096];
    static fault_step script[2];
    snprintf(text, sizeof text,
             "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nx-request-id: r7\r\n"
             "Content-Length: %zu\r\n\r\n%s",
             status, strlen(body), body);
    script[0] = (fault_step){ FAULT_SEND, text, 0 };
    script[1] = (fault_step){ FAULT_END, NULL, 0 };
    fault_server_play(r->server, script);
}

static inline bool sent(const rig *r, const char *line)
{
    const fault_request *request =
        fault_server_request(r->server, fault_server_requests(r->server) - 1);
    return strcasestr(request->head, line) != NULL;
}

#define ANSWER(text)                                                                               \
    "{\"model\":\"m1\",\"choices\":[{\"message\":{\"content\":\"" text                             \
    "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"total_tokens\":3}}"

static inline void assert_nowhere(const glimpse_result *result, const char *secret)
{
    size_t len;
    char *record = NULL;
    assert_int_equal(glimpse_result_to_json(result, NULL, &record, &len), GLIMPSE_OK);
    assert_null(memmem(record, len, secret, strlen(secret)));
    glimpse_free(record);
    assert_null(strstr(glimpse_result_error_message(result), secret));
    assert_null(strstr(glimpse_result_error_code(result), secret));
    const char *body = glimpse_result_body(result, &len);
    assert_null(memmem(body, len, secret, strlen(secret)));
    assert_true(len > 0);
}

#endif
