/* Transfers whose reader takes no more for now. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/alloc.h"
#include "http_rig.h"
#include "tls_front.h"

enum { BLOCKS = 64, BLOCK_KB = 1024 };

typedef struct reading {
    gl_transfer *transfer;
    size_t bytes, done;
    glimpse_error error;
} reading;

static void progressed(void *arg, glimpse_progress progress)
{
    (void)arg;
    (void)progress;
}

static gl_http_framing in_pieces(void *arg, int status, gl_slice bytes)
{
    (void)arg;
    (void)status;
    (void)bytes;
    return GL_HTTP_PIECES;
}

static gl_http_want piece(void *arg, gl_slice bytes)
{
    reading *r = arg;
    r->bytes += bytes.len;
    return GL_HTTP_MORE;
}

static void done(void *arg, const gl_http_response *response)
{
    reading *r = arg;
    r->done++;
    r->error = response->error;
    r->transfer = NULL;
}

static void start(http_rig *rig, reading *r)
{
    static const gl_http_observer observer = {
        .progress = progressed, .begin = in_pieces, .chunk = piece, .done = done
    };
    *r = (reading){ .bytes = 0 };
    r->transfer = gl_http_start(rig->http, "/x", gl_slice_str("{}"), &observer, r);
    assert_non_null(r->transfer);
}

/* Each step is a megabyte; in all 64. */
static const fault_step *flood(void)
{
    static fault_step steps[BLOCKS + 3];
    steps[0] = (fault_step){ FAULT_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n", 0 };
    for (int i = 1; i <= BLOCKS; i++) steps[i] = (fault_step){ FAULT_FILL, NULL, BLOCK_KB };
    return steps;
}

static void open_flood(http_rig *rig, size_t memory)
{
    char url[64];
    http_rig_init(rig);
    gl_http_config config = http_rig_config(rig, url, sizeof url);
    config.max_response_bytes = (size_t)128 * 1024 * 1024;
    config.max_memory_bytes = memory;
    http_rig_open(rig, &config);
    fault_server_play(rig->server, flood());
}

static void run_until(http_rig *rig, const size_t *bytes, size_t least)
{
    while (*bytes < least) event_base_loop(rig->base, EVLOOP_ONCE);
}

/* Turns the loop until nothing happens any more. */
static void run_quiet(http_rig *rig)
{
    size_t steps = 0;
    for (int quiet = 0; quiet < 2000; quiet++) {
        event_base_loop(rig->base, EVLOOP_NONBLOCK);
        if (fault_server_steps(rig->server) != steps) quiet = 0;
        steps = fault_server_steps(rig->server);
    }
}

static void a_paused_transfer_has_the_server_wait_and_goes_on(void **state)
{
    (void)state;
    http_rig rig;
    reading r;
    open_flood(&rig, 0);
    start(&rig, &r);
    assert_false(gl_http_pause(r.transfer)); /* its body has not begun */
    run_until(&rig, &r.bytes, 1);
    for (int i = 0; i < 3; i++) {
        assert_true(gl_http_pause(r.transfer));
        assert_true(gl_http_pause(r.transfer));
        run_quiet(&rig);
        size_t bytes = r.bytes, steps = fault_server_steps(rig.server);
        assert_true(steps < BLOCKS / 2);
        run_quiet(&rig);
        assert_int_equal(r.bytes, bytes);
        assert_int_equal(fault_server_steps(rig.server), steps);
        gl_http_go_on(r.transfer);
        run_until(&rig, &r.bytes, bytes + 1024 * 1024);
    }
    run_until(&rig, &r.done, 1);
    assert_int_equal(r.error, GLIMPSE_OK);
    assert_int_equal(r.bytes, (size_t)BLOCKS * BLOCK_KB * 1024);
    http_rig_end(&rig);
}

static void a_paused_transfer_can_be_cancelled_and_the_next_one_runs(void **state)
{
    (void)state;
    http_rig rig;
    reading r;
    http_call after = { 0 };
    open_flood(&rig, 0);
    start(&rig, &r);
    run_until(&rig, &r.bytes, 1);
    assert_true(gl_http_pause(r.transfer));
    run_quiet(&rig);
    gl_http_cancel(r.transfer);
    while (fault_server_open(rig.server) != 0) event_base_loop(rig.base, EVLOOP_ONCE);
    fault_server_play(rig.server, fault_ok);
    http_call_run(&rig, &after, "/y", "{}");
    assert_int_equal(after.error, GLIMPSE_OK);
    assert_string_equal(after.body, "{\"ok\":true}");
    http_call_free(&after);
    http_rig_end(&rig);
}

static void a_server_that_dies_when_its_reader_has_all_is_noticed_at_once(void **state)
{
    (void)state;
    static const fault_step dies[] = {
        { FAULT_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nabc", 0 },
        { FAULT_PAUSE, NULL, 1 },
        { FAULT_CLOSE, NULL, 0 },
    };
    http_rig rig;
    reading r;
    http_rig_init(&rig);
    http_rig_open(&rig, NULL);
    fault_server_play(rig.server, dies);
    start(&rig, &r);
    run_until(&rig, &r.bytes, 1);
    assert_true(gl_http_pause(r.transfer));
    run_until(&rig, &r.done, 1);
    assert_int_equal(r.error, GLIMPSE_ERR_RESET);
    assert_int_equal(r.bytes, 3);
    http_rig_end(&rig);
}

/* Memory is bounded for all transfers together: one that is paused by its reader must not keep the
 * others from going on, and takes no bytes when there is room again. */
static void a_paused_transfer_and_one_that_waits_for_memory_both_end(void **state)
{
    (void)state;
    http_rig rig;
    reading slow, other;
    open_flood(&rig, (size_t)1024 * 1024);
    start(&rig, &slow);
    run_until(&rig, &slow.bytes, 100 * 1024);
    assert_true(gl_http_pause(slow.transfer));
    size_t bytes = slow.bytes;
    start(&rig, &other);
    run_until(&rig, &other.done, 1);
    assert_int_equal(other.bytes, (size_t)BLOCKS * BLOCK_KB * 1024);
    assert_int_equal(slow.bytes, bytes);
    gl_http_go_on(slow.transfer);
    run_until(&rig, &slow.done, 1);
    assert_int_equal(slow.bytes, (size_t)BLOCKS * BLOCK_KB * 1024);
    http_rig_end(&rig);
}

/* --- TLS and HTTP/2: nghttpx is in front of the server ---------------------------------------- */

static void open_tls(http_rig *rig, tls_front *front, tls_front_kind kind)
{
    char url[64];
    http_rig_init(rig);
    tls_front_start(front, kind, fault_server_port(rig->server));
    gl_http_config config = http_rig_config(rig, url, sizeof url);
    snprintf(url, sizeof url, "https://127.0.0.1:%d/v1", front->port);
    config.version = kind == TLS_FRONT_HTTP2 ? GLIMPSE_HTTP_2 : GLIMPSE_HTTP_1_1;
    config.ca_file = front->ca_file;
    config.max_response_bytes = (size_t)128 * 1024 * 1024;
    http_rig_open(rig, &config);
    fault_server_play(rig->server, flood());
}

static void close_tls(http_rig *rig, tls_front *front)
{
    http_rig_end(rig);
    tls_front_stop(front);
}

/* Bytes that OpenSSL has read already wake no loop: they come when the transfer goes on. */
static void a_paused_transfer_over_tls_goes_on(void **state)
{
    (void)state;
    http_rig rig;
    tls_front front;
    reading r;
    open_tls(&rig, &front, TLS_FRONT_HTTP1);
    start(&rig, &r);
    for (size_t least = 1; r.done == 0; least = r.bytes + 5000000) {
        while (r.done == 0 && r.bytes < least) event_base_loop(rig.base, EVLOOP_ONCE);
        if (r.done != 0) break;
        assert_true(gl_http_pause(r.transfer));
        size_t bytes = r.bytes;
        run_quiet(&rig);
        assert_int_equal(r.bytes, bytes);
        gl_http_go_on(r.transfer);
        assert_int_equal(r.bytes, bytes); /* not inside the call */
    }
    assert_int_equal(r.error, GLIMPSE_OK);
    assert_int_equal(r.bytes, (size_t)BLOCKS * BLOCK_KB * 1024);
    close_tls(&rig, &front);
}

static void an_http2_stream_that_is_alone_is_paused_and_its_connection_takes_no_other(void **state)
{
    (void)state;
    http_rig rig;
    tls_front front;
    reading slow, other;
    size_t http2;
    open_tls(&rig, &front, TLS_FRONT_HTTP2);
    start(&rig, &slow);
    run_until(&rig, &slow.bytes, 1);
    assert_true(gl_http_pause(slow.transfer));
    size_t bytes = slow.bytes;
    start(&rig, &other); /* on a connection of its own, so that it is not held up */
    run_until(&rig, &other.done, 1);
    assert_int_equal(other.error, GLIMPSE_OK);
    assert_int_equal(other.bytes, (size_t)BLOCKS * BLOCK_KB * 1024);
    assert_int_equal(slow.bytes, bytes);
    run_quiet(&rig);
    assert_true(fault_server_steps(rig.server) < BLOCKS + BLOCKS); /* the server of it waits */
    gl_http_go_on(slow.transfer);
    run_until(&rig, &slow.done, 1);
    assert_int_equal(slow.error, GLIMPSE_OK);
    assert_int_equal(slow.bytes, (size_t)BLOCKS * BLOCK_KB * 1024);
    assert_int_equal(tls_front_connections(&front, &http2), 2);
    assert_int_equal(http2, 2);
    close_tls(&rig, &front);
}

static void http2_streams_that_share_a_connection_are_not_paused(void **state)
{
    (void)state;
    http_rig rig;
    tls_front front;
    reading one, other;
    size_t http2;
    open_tls(&rig, &front, TLS_FRONT_HTTP2);
    start(&rig, &one);
    start(&rig, &other);
    run_until(&rig, &one.bytes, 1);
    run_until(&rig, &other.bytes, 1);
    assert_false(gl_http_pause(one.transfer));
    run_until(&rig, &one.done, 1);
    run_until(&rig, &other.done, 1);
    assert_int_equal(one.bytes + other.bytes, (size_t)2 * BLOCKS * BLOCK_KB * 1024);
    assert_int_equal(tls_front_connections(&front, &http2), 1);
    close_tls(&rig, &front);
}

static void a_paused_http2_stream_can_be_cancelled_and_its_connection_goes_on(void **state)
{
    (void)state;
    http_rig rig;
    tls_front front;
    reading slow, after;
    size_t http2;
    open_tls(&rig, &front, TLS_FRONT_HTTP2);
    start(&rig, &slow);
    run_until(&rig, &slow.bytes, 1);
    assert_true(gl_http_pause(slow.transfer));
    gl_http_cancel(slow.transfer);
    start(&rig, &after);
    run_until(&rig, &after.done, 1);
    assert_int_equal(after.error, GLIMPSE_OK);
    assert_int_equal(after.bytes, (size_t)BLOCKS * BLOCK_KB * 1024);
    (void)tls_front_connections(&front, &http2);
    assert_true(http2 >= 1);
    close_tls(&rig, &front);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_paused_transfer_has_the_server_wait_and_goes_on),
        cmocka_unit_test(a_paused_transfer_can_be_cancelled_and_the_next_one_runs),
        cmocka_unit_test(a_server_that_dies_when_its_reader_has_all_is_noticed_at_once),
        cmocka_unit_test(a_paused_transfer_and_one_that_waits_for_memory_both_end),
        cmocka_unit_test(a_paused_transfer_over_tls_goes_on),
        cmocka_unit_test(an_http2_stream_that_is_alone_is_paused_and_its_connection_takes_no_other),
        cmocka_unit_test(http2_streams_that_share_a_connection_are_not_paused),
        cmocka_unit_test(a_paused_http2_stream_can_be_cancelled_and_its_connection_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
