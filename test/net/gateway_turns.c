/* Callers beside each other: turns, queues, wrong keys, requests that come again, and keys that are
 * swapped while requests run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate_keys.h"

#define RESPONSES "/v1/responses"

static uint64_t waiting(const gate_rig *g)
{
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    assert_int_equal(glimpse_engine_stats(g->engine, &stats), GLIMPSE_OK);
    return stats.waiting;
}

/* A request of a caller that no other shares; returns when `wait` requests wait. */
static mock_client *ask_own(gate_rig *g, const char *key, int number, uint64_t wait)
{
    char body[120];
    mock_client *c = gate_rig_connect(g);
    snprintf(body, sizeof body,
             "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"%d\"}]}", number);
    mock_client_post_with(c, GATE_CHAT, key, body);
    while (waiting(g) < wait) event_base_loop(g->mock.base, EVLOOP_ONCE);
    return c;
}

static bool has_code(const mock_client *c, const char *code)
{
    char wanted[80];
    snprintf(wanted, sizeof wanted, "\"code\":\"%s\"", code);
    return strstr(c->got, wanted) != NULL;
}

/* Each refusal is counted by its own code, and not among others. */
static void assert_counted(const gate_rig *g, const char *code)
{
    gl_buf page;
    char wanted[100];
    gl_buf_init(&page, 1 << 20);
    gateway_metrics(g->gate, &page);
    assert_true(gl_buf_terminate(&page));
    snprintf(wanted, sizeof wanted, "glimpse_gateway_errors_total{code=\"%s\"}", code);
    if (strstr(page.data, wanted) == NULL) fail_msg("%s", code);
    gl_buf_free(&page);
}

/* --- turns ------------------------------------------------------------------------------------ */

/* Each answer waits until the test lets it go. */
static const fault_step *held_answer(void)
{
    static const fault_step script[] = {
        { FAULT_WAIT, NULL, 0 },
        { FAULT_SEND,
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 69\r\n\r\n"
          "{\"choices\":[{\"message\":{\"content\":\"whole\"},\"finish_reason\":\"stop\"}] }",
          0 },
        { FAULT_END, NULL, 0 },
    };
    return script;
}

static void a_caller_that_floods_does_not_hold_up_another(void **state)
{
    (void)state;
    enum { FLOOD = 30 };
    static const char *const members[] = { "", "" };
    gate_rig g;
    mock_client *flood[FLOOD];
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    gate_rig_script(&g, held_answer());
    g.engine_config.concurrency = 1;
    g.engine_config.rpm = g.engine_config.tpm = 0;
    g.config.keys = true;
    gate_rig_open(&g);
    gate_keys_load(&g, members, 2);
    for (int i = 0; i < FLOOD; i++) {
        flood[i] = ask_own(&g, A, i, i == 0 ? 0 : (uint64_t)i);
        while (fault_server_requests(g.endpoint) == 0) event_base_loop(g.mock.base, EVLOOP_ONCE);
    }
    mock_client *other = ask_own(&g, B, 1000, FLOOD);
    while (other->len == 0) {
        fault_server_go_on(g.endpoint);
        event_base_loop(g.mock.base, EVLOOP_ONCE);
    }
    assert_true(waiting(&g) >= FLOOD - 4); /* of the flood two or three went before */
    mock_client_close(other);
    for (int i = 0; i < FLOOD; i++) mock_client_close(flood[i]);
    gate_rig_close(&g);
}

/* --- queues ----------------------------------------------------------------------------------- */

static void a_caller_has_a_queue_of_its_own(void **state)
{
    (void)state;
    static const char *const members[] = { ",\"queue\":1", "" };
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .latency = "600s", .seed = 5 });
    g.engine_config.concurrency = 1;
    g.config.keys = true;
    g.config.queue = 6;
    gate_rig_open(&g);
    gate_keys_load(&g, members, 2);
    mock_client *c[9];
    c[0] = ask_own(&g, A, 0, 0);
    while (mock_rig_stat(&g.mock, NULL, "requests") == 0) continue;
    c[1] = ask_own(&g, A, 1, 1);
    c[2] = ask_own(&g, A, 2, 1);
    gate_client_whole(c[2]);
    assert_int_equal(gate_client_status(c[2]), 429);
    assert_true(has_code(c[2], "caller_queue"));
    assert_true(gate_client_has(c[2], "retry-after: 1")); /* 1 waits, 1 goes at a time, 1 s each */
    /* Who names none has half of all. */
    for (int i = 3; i < 6; i++) c[i] = ask_own(&g, B, i, (uint64_t)i - 1);
    c[6] = ask_own(&g, B, 6, 4);
    gate_client_whole(c[6]);
    assert_int_equal(gate_client_status(c[6]), 429);
    assert_true(has_code(c[6], "caller_queue"));
    assert_true(gate_client_has(c[6], "retry-after: 4"));
    assert_counted(&g, "caller_queue");
    /* A longer queue for the caller, and everybody's is full. */
    static const char *const longer[] = { ",\"queue\":100", "" };
    gate_keys_load(&g, longer, 2);
    mock_client *last[2] = { ask_own(&g, A, 7, 5), ask_own(&g, A, 8, 6) };
    c[7] = ask_own(&g, A, 9, 6);
    gate_client_whole(c[7]);
    assert_int_equal(gate_client_status(c[7]), 503);
    assert_true(has_code(c[7], "queue_full"));
    assert_true(gate_client_has(c[7], "retry-after: 6"));
    for (int i = 0; i < 8; i++) mock_client_close(c[i]);
    for (int i = 0; i < 2; i++) mock_client_close(last[i]);
    gate_rig_close(&g);
}

