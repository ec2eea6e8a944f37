/* Refusals of the gateway's own: they claim nothing that was not, show nothing that is not the
 * caller's, and cost little. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gate_keys.h"

/* --- whose answer it is ----------------------------------------------------------------------- */

static void assert_nobody_answered(mock_client *c, const char *code)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, "\"code\":\"%s\"", code);
    if (strstr(c->got, wanted) == NULL) fail_msg("%s: %s", code, c->got);
    if (gate_client_names(c, "glimpse-status: ")) fail_msg("%s: %s", code, c->got);
    if (gate_client_names(c, "cache-status: ")) fail_msg("%s: %s", code, c->got);
}

static void a_refusal_that_nobody_answered_claims_no_answer(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .key = "sk-another", .seed = 5 });
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    gate_client_ask(c, GATE_CHAT, "Cache-Control: only-if-cached\r\n", MOCK_RIG_CHAT);
    assert_nobody_answered(c, "not_cached");
    gate_client_ask(c, GATE_CHAT, "", "{\"messages\":[]"); /* never came to the engine */
    assert_nobody_answered(c, "invalid_json");
    /* The endpoint refused this one. It was sent; the words are ours. */
    assert_int_equal(gate_client_ask(c, GATE_CHAT, "", MOCK_RIG_CHAT), 424);
    assert_false(gate_client_names(c, "glimpse-status: "));
    assert_true(gate_client_has(c, "cache-status: glimpse; fwd=miss; fwd-status=401"));
    gate_client_ask(c, GATE_CHAT, "", MOCK_RIG_CHAT); /* the key is stopped: it was not */
    assert_nobody_answered(c, "upstream_auth");
    assert_true(gate_client_has(c, "glimpse-attempts: 0"));
    mock_client_close(c);
    gate_rig_close(&g);
}

static void a_request_that_waited_in_vain_claims_no_answer(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .latency = "600s", .seed = 5 });
    g.engine_config.concurrency = 1;
    g.config.queue_timeout_ms = 20;
    gate_rig_open(&g);
    mock_client *first = gate_rig_connect(&g), *second = gate_rig_connect(&g);
    mock_client_post(first, GATE_CHAT, MOCK_RIG_CHAT);
    while (mock_rig_stat(&g.mock, NULL, "requests") == 0) continue;
    gate_client_ask(second, GATE_CHAT, "", "{\"messages\":[]}");
    assert_nobody_answered(second, "queue_timeout");
    gate_client_ask(second, GATE_CHAT, "Glimpse-Deadline-Ms: 1\r\n", "{\"messages\":[]}");
    assert_nobody_answered(second, "deadline");
    mock_client_close(first);
    mock_client_close(second);
    gate_rig_close(&g);
}

static void an_open_circuit_claims_no_answer(void **state)
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
        status = gate_client_ask(c, GATE_CHAT, "", body);
    }
    assert_int_equal(status, 503);
    assert_nobody_answered(c, "circuit_open");
    mock_client_close(c);
    gate_rig_close(&g);
}

static void an_error_of_the_endpoint_s_is_its_answer(void **state)
{
    (void)state;
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .fault = "400:#1-", .seed = 5 });
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    assert_int_equal(gate_client_ask(c, GATE_CHAT, "", MOCK_RIG_CHAT), 400);
    assert_true(gate_client_has(c, "glimpse-status: live"));
    assert_true(gate_client_has(c, "cache-status: glimpse; fwd=miss; fwd-status=400"));
    mock_client_close(c);
    gate_rig_close(&g);
}

/* --- what is the operator's alone ------------------------------------------------------------- */

/* A port on which nobody listens, as long as *fd is open. */
static int closed_port(int *fd)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(getsockname(*fd, (struct sockaddr *)&at, &len), 0);
    return ntohs(at.sin_port);
}

static void no_caller_is_shown_where_the_endpoint_is(void **state)
{
    (void)state;
    static const char models[] = "GET /v1/models HTTP/1.1\r\nHost: h\r\n\r\n";
    gate_rig g;
    int fd;
    char port[16];
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    snprintf(port, sizeof port, "%d", closed_port(&fd));
    snprintf(g.url, sizeof g.url, "http://127.0.0.1:%s/v1", port);
    g.engine_config.max_attempts = 2;
    gate_rig_open(&g);
    mock_client *c = gate_rig_connect(&g);
    for (int i = 0; i < 3; i++) {
        if (i < 2) {
            int status = gate_client_ask(
                c, GATE_CHAT, "", i == 0 ? MOCK_RIG_CHAT : "{\"messages\":[],\"stream\":true}");
            assert_int_equal(status, 502);
            assert_non_null(strstr(c->got, "no connection could be made"));
        } else {
            gate_client_forget(c);
            mock_client_send_text(c, models);
            gate_client_whole(c);
            assert_int_equal(gate_client_status(c), 502);
        }
        assert_null(strstr(c->got, "127.0.0.1"));
        assert_null(strstr(gate_client_body(c), port));
    }
    mock_client_close(c);
    gate_rig_close(&g);
    close(fd);
}

