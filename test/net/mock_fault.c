/* The mock server over plain sockets: latency, faults, and clients that leave or do not read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/time.h"
#include "mock_rig.h"

static void each_fault_does_what_it_says(void **state)
{
    (void)state;
    static const struct {
        const char *list, *status, *code;
    } errors[] = { { "429:100%", "429", "rate_limit_exceeded" },
                   { "500:100%", "500", NULL },
                   { "503:100%", "503", "server_is_overloaded" } };
    for (size_t i = 0; i < 3; i++) {
        mock_rig w;
        mock_rig_open(&w, "5ms", errors[i].list);
        mock_client *c = mock_rig_connect(&w);
        mock_client_post(c, "/v1/chat/completions", MOCK_RIG_CHAT);
        mock_client_wait(c, "}}", 1);
        assert_true(strncmp(c->got + 9, errors[i].status, 3) == 0);
        gl_json code = gl_json_get(gl_json_get(mock_client_body(c), "error"), "code");
        assert_true(errors[i].code == NULL ? code.kind == GL_JSON_NULL
                                           : gl_json_string_is(code, errors[i].code));
        assert_int_equal(mock_rig_stat(&w, "by_fault", errors[i].status), 1);
        assert_int_equal(mock_rig_stat(&w, "by_status", errors[i].status), 1);
        mock_client_close(c);
        mock_rig_close(&w);
    }

    mock_rig w;
    mock_rig_open(&w, "1ms", "reset:100%");
    mock_client *c = mock_rig_connect(&w);
    mock_client_post(c, "/v1/chat/completions", MOCK_RIG_CHAT);
    mock_client_wait_end(c);
    assert_true(c->reset);
    assert_int_equal(c->len, 0);
    mock_client_close(c);
    assert_int_equal(mock_rig_stat(&w, NULL, "requests"), 1);
    assert_int_equal(mock_rig_stat(&w, "by_fault", "reset"), 1);
    assert_int_equal(mock_rig_stat(&w, "by_status", "200"), 0);
    mock_rig_close(&w);

    mock_rig_open(&w, NULL, "truncate:100%");
    c = mock_rig_connect(&w);
    mock_client_post(c, "/v1/chat/completions", MOCK_RIG_CHAT);
    mock_client_wait_end(c);
    const char *length = strstr(c->got, "content-length: "), *body = strstr(c->got, "\r\n\r\n");
    assert_non_null(length);
    assert_non_null(body);
    assert_int_equal(strlen(body + 4), strtoul(length + 16, NULL, 10) / 2);
    assert_false(c->reset);
    mock_client_close(c);
    mock_rig_close(&w);

    mock_rig_open(&w, NULL, "malformed:100%");
    c = mock_rig_connect(&w);
    mock_client_post(c, "/v1/chat/completions", MOCK_RIG_CHAT);
    mock_client_post(c, "/v1/chat/completions", MOCK_RIG_CHAT); /* the connection is still good */
    mock_client_wait(c, "200 OK", 2);
    length = strstr(c->got, "content-length: ");
    body = strstr(c->got, "\r\n\r\n");
    assert_non_null(length);
    assert_non_null(body);
    gl_json root;
    gl_slice cut = gl_slice_of(body + 4, strtoul(length + 16, NULL, 10));
    assert_int_equal(gl_json_check(cut, &root, NULL), GL_JSON_CUT);
    assert_int_equal(strncmp(cut.data + cut.len, "HTTP/1.1 200", 12), 0);
    mock_client_close(c);
    mock_rig_close(&w);
}

static void a_hanging_request_ends_when_its_client_leaves(void **state)
{
    (void)state;
    mock_rig w;
    mock_rig_open(&w, NULL, "hang:100%");
    mock_client *c = mock_rig_connect(&w);
    mock_client_post(c, "/v1/chat/completions", MOCK_RIG_CHAT);
    while (mock_rig_stat(&w, NULL, "requests") == 0) {
    }
    assert_int_equal(mock_rig_stat(&w, NULL, "open_connections"), 2); /* and the one that asks */
    assert_int_equal(c->len, 0);
    mock_client_close(c);
    while (mock_rig_stat(&w, NULL, "open_connections") != 1) {
    }
    assert_int_equal(mock_rig_stat(&w, "by_fault", "hang"), 1);
    mock_rig_close(&w);
}

