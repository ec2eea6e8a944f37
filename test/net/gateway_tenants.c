/* Who may have whose answers: two callers with one body, in every way in which an answer can come
 * (S6), and the rules of docs/internals/serve_callers.md, by number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glimpse/store.h>
#include <unistd.h>

#include "gate_keys.h"

#define PLAIN "{\"model\":\"m-1\",\"messages\":[{\"role\":\"user\",\"content\":\"Cats sleep.\"}]}"
#define STREAMED                                                                                   \
    "{\"model\":\"m-1\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Dogs "      \
    "bark.\"}]}"
#define RESPONSES "/v1/responses"

static int64_t requests(gate_rig *g)
{
    return mock_rig_stat(&g->mock, NULL, "requests");
}

/* --- S6 --------------------------------------------------------------------------------------- */

typedef struct kept {
    gate_rig g;
    char directory[64], path[96];
    glimpse_store *store;
} kept;

static void open_store(kept *k)
{
    glimpse_sqlite_store_config config;
    glimpse_problem problem;
    glimpse_sqlite_store_config_init(&config);
    config.path = k->path;
    assert_int_equal(glimpse_sqlite_store_new(k->g.mock.base, &config, &k->store, &problem),
                     GLIMPSE_OK);
    k->g.engine_config.store = k->store;
}

static void close_gate(kept *k)
{
    gateway_close(k->g.gate);
    glimpse_engine_free(k->g.engine);
    gateway_free(k->g.gate);
    glimpse_store_unref(k->store);
    gate_rig_turn(&k->g, 2);
}

static void finish(mock_client *c, bool streamed)
{
    if (streamed)
        mock_client_wait(c, "\r\n0\r\n\r\n", 1);
    else
        gate_client_whole(c);
    assert_int_equal(gate_client_status(c), 200);
    mock_client_close(c);
}

/* The callers a and b, and c and d of one share group, all at once. */
static void all_ask(gate_rig *g, bool streamed)
{
    static const char *const headers[] = { A, B, C, D };
    mock_client *c[4];
    for (int i = 0; i < 4; i++) {
        c[i] = gate_rig_connect(g);
        mock_client_post_with(c[i], GATE_CHAT, headers[i], streamed ? STREAMED : PLAIN);
    }
    for (int i = 0; i < 4; i++) finish(c[i], streamed);
}

static void s6_two_callers_and_one_body_are_two_requests_and_in_a_share_group_one(void **state)
{
    (void)state;
    static const char *const members[] = { "", "", ",\"share\":\"team\"", ",\"share\":\"team\"" };
    kept k = { .directory = "/tmp/glimpse-tenants-XXXXXX" };
    assert_non_null(mkdtemp(k.directory));
    snprintf(k.path, sizeof k.path, "%s/answers.db", k.directory);
    gate_rig_init(&k.g, &(mock_options){ .latency = "20ms", .seed = 5 });
    k.g.config.keys = true;
    open_store(&k);
    gate_rig_open(&k.g);
    gate_keys_load(&k.g, members, 4);
    for (int streamed = 0; streamed < 2; streamed++) {
        int64_t so_far = requests(&k.g);
        all_ask(&k.g, streamed != 0); /* in flight */
        assert_int_equal(requests(&k.g), so_far + 3);
        all_ask(&k.g, streamed != 0); /* from memory */
        gate_keys_load(&k.g, members, 4);
        all_ask(&k.g, streamed != 0); /* after a reload */
        assert_int_equal(requests(&k.g), so_far + 3);
    }
    for (int64_t entries = 0; entries < 2; entries++) {
        close_gate(&k);
        open_store(&k);
        k.g.engine_config.cache_entries = 1000 * entries;
        gate_rig_open(&k.g);
        gate_keys_load(&k.g, members, 4);
        all_ask(&k.g, false); /* after a restart, from the store */
        all_ask(&k.g, true);
        assert_int_equal(requests(&k.g), 6);
    }
    /* Who leaves a group leaves its answers, also those in the store. */
    static const char *const alone[] = { "", "", "", ",\"share\":\"team\"" };
    gate_keys_load(&k.g, alone, 4);
    all_ask(&k.g, false);
    assert_int_equal(requests(&k.g), 7);
    close_gate(&k);
    k.g.engine_config.store = NULL;
    gate_rig_open(&k.g); /* gate_rig_close closes one */
    gate_rig_close(&k.g);
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    for (int i = 0; i < 3; i++) {
        char file[120];
        snprintf(file, sizeof file, "%s%s", k.path, suffixes[i]);
        unlink(file);
    }
    assert_int_equal(rmdir(k.directory), 0);
}

