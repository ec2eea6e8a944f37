/* http.c - gl_http against the scripted server: what it sends, and how each ending is called. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "http_rig.h"

#define END                                                                                        \
    {                                                                                              \
        FAULT_END, NULL, 0                                                                         \
    }

static const fault_step hang[] = { { FAULT_HANG, NULL, 0 } };
static const fault_step reset[] = { { FAULT_RESET, NULL, 0 } };

/* --- what is sent ------------------------------------------------------------------------------
 */

static void answer_comes_with_status_body_and_headers(void **state)
{
    (void)state;
    static const fault_step busy[] = {
        { FAULT_SEND,
          "HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nX-Request-ID: req_9\r\n"
          "Content-Type: text/plain\r\nContent-Length: 4\r\n\r\nwait",
          0 },
        END
    };
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    http_call call = { 0 };
    http_call_run(&rig, &call, "/chat/completions", "{\"a\":1}");
    assert_int_equal(call.error, GLIMPSE_OK);
    assert_int_equal(call.status, 200);
    assert_string_equal(call.message, "");
    assert_string_equal(call.body, "{\"ok\":true}");
    assert_string_equal(call.content_type, "application/json");
    assert_string_equal(call.retry_after, "");
    http_call_free(&call);
    fault_server_play(rig.server, busy);
    http_call_run(&rig, &call, "/chat/completions", "{}");
    assert_int_equal(call.error, GLIMPSE_OK);
    assert_int_equal(call.status, 429);
    assert_string_equal(call.retry_after, "7");
    assert_string_equal(call.request_id, "req_9");
    assert_string_equal(call.content_type, "text/plain");
    http_call_free(&call);
    http_rig_end(&rig);
}

static void request_is_what_was_asked_and_no_more(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    char url[64];
    gl_http_config config = http_rig_config(&rig, url, sizeof url);
    const char *headers[] = { "Authorization: Bearer k", "X-Empty:", "User-Agent: glimpse/t" };
    config.headers = headers;
    config.header_count = 3;
    http_rig_open(&rig, &config);
    http_call call = { 0 };
    http_call_run(&rig, &call, "//chat/completions", "{\"a\":1}");
    char expected[512];
    snprintf(expected, sizeof expected,
             "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
             "Content-Type: application/json\r\nAccept: application/json\r\n"
             "Authorization: Bearer k\r\nX-Empty:\r\nUser-Agent: glimpse/t\r\n"
             "Content-Length: 7\r\n\r\n",
             fault_server_port(rig.server));
    assert_string_equal(fault_server_request(rig.server, 0)->head, expected);
    assert_string_equal(fault_server_request(rig.server, 0)->body, "{\"a\":1}");
    http_call_free(&call);
    http_rig_end(&rig);
}

static void no_body_is_a_get_and_the_next_may_post_again(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    for (size_t i = 0; i < 4; i++) {
        http_call call = { 0 };
        http_call_run(&rig, &call, i % 2 ? "models" : "chat", i % 2 ? NULL : "{}");
        const fault_request *request = fault_server_request(rig.server, i);
        const char *line = i % 2 ? "GET /v1/models HTTP/1.1\r\n" : "POST /v1/chat HTTP/1.1\r\n";
        assert_memory_equal(request->head, line, strlen(line));
        assert_int_equal(strstr(request->head, "Content-Type") != NULL, i % 2 == 0);
        assert_string_equal(request->body, i % 2 ? "" : "{}");
        http_call_free(&call);
    }
    assert_int_equal(fault_server_connections(rig.server), 1);
    http_rig_end(&rig);
}