/* --- pages from elsewhere --------------------------------------------------------------------- */

static bool only_localhost(gl_slice host)
{
    return gl_slice_is(host, "localhost");
}

static void of_two_origins_both_must_be_here(void **state)
{
    (void)state;
    static const struct {
        const char *headers;
        int status;
    } rows[] = {
        { "Host: localhost\r\nOrigin: http://localhost\r\nOrigin: https://evil.example\r\n", 403 },
        { "Host: localhost\r\nOrigin: https://evil.example\r\nOrigin: http://localhost\r\n", 403 },
        { "Host: localhost\r\nOrigin: http://localhost\r\nOrigin: http://localhost\r\n", 200 },
        { "Host: localhost\r\nOrigin: http://localhost, https://evil.example\r\n", 403 },
        { "Host: localhost\r\nOrigin: \r\n", 403 },
    };
    gate_rig g;
    gate_rig_init(&g, &(mock_options){ .seed = 5 });
    g.config.is_here = only_localhost;
    gate_rig_open(&g);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char head[300];
        mock_client *c = gate_rig_connect(&g);
        snprintf(head, sizeof head, "POST " GATE_CHAT " HTTP/1.1\r\n%sContent-Length: %zu\r\n\r\n",
                 rows[i].headers, strlen(MOCK_RIG_CHAT));
        mock_client_send_text(c, head);
        mock_client_send_text(c, MOCK_RIG_CHAT);
        gate_client_whole(c);
        if (gate_client_status(c) != rows[i].status) fail_msg("row %zu: %s", i, c->got);
        mock_client_close(c);
    }
    gate_rig_close(&g);
}

/* --- before the body -------------------------------------------------------------------------- */

/* The head of a request of 1 MiB, whose body is never sent. */
static void send_head(mock_client *c, const char *key)
{
    char head[200];
    snprintf(head, sizeof head,
             "POST " GATE_CHAT " HTTP/1.1\r\nHost: h\r\n%sExpect: 100-continue\r\n"
             "Content-Length: 1048576\r\n\r\n",
             key);
    mock_client_send_text(c, head);
}

static void a_caller_with_nothing_left_is_refused_before_its_body(void **state)
{
    (void)state;
    static const char *const members[] = { ",\"rpm\":1", ",\"concurrency\":1" };
    gate_rig g;
    gate_keys_open(&g, &(mock_options){ .latency = "20ms", .seed = 5 }, members, 2);
    assert_int_equal(gate_status_as(&g, A, MOCK_RIG_CHAT), 200);
    mock_client *c = gate_rig_connect(&g);
    send_head(c, A);
    gate_client_whole(c);
    assert_int_equal(gate_client_status(c), 429); /* and no 100 before it */
    assert_non_null(strstr(c->got, "\"code\":\"caller_rate\""));
    assert_true(gate_client_names(c, "retry-after: "));
    assert_true(gate_client_has(c, "connection: close"));
    mock_client_wait_end(c);
    mock_client_close(c);
    /* One that has a place left is asked for its body, also while another takes it. */
    mock_client *other = gate_rig_connect(&g);
    c = gate_rig_connect(&g);
    send_head(c, B);
    mock_client_wait(c, "100 Continue\r\n\r\n", 1);
    mock_client_post_with(other, GATE_CHAT, B, MOCK_RIG_CHAT);
    gate_client_whole(other);
    assert_int_equal(gate_client_status(other), 200);
    mock_client_close(c);
    mock_client_close(other);
    gate_rig_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_that_nobody_answered_claims_no_answer),
        cmocka_unit_test(a_request_that_waited_in_vain_claims_no_answer),
        cmocka_unit_test(an_open_circuit_claims_no_answer),
        cmocka_unit_test(an_error_of_the_endpoint_s_is_its_answer),
        cmocka_unit_test(no_caller_is_shown_where_the_endpoint_is),
        cmocka_unit_test(of_two_origins_both_must_be_here),
        cmocka_unit_test(a_caller_with_nothing_left_is_refused_before_its_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