/* --- the rules -------------------------------------------------------------------------------- */

static void rule_1_scope_and_path_are_a_part_of_what_identifies_an_answer(void **state)
{
    (void)state;
    static const char body[] = "{\"model\":\"m\",\"prompt\":\"one\",\"input\":\"one\",\"messages\":"
                               "[{\"role\":\"user\",\"content\":\"one\"}]}";
    static const char *const paths[] = { GATE_CHAT, "/v1/completions", "/v1/embeddings" };
    static const char *const members[] = { "", "" };
    gate_rig g;
    gate_keys_open(&g, &(mock_options){ .seed = 5 }, members, 2);
    mock_client *c = gate_rig_connect(&g);
    for (int round = 0; round < 2; round++)
        for (int caller = 0; caller < 2; caller++)
            for (int i = 0; i < 3; i++) {
                assert_int_equal(gate_client_ask(c, paths[i], caller ? B : A, body), 200);
                assert_true(gate_client_has(c, round == 0 ? "glimpse-status: live"
                                                          : "glimpse-status: cache"));
            }
    assert_int_equal(requests(&g), 6);
    mock_client_close(c);
    gate_rig_close(&g);
}

static void rule_2_a_failure_is_shared_in_a_scope_and_remembered_by_nobody(void **state)
{
    (void)state;
    static const char *const members[] = { "", "" };
    static const char *const headers[] = { A, A, B };
    static const fault_step held[] = {
        { FAULT_WAIT, NULL, 0 },
        { FAULT_SEND,
          "HTTP/1.1 400 X\r\nContent-Type: application/json\r\nContent-Length: 28\r\n\r\n"
          "{\"error\":{\"message\":\"no\"}}  ",
          0 },
        { FAULT_END, NULL, 0 },
    };
    gate_rig g;
    glimpse_stats stats;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    gate_rig_script(&g, held);
    g.config.keys = true;
    gate_rig_open(&g);
    gate_keys_load(&g, members, 2);
    glimpse_stats_init(&stats);
    for (size_t round = 1; round <= 2; round++) {
        mock_client *c[3];
        for (int i = 0; i < 3; i++) {
            c[i] = gate_rig_connect(&g);
            mock_client_post_with(c[i], GATE_CHAT, headers[i], PLAIN);
        }
        do { /* one follows, two are sent */
            event_base_loop(g.mock.base, EVLOOP_ONCE);
            assert_int_equal(glimpse_engine_stats(g.engine, &stats), GLIMPSE_OK);
        } while (stats.coalesced < round || fault_server_requests(g.endpoint) < 2 * round);
        fault_server_go_on(g.endpoint);
        for (int i = 0; i < 3; i++) {
            gate_client_whole(c[i]);
            assert_int_equal(gate_client_status(c[i]), 400);
            mock_client_close(c[i]);
        }
        assert_int_equal(fault_server_requests(g.endpoint), 2 * round);
    }
    gate_rig_close(&g);
}