static void large_body_goes_out_whole_without_asking_first(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    size_t len = (size_t)3 * 1024 * 1024;
    char *body = malloc(len + 1);
    assert_non_null(body);
    for (size_t i = 0; i < len; i++) body[i] = (char)('a' + i % 23);
    body[len] = '\0';
    http_call call = { 0 };
    http_call_run(&rig, &call, "/x", body);
    const fault_request *request = fault_server_request(rig.server, 0);
    assert_int_equal(request->body_len, len);
    assert_memory_equal(request->body, body, len);
    assert_null(strstr(request->head, "Expect"));
    free(body);
    http_call_free(&call);
    http_rig_end(&rig);
}

/* --- many, and again ----------------------------------------------------------------------------
 */

static void one_after_the_other_share_a_connection(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    for (int i = 0; i < 50; i++) {
        http_call call = { 0 };
        http_call_run(&rig, &call, "/x", "{}");
        assert_int_equal(call.error, GLIMPSE_OK);
        http_call_free(&call);
    }
    assert_int_equal(fault_server_connections(rig.server), 1);
    assert_int_equal(rig.sent, 50);
    http_rig_end(&rig);
}

static void many_run_at_once_and_the_next_wave_reuses_their_connections(void **state)
{
    (void)state;
    enum { MANY = 200 };
    static const fault_step slow[] = { { FAULT_PAUSE, NULL, 200 },
                                       { FAULT_SEND, FAULT_OK_TEXT, 0 },
                                       END };
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    fault_server_play(rig.server, slow);
    http_call *calls = calloc(MANY, sizeof *calls);
    assert_non_null(calls);
    for (size_t wave = 1; wave <= 3; wave++) {
        for (size_t i = 0; i < MANY; i++) http_call_start(&rig, &calls[i], "/x", "{}");
        http_rig_run(&rig, &rig.done, wave * MANY);
        for (size_t i = 0; i < MANY; i++) {
            assert_int_equal(calls[i].error, GLIMPSE_OK);
            assert_string_equal(calls[i].body, "{\"ok\":true}");
            http_call_free(&calls[i]);
        }
        assert_int_equal(fault_server_connections(rig.server), MANY);
    }
    assert_int_equal(fault_server_peak(rig.server), MANY);
    assert_int_equal(fault_server_requests(rig.server), 3 * MANY);
    assert_int_equal(rig.sent, 3 * MANY);
    free(calls);
    http_rig_end(&rig);
}

static http_call second;

static void start_second(http_call *call)
{
    http_call_start(call->rig, &second, "/second", "{}");
}

static void done_may_start_another(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    http_call call = { .then = start_second };
    http_call_start(&rig, &call, "/first", "{}");
    http_rig_run(&rig, &rig.done, 2);
    assert_int_equal(second.error, GLIMPSE_OK);
    assert_int_equal(fault_server_connections(rig.server), 1);
    http_call_free(&call);
    http_call_free(&second);
    http_rig_end(&rig);
}

static http_call chain[500];
static size_t chained;

static void start_next(http_call *call)
{
    if (chained == 500) return;
    http_call *next = &chain[chained++];
    next->then = start_next;
    http_call_start(call->rig, next, "/next", "{}");
}

static void chain_of_starts_from_done_reuses_handles(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    chained = 0;
    http_call first = { .then = start_next };
    for (int i = 0; i < 8; i++) start_next(&(http_call){ .rig = &rig });
    http_rig_run(&rig, &rig.done, 500);
    for (size_t i = 0; i < 500; i++) {
        assert_int_equal(chain[i].error, GLIMPSE_OK);
        http_call_free(&chain[i]);
    }
    assert_int_equal(fault_server_connections(rig.server), 8);
    http_call_free(&first);
    http_rig_end(&rig);
}

/* --- endings ------------------------------------------------------------------------------------
 */

/* Plays the script for one request on a new connection; the caller frees the call. */
static http_call outcome_of(const fault_step *script)
{
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    fault_server_play(rig.server, script);
    http_call call = { 0 };
    http_call_run(&rig, &call, "/x", "{}");
    assert_int_equal(fault_server_requests(rig.server), 1);
    assert_int_equal(rig.sent, 1);
    http_rig_end(&rig);
    return call;
}

