/* S7: the caller's key never goes to the endpoint, and the endpoint's never to a caller, whatever
 * the endpoint does with it; and neither is in a log, an entry of the access log or a metric. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glimpse/metrics.h>

#include "gate_keys.h"

#define OURS    "sk-of-the-endpoint-0123456789"
#define THEIRS  "key-a"
#define NOT_SET "key-z-wrong-and-secret"

/* Each word that the process wrote down. */
typedef struct sinks {
    gl_buf text;
} sinks;

static void log_event(const glimpse_log_event *event, void *arg)
{
    sinks *all = arg;
    char line[4096];
    glimpse_log_format_json(event, 0, line, sizeof line);
    gl_buf_append_str(&all->text, line);
    gl_buf_append_char(&all->text, '\n');
}

static void keep_entry(const gateway_entry *entry, void *arg)
{
    sinks *all = arg;
    const char *const texts[] = { entry->kind, entry->caller,      entry->code,
                                  entry->peer, entry->upstream_id, entry->endpoint };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i] != NULL) gl_buf_append_str(&all->text, texts[i]);
    gl_buf_append(&all->text, entry->model.data, entry->model.len);
    gl_buf_append_char(&all->text, '\n');
}

/* An endpoint that repeats its key wherever it can. */
static const char *const echoes[] = {
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: " OURS
    "\r\nopenai-version: " OURS "\r\nSet-Cookie: k=" OURS "\r\nx-ratelimit-reset-tokens: " OURS
    "\r\nContent-Length: 99\r\n\r\n{\"choices\":[{\"message\":{\"content\":\"it is " OURS
    "\"},\"finish_reason\":\"stop\"}] }",
    "HTTP/1.1 400 X\r\nContent-Type: application/json\r\nContent-Length: 77\r\n\r\n"
    "{\"error\":{\"message\":\"your key " OURS "\",\"code\":\"bad\"}}  ",
    "HTTP/1.1 401 X\r\nContent-Type: application/json\r\nWWW-Authenticate: " OURS
    "\r\nContent-Length: 77\r\n\r\n"
    "{\"error\":{\"message\":\"your key " OURS "\",\"code\":\"bad\"}}  ",
    "HTTP/1.1 429 X\r\nretry-after: 600\r\nContent-Type: text/plain\r\nContent-Length: "
    "29\r\n\r\n" OURS,
    "HTTP/1.1 500 X\r\nContent-Type: text/html\r\nContent-Length: 29\r\n\r\n" OURS,
    "HTTP/1.1 302 X\r\nLocation: https://evil.example/" OURS "\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"it is " OURS "\"}}]}\n\n: " OURS
    "\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
    "data: [DONE]\n\n",
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"it is \"}}]}\n\n"
    "data: {\"error\":{\"message\":\"your key " OURS "\"}}\n\n",
    "no HTTP at all, but " OURS "\r\n\r\n",
};

static const char *const spelled[] = {
    "Authorization: Bearer key-a\r\n",
    "authorization: bearer key-a\r\n",
    "AUTHORIZATION:Bearer  key-a\r\n",
    "X-Api-Key: key-a\r\n",
    "x-api-key:key-a\r\n",
    "api-key: key-a\r\n",
    "Api-Key: key-a\r\nCookie: key-a\r\nX-Goog-Api-Key: key-a\r\n"
    "Proxy-Authorization: Bearer key-a\r\n"
    "Ocp-Apim-Subscription-Key: key-a\r\n"
};

static void assert_lacks(const char *text, const char *word, const char *where)
{
    if (strstr(text, word) != NULL) fail_msg("%s is in %s: %s", word, where, text);
}

/* One request on a connection of its own; all that came, to its end. */
static void ask(gate_rig *g, const char *method, const char *path, const char *headers,
                const char *body)
{
    char head[600];
    mock_client *c = gate_rig_connect(g);
    snprintf(head, sizeof head,
             "%s %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n",
             method, path, headers, strlen(body));
    mock_client_send_text(c, head);
    mock_client_send_text(c, body);
    mock_client_wait_end(c);
    assert_true(c->len > 0);
    assert_lacks(c->got, OURS, "an answer");
    assert_lacks(c->got, THEIRS, "an answer");
    assert_lacks(c->got, NOT_SET, "an answer");
    mock_client_close(c);
}