static void rule_3_a_namespace_narrows_a_scope_and_never_widens_it(void **state)
{
    (void)state;
    static const char *const members[] = { "", "", ",\"share\":\"team\"", ",\"share\":\"team\"" };
    static const struct {
        const char *headers;
        bool stored;
    } rows[] = {
        { A, false },
        { A, true },
        { A "Glimpse-Namespace: x\r\n", false },
        { A "Glimpse-Namespace: x\r\n", true },
        { A "Glimpse-Namespace: y\r\n", false },
        { A "Glimpse-Namespace: x\r\nGlimpse-Namespace: y\r\n", false },
        { A "Glimpse-Namespace: \r\n", true },
        { B "Glimpse-Namespace: x\r\n", false },
        { B "Glimpse-Namespace: name:a\r\n", false },
        { C "Glimpse-Namespace: x\r\n", false },
        { D "Glimpse-Namespace: x\r\n", true }, /* of one group */
        { D, false },
    };
    gate_rig g;
    gate_keys_open(&g, &(mock_options){ .seed = 5 }, members, 4);
    mock_client *c = gate_rig_connect(&g);
    int64_t sent = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(gate_client_ask(c, GATE_CHAT, rows[i].headers, PLAIN), 200);
        if (!rows[i].stored) sent++;
        if (requests(&g) != sent) fail_msg("row %zu", i);
    }
    mock_client_close(c);
    gate_rig_close(&g);
}

static void rule_4_what_opens_something_is_neither_stored_nor_joined(void **state)
{
    (void)state;
    static const struct {
        const char *path, *body;
    } rows[] = {
        { RESPONSES, "{\"model\":\"m\",\"input\":\"a\"}" },
        { RESPONSES, "{\"model\":\"m\",\"input\":\"b\",\"store\":true}" },
        { RESPONSES, "{\"model\":\"m\",\"input\":\"c\",\"store\":null}" },
        { RESPONSES,
          "{\"model\":\"m\",\"input\":\"d\",\"store\":false,\"previous_response_id\":\"r\"}" },
        { RESPONSES, "{\"model\":\"m\",\"input\":\"e\",\"store\":false,\"conversation\":\"c\"}" },
        { RESPONSES, "{\"model\":\"m\",\"input\":\"f\",\"store\":false,\"background\":true}" },
        { RESPONSES, "{\"model\":\"m\",\"input\":\"g\",\"store\":false,\"tools\":"
                     "[{\"type\":\"web_search\"}]}" },
        { RESPONSES, "{\"model\":\"m\",\"input\":\"h\",\"store\":false,\"tools\":"
                     "[{\"type\":\"file_search\"}]}" },
        { RESPONSES, "{\"model\":\"m\",\"input\":\"i\",\"store\":false,\"tools\":"
                     "[{\"type\":\"code_interpreter\"}]}" },
        { RESPONSES,
          "{\"model\":\"m\",\"input\":\"j\",\"store\":false,\"tools\":[{\"type\":\"mcp\"}]}" },
        { GATE_CHAT, "{\"model\":\"m\",\"web_search_options\":{},\"messages\":"
                     "[{\"role\":\"user\",\"content\":\"k\"}]}" },
    };
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .latency = "5ms", .seed = 5 });
    gate_rig_open(&g);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t so_far = requests(&g);
        mock_client *a = gate_rig_connect(&g), *b = gate_rig_connect(&g);
        mock_client_post(a, rows[i].path, rows[i].body);
        mock_client_post(b, rows[i].path, rows[i].body);
        gate_client_whole(a);
        gate_client_whole(b);
        (void)gate_client_ask(a, rows[i].path, "", rows[i].body);
        assert_true(gate_client_names(a, "cache-status: glimpse; fwd=bypass"));
        if (requests(&g) != so_far + 3) fail_msg("%s: %s", rows[i].body, a->got);
        mock_client_close(a);
        mock_client_close(b);
    }
    gate_rig_close(&g);
}

#define JSON_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
#define SSE_HEAD  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