static void expect_outcome(const fault_step *script, glimpse_error error, int status,
                           const char *body)
{
    http_call call = outcome_of(script);
    if (call.error != error) print_error("message: %s\n", call.message);
    assert_int_equal(call.error, error);
    assert_int_equal(call.status, status);
    assert_string_equal(call.body, body);
    assert_int_equal(call.message[0] == '\0', error == GLIMPSE_OK);
    http_call_free(&call);
}

static void reset_is_told_wherever_it_comes(void **state)
{
    (void)state;
    static const fault_step in_head[] = { { FAULT_SEND, "HTTP/1.1 200 OK\r\nContent-", 0 },
                                          { FAULT_PAUSE, NULL, 20 },
                                          { FAULT_RESET, NULL, 0 } };
    static const fault_step in_body[] = {
        { FAULT_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", 0 },
        { FAULT_PAUSE, NULL, 20 },
        { FAULT_RESET, NULL, 0 }
    };
    static const fault_step no_answer[] = { { FAULT_CLOSE, NULL, 0 } };
    expect_outcome(reset, GLIMPSE_ERR_RESET, 0, "");
    expect_outcome(in_head, GLIMPSE_ERR_RESET, 200, "");
    expect_outcome(in_body, GLIMPSE_ERR_RESET, 200, "half");
    expect_outcome(no_answer, GLIMPSE_ERR_RESET, 0, "");
}

static void truncated_body_is_no_answer(void **state)
{
    (void)state;
    static const fault_step length[] = { { FAULT_SEND,
                                           "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", 0 },
                                         { FAULT_CLOSE, NULL, 0 } };
    static const fault_step chunks[] = {
        { FAULT_SEND, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", 0 },
        { FAULT_CLOSE, NULL, 0 }
    };
    expect_outcome(length, GLIMPSE_ERR_RESET, 200, "half");
    expect_outcome(chunks, GLIMPSE_ERR_RESET, 200, "half");
}

static void chunks_and_drips_are_put_together(void **state)
{
    (void)state;
    static const fault_step script[] = {
        { FAULT_DRIP, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 0 },
        { FAULT_DRIP, "3\r\nabc\r\n5;x=y\r\ndefgh\r\n0\r\n\r\n", 1 },
        END
    };
    http_call call = outcome_of(script);
    assert_int_equal(call.error, GLIMPSE_OK);
    assert_string_equal(call.body, "abcdefgh");
    assert_int_equal(call.order_len, 4);
    for (int i = 0; i < 4; i++) assert_int_equal(call.order[i], i);
    assert_int_equal(call.progress[GLIMPSE_PROGRESS_CONNECTED], 1);
    assert_int_equal(call.progress[GLIMPSE_PROGRESS_SENT], 1);
    assert_int_equal(call.progress[GLIMPSE_PROGRESS_FIRST_BYTE], 1);
    assert_true(call.progress[GLIMPSE_PROGRESS_BYTES] >= 1);
    http_call_free(&call);
}

static void informational_answers_are_passed_over(void **state)
{
    (void)state;
    static const fault_step script[] = { { FAULT_SEND, "HTTP/1.1 103 Early Hints\r\n\r\n", 0 },
                                         { FAULT_PAUSE, NULL, 20 },
                                         { FAULT_SEND, FAULT_OK_TEXT, 0 },
                                         END };
    expect_outcome(script, GLIMPSE_OK, 200, "{\"ok\":true}");
}

static void what_is_not_http_is_a_protocol_error(void **state)
{
    (void)state;
    static const fault_step garbage[] = { { FAULT_SEND, "SSH-2.0-hello\r\n\r\n", 0 },
                                          { FAULT_CLOSE, NULL, 0 } };
    static const fault_step bad_chunk[] = {
        { FAULT_SEND, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 0 }, END
    };
    http_call call = outcome_of(garbage);
    assert_int_equal(call.error, GLIMPSE_ERR_PROTOCOL);
    http_call_free(&call);
    call = outcome_of(bad_chunk);
    assert_true(call.error == GLIMPSE_ERR_PROTOCOL || call.error == GLIMPSE_ERR_RESET);
    http_call_free(&call);
}

static void redirect_is_refused_and_its_target_never_called(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    fault_server *target = fault_server_new(rig.base);
    static const int codes[] = { 301, 302, 303, 307, 308 };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char text[200];
        snprintf(text, sizeof text,
                 "HTTP/1.1 %d Moved\r\nLocation: http://127.0.0.1:%d/steal\r\n"
                 "Content-Length: 0\r\n\r\n",
                 codes[i], fault_server_port(target));
        fault_step script[] = { { FAULT_SEND, text, 0 }, END };
        fault_server_play(rig.server, script);
        http_call call = { 0 };
        http_call_run(&rig, &call, "/x", "{}");
        assert_int_equal(call.error, GLIMPSE_ERR_REDIRECT);
        assert_int_equal(call.status, codes[i]);
        http_call_free(&call);
    }
    assert_int_equal(fault_server_connections(target), 0);
    fault_server_free(target);
    http_rig_end(&rig);
}

static void body_above_the_limit_is_cut_off(void **state)
{
    (void)state;
    static const fault_step announced[] = {
        { FAULT_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 4096000\r\n\r\n", 0 },
        { FAULT_HANG, NULL, 0 }
    };
    static const fault_step endless[] = { { FAULT_SEND, "HTTP/1.1 200 OK\r\n\r\n", 0 },
                                          { FAULT_FILL, NULL, 4000 },
                                          { FAULT_HANG, NULL, 0 } };
    http_call call = outcome_of(announced);
    assert_int_equal(call.error, GLIMPSE_ERR_BODY_TOO_LARGE);
    assert_int_equal(call.body_len, 0);
    http_call_free(&call);
    call = outcome_of(endless);
    assert_int_equal(call.error, GLIMPSE_ERR_BODY_TOO_LARGE);
    assert_in_range(call.body_len, 1, 1024 * 1024);
    http_call_free(&call);
}

static void body_of_exactly_the_limit_is_fine(void **state)
{
    (void)state;
    static const fault_step script[] = {
        { FAULT_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n", 0 },
        { FAULT_FILL, NULL, 1024 },
        END
    };
    http_call call = outcome_of(script);
    assert_int_equal(call.error, GLIMPSE_OK);
    assert_int_equal(call.body_len, 1024 * 1024);
    http_call_free(&call);
}

/* A port of 127.0.0.1 that nobody listens on: bound, and kept so while fd is open. */
static int closed_port(int *fd)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof address;
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(*fd, (struct sockaddr *)&address, &len), 0);
    return ntohs(address.sin_port);
}

static void refused_connection_is_a_connect_error_and_nothing_was_sent(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    char url[64];
    gl_http_config config = http_rig_config(&rig, url, sizeof url);
    int fd;
    snprintf(url, sizeof url, "http://127.0.0.1:%d", closed_port(&fd));
    http_rig_open(&rig, &config);
    http_call call = { 0 };
    http_call_run(&rig, &call, "/x", "{}");
    assert_int_equal(call.error, GLIMPSE_ERR_CONNECT);
    assert_int_equal(call.status, 0);
    assert_int_equal(rig.connected, 0);
    assert_int_equal(rig.sent, 0);
    http_call_free(&call);
    close(fd);
    http_rig_end(&rig);
}

static void want_of_descriptors_is_named(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    http_call warm = { 0 };
    http_call_run(&rig, &warm, "/x", "{}"); /* the multi handle has its descriptors now */
    http_call_free(&warm);
    fault_server_play(rig.server, hang);
    http_call busy = { 0 }, call = { 0 };
    http_call_start(&rig, &busy, "/x", "{}");
    http_rig_run_requests(&rig, 2);
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 0; /* those open stay */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    http_call_run(&rig, &call, "/x", "{}");
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(call.error, GLIMPSE_ERR_CONNECT);
    assert_non_null(strstr(call.message, "descriptor"));
    gl_http_cancel(busy.transfer);
    http_call_free(&call);
    http_rig_end(&rig);
}

/* --- sent once ----------------------------------------------------------------------------------
 */

static void request_on_a_dying_connection_is_not_sent_again(void **state)
{
    (void)state;
    static const fault_step close_it[] = { { FAULT_CLOSE, NULL, 0 } };
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    http_call call = { 0 };
    for (size_t i = 0; i < 10; i++) {
        http_call_run(&rig, &call, "/x", "{}");
        assert_int_equal(call.error, GLIMPSE_OK);
        http_call_free(&call);
        /* The server takes the next request on this connection and breaks it: after a FIN libcurl
         * alone would send it again on a new connection, and the server count it twice. */
        fault_server_play_once(rig.server, i % 2 ? reset : close_it);
        http_call_run(&rig, &call, "/x", "{}");
        assert_int_equal(call.error, GLIMPSE_ERR_RESET);
        if (i % 2 == 0)
            assert_string_equal(call.message, "connection died before an answer; not resent");
        assert_int_equal(call.progress[GLIMPSE_PROGRESS_SENT], 1);
        http_call_free(&call);
        assert_int_equal(fault_server_requests(rig.server), rig.sent);
    }
    assert_int_equal(rig.sent, 20);
    http_rig_end(&rig);
}

static void connection_closed_while_idle_costs_no_request(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    for (size_t i = 1; i <= 10; i++) {
        http_call call = { 0 };
        http_call_run(&rig, &call, "/x", "{}");
        assert_int_equal(call.error, GLIMPSE_OK);
        http_call_free(&call);
        fault_server_close_idle(rig.server);
        http_rig_pass(&rig, 5);
        assert_int_equal(fault_server_connections(rig.server), i);
    }
    assert_int_equal(fault_server_requests(rig.server), 10);
    assert_int_equal(rig.sent, 10);
    http_rig_end(&rig);
}

static void connection_closed_just_as_a_request_comes_is_never_counted_twice(void **state)
{
    (void)state;
    enum { MANY = 40 };
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    http_call *calls = calloc(MANY, sizeof *calls);
    assert_non_null(calls);
    size_t answered = 0;
    for (size_t wave = 1; wave <= 5; wave++) {
        for (size_t i = 0; i < MANY; i++) http_call_start(&rig, &calls[i], "/x", "{}");
        /* Written, and not yet read by the server, which closes what it thinks is idle. */
        event_base_loop(rig.base, EVLOOP_NONBLOCK);
        fault_server_close_idle(rig.server);
        http_rig_run(&rig, &rig.done, wave * MANY);
        for (size_t i = 0; i < MANY; i++) {
            assert_int_equal(calls[i].done, 1);
            if (calls[i].error == GLIMPSE_OK) answered++;
            assert_true(calls[i].progress[GLIMPSE_PROGRESS_SENT] <= 1);
            http_call_free(&calls[i]);
        }
    }
    assert_true(answered <= fault_server_requests(rig.server));
    assert_true(fault_server_requests(rig.server) <= rig.sent);
    free(calls);
    http_rig_end(&rig);
}

/* --- cancel -------------------------------------------------------------------------------------
 */

static void cancel_ends_it_without_a_word_in_every_phase(void **state)
{
    (void)state;
    static const fault_step half[] = { { FAULT_SEND,
                                         "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", 0 },
                                       { FAULT_HANG, NULL, 0 } };
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    http_call call = { 0 };
    /* Before libcurl has seen it. */
    http_call_start(&rig, &call, "/x", "{}");
    gl_http_cancel(call.transfer);
    http_rig_pass(&rig, 10);
    assert_int_equal(fault_server_requests(rig.server), 0);
    /* While it connects: the server accepts, and that is all. */
    fault_server_play(rig.server, hang);
    http_call_start(&rig, &call, "/x", "{}");
    event_base_loop(rig.base, EVLOOP_NONBLOCK);
    gl_http_cancel(call.transfer);
    http_rig_pass(&rig, 10);
    /* While it waits for the answer. */
    size_t before = fault_server_requests(rig.server);
    http_call_start(&rig, &call, "/x", "{}");
    http_rig_run_requests(&rig, before + 1);
    gl_http_cancel(call.transfer);
    http_rig_pass(&rig, 10);
    assert_int_equal(fault_server_open(rig.server), 0);
    /* While the answer comes. */
    fault_server_play(rig.server, half);
    http_call_start(&rig, &call, "/x", "{}");
    while (call.progress[GLIMPSE_PROGRESS_FIRST_BYTE] == 0) event_base_loop(rig.base, EVLOOP_ONCE);
    gl_http_cancel(call.transfer);
    http_rig_pass(&rig, 10);
    assert_int_equal(fault_server_open(rig.server), 0);
    assert_int_equal(call.done, 0);
    assert_int_equal(rig.done, 0);
    /* And it still works. */
    fault_server_play(rig.server, fault_ok);
    http_call after = { 0 };
    http_call_run(&rig, &after, "/x", "{}");
    assert_int_equal(after.error, GLIMPSE_OK);
    http_call_free(&after);
    http_rig_end(&rig);
}

static void cancel_while_sending_drops_the_connection(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    http_call warm = { 0 };
    http_call_run(&rig, &warm, "/x", "{}");
    http_call_free(&warm);
    fault_server_freeze(rig.server);
    size_t len = (size_t)32 * 1024 * 1024; /* more than the kernel takes */
    char *body = malloc(len + 1);
    assert_non_null(body);
    memset(body, 'a', len);
    body[len] = '\0';
    http_call call = { 0 };
    http_call_start(&rig, &call, "/x", body);
    while (call.progress[GLIMPSE_PROGRESS_SENT] == 0) event_base_loop(rig.base, EVLOOP_ONCE);
    http_rig_pass(&rig, 20);
    assert_int_equal(call.done, 0);
    gl_http_cancel(call.transfer);
    http_rig_pass(&rig, 10);
    assert_int_equal(rig.done, 1);
    free(body);
    http_rig_end(&rig);
}

enum { GROUP = 30 };
static http_call group[GROUP];

static void cancel_the_group(http_call *call)
{
    for (size_t i = 0; i < GROUP; i++) {
        if (&group[i] == call || group[i].transfer == NULL) continue;
        gl_http_cancel(group[i].transfer);
        group[i].transfer = NULL;
    }
}

static void done_may_cancel_others_also_those_that_have_ended_unreported(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    /* Refused connections end all in the same turn, so that their messages are read together. */
    for (size_t i = 0; i < GROUP; i++) group[i] = (http_call){ .then = cancel_the_group };
    gl_http_free(rig.http);
    char url[64];
    gl_http_config config = http_rig_config(&rig, url, sizeof url);
    int fd;
    snprintf(url, sizeof url, "http://127.0.0.1:%d", closed_port(&fd));
    http_rig_open(&rig, &config);
    for (size_t i = 0; i < GROUP; i++) http_call_start(&rig, &group[i], "/x", "{}");
    http_rig_run(&rig, &rig.done, 1);
    http_rig_pass(&rig, 20);
    assert_int_equal(rig.done, 1);
    for (size_t i = 0; i < GROUP; i++) http_call_free(&group[i]);
    close(fd);
    http_rig_end(&rig);
}

/* --- what is refused at the door ----------------------------------------------------------------
 */

static void expect_refused(gl_http_config config, const char *field)
{
    size_t live = gl_alloc_live();
    struct event_base *base = event_base_new();
    gl_loop *loop = gl_loop_new(base);
    gl_http *http = NULL;
    const char *problem = NULL;
    config.max_response_bytes = 1000;
    config.max_connections = 10;
    glimpse_error error = gl_http_new(loop, base, &config, &http, &problem);
    if (error != GLIMPSE_ERR_INVALID) print_error("taken: %s\n", config.base_url);
    assert_int_equal(error, GLIMPSE_ERR_INVALID);
    assert_null(http);
    assert_memory_equal(problem, field, strlen(field));
    gl_loop_free(loop);
    event_base_free(base);
    assert_int_equal(gl_alloc_live(), live);
}

static void base_url_must_be_a_plain_http_url(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "api.example.com/v1",
        "ftp://example.com/",
        "file:///etc/passwd",
        "http://",
        "https:///v1",
        "http://user@example.com/",
        "http://user:pass@example.com/",
        "https://example.com/v1?x=1",
        "https://example.com/v1?",
        "https://example.com/v1#f",
        "https://example.com/v 1",
        " https://example.com/",
        "https://example.com/\r\nX: y",
        "https://exa\tmple.com/",
        "https://example.com:99999/",
        "https://[::1/",
        "https://example.com:port/",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_refused((gl_http_config){ .base_url = bad[i] }, "base_url: ");
    expect_refused((gl_http_config){ .base_url = NULL }, "base_url: ");
}

static void header_line_with_a_control_byte_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "Authorization: Bearer a\r\nX: y",
                                       "X: a\nb",
                                       "X: a\x7f",
                                       "X\x01: a",
                                       "no colon",
                                       ": no name",
                                       "Na me: x",
                                       "Na;me: x" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *lines[] = { "Accept: application/json", bad[i] };
        expect_refused(
            (gl_http_config){ .base_url = "http://h/", .headers = lines, .header_count = 2 },
            "headers: ");
    }
}