static const struct {
    const char *path, *body;
} asked[] = {
    { GATE_CHAT, "\"model\":\"m\",\"messages\":[]}" },
    { GATE_CHAT, "\"model\":\"m\",\"stream\":true,\"messages\":[]}" },
    { "/v1/completions", "\"model\":\"m\",\"prompt\":\"a\"}" },
    { "/v1/embeddings", "\"model\":\"m\",\"input\":\"a\"}" },
    { "/v1/responses", "\"model\":\"m\",\"input\":\"a\"}" },
};

static void ask_all(gate_rig *g, int *number)
{
    for (size_t i = 0; i < sizeof spelled / sizeof *spelled; i++) {
        for (size_t k = 0; k < sizeof asked / sizeof *asked; k++) {
            char body[200];
            snprintf(body, sizeof body, "{\"n\":%d,%s", ++*number, asked[k].body);
            ask(g, "POST", asked[k].path, spelled[i], body);
        }
        ask(g, "GET", "/v1/models", spelled[i], "");
        ask(g, "GET", "/v1/models/key-m", spelled[i], "");
        ask(g, "GET", "/v1/nothing?key=" NOT_SET, spelled[i], "");
        ask(g, "POST", GATE_CHAT, spelled[i], "{");
        ask(g, "PUT", GATE_CHAT, spelled[i], "{}");
    }
    ask(g, "POST", GATE_CHAT, "Authorization: Bearer " NOT_SET "\r\n", "{}");
    ask(g, "POST", GATE_CHAT, A "x-api-key: " NOT_SET "\r\n", "{}");
}

static void s7_no_key_passes_to_the_other_side_nor_into_any_record(void **state)
{
    (void)state;
    static const char *const members[] = { "" };
    int number = 0;
    for (size_t e = 0; e < sizeof echoes / sizeof *echoes; e++) {
        gate_rig g;
        sinks all;
        const fault_step script[] = { { FAULT_SEND, echoes[e], 0 },
                                      { FAULT_CLOSE, NULL, 0 },
                                      { FAULT_END, NULL, 0 } };
        gl_buf_init(&all.text, SIZE_MAX / 2);
        gate_rig_init(&g, &(mock_options){ .seed = 5 });
        gate_rig_script(&g, script);
        g.engine_config.max_attempts = 2;
        g.engine_config.max_retry_after_ms = 10;
        g.engine_config.breaker = GLIMPSE_BREAKER_OFF; /* all that is asked is sent */
        g.engine_config.log = log_event;
        g.engine_config.log_arg = &all;
        g.engine_config.log_level = GLIMPSE_LOG_DEBUG;
        g.config.keys = true;
        g.config.ended = keep_entry;
        g.config.ended_arg = &all;
        g.config.salts = 3;
        gate_rig_open(&g);
        gate_keys_load(&g, members, 1);
        ask_all(&g, &number);
        assert_true(fault_server_requests(g.endpoint) >= 35);
        for (size_t i = 0; i < fault_server_requests(g.endpoint); i++) {
            const fault_request *sent = fault_server_request(g.endpoint, i);
            assert_lacks(sent->head, THEIRS, "a request to the endpoint");
            assert_lacks(sent->head, NOT_SET, "a request to the endpoint");
            assert_lacks(sent->body, OURS, "a body to the endpoint");
            assert_non_null(strstr(sent->head, OURS));
        }
        char *page;
        size_t len;
        assert_int_equal(glimpse_metrics_text(g.engine, &page, &len), GLIMPSE_OK);
        gl_buf_append(&all.text, page, len);
        glimpse_free(page);
        gateway_metrics(g.gate, &all.text);
        assert_true(gl_buf_terminate(&all.text) && all.text.len > 1000);
        assert_lacks(all.text.data, OURS, "a record");
        assert_lacks(all.text.data, THEIRS, "a record");
        assert_lacks(all.text.data, NOT_SET, "a record");
        gl_buf_free(&all.text);
        gate_rig_close(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s7_no_key_passes_to_the_other_side_nor_into_any_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