/* Statuses of 200 sequential requests, as one text. */
static void fates(char *out, size_t size)
{
    mock_rig w;
    mock_rig_open(&w, NULL, "429:15%,500:5%,503:5%");
    mock_client *c = mock_rig_connect(&w);
    for (size_t i = 0; i < 200; i++) {
        mock_client_post(c, "/v1/chat/completions", MOCK_RIG_CHAT);
        mock_client_wait(c, "HTTP/1.1 ", i + 1);
    }
    mock_client_wait(c, "\"object\":", 1);
    out[0] = '\0';
    for (const char *at = c->got; (at = strstr(at, "HTTP/1.1 ")) != NULL; at += 9)
        strncat(out, at + 9, size - strlen(out) - 1 < 3 ? 0 : 3);
    assert_int_equal(mock_rig_stat(&w, NULL, "requests"), 200);
    assert_int_equal(mock_rig_stat(&w, NULL, "distinct"), 1);
    assert_int_equal(mock_rig_stat(&w, "by_status", "200") + mock_rig_stat(&w, "by_status", "429") +
                         mock_rig_stat(&w, "by_status", "500") +
                         mock_rig_stat(&w, "by_status", "503"),
                     200);
    assert_int_equal(mock_rig_stat(&w, "by_status", "429"), mock_rig_stat(&w, "by_fault", "429"));
    assert_in_range(mock_rig_stat(&w, "by_status", "429"), 10, 50); /* 30 expected */
    mock_client_close(c);
    mock_rig_close(&w);
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
    mock_rig w;
    mock_rig_open(&w, "30ms", NULL);
    mock_client *clients[CLIENTS];
    gl_time start = gl_clock_now();
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = mock_rig_connect(&w);
        mock_client_post(clients[i], "/v1/chat/completions", MOCK_RIG_CHAT);
    }
    for (int i = 0; i < CLIENTS; i++) {
        mock_client_wait(clients[i], "}\n", 1);
        assert_true(gl_clock_now() - start >= 30 * GL_MS);
        assert_non_null(strstr(clients[i]->got, "openai-processing-ms: 30\r\n"));
    }
    for (int i = 0; i < CLIENTS; i++) mock_client_close(clients[i]);
    assert_int_equal(mock_rig_stat(&w, NULL, "peak_in_flight"), CLIENTS);
    mock_rig_close(&w);
}

static void a_client_that_leaves_is_in_flight_no_more(void **state)
{
    (void)state;
    mock_rig w;
    mock_rig_open(&w, "3600s", NULL);
    for (int i = 0; i < 3; i++) {
        mock_client *c = mock_rig_connect(&w);
        mock_client_post(c, "/v1/chat/completions", MOCK_RIG_CHAT);
        while (mock_rig_stat(&w, NULL, "requests") != i + 1) {
        }
        mock_client_close(c);
        while (mock_rig_stat(&w, NULL, "open_connections") != 1) {
        }
    }
    assert_int_equal(mock_rig_stat(&w, NULL, "peak_in_flight"), 1);
    mock_rig_close(&w);
}

static void a_client_that_does_not_read_holds_up_nobody(void **state)
{
    (void)state;
    mock_rig w;
    mock_rig_open(&w, NULL, NULL);
    mock_client *slow = mock_rig_connect(&w), *other = mock_rig_connect(&w);
    event_del(slow->event);
    /* Only what it sends is kept small. A receive buffer made smaller than the window that TCP has
     * promised makes the kernel drop what comes, and both sides crawl from timeout to timeout. */
    const int small = 65536;
    setsockopt(slow->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
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
    mock_client_post(other, "/v1/chat/completions", MOCK_RIG_CHAT);
    mock_client_wait(other, "}\n", 1);
    mock_client_close(other);
    event_add(slow->event, NULL);
    shutdown(slow->fd, SHUT_WR); /* a client that only reads on gets all it asked for */
    mock_client_wait_end(slow);
    assert_false(slow->reset);
    assert_int_equal(mock_client_count(slow, "HTTP/1.1 200 OK"), sent / size);
    mock_client_close(slow);
    mock_rig_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_does_what_it_says),
        cmocka_unit_test(a_hanging_request_ends_when_its_client_leaves),
        cmocka_unit_test(the_same_seed_makes_the_same_faults),
        cmocka_unit_test(latency_is_kept_and_requests_overlap),
        cmocka_unit_test(a_client_that_leaves_is_in_flight_no_more),
        cmocka_unit_test(a_client_that_does_not_read_holds_up_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