static void proxy_must_be_one_that_is_known(void **state)
{
    (void)state;
    static const char *const bad[] = { "ftp://p:1", "http://p:1\r\nX: y", "http://" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_refused((gl_http_config){ .base_url = "http://h/", .http_proxy = bad[i] },
                       "proxy: ");
}

static void path_that_is_no_url_ends_as_invalid(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    http_call call = { 0 };
    http_call_run(&rig, &call, "/a\r\nX-Smuggled: 1", "{}");
    assert_int_equal(call.error, GLIMPSE_ERR_INVALID);
    assert_int_equal(fault_server_connections(rig.server), 0);
    http_call_free(&call);
    http_rig_end(&rig);
}

static void slash_at_the_end_of_the_base_is_no_matter(void **state)
{
    (void)state;
    static const char *const ends[] = { "", "/", "/v1", "/v1/", "/v1//" };
    static const char *const lines[] = { "POST /x ", "POST /x ", "POST /v1/x ", "POST /v1/x ",
                                         "POST /v1/x " };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        http_rig rig;
        http_rig_init(&rig);
        char url[64];
        gl_http_config config = http_rig_config(&rig, url, sizeof url);
        snprintf(url, sizeof url, "http://127.0.0.1:%d%s", fault_server_port(rig.server), ends[i]);
        http_rig_open(&rig, &config);
        http_call call = { 0 };
        http_call_run(&rig, &call, i % 2 ? "/x" : "x", "{}");
        assert_memory_equal(fault_server_request(rig.server, 0)->head, lines[i], strlen(lines[i]));
        http_call_free(&call);
        http_rig_end(&rig);
    }
}

