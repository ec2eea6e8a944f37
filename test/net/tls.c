/* tls.c - gl_http over TLS: who is trusted, and HTTP/2 through nghttpx. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <curl/curl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_rig.h"
#include "openai/http_internal.h"
#include "tls_front.h"

typedef struct setting {
    tls_front_kind kind;
    const char *host;
    enum { CA_OF_FRONT, CA_OTHER, CA_SYSTEM } ca;
    glimpse_http_version version;
} setting;

static void open_front(http_rig *rig, tls_front *front, const setting *with)
{
    http_rig_init(rig);
    tls_front_start(front, with->kind, fault_server_port(rig->server));
    char url[64];
    gl_http_config config = http_rig_config(rig, url, sizeof url);
    snprintf(url, sizeof url, "https://%s:%d/v1", with->host, front->port);
    config.version = with->version;
    if (with->ca != CA_SYSTEM)
        config.ca_file = with->ca == CA_OF_FRONT ? front->ca_file : front->other_ca_file;
    http_rig_open(rig, &config);
}

static void close_front(http_rig *rig, tls_front *front)
{
    http_rig_end(rig);
    tls_front_stop(front);
}

/* --- trust --- */

static void certificate_of_a_known_authority_for_this_host_is_trusted(void **state)
{
    (void)state;
    http_rig rig;
    tls_front front;
    open_front(&rig, &front, &(setting){ .host = "127.0.0.1" });
    for (int i = 0; i < 3; i++) {
        http_call call = { 0 };
        http_call_run(&rig, &call, "/x", "{}");
        assert_int_equal(call.error, GLIMPSE_OK);
        assert_string_equal(call.body, "{\"ok\":true}");
        http_call_free(&call);
    }
    size_t http2;
    assert_int_equal(tls_front_connections(&front, &http2), 1);
    /* AUTO is HTTP/2 only where libcurl is sound at it. */
    assert_int_equal(http2, glimpse_http2_support() == GLIMPSE_HTTP2_SOUND ? 3 : 0);
    close_front(&rig, &front);
}

static void what_a_connection_took_to_open_is_told_of_its_first_request_alone(void **state)
{
    (void)state;
    for (int tls = 0; tls < 2; tls++) {
        http_rig rig;
        tls_front front;
        if (tls) {
            open_front(&rig, &front, &(setting){ .host = "127.0.0.1" });
        } else {
            http_rig_init(&rig);
            http_rig_open(&rig, NULL);
        }
        for (int i = 0; i < 3; i++) {
            http_call call = { 0 };
            gl_time before = gl_clock_now();
            http_call_run(&rig, &call, "/x", "{}");
            int64_t took = (int64_t)gl_time_since(gl_clock_now(), before);
            const glimpse_opening *o = &call.opening;
            assert_int_equal(call.error, GLIMPSE_OK);
            assert_int_equal(call.openings, i == 0);
            if (i == 0) {
                assert_int_equal(o->dns_ns, -1); /* an address */
                assert_true(o->connect_ns > 0);
                assert_int_equal(o->tls_ns > 0, tls);
                assert_true(o->connect_ns + (tls ? o->tls_ns : 0) <= took);
            }
            http_call_free(&call);
        }
        if (tls)
            close_front(&rig, &front);
        else
            http_rig_end(&rig);
    }
}

static void expect_distrust(const setting *with)
{
    http_rig rig;
    tls_front front;
    open_front(&rig, &front, with);
    http_call call = { 0 };
    http_call_run(&rig, &call, "/x", "{}");
    if (call.error != GLIMPSE_ERR_TLS) print_error("message: %s\n", call.message);
    assert_int_equal(call.error, GLIMPSE_ERR_TLS);
    assert_true(strlen(call.message) > 10); /* libcurl's reason */
    assert_int_equal(rig.sent, 0);
    assert_int_equal(fault_server_requests(rig.server), 0);
    http_call_free(&call);
    close_front(&rig, &front);
}

static void certificate_that_does_not_fit_is_not_trusted(void **state)
{
    (void)state;
    expect_distrust(&(setting){ .host = "localhost" }); /* another name */
    expect_distrust(&(setting){ .host = "127.0.0.1", .ca = CA_OTHER });
    expect_distrust(&(setting){ .host = "127.0.0.1", .ca = CA_SYSTEM });
    expect_distrust(&(setting){ .host = "127.0.0.1", .kind = TLS_FRONT_EXPIRED });
}

/* A https request to the scripted server itself. */
static http_call handshake_with(const fault_step *script)
{
    http_rig rig;
    http_rig_init(&rig);
    char url[64];
    gl_http_config config = http_rig_config(&rig, url, sizeof url);
    snprintf(url, sizeof url, "https://127.0.0.1:%d", fault_server_port(rig.server));
    http_rig_open(&rig, &config);
    fault_server_on_accept(rig.server, script);
    http_call call = { 0 };
    http_call_run(&rig, &call, "/x", "{}");
    assert_int_equal(rig.sent, 0);
    http_rig_end(&rig);
    return call;
}

