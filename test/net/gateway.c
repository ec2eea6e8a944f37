/* The gateway over real sockets: what its clients get, and what the endpoint behind it sees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gate_rig.h"

#define CHAT "/v1/chat/completions"

/* --- answers ---------------------------------------------------------------------------------- */

static void an_answer_is_the_endpoint_s_byte_for_byte(void **state)
{
    (void)state;
    static const struct {
        const char *path, *body;
    } rows[] = {
        { "/v1/chat/completions", MOCK_RIG_CHAT },
        { "/v1/completions", "{\"model\":\"m\",\"prompt\":\"one two\"}" },
        { "/v1/embeddings", "{\"model\":\"m\",\"input\":\"one\",\"encoding_format\":\"base64\"}" },
        { "/v1/embeddings", "{\"model\":\"m\",\"input\":[[1,2,3]]}" },
        { "/v1/responses", "{\"model\":\"m\",\"input\":\"one two\",\"store\":false}" },
    };
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    g.engine_config.cache_entries = 0; /* the second one is asked too */
    gate_rig_open(&g);
    mock_client *direct = mock_rig_connect(&g.mock), *through = gate_rig_connect(&g);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(gate_client_ask(direct, rows[i].path, "", rows[i].body), 200);
        assert_int_equal(gate_client_ask(through, rows[i].path, "", rows[i].body), 200);
        assert_string_equal(gate_client_body(through), gate_client_body(direct));
        assert_int_equal(gate_client_ask(through, rows[i].path + 3, "", rows[i].body), 200);
        assert_string_equal(gate_client_body(through), gate_client_body(direct));
        assert_true(gate_client_has(through, "content-type: application/json"));
    }
    mock_client_close(direct);
    mock_client_close(through);
    gate_rig_close(&g);
}

static void the_second_of_two_is_a_hit_and_says_so(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    assert_int_equal(gate_client_ask(c, CHAT, "", MOCK_RIG_CHAT), 200);
    assert_true(gate_client_has(c, "glimpse-status: live"));
    assert_true(gate_client_has(c, "glimpse-attempts: 1"));
    assert_true(gate_client_has(c, "cache-status: glimpse; fwd=miss; fwd-status=200; stored"));
    assert_true(gate_client_has(c, "cache-control: private, no-store"));
    assert_true(gate_client_names(c, "server-timing: queue;dur="));
    assert_true(gate_client_names(c, "glimpse-request-id: glimpse-"));
    assert_true(gate_client_names(c, "x-request-id: req_mock"));
    assert_true(gate_client_names(c, "openai-version: "));
    assert_false(gate_client_names(c, "age: "));
    char *first = strdup(gate_client_body(c));
    assert_int_equal(gate_client_ask(c, CHAT, "", MOCK_RIG_CHAT), 200);
    assert_string_equal(gate_client_body(c), first);
    assert_true(gate_client_has(c, "glimpse-status: cache"));
    assert_true(gate_client_has(c, "glimpse-attempts: 0"));
    assert_true(gate_client_has(c, "cache-status: glimpse; hit"));
    assert_true(gate_client_has(c, "age: 0"));
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 1);
    free(first);
    mock_client_close(c);
    gate_rig_close(&g);
}

static void identical_requests_under_way_are_sent_once(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .latency = "20ms", .seed = 5 });
    gate_rig_open(&g);
    mock_client *a = gate_rig_connect(&g), *b = gate_rig_connect(&g);
    mock_client_post(a, CHAT, MOCK_RIG_CHAT);
    mock_client_post(b, CHAT, MOCK_RIG_CHAT);
    gate_client_whole(a);
    gate_client_whole(b);
    assert_string_equal(gate_client_body(a), gate_client_body(b));
    bool a_followed = gate_client_has(a, "glimpse-status: coalesced");
    mock_client *follower = a_followed ? a : b, *leader = a_followed ? b : a;
    assert_true(gate_client_has(leader, "glimpse-status: live"));
    assert_true(gate_client_has(follower, "glimpse-status: coalesced"));
    assert_true(gate_client_has(
        follower, "cache-status: glimpse; fwd=miss; fwd-status=200; collapsed; stored"));
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 1);
    mock_client_close(a);
    mock_client_close(b);
    gate_rig_close(&g);
}