static void rule_5_whole_answers_alone_are_stored(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        bool streamed, stored;
    } rows[] = {
        { JSON_HEAD "Content-Length: 60\r\n\r\n"
                    "{\"choices\":[{\"message\":{},\"finish_reason\":\"stop\"}],\"a\":123}",
          false, false }, /* without a text it is no answer to keep */
        { JSON_HEAD
          "Content-Length: 74\r\n\r\n"
          "{\"choices\":[{\"message\":{\"content\":\"whole\"},\"finish_reason\":\"stop\"}]"
          ",\"a\":1}",
          false, true },
        { JSON_HEAD
          "Content-Length: 400\r\n\r\n"
          "{\"choices\":[{\"message\":{\"content\":\"cut\"},\"finish_reason\":\"stop\"}]}",
          false, false },
        { JSON_HEAD "Content-Length: 29\r\n\r\n{\"error\":{\"message\":\"broken\"}}", false,
          false },
        { "HTTP/1.1 500 X\r\nContent-Length: 2\r\n\r\n{}", false, false },
        { SSE_HEAD "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"cut\"}}]}\n\n", true,
          false },
        { SSE_HEAD "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"cut\"}}]}\n\n"
                   "data: {\"error\":{\"message\":\"broken\"}}\n\n",
          true, false },
        { SSE_HEAD "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"whole\"},"
                   "\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
          true, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const fault_step script[] = { { FAULT_SEND, rows[i].answer, 0 },
                                      { FAULT_CLOSE, NULL, 0 },
                                      { FAULT_END, NULL, 0 } };
        gate_rig g;
        gate_rig_init(&g, &(mock_options){ .seed = 5 });
        gate_rig_script(&g, script);
        g.engine_config.max_attempts = 1;
        g.engine_config.breaker = GLIMPSE_BREAKER_OFF;
        gate_rig_open(&g);
        for (int round = 0; round < 2; round++) {
            mock_client *c = gate_rig_connect(&g);
            mock_client_post_with(c, GATE_CHAT, "Connection: close\r\n",
                                  rows[i].streamed ? STREAMED : PLAIN);
            mock_client_wait_end(c);
            mock_client_close(c);
        }
        size_t sent = fault_server_requests(g.endpoint);
        if (sent != (rows[i].stored ? 1 : 2)) fail_msg("row %zu: %zu", i, sent);
        gate_rig_close(&g);
    }
}

/* Nothing in a head or a comment lets two callers compare what they asked. */
static void rule_6_no_handle_of_a_stored_answer_is_shown(void **state)
{
    (void)state;
    static const char *const members[] = { "" };
    gate_rig g;
    gate_keys_open(&g, &(mock_options){ .seed = 5 }, members, 1);
    for (int streamed = 0; streamed < 2; streamed++)
        for (int round = 0; round < 2; round++) {
            glimpse_key key;
            char hex[33];
            const char *body = streamed ? STREAMED : PLAIN;
            assert_int_equal(glimpse_chat_key(g.engine, body, 0, &key), GLIMPSE_OK);
            for (int i = 0; i < 4; i++) snprintf(hex + 2 * i, 3, "%02x", key.bytes[i]);
            mock_client *c = gate_rig_connect(&g);
            mock_client_post_with(c, GATE_CHAT, A "Connection: close\r\n", body);
            mock_client_wait_end(c);
            assert_int_equal(gate_client_status(c), 200);
            assert_null(strcasestr(c->got, hex));
            assert_false(gate_client_names(c, "etag"));
            assert_null(strcasestr(c->got, "cache-key"));
            mock_client_close(c);
        }
    gate_rig_close(&g);
}