/* --- proxies ------------------------------------------------------------------------------------
 */

static void proxy_gets_the_request_and_no_proxy_goes_past_it(void **state)
{
    (void)state;
    static const struct {
        const char *no_proxy;
        bool proxied;
    } cases[] = { { NULL, true },
                  { "", true },
                  { "example.org, 10.0.0.1", true },
                  { "127.0.0.1", false },
                  { "example.org,127.0.0.1", false },
                  { "*", false } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        http_rig rig;
        http_rig_init(&rig);
        fault_server *proxy = fault_server_new(rig.base);
        char url[64], proxy_url[64];
        gl_http_config config = http_rig_config(&rig, url, sizeof url);
        snprintf(proxy_url, sizeof proxy_url, "127.0.0.1:%d", fault_server_port(proxy));
        config.http_proxy = proxy_url;
        config.https_proxy = "http://192.0.2.1:1"; /* not for http URLs */
        config.no_proxy = cases[i].no_proxy;
        http_rig_open(&rig, &config);
        http_call call = { 0 };
        http_call_run(&rig, &call, "/x", "{}");
        assert_int_equal(call.error, GLIMPSE_OK);
        assert_int_equal(fault_server_requests(proxy), cases[i].proxied ? 1 : 0);
        assert_int_equal(fault_server_requests(rig.server), cases[i].proxied ? 0 : 1);
        if (cases[i].proxied)
            assert_memory_equal(fault_server_request(proxy, 0)->head, "POST http://127.0.0.1:", 22);
        http_call_free(&call);
        fault_server_free(proxy);
        http_rig_end(&rig);
    }
}