static void a_response_that_the_endpoint_stores_is_never_shared(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            gate_client_ask(c, "/v1/responses", "", "{\"model\":\"m\",\"input\":\"a\"}"), 200);
        assert_true(gate_client_has(c, "cache-status: glimpse; fwd=bypass; fwd-status=200"));
    }
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 2);
    mock_client_close(c);
    gate_rig_close(&g);
}

static void a_caller_says_how_it_uses_stored_answers(void **state)
{
    (void)state;
    static const struct {
        const char *headers;
        int status;
        const char *line;
        int64_t requests; /* so far */
    } rows[] = {
        { "Cache-Control: only-if-cached\r\n", 504, "glimpse-attempts: 0", 0 },
        { "Cache-Control: only-if-cached, no-store\r\n", 504, "glimpse-attempts: 0", 0 },
        { "Cache-Control: no-store\r\n", 200, "cache-status: glimpse; fwd=bypass; fwd-status=200",
          1 },
        { "Cache-Control: only-if-cached\r\n", 504, "glimpse-attempts: 0", 1 },
        { "", 200, "cache-status: glimpse; fwd=miss; fwd-status=200; stored", 2 },
        { "Cache-Control: only-if-cached\r\n", 200, "cache-status: glimpse; hit", 2 },
        { "Cache-Control: no-cache\r\n", 200,
          "cache-status: glimpse; fwd=request; fwd-status=200; stored", 3 },
        { "Cache-Control: max-age=3600\r\n", 200, "cache-status: glimpse; hit", 3 },
        { "Cache-Control: private\r\nCache-Control: no-store\r\n", 200,
          "cache-status: glimpse; fwd=bypass; fwd-status=200", 4 },
    };
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int status = gate_client_ask(c, CHAT, rows[i].headers, MOCK_RIG_CHAT);
        if (status != rows[i].status || !gate_client_has(c, rows[i].line))
            fail_msg("row %zu: %s", i, c->got);
        assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), rows[i].requests);
    }
    mock_client_close(c);
    gate_rig_close(&g);
}

/* --- failures --------------------------------------------------------------------------------- */

/* One request that the mock refuses each time; the status, and what the head then has. */
static void refused(const char *fault, int status, const char *code, const char *line)
{
    char want[100];
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .fault = fault, .retry_after = "1s", .seed = 5 });
    g.engine_config.max_attempts = 2;
    g.engine_config.max_retry_after_ms = 500; /* the mock's wait is not waited for */
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    assert_int_equal(gate_client_ask(c, CHAT, "", MOCK_RIG_CHAT), status);
    if (!gate_client_has(c, line)) fail_msg("%s: no %s in %s", fault, line, c->got);
    snprintf(want, sizeof want, "\"code\":\"%s\"", code);
    if (code != NULL && strstr(gate_client_body(c), want) == NULL) fail_msg("%s", c->got);
    gl_json error = gl_json_get(mock_client_body(c), "error");
    assert_int_equal(error.kind, GL_JSON_OBJECT);
    mock_client_close(c);
    gate_rig_close(&g);
}

static void failures_have_the_statuses_of_the_table(void **state)
{
    (void)state;
    refused("400:#1-", 400, NULL, "proxy-status: glimpse; received-status=400");
    refused("404:#1-", 404, NULL, "proxy-status: glimpse; received-status=404");
    refused("413:#1-", 413, NULL, "glimpse-attempts: 1");
    refused("422:#1-", 422, NULL, "glimpse-attempts: 1");
    refused("401:#1-", 424, "upstream_auth", "x-should-retry: false");
    refused("403:#1-", 424, "upstream_auth", "proxy-status: glimpse; received-status=403");
    refused("429:#1-", 429, NULL, "retry-after: 1");
    refused("429:#1-", 429, NULL, "retry-after-ms: 1000");
    refused("500:#1-", 502, "upstream_error", "x-should-retry: false");
    refused("500:#1-", 502, "upstream_error", "glimpse-attempts: 2");
    refused("reset:#1-", 502, "upstream_error",
            "proxy-status: glimpse; error=connection_terminated");
    refused("malformed:#1-", 502, "upstream_error",
            "proxy-status: glimpse; error=http_protocol_error; received-status=200");
}

