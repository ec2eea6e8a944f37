/* http.c - gl_http against the scripted server: what it sends, and how each ending is called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "http_rig.h"
#include "openai/http_internal.h"

#define END { FAULT_END, NULL, 0 }

static const fault_step hang[] = { { FAULT_HANG, NULL, 0 } };
static const fault_step reset[] = { { FAULT_RESET, NULL, 0 } };

/* --- what is sent --- */

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

/* A header is found whatever its case, behind answers that were none, and where its value goes on
 * in the next line; one that the answer before had is not. */
static void a_header_is_found_as_it_comes(void **state)
{
    (void)state;
    static const fault_step odd[] = {
        { FAULT_SEND,
          "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 429 Too Many\r\nrEtRy-AFTER: 7\r\n"
          "X-REQUEST-ID:\r\n req_9\r\ncontent-type:text/plain\r\nContent-Length: 4\r\n\r\nwait",
          0 },
        END
    };
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    http_call call = { 0 };
    fault_server_play(rig.server, odd);
    http_call_run(&rig, &call, "/x", "{}");
    assert_int_equal(call.status, 429);
    assert_string_equal(call.retry_after, "7");
    assert_non_null(strstr(call.request_id, "req_9")); /* libcurl joins lines in its way */
    assert_string_equal(call.content_type, "text/plain");
    http_call_free(&call);
    fault_server_play(rig.server, fault_ok);
    http_call_run(&rig, &call, "/x", "{}");
    assert_int_equal(call.status, 200);
    assert_string_equal(call.retry_after, "");
    assert_string_equal(call.request_id, "r1");
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

/* --- endings --- */

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

/* Behind the status line nothing can make another answer of it. */
static void a_refusing_status_is_the_answer_whatever_became_of_its_body(void **state)
{
    (void)state;
    static const int statuses[] = { 400, 401, 403, 404, 407, 413, 422, 429, 500, 503, 529 };
    static const struct {
        const char *rest, *body;
        fault_kind end;
    } broken[] = {
        { "Connection: close\r\n\r\nrefused", "refused", FAULT_RESET },
        { "Content-Length: 99\r\n\r\nrefused", "refused", FAULT_RESET },
        { "Content-Length: 99\r\n\r\nrefused", "refused", FAULT_CLOSE },
        { "Transfer-Encoding: chunked\r\n\r\n7\r\nrefused\r\n", "refused", FAULT_RESET },
        { "Transfer-Encoding: chunked\r\n\r\n7\r\nrefused\r\nzz", "refused", FAULT_CLOSE },
        { "Content-Length: 99\r\n\r\n", "", FAULT_RESET },
        { "Content-Len", "", FAULT_RESET },
    };
    for (size_t s = 0; s < sizeof statuses / sizeof *statuses; s++)
        for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
            char text[200];
            snprintf(text, sizeof text, "HTTP/1.1 %d No\r\n%s", statuses[s], broken[i].rest);
            const fault_step script[] = { { FAULT_SEND, text, 0 },
                                          { FAULT_PAUSE, NULL, 1 },
                                          { broken[i].end, NULL, 0 },
                                          { FAULT_END, NULL, 0 } };
            expect_outcome(script, GLIMPSE_OK, statuses[s], broken[i].body);
        }
    static const fault_step away[] = { { FAULT_SEND,
                                         "HTTP/1.1 302 Away\r\nContent-Length: 99\r\n\r\nhalf", 0 },
                                       { FAULT_CLOSE, NULL, 0 },
                                       { FAULT_END, NULL, 0 } };
    expect_outcome(away, GLIMPSE_ERR_REDIRECT, 302, "half");
}

/* The server does not read what it refuses, so that its end of the connection resets ours while
 * most of the request is still to be sent. */