static void handshake_cut_off_is_worth_another_attempt(void **state)
{
    (void)state;
    static const fault_step reset[] = { { FAULT_PAUSE, NULL, 20 }, { FAULT_RESET, NULL, 0 } };
    static const fault_step close_it[] = { { FAULT_PAUSE, NULL, 20 }, { FAULT_CLOSE, NULL, 0 } };
    static const fault_step *const scripts[] = { reset, close_it };
    for (size_t i = 0; i < 2; i++) {
        http_call call = handshake_with(scripts[i]);
        if (call.error != GLIMPSE_ERR_CONNECT) print_error("message: %s\n", call.message);
        assert_int_equal(call.error, GLIMPSE_ERR_CONNECT);
        http_call_free(&call);
    }
}

static void server_without_tls_is_a_tls_error(void **state)
{
    (void)state;
    static const fault_step plain[] = {
        { FAULT_SEND, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", 0 },
        { FAULT_HANG, NULL, 0 }
    };
    http_call call = handshake_with(plain);
    assert_int_equal(call.error, GLIMPSE_ERR_TLS);
    http_call_free(&call);
}

/* --- HTTP/2 --- */

static const fault_step slow[] = { { FAULT_PAUSE, NULL, 100 },
                                   { FAULT_SEND, FAULT_OK_TEXT, 0 },
                                   { FAULT_END, NULL, 0 } };

/* Waves of requests with a body each; the server must have seen each body once. */
static void run_waves(http_rig *rig, size_t waves, size_t many)
{
    http_call *calls = calloc(many, sizeof *calls);
    unsigned char *seen = calloc(waves * many, 1);
    struct text {
        char text[32];
    } *bodies = calloc(many, sizeof *bodies);
    assert_true(calls != NULL && seen != NULL && bodies != NULL);
    for (size_t wave = 0; wave < waves; wave++) {
        for (size_t i = 0; i < many; i++) {
            snprintf(bodies[i].text, sizeof bodies[i].text, "%zu", wave * many + i);
            http_call_start(rig, &calls[i], "/x", bodies[i].text);
        }
        http_rig_run(rig, &rig->done, (wave + 1) * many);
        for (size_t i = 0; i < many; i++) {
            assert_int_equal(calls[i].error, GLIMPSE_OK);
            assert_string_equal(calls[i].body, "{\"ok\":true}");
            http_call_free(&calls[i]);
        }
    }
    assert_int_equal(fault_server_requests(rig->server), waves * many);
    assert_int_equal(rig->sent, waves * many);
    for (size_t i = 0; i < waves * many; i++) {
        size_t n = strtoul(fault_server_request(rig->server, i)->body, NULL, 10);
        assert_true(n < waves * many && !seen[n]);
        seen[n] = 1;
    }
    free(bodies);
    free(seen);
    free(calls);
}

static void http2_carries_many_requests_on_few_connections(void **state)
{
    (void)state;
    http_rig rig;
    tls_front front;
    open_front(&rig, &front, &(setting){ .host = "127.0.0.1", .version = GLIMPSE_HTTP_2 });
    fault_server_play(rig.server, slow);
    run_waves(&rig, 3, 200);
    size_t http2, connections = tls_front_connections(&front, &http2);
    assert_int_equal(http2, 600);
    assert_in_range(connections, 1, 7); /* 200 / 32, rounded up: the same for all waves */
    assert_true(fault_server_peak(rig.server) > 150);
    close_front(&rig, &front);
}

/* libcurl before 8.7.0 has a copy of 16 KiB of each request over TLS until its transfer ends. Later
 * ones keep no copy, and buffers of their own that no option frees: 78 KB a stream with 8.14. */
static void request_that_is_sent_leaves_no_copy_in_libcurl(void **state)
{
    (void)state;
    if (curl_version_info(CURLVERSION_NOW)->version_num >= 0x080700) skip();
    enum { MANY = 128, MOST = 24 * 1024 };
    static const fault_step hang[] = { { FAULT_HANG, NULL, 0 }, { FAULT_END, NULL, 0 } };
    http_rig rig;
    tls_front front;
    open_front(&rig, &front, &(setting){ .host = "127.0.0.1", .version = GLIMPSE_HTTP_2 });
    fault_server_play(rig.server, hang);
    http_call *calls = calloc(MANY, sizeof *calls);
    assert_non_null(calls);
    size_t before = mallinfo2().uordblks; /* 0 with a sanitizer's own malloc */
    for (size_t i = 0; i < MANY; i++) http_call_start(&rig, &calls[i], "/x", "{\"a\":1}");
    http_rig_run_requests(&rig, MANY);
    while (!gl_list_empty(&rig.http->sending)) event_base_loop(rig.base, EVLOOP_ONCE);
    size_t each = (mallinfo2().uordblks - before) / MANY;
    if (each > MOST) fail_msg("%zu bytes a request", each);
    for (size_t i = 0; i < MANY; i++) gl_http_cancel(calls[i].transfer);
    assert_int_equal(rig.done, 0);
    free(calls);
    close_front(&rig, &front);
}

static void http2_answer_that_breaks_is_an_error(void **state)
{
    (void)state;
    static const fault_step cut[] = { { FAULT_SEND,
                                        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", 0 },
                                      { FAULT_PAUSE, NULL, 20 },
                                      { FAULT_RESET, NULL, 0 } };
    http_rig rig;
    tls_front front;
    open_front(&rig, &front, &(setting){ .host = "127.0.0.1", .version = GLIMPSE_HTTP_2 });
    fault_server_play_once(rig.server, cut);
    http_call call = { 0 };
    http_call_run(&rig, &call, "/x", "{}");
    if (call.error != GLIMPSE_ERR_RESET) print_error("message: %s\n", call.message);
    assert_int_equal(call.error, GLIMPSE_ERR_RESET);
    http_call_free(&call);
    http_call_run(&rig, &call, "/x", "{}");
    assert_int_equal(call.error, GLIMPSE_OK);
    http_call_free(&call);
    close_front(&rig, &front);
}

static void http2_request_can_be_cancelled_among_others(void **state)
{
    (void)state;
    enum { MANY = 40 };
    http_rig rig;
    tls_front front;
    open_front(&rig, &front, &(setting){ .host = "127.0.0.1", .version = GLIMPSE_HTTP_2 });
    fault_server_play(rig.server, slow);
    http_call *calls = calloc(MANY, sizeof *calls);
    assert_non_null(calls);
    for (size_t i = 0; i < MANY; i++) http_call_start(&rig, &calls[i], "/x", "{}");
    gl_http_cancel(calls[0].transfer);
    http_rig_run_requests(&rig, MANY / 2);
    gl_http_cancel(calls[1].transfer);
    http_rig_run(&rig, &rig.done, MANY - 2);
    for (size_t i = 2; i < MANY; i++) {
        assert_int_equal(calls[i].error, GLIMPSE_OK);
        http_call_free(&calls[i]);
    }
    assert_int_equal(calls[0].done + calls[1].done, 0);
    free(calls);
    close_front(&rig, &front);
}

static void server_without_http2_gets_a_connection_a_request(void **state)
{
    (void)state;
    http_rig rig;
    tls_front front;
    open_front(
        &rig, &front,
        &(setting){ .host = "127.0.0.1", .kind = TLS_FRONT_HTTP1, .version = GLIMPSE_HTTP_2 });
    fault_server_play(rig.server, slow);
    enum { MANY = 100 };
    http_call *calls = calloc(MANY, sizeof *calls);
    assert_non_null(calls);
    for (size_t i = 0; i < MANY; i++) http_call_start(&rig, &calls[i], "/x", "{}");
    /* At first they wait for a connection to share; the first answer says that there is none. */
    http_rig_run(&rig, &rig.done, MANY);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(calls[i].error, GLIMPSE_OK);
        http_call_free(&calls[i]);
    }
    free(calls);
    size_t http2;
    assert_true(tls_front_connections(&front, &http2) > MANY / 2);
    assert_int_equal(http2, 0);
    close_front(&rig, &front);
}

static void http2_without_tls_is_refused_where_libcurl_cannot_do_it(void **state)
{
    (void)state;
    if (curl_version_info(CURLVERSION_NOW)->version_num >= 0x080000) return; /* it can */
    http_rig rig;
    http_rig_init(&rig);
    char url[64];
    gl_http_config config = http_rig_config(&rig, url, sizeof url);
    config.version = GLIMPSE_HTTP_2;
    glimpse_problem problem;
    assert_int_equal(gl_http_new(rig.loop, rig.base, &config, &rig.http, &problem),
                     GLIMPSE_ERR_INVALID);
    assert_string_equal(problem.field, "http_version");
    http_rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificate_of_a_known_authority_for_this_host_is_trusted),
        cmocka_unit_test(what_a_connection_took_to_open_is_told_of_its_first_request_alone),
        cmocka_unit_test(certificate_that_does_not_fit_is_not_trusted),
        cmocka_unit_test(handshake_cut_off_is_worth_another_attempt),
        cmocka_unit_test(server_without_tls_is_a_tls_error),
        cmocka_unit_test(http2_carries_many_requests_on_few_connections),
        cmocka_unit_test(request_that_is_sent_leaves_no_copy_in_libcurl),
        cmocka_unit_test(http2_answer_that_breaks_is_an_error),
        cmocka_unit_test(http2_request_can_be_cancelled_among_others),
        cmocka_unit_test(server_without_http2_gets_a_connection_a_request),
        cmocka_unit_test(http2_without_tls_is_refused_where_libcurl_cannot_do_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