static void a_body_that_is_refused_comes_as_the_endpoint_wrote_it(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .fault = "400:#1-", .seed = 5 });
    gate_rig_open(&g);
    mock_client *direct = mock_rig_connect(&g.mock), *through = gate_rig_connect(&g);
    assert_int_equal(gate_client_ask(direct, CHAT, "", MOCK_RIG_CHAT), 400);
    assert_int_equal(gate_client_ask(through, CHAT, "", MOCK_RIG_CHAT), 400);
    assert_string_equal(gate_client_body(through), gate_client_body(direct));
    mock_client_close(direct);
    mock_client_close(through);
    gate_rig_close(&g);
}

static void a_key_that_is_refused_stops_and_says_whose_it_is(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .key = "sk-another", .seed = 5 });
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(gate_client_ask(c, CHAT, "", MOCK_RIG_CHAT), 424);
        assert_non_null(strstr(gate_client_body(c), "the gateway's key"));
        assert_null(strstr(c->got, "sk-of-the-endpoint"));
    }
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 1);
    mock_client_close(c);
    gate_rig_close(&g);
}

static void a_deadline_of_the_client_is_kept(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .latency = "600s", .seed = 5 });
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    assert_int_equal(gate_client_ask(c, CHAT, "Glimpse-Deadline-Ms: 20\r\n", MOCK_RIG_CHAT), 504);
    assert_non_null(strstr(gate_client_body(c), "\"code\":\"deadline\""));
    assert_int_equal(gate_client_ask(c, CHAT, "X-Stainless-Timeout: 0.04\r\n", MOCK_RIG_CHAT), 504);
    mock_client_close(c);
    gate_rig_close(&g);
}

static void a_circuit_that_is_open_is_a_503_with_a_time(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .fault = "503:#1-", .seed = 5 });
    g.engine_config.max_attempts = 1;
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    int status = 0;
    for (int i = 0; i < 100 && status != 503; i++) {
        char body[100];
        snprintf(body, sizeof body,
                 "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"%d\"}]}", i);
        status = gate_client_ask(c, CHAT, "", body);
        assert_true(status == 502 || status == 503);
    }
    assert_int_equal(status, 503);
    assert_non_null(strstr(gate_client_body(c), "\"code\":\"circuit_open\""));
    assert_true(gate_client_has(c, "retry-after: 4"));
    mock_client_close(c);
    gate_rig_close(&g);
}

/* --- requests that never get that far --------------------------------------------------------- */

static void what_is_no_request_for_the_engine_is_answered_here(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        int status;
        const char *text;
        bool closes;
    } rows[] = {
        { "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n", 200, "ok\n", false },
        { "GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n", 200, "ok\n", false },
        { "GET /v1/nothing HTTP/1.1\r\nHost: h\r\n\r\n", 404, "/v1/chat/completions", false },
        { "GET /v1/chat/completions HTTP/1.1\r\nHost: h\r\n\r\n", 405, "\r\nallow: POST\r\n",
          false },
        { "POST /v1/models HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 405,
          "\r\nallow: GET, HEAD\r\n", false },
        { "GET /v1/responses HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
          "\r\n",
          426, "upgrade_required", true },
        { "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n", 413,
          "request_too_large", true },
        { "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n{", 400,
          "invalid_json", false },
        { "GET /healthz HTTP/1.1\r\n\r\n", 400, "bad_request", true },
        { "GET /healthz HTTP/2.0\r\nHost: h\r\n\r\n", 505, "http_version", true },
    };
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    gate_rig_open(&g);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mock_client *c = gate_rig_connect(&g);
        mock_client_send_text(c, rows[i].head);
        gate_client_whole(c);
        if (gate_client_status(c) != rows[i].status || strstr(c->got, rows[i].text) == NULL)
            fail_msg("row %zu: %s", i, c->got);
        if (rows[i].closes)
            mock_client_wait_end(c);
        else
            assert_int_equal(gate_client_ask(c, CHAT, "", MOCK_RIG_CHAT), 200);
        mock_client_close(c);
    }
    gate_rig_close(&g);
}

static bool only_localhost(gl_slice host)
{
    return gl_slice_is(host, "localhost") || gl_slice_is(host, "127.0.0.1:1");
}