static void where_none_may_wait_a_request_that_can_go_does(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .latency = "600s", .seed = 5 });
    g.engine_config.concurrency = 1;
    g.config.queue = 0;
    gate_rig_open(&g);
    mock_client *first = ask_own(&g, "", 0, 0);
    while (mock_rig_stat(&g.mock, NULL, "requests") == 0) continue;
    mock_client *second = ask_own(&g, "", 1, 0);
    gate_client_whole(second);
    assert_int_equal(gate_client_status(second), 503);
    assert_true(has_code(second, "queue_full"));
    assert_int_equal(first->len, 0);
    mock_client_close(first);
    mock_client_close(second);
    gate_rig_close(&g);
}

/* The contract has requests wait; how long they would is only said to those that are refused. */
static void a_deadline_that_is_shorter_than_the_queue_is_waited_for(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .latency = "600s", .seed = 5 });
    g.engine_config.concurrency = 1;
    gate_rig_open(&g);
    mock_client *first = ask_own(&g, "", 0, 0);
    while (mock_rig_stat(&g.mock, NULL, "requests") == 0) continue;
    mock_client *second = ask_own(&g, "Glimpse-Deadline-Ms: 60\r\n", 1, 0);
    gate_client_whole(second);
    assert_int_equal(gate_client_status(second), 504);
    assert_true(has_code(second, "deadline"));
    mock_client_close(first);
    mock_client_close(second);
    gate_rig_close(&g);
}

/* --- wrong keys ------------------------------------------------------------------------------- */

static void wrong_keys_are_held_back_and_right_ones_pass(void **state)
{
    (void)state;
    static const char *const members[] = { "" };
    gate_rig g;
    int refused = 0;
    gate_keys_open(&g, &(mock_options){ .seed = 5 }, members, 1);
    for (int i = 0; i < 100; i++) {
        char key[60];
        mock_client *c;
        snprintf(key, sizeof key, "Authorization: Bearer wrong-%d\r\n", i);
        int status = gate_ask_as(&g, &c, i % 2 ? key : "", MOCK_RIG_CHAT);
        assert_true(status == 401 ||
                    (status == 429 && i >= 10)); /* one more, when a wait is over */
        if (status == 429) {
            refused++;
            assert_true(has_code(c, "too_many_wrong_keys"));
            assert_true(gate_client_names(c, "retry-after: "));
            assert_true(gate_client_has(c, "x-should-retry: false"));
            assert_true(gate_client_has(c, "connection: close"));
        }
        mock_client_close(c);
    }
    assert_true(refused > 0);
    assert_counted(&g, "too_many_wrong_keys");
    assert_int_equal(gate_status_as(&g, A, MOCK_RIG_CHAT), 200);
    gate_rig_close(&g);
}

/* --- requests that come again ----------------------------------------------------------------- */