static void an_answer_before_the_request_was_sent_is_read(void **state)
{
    (void)state;
    static const fault_step early[] = {
        { FAULT_SEND, "HTTP/1.1 413 Too Large\r\nConnection: close\r\n\r\ntoo large", 0 },
        { FAULT_RESET, NULL, 0 },
        { FAULT_END, NULL, 0 }
    };
    size_t len = (size_t)8 * 1024 * 1024;
    char *body = malloc(len + 1);
    assert_non_null(body);
    memset(body, 'x', len);
    body[len] = '\0';
    http_rig rig;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    fault_server_on_accept(rig.server, early);
    for (int i = 0; i < 50; i++) {
        http_call call = { 0 };
        http_call_run(&rig, &call, "/x", body);
        assert_int_equal(call.error, GLIMPSE_OK);
        assert_int_equal(call.status, 413);
        assert_string_equal(call.body, "too large");
        http_call_free(&call);
    }
    free(body);
    http_rig_end(&rig);
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

static void refused_connection_is_a_connect_error_and_nothing_was_sent(void **state)
{
    (void)state;
    http_rig rig;
    http_rig_init(&rig);
    char url[64];
    gl_http_config config = http_rig_config(&rig, url, sizeof url);
    int fd;
    snprintf(url, sizeof url, "http://127.0.0.1:%d", http_rig_closed_port(&fd));
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
    assert_int_equal(call.error, GLIMPSE_ERR_DESCRIPTORS);
    assert_non_null(strstr(call.message, "descriptor"));
    gl_http_cancel(busy.transfer);
    http_call_free(&call);
    http_rig_end(&rig);
}

/* --- memory --- */

enum { LARGE_KIB = 300, LARGES = 8 };
static size_t most_held;

static void note_held(void *arg, glimpse_progress progress)
{
    const http_call *call = arg;
    (void)progress;
    const gl_http *http = call->rig->http;
    if (http->memory.held > most_held) most_held = http->memory.held;
}

static void note_large(void *arg, const gl_http_response *response)
{
    http_call *call = arg;
    call->error = response->error;
    call->body_len = response->body.len;
    call->done++;
    call->rig->done++;
}

/* Eight answers of 300 KiB, of which two fit: one that has begun goes on, the others wait for it.
 */
static void answers_beyond_the_memory_wait_for_others_to_end(void **state)
{
    (void)state;
    static const fault_step large[] = { { FAULT_SEND,
                                          "HTTP/1.1 200 OK\r\nContent-Length: 307200\r\n\r\n", 0 },
                                        { FAULT_FILL, NULL, LARGE_KIB },
                                        END };
    static const gl_http_observer observer = { .progress = note_held, .done = note_large };
    http_rig rig;
    http_rig_init(&rig);
    char url[64];
    gl_http_config config = http_rig_config(&rig, url, sizeof url);
    config.max_memory_bytes = (size_t)600 * 1024;
    http_rig_open(&rig, &config);
    fault_server_play(rig.server, large);
    most_held = 0;
    http_call calls[LARGES] = { { 0 } };
    for (int i = 0; i < LARGES; i++) {
        calls[i].rig = &rig;
        assert_non_null(gl_http_start(rig.http, "/a", gl_slice_str("{}"), &observer, &calls[i]));
    }
    http_rig_run(&rig, &rig.done, LARGES);
    for (int i = 0; i < LARGES; i++) {
        assert_int_equal(calls[i].error, GLIMPSE_OK);
        assert_int_equal(calls[i].body_len, LARGE_KIB * 1024);
    }
    assert_true(most_held > (size_t)300 * 1024);
    assert_true(most_held <= (size_t)(600 + LARGE_KIB) * 1024);
    assert_int_equal(rig.http->memory.held, 0);
    http_rig_end(&rig);
}

/* The one that goes on is cancelled: the others are told. */
static void a_cancelled_answer_gives_its_memory_to_those_that_wait(void **state)
{
    (void)state;
    static const fault_step stalled[] = {
        { FAULT_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 307200\r\n\r\n", 0 },
        { FAULT_FILL, NULL, 200 },
        { FAULT_HANG, NULL, 0 }
    };
    static const fault_step small[] = { { FAULT_SEND,
                                          "HTTP/1.1 200 OK\r\nContent-Length: 102400\r\n\r\n", 0 },
                                        { FAULT_FILL, NULL, 100 },
                                        END };
    static const gl_http_observer observer = { .progress = note_held, .done = note_large };
    http_rig rig;
    http_rig_init(&rig);
    char url[64];
    gl_http_config config = http_rig_config(&rig, url, sizeof url);
    config.max_memory_bytes = (size_t)200 * 1024;
    http_rig_open(&rig, &config);
    fault_server_play_once(rig.server, stalled);
    fault_server_play(rig.server, small);
    http_call first = { .rig = &rig }, second = { .rig = &rig };
    most_held = 0;
    first.transfer = gl_http_start(rig.http, "/a", gl_slice_str("{}"), &observer, &first);
    while (rig.http->memory.held < (size_t)200 * 1024) event_base_loop(rig.base, EVLOOP_ONCE);
    assert_non_null(gl_http_start(rig.http, "/a", gl_slice_str("{}"), &observer, &second));
    while (gl_list_empty(&rig.http->memory.waiting)) event_base_loop(rig.base, EVLOOP_ONCE);
    assert_int_equal(second.done, 0);
    gl_http_cancel(first.transfer);
    http_rig_run(&rig, &rig.done, 1);
    assert_int_equal(second.error, GLIMPSE_OK);
    assert_int_equal(second.body_len, 100 * 1024);
    http_rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer_comes_with_status_body_and_headers),
        cmocka_unit_test(a_header_is_found_as_it_comes),
        cmocka_unit_test(request_is_what_was_asked_and_no_more),
        cmocka_unit_test(no_body_is_a_get_and_the_next_may_post_again),
        cmocka_unit_test(large_body_goes_out_whole_without_asking_first),
        cmocka_unit_test(reset_is_told_wherever_it_comes),
        cmocka_unit_test(a_refusing_status_is_the_answer_whatever_became_of_its_body),
        cmocka_unit_test(an_answer_before_the_request_was_sent_is_read),
        cmocka_unit_test(truncated_body_is_no_answer),
        cmocka_unit_test(chunks_and_drips_are_put_together),
        cmocka_unit_test(informational_answers_are_passed_over),
        cmocka_unit_test(what_is_not_http_is_a_protocol_error),
        cmocka_unit_test(redirect_is_refused_and_its_target_never_called),
        cmocka_unit_test(body_above_the_limit_is_cut_off),
        cmocka_unit_test(body_of_exactly_the_limit_is_fine),
        cmocka_unit_test(refused_connection_is_a_connect_error_and_nothing_was_sent),
        cmocka_unit_test(want_of_descriptors_is_named),
        cmocka_unit_test(answers_beyond_the_memory_wait_for_others_to_end),
        cmocka_unit_test(a_cancelled_answer_gives_its_memory_to_those_that_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