/* A load balancer asks by any name; these tell nothing and cost nothing. */
static void a_probe_is_answered_whatever_its_host_is(void **state)
{
    (void)state;
    static const struct {
        const char *path, *headers;
        int status;
    } rows[] = {
        { "/healthz", "Host: x\r\n", 200 },
        { "/readyz", "Host: x\r\n", 200 },
        { "/healthz", "Host: localhost\r\nOrigin: https://evil.example\r\n", 200 },
        { "/v1/models", "Host: x\r\n", 403 },
    };
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    g.config.is_here = only_localhost;
    gate_rig_open(&g);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char head[200];
        mock_client *c = gate_rig_connect(&g);
        snprintf(head, sizeof head, "GET %s HTTP/1.1\r\n%s\r\n", rows[i].path, rows[i].headers);
        mock_client_send_text(c, head);
        gate_client_whole(c);
        if (gate_client_status(c) != rows[i].status) fail_msg("row %zu: %s", i, c->got);
        mock_client_close(c);
    }
    gate_rig_close(&g);
}

static void a_page_from_elsewhere_gets_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *host, *origin;
        int status;
    } rows[] = {
        { "localhost", "", 200 },
        { "127.0.0.1:1", "Origin: http://localhost\r\n", 200 },
        { "rebound.example", "", 403 },
        { "localhost", "Origin: https://evil.example\r\n", 403 },
        { "localhost", "Origin: null\r\n", 403 },
    };
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    g.config.is_here = only_localhost;
    gate_rig_open(&g);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char head[300];
        mock_client *c = gate_rig_connect(&g);
        snprintf(head, sizeof head,
                 "POST " CHAT " HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %zu\r\n\r\n",
                 rows[i].host, rows[i].origin, strlen(MOCK_RIG_CHAT));
        mock_client_send_text(c, head);
        mock_client_send_text(c, MOCK_RIG_CHAT);
        gate_client_whole(c);
        assert_int_equal(gate_client_status(c), rows[i].status);
        mock_client_close(c);
    }
    gate_rig_close(&g);
}

static void the_list_of_models_is_asked_for_once(void **state)
{
    (void)state;
    static const char all[] = "GET /v1/models HTTP/1.1\r\nHost: h\r\n\r\n",
                      one[] = "GET /v1/models/org%2Fb HTTP/1.1\r\nHost: h\r\n\r\n",
                      none[] = "GET /v1/models/c HTTP/1.1\r\nHost: h\r\n\r\n";
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .models = "a,org/b", .seed = 5 });
    gate_rig_open(&g);
    mock_client *direct = mock_rig_connect(&g.mock), *a = gate_rig_connect(&g),
                *b = gate_rig_connect(&g);
    mock_client_send_text(direct, all);
    gate_client_whole(direct);
    mock_client_send_text(a, all);
    mock_client_send_text(b, one); /* while that is under way */
    gate_client_whole(a);
    gate_client_whole(b);
    assert_string_equal(gate_client_body(a), gate_client_body(direct));
    assert_true(gl_json_string_is(gl_json_get(mock_client_body(b), "id"), "org/b"));
    gate_client_forget(a);
    mock_client_send_text(a, none);
    gate_client_whole(a);
    assert_int_equal(gate_client_status(a), 404);
    assert_non_null(strstr(a->got, "\"code\":\"model_not_found\""));
    gate_client_forget(a);
    mock_client_send_text(a, all);
    gate_client_whole(a);
    assert_true(gate_client_has(a, "cache-status: glimpse; hit"));
    mock_client_close(direct);
    mock_client_close(a);
    mock_client_close(b);
    gate_rig_close(&g);
}

static void an_endpoint_without_a_list_says_so(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .key = "sk-another", .seed = 5 });
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    mock_client_send_text(c, "GET /v1/models HTTP/1.1\r\nHost: h\r\n\r\n");
    gate_client_whole(c);
    assert_int_equal(gate_client_status(c), 424);
    assert_non_null(strstr(c->got, "it answered 401"));
    /* A client that leaves while it waits is forgotten. */
    mock_client_send_text(c, "GET /v1/models/x HTTP/1.1\r\nHost: h\r\n\r\n");
    mock_client_close(c);
    gate_rig_close(&g);
}

/* --- the queue -------------------------------------------------------------------------------- */

/* Submits a request that no other shares. */
static uint64_t waiting(const gate_rig *g)
{
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    assert_int_equal(glimpse_engine_stats(g->engine, &stats), GLIMPSE_OK);
    return stats.waiting;
}