static void a_request_that_comes_again_with_its_idempotency_key_is_sent_once(void **state)
{
    (void)state;
    static const char *const members[] = { "", "" };
    static const char body[] = "{\"model\":\"m\",\"input\":\"a\"}",
                      key[] = "Idempotency-Key: k\r\n";
    gate_rig g;
    char headers[2][100];
    snprintf(headers[0], sizeof headers[0], A "%s", key);
    snprintf(headers[1], sizeof headers[1], B "%s", key);
    gate_keys_open(&g, &(mock_options){ .latency = "20ms", .seed = 5 }, members, 2);
    mock_client *a = gate_rig_connect(&g), *b = gate_rig_connect(&g);
    /* Its answer is stored at the endpoint, and never shared otherwise. */
    mock_client_post_with(a, RESPONSES, headers[0], body);
    mock_client_post_with(b, RESPONSES, headers[0], body);
    gate_client_whole(a);
    gate_client_whole(b);
    assert_string_equal(gate_client_body(a), gate_client_body(b));
    assert_int_equal(gate_client_ask(b, RESPONSES, headers[0], body), 200);
    assert_string_equal(gate_client_body(a), gate_client_body(b));
    assert_true(gate_client_has(b, "glimpse-status: cache"));
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 1);
    /* Another caller's is another's, and so is a request without the key. */
    assert_int_equal(gate_client_ask(b, RESPONSES, headers[1], body), 200);
    assert_int_equal(gate_client_ask(b, RESPONSES, A, body), 200);
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 3);
    /* Another body is refused, on any path. */
    assert_int_equal(gate_client_ask(b, RESPONSES, headers[0], "{\"model\":\"m\",\"input\":\"b\"}"),
                     409);
    assert_true(has_code(b, "idempotency_key_reused"));
    assert_int_equal(gate_client_ask(b, GATE_CHAT, headers[0], MOCK_RIG_CHAT), 409);
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), 3);
    assert_counted(&g, "idempotency_key_reused");
    mock_client_close(a);
    mock_client_close(b);
    gate_rig_close(&g);
}

static void a_client_that_retries_itself_has_fewer_of_our_attempts(void **state)
{
    (void)state;
    static const struct {
        const char *header, *attempts;
    } rows[] = { { "", "glimpse-attempts: 4" },
                 { "X-Stainless-Retry-Count: 0\r\n", "glimpse-attempts: 4" },
                 { "X-Stainless-Retry-Count: 1\r\n", "glimpse-attempts: 2" },
                 { "X-Stainless-Retry-Count: 2\r\n", "glimpse-attempts: 1" } };
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .fault = "500:#1-", .seed = 5 });
    g.engine_config.max_attempts = 4;
    g.engine_config.breaker = GLIMPSE_BREAKER_OFF;
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(gate_client_ask(c, GATE_CHAT, rows[i].header, MOCK_RIG_CHAT), 502);
        if (!gate_client_has(c, rows[i].attempts)) fail_msg("row %zu: %s", i, c->got);
        assert_true(gate_client_has(c, "x-should-retry: false"));
    }
    mock_client_close(c);
    gate_rig_close(&g);
}

/* --- a reload under load ---------------------------------------------------------------------- */

/* Keys come and go while requests run: each request has one answer, by the keys of its moment, and
 * what was let through was sent once. */
static void s10_keys_are_swapped_under_load_and_nothing_is_lost_or_doubled(void **state)
{
    (void)state;
    enum { ROUNDS = 30, EACH = 12 };
    static const char *const members[] = { ",\"concurrency\":64", ",\"concurrency\":64", "" };
    static const char *const keys[] = { A, B, C };
    gate_rig g;
    mock_client *c[EACH];
    int good = 0, unknown = 0;
    gate_keys_open(&g, &(mock_options){ .latency = "2ms", .seed = 5 }, members, 3);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < EACH; i++) {
            c[i] = ask_own(&g, keys[i % 3], EACH * round + i, 0);
            if (i % 4 == 3) gate_keys_load(&g, members, 1 + (size_t)(round + i / 4) % 3);
            gate_rig_turn(&g, i % 3);
        }
        for (int i = 0; i < EACH; i++) {
            gate_client_whole(c[i]);
            int status = gate_client_status(c[i]);
            good += status == 200;
            unknown += status == 401 || status == 429;     /* held back, after ten wrong ones */
            if (i % 3 == 0) assert_int_equal(status, 200); /* a's key is always there */
            mock_client_close(c[i]);
        }
    }
    assert_int_equal(good + unknown, ROUNDS * EACH);
    assert_true(good > 0 && unknown > 0);
    assert_int_equal(mock_rig_stat(&g.mock, NULL, "requests"), good);
    /* All places are free again. */
    gate_keys_load(&g, (const char *[]){ ",\"concurrency\":1" }, 1);
    assert_int_equal(gate_status_as(&g, A, MOCK_RIG_CHAT), 200);
    gate_rig_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_caller_that_floods_does_not_hold_up_another),
        cmocka_unit_test(a_caller_has_a_queue_of_its_own),
        cmocka_unit_test(where_none_may_wait_a_request_that_can_go_does),
        cmocka_unit_test(a_deadline_that_is_shorter_than_the_queue_is_waited_for),
        cmocka_unit_test(wrong_keys_are_held_back_and_right_ones_pass),
        cmocka_unit_test(a_request_that_comes_again_with_its_idempotency_key_is_sent_once),
        cmocka_unit_test(a_client_that_retries_itself_has_fewer_of_our_attempts),
        cmocka_unit_test(s10_keys_are_swapped_under_load_and_nothing_is_lost_or_doubled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