static void rule_7_an_id_of_another_scope_s_response_is_not_there(void **state)
{
    (void)state;
    static const char *const members[] = { "", "", ",\"share\":\"team\"", ",\"share\":\"team\"" };
    gate_rig g;
    char next[300], id[100];
    gate_keys_open(&g, &(mock_options){ .seed = 5 }, members, 4);
    mock_client *c = gate_rig_connect(&g);
    static const struct {
        const char *first, *own, *other;
    } rows[] = { { A, A, B },
                 { C, D, A },
                 { A "Glimpse-Namespace: x\r\n", A "Glimpse-Namespace: x\r\n",
                   A "Glimpse-Namespace: y\r\n" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char first[100];
        snprintf(first, sizeof first, "{\"model\":\"m\",\"input\":\"%zu\"}", i);
        assert_int_equal(gate_client_ask(c, RESPONSES, rows[i].first, first), 200);
        gl_slice text = gl_json_get(mock_client_body(c), "id").text;
        snprintf(id, sizeof id, "%.*s", (int)text.len, text.data);
        snprintf(next, sizeof next, "{\"model\":\"m\",\"input\":\"b\",\"previous_response_id\":%s}",
                 id);
        int64_t so_far = requests(&g);
        assert_int_equal(gate_client_ask(c, RESPONSES, rows[i].other, next), 404);
        assert_non_null(strstr(c->got, "\"code\":\"previous_response_not_found\""));
        assert_non_null(strstr(c->got, "\"param\":\"previous_response_id\""));
        assert_int_equal(requests(&g), so_far);
        assert_int_equal(gate_client_ask(c, RESPONSES, rows[i].own, next), 200);
        assert_int_equal(requests(&g), so_far + 1);
    }
    mock_client_close(c);
    gate_rig_close(&g);
}

static const fault_step *an_answer(void)
{
    static const fault_step script[] = {
        { FAULT_SEND,
          JSON_HEAD "Content-Length: 69\r\n\r\n{\"choices\":[{\"message\":{\"content\":\"whole\"},"
                    "\"finish_reason\":\"stop\"}] }",
          0 },
        { FAULT_END, NULL, 0 },
    };
    return script;
}

static void rule_8_the_endpoint_s_own_cache_is_kept_apart_by_a_salt(void **state)
{
    (void)state;
    static const char *const members[] = { "", "" };
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    gate_rig_script(&g, an_answer());
    g.config.keys = true;
    g.config.salts = 3;
    gate_rig_open(&g);
    gate_keys_load(&g, members, 2);
    mock_client *c = gate_rig_connect(&g);
    static const char forged[] = "{\"model\":\"m\",\"cache_salt\":\"forged\",\"messages\":[]}";
    assert_int_equal(gate_client_ask(c, GATE_CHAT, A, PLAIN), 200);
    assert_int_equal(gate_client_ask(c, GATE_CHAT, A, PLAIN), 200); /* stored all the same */
    assert_int_equal(gate_client_ask(c, GATE_CHAT, B, PLAIN), 200);
    assert_int_equal(gate_client_ask(c, GATE_CHAT, B, forged), 200);
    assert_int_equal(fault_server_requests(g.endpoint), 3);
    gl_json salts[3];
    for (size_t i = 0; i < 3; i++) {
        const fault_request *sent = fault_server_request(g.endpoint, i);
        gl_json body;
        assert_int_equal(gl_json_check(gl_slice_of(sent->body, sent->body_len), &body, NULL),
                         GL_JSON_OK);
        salts[i] = gl_json_get(body, "cache_salt");
        assert_int_equal(salts[i].text.len, 34);
        assert_int_equal(gl_json_get(body, "prompt_cache_key").kind, GL_JSON_STRING);
        assert_null(strstr(sent->body, "forged"));
        for (size_t j = 0; j < i; j++) assert_false(gl_slice_equal(salts[i].text, salts[j].text));
    }
    mock_client_close(c);
    gate_rig_close(&g);
}

static void rule_9_no_cache_in_front_may_keep_any_answer(void **state)
{
    (void)state;
    static const char *const members[] = { ",\"rpm\":3" };
    static const char post[] = "POST " GATE_CHAT " HTTP/1.1\r\nHost: h\r\n" A;
    static const struct {
        const char *head, *rest;
        int status;
    } rows[] = {
        { post, "Content-Length: 2\r\n\r\n[]", 400 },
        { post, "Content-Length: 99999999\r\n\r\n", 413 },
        { post, "Content-Length: 1\r\nContent-Encoding: br\r\n\r\n{", 415 },
        { post, "Content-Length: x\r\n\r\n", 400 },
        { post, "Expect: something\r\nContent-Length: 1\r\n\r\n", 417 },
        { "GET /healthz HTTP/1.1\r\nHost: h\r\n", "\r\n", 200 },
        { "GET /readyz HTTP/1.1\r\nHost: h\r\n", "\r\n", 200 },
        { "GET /v1/models HTTP/1.1\r\nHost: h\r\n" A, "\r\n", 200 },
        { "GET /v1/models HTTP/1.1\r\nHost: h\r\n", "\r\n", 401 },
        { "GET /v1/none HTTP/1.1\r\nHost: h\r\n", "\r\n", 404 },
        { "GET " GATE_CHAT " HTTP/1.1\r\nHost: h\r\n", "\r\n", 405 },
        { "TRACE / HTTP/1.1\r\nHost: h\r\n", "\r\n", 0 },
        { "GET /v1/responses HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
          "\r\n", 426 },
        { "GET / HTTP/2.0\r\nHost: h\r\n", "\r\n", 505 },
        { "GET /healthz HTTP/1.1\r\n", "\r\n", 400 },
    };
    gate_rig g;
    gate_keys_open(&g, &(mock_options){ .seed = 5 }, members, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mock_client *c = gate_rig_connect(&g);
        mock_client_send_text(c, rows[i].head);
        mock_client_send_text(c, rows[i].rest);
        gate_client_whole(c);
        if (rows[i].status != 0 && gate_client_status(c) != rows[i].status)
            fail_msg("row %zu: %s", i, c->got);
        if (!gate_client_has(c, "cache-control: private, no-store"))
            fail_msg("row %zu: %s", i, c->got);
        mock_client_close(c);
    }
    /* Live, stored, streamed, and refused for the rate. */
    mock_client *c = gate_rig_connect(&g);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(gate_client_ask(c, GATE_CHAT, A, PLAIN), 200);
        assert_true(gate_client_has(c, "cache-control: private, no-store"));
    }
    gate_client_forget(c);
    mock_client_post_with(c, GATE_CHAT, A, STREAMED);
    mock_client_wait(c, "\r\n0\r\n\r\n", 1);
    assert_true(gate_client_has(c, "cache-control: private, no-store"));
    assert_int_equal(gate_client_ask(c, GATE_CHAT, A, PLAIN), 429);
    assert_true(gate_client_has(c, "cache-control: private, no-store"));
    mock_client_close(c);
    gate_rig_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(s6_two_callers_and_one_body_are_two_requests_and_in_a_share_group_one),
        cmocka_unit_test(rule_1_scope_and_path_are_a_part_of_what_identifies_an_answer),
        cmocka_unit_test(rule_2_a_failure_is_shared_in_a_scope_and_remembered_by_nobody),
        cmocka_unit_test(rule_3_a_namespace_narrows_a_scope_and_never_widens_it),
        cmocka_unit_test(rule_4_what_opens_something_is_neither_stored_nor_joined),
        cmocka_unit_test(rule_5_whole_answers_alone_are_stored),
        cmocka_unit_test(rule_6_no_handle_of_a_stored_answer_is_shown),
        cmocka_unit_test(rule_7_an_id_of_another_scope_s_response_is_not_there),
        cmocka_unit_test(rule_8_the_endpoint_s_own_cache_is_kept_apart_by_a_salt),
        cmocka_unit_test(rule_9_no_cache_in_front_may_keep_any_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