static void environment_names_no_proxy(void **state)
{
    (void)state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    http_call call = { 0 };
    http_call_run(&rig, &call, "/x", "{}");
    assert_int_equal(call.error, GLIMPSE_OK);
    http_call_free(&call);
    http_rig_end(&rig);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer_comes_with_status_body_and_headers),
        cmocka_unit_test(request_is_what_was_asked_and_no_more),
        cmocka_unit_test(no_body_is_a_get_and_the_next_may_post_again),
        cmocka_unit_test(large_body_goes_out_whole_without_asking_first),
        cmocka_unit_test(one_after_the_other_share_a_connection),
        cmocka_unit_test(many_run_at_once_and_the_next_wave_reuses_their_connections),
        cmocka_unit_test(done_may_start_another),
        cmocka_unit_test(chain_of_starts_from_done_reuses_handles),
        cmocka_unit_test(reset_is_told_wherever_it_comes),
        cmocka_unit_test(truncated_body_is_no_answer),
        cmocka_unit_test(chunks_and_drips_are_put_together),
        cmocka_unit_test(informational_answers_are_passed_over),
        cmocka_unit_test(what_is_not_http_is_a_protocol_error),
        cmocka_unit_test(redirect_is_refused_and_its_target_never_called),
        cmocka_unit_test(body_above_the_limit_is_cut_off),
        cmocka_unit_test(body_of_exactly_the_limit_is_fine),
        cmocka_unit_test(refused_connection_is_a_connect_error_and_nothing_was_sent),
        cmocka_unit_test(want_of_descriptors_is_named),
        cmocka_unit_test(request_on_a_dying_connection_is_not_sent_again),
        cmocka_unit_test(connection_closed_while_idle_costs_no_request),
        cmocka_unit_test(connection_closed_just_as_a_request_comes_is_never_counted_twice),
        cmocka_unit_test(cancel_ends_it_without_a_word_in_every_phase),
        cmocka_unit_test(cancel_while_sending_drops_the_connection),
        cmocka_unit_test(done_may_cancel_others_also_those_that_have_ended_unreported),
        cmocka_unit_test(base_url_must_be_a_plain_http_url),
        cmocka_unit_test(header_line_with_a_control_byte_is_refused),
        cmocka_unit_test(proxy_must_be_one_that_is_known),
        cmocka_unit_test(path_that_is_no_url_ends_as_invalid),
        cmocka_unit_test(slash_at_the_end_of_the_base_is_no_matter),
        cmocka_unit_test(proxy_gets_the_request_and_no_proxy_goes_past_it),
        cmocka_unit_test(environment_names_no_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