static void a_queue_that_is_full_refuses_and_says_when(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .latency = "600s", .seed = 5 });
    g.engine_config.concurrency = 1;
    g.config.queue = 2;
    gate_rig_open(&g);
    mock_client *c[4];
    for (int i = 0; i < 3; i++) {
        c[i] = gate_rig_ask_own(&g, i);
        while (waiting(&g) < (uint64_t)i) event_base_loop(g.mock.base, EVLOOP_ONCE);
    }
    c[3] = gate_rig_ask_own(&g, 3);
    gate_client_whole(c[3]);
    assert_int_equal(gate_client_status(c[3]), 503);
    assert_non_null(strstr(c[3]->got, "\"code\":\"queue_full\""));
    assert_true(gate_client_has(c[3], "retry-after: 2")); /* 2 wait, 1 goes at a time, 1 s each */
    for (int i = 0; i < 4; i++) mock_client_close(c[i]);
    gate_rig_close(&g);
}

static void the_longest_wait_in_the_queue_is_kept(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .latency = "600s", .seed = 5 });
    g.engine_config.concurrency = 1;
    g.config.queue_timeout_ms = 30;
    gate_rig_open(&g);
    mock_client *first = gate_rig_ask_own(&g, 1);
    while (mock_rig_stat(&g.mock, NULL, "requests") == 0) continue;
    mock_client *second = gate_rig_ask_own(&g, 2);
    gate_client_whole(second);
    assert_int_equal(gate_client_status(second), 503);
    assert_non_null(strstr(second->got, "\"code\":\"queue_timeout\""));
    assert_true(gate_client_names(second, "retry-after: "));
    assert_int_equal(first->len, 0); /* it had its turn, and may take as long as it takes */
    mock_client_close(first);
    mock_client_close(second);
    gate_rig_close(&g);
}

/* Both wait for the endpoint, and the one that gives up is named the endpoint's own time. */
static void a_wait_that_the_endpoint_asked_for_is_in_retry_after(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .fault = "429:#1-", .retry_after = "30s", .seed = 5 });
    g.config.queue_timeout_ms = 200;
    gate_rig_open(&g);
    mock_client *first = gate_rig_ask_own(&g, 1);
    while (mock_rig_stat(&g.mock, NULL, "requests") == 0) continue;
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    do { /* the refusal is on its way */
        gate_rig_turn(&g, 1);
        assert_int_equal(glimpse_engine_stats(g.engine, &stats), GLIMPSE_OK);
    } while (stats.in_flight != 0);
    mock_client *second = gate_rig_ask_own(&g, 2);
    gate_client_whole(second);
    assert_int_equal(gate_client_status(second), 503);
    assert_non_null(strstr(second->got, "\"code\":\"queue_timeout\""));
    const char *wait = strcasestr(second->got, "\r\nretry-after: ");
    assert_non_null(wait);
    assert_in_range(strtol(wait + strlen("\r\nretry-after: "), NULL, 10), 2, 31);
    mock_client_close(first);
    mock_client_close(second);
    gate_rig_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_is_the_endpoint_s_byte_for_byte),
        cmocka_unit_test(the_second_of_two_is_a_hit_and_says_so),
        cmocka_unit_test(identical_requests_under_way_are_sent_once),
        cmocka_unit_test(a_response_that_the_endpoint_stores_is_never_shared),
        cmocka_unit_test(a_caller_says_how_it_uses_stored_answers),
        cmocka_unit_test(failures_have_the_statuses_of_the_table),
        cmocka_unit_test(a_body_that_is_refused_comes_as_the_endpoint_wrote_it),
        cmocka_unit_test(a_key_that_is_refused_stops_and_says_whose_it_is),
        cmocka_unit_test(a_deadline_of_the_client_is_kept),
        cmocka_unit_test(a_circuit_that_is_open_is_a_503_with_a_time),
        cmocka_unit_test(what_is_no_request_for_the_engine_is_answered_here),
        cmocka_unit_test(a_probe_is_answered_whatever_its_host_is),
        cmocka_unit_test(a_page_from_elsewhere_gets_nothing),
        cmocka_unit_test(the_list_of_models_is_asked_for_once),
        cmocka_unit_test(an_endpoint_without_a_list_says_so),
        cmocka_unit_test(a_queue_that_is_full_refuses_and_says_when),
        cmocka_unit_test(the_longest_wait_in_the_queue_is_kept),
        cmocka_unit_test(a_wait_that_the_endpoint_asked_for_is_in_retry_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
