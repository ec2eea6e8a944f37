/* The HTTP server's connections: deadlines, clients that leave, slow readers, bounds, drain. Time
 * is what the test says: a deadline is a number of ticks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "http/conn.h"
#include "http/listen.h"

#define GET  "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"
#define HALF "GET /x HT" /* of GET */
#define WAIT "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n"
#define BIG  "GET /big HTTP/1.1\r\nHost: a\r\n\r\n"

typedef struct rig {
    struct event_base *base;
    httpd_server *server;
    httpd_conn *waiting; /* a request that is not answered */
    size_t live, gone, closed, drained, late, stay;
    httpd_gone why;
} rig;

static void request(httpd_conn *conn)
{
    rig *r = httpd_arg(conn);
    static char big[1 << 20];
    memset(big, 'x', sizeof big);
    if (gl_slice_is(httpd_path(conn), "/wait") || gl_slice_is(httpd_path(conn), "/stream")) {
        r->waiting = conn;
        r->stay++;
    } else if (gl_slice_is(httpd_path(conn), "/big")) {
        httpd_answer(conn, 200, "text/plain", gl_slice_str(""), gl_slice_of(big, sizeof big));
    } else if (gl_slice_is(httpd_path(conn), "/who")) {
        httpd_answer(conn, 200, "text/plain", gl_slice_str(""), httpd_header(conn, "x-who"));
    } else {
        httpd_answer(conn, 200, "text/plain", gl_slice_str(""), gl_slice_str("ok"));
    }
}

static void gone(httpd_conn *conn, httpd_gone why)
{
    rig *r = httpd_arg(conn);
    r->gone++;
    r->why = why;
    r->waiting = NULL;
}

static void closed(httpd_conn *conn)
{
    ((rig *)httpd_arg(conn))->closed++;
}

static void drained(httpd_conn *conn)
{
    ((rig *)httpd_arg(conn))->drained++;
}

static void open_rig(rig *r, size_t connections)
{
    httpd_options options;
    const httpd_handler handler = {
        .arg = r, .request = request, .gone = gone, .closed = closed, .drained = drained
    };
    *r = (rig){ .live = gl_alloc_live(), .base = event_base_new() };
    httpd_options_default(&options);
    options.connections = connections;
    r->server = httpd_server_new(r->base, &options, &handler);
    assert_non_null(r->server);
}

static void close_rig(rig *r)
{
    httpd_server_free(r->server);
    event_base_free(r->base);
    assert_int_equal(gl_alloc_live(), r->live);
}

static void turn(rig *r)
{
    for (int i = 0; i < 4; i++) event_base_loop(r->base, EVLOOP_NONBLOCK);
}

static int join(rig *r)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(fcntl(pair[0], F_SETFL, O_NONBLOCK), 0);
    httpd_adopt(r->server, pair[1], NULL, 0);
    turn(r);
    return pair[0];
}

static void put(rig *r, int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
    turn(r);
}

/* What came so far, in a text of its own; -1: and the connection is at its end. */
static char text[1 << 21];
static bool take(rig *r, int fd)
{
    size_t have = 0;
    ssize_t n;
    turn(r);
    while ((n = recv(fd, text + have, sizeof text - 1 - have, 0)) > 0) {
        have += (size_t)n;
        turn(r);
    }
    text[have] = '\0';
    return n == 0 || errno == ECONNRESET;
}

static void pass(rig *r, int64_t ms)
{
    for (int64_t i = 0; i < ms / HTTPD_TICK_MS; i++) httpd_tick(r->server);
    turn(r);
}

/* Not before its time; at most two ticks behind it. */
static void ends_after(rig *r, int fd, int64_t ms, const char *said)
{
    pass(r, ms - HTTPD_TICK_MS);
    assert_false(take(r, fd));
    assert_string_equal(text, "");
    pass(r, 3 * HTTPD_TICK_MS);
    assert_true(take(r, fd));
    assert_non_null(strstr(text, said));
    if (said[0] == '\0') assert_string_equal(text, "");
}

static void each_deadline_ends_what_it_is_for(void **state)
{
    (void)state;
    static const struct {
        const char *sent, *said;
        int64_t ms;
    } rows[] = {
        { "", "", 80000 },
        { "\r\n", "HTTP/1.1 408 ", 10000 },
        { "GET /x HTTP/1.1\r\nHost:", "HTTP/1.1 408 ", 10000 },
        { "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc", "HTTP/1.1 408 ", 30000 },
        { "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n", "HTTP/1.1 408 ",
          30000 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rig r;
        open_rig(&r, 0);
        int fd = join(&r);
        put(&r, fd, rows[i].sent);
        ends_after(&r, fd, rows[i].ms, rows[i].said);
        close(fd);
        close_rig(&r);
    }
}

/* A byte now and then moves no deadline of a head, and little of a body's. */
static void who_sends_a_byte_now_and_then_is_ended_too(void **state)
{
    (void)state;
    static const char *const begins[] = {
        "GET /x HTTP/1.1\r\nHost: a\r\nX: ",
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n",
    };
    for (size_t i = 0; i < 2; i++) {
        rig r;
        open_rig(&r, 0);
        int fd = join(&r), seconds = 0;
        put(&r, fd, begins[i]);
        while (!take(&r, fd) && seconds < 1000) {
            pass(&r, 1000);
            send(fd, "x", 1, MSG_NOSIGNAL);
            seconds++;
        }
        assert_in_range(seconds, i == 0 ? 10 : 30, i == 0 ? 12 : 32);
        close(fd);
        close_rig(&r);
    }
}

static void a_request_renews_the_time_of_an_idle_connection(void **state)
{
    (void)state;
    rig r;
    open_rig(&r, 0);
    int fd = join(&r);
    for (int i = 0; i < 5; i++) {
        pass(&r, 60000);
        put(&r, fd, GET);
        assert_false(take(&r, fd));
        assert_non_null(strstr(text, " 200 OK"));
    }
    ends_after(&r, fd, 80000, "");
    close(fd);
    close_rig(&r);
}

static void an_answer_may_take_any_time(void **state)
{
    (void)state;
    rig r;
    open_rig(&r, 0);
    int fd = join(&r);
    put(&r, fd, WAIT);
    pass(&r, 3600000);
    assert_false(take(&r, fd));
    assert_non_null(r.waiting);
    httpd_answer(r.waiting, 200, "text/plain", gl_slice_str(""), gl_slice_str("late"));
    assert_false(take(&r, fd));
    assert_non_null(strstr(text, "late"));
    ends_after(&r, fd, 80000, "");
    close(fd);
    close_rig(&r);
}

static void a_client_that_takes_nothing_is_cut(void **state)
{
    (void)state;
    rig r;
    open_rig(&r, 0);
    int fd = join(&r);
    put(&r, fd, BIG);
    pass(&r, 59000);
    assert_int_equal(httpd_connections(r.server), 1);
    pass(&r, 2000);
    assert_int_equal(httpd_connections(r.server), 0);
    close(fd);
    close_rig(&r);
}

static void a_refused_client_has_time_to_read_why(void **state)
{
    (void)state;
    rig r;
    open_rig(&r, 0);
    int fd = join(&r);
    put(&r, fd, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n");
    for (int i = 0; i < 100; i++) put(&r, fd, "what it sends all the same ");
    assert_int_equal(httpd_connections(r.server), 1);
    pass(&r, 2500);
    assert_int_equal(httpd_connections(r.server), 0);
    take(&r, fd);
    assert_non_null(strstr(text, " 413 "));
    close(fd);
    close_rig(&r);
}

/* --- clients that leave ----------------------------------------------------------------------- */

static int join_tcp(rig *r, int port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    while (httpd_connections(r->server) == 0) event_base_loop(r->base, EVLOOP_ONCE);
    return fd;
}

/* By a FIN and by a reset; with nothing sent ahead, and with more than is read ahead. */
static void a_client_that_leaves_is_seen_while_its_answer_is_made(void **state)
{
    (void)state;
    for (int way = 0; way < 4; way++) {
        rig r;
        char problem[200], peer[46];
        open_rig(&r, 0);
        int listener = httpd_listen_tcp("127.0.0.1", 0, problem, sizeof problem);
        assert_true(listener >= 0 && httpd_listen(r.server, listener));
        int fd = join_tcp(&r, httpd_port_of(listener));
        assert_int_equal(send(fd, WAIT, sizeof WAIT - 1, MSG_NOSIGNAL), sizeof WAIT - 1);
        while (r.waiting == NULL) event_base_loop(r.base, EVLOOP_ONCE);
        assert_string_equal(httpd_peer(r.waiting, peer, sizeof peer), "127.0.0.1");
        size_t ahead = 0;
        static char block[16384];
        memset(block, 'a', sizeof block);
        while ((way & 1) != 0 && ahead < (size_t)192 * 1024) { /* the rest is with our kernel */
            ssize_t n = send(fd, block, sizeof block, MSG_NOSIGNAL);
            if (n > 0) ahead += (size_t)n;
            event_base_loop(r.base, EVLOOP_NONBLOCK);
        }
        assert_true(r.waiting->in.len <= HTTPD_AHEAD_MAX + HTTPD_READ_SIZE);
        assert_int_equal(r.gone, 0);
        if ((way & 2) != 0) {
            const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            close(fd);
        } else {
            close(fd);
        }
        while (r.gone == 0) event_base_loop(r.base, EVLOOP_ONCE);
        assert_int_equal(r.why, HTTPD_GONE_LEFT);
        assert_int_equal(httpd_busy(r.server), 0);
        close_rig(&r);
    }
}

static void who_only_shuts_its_side_counts_as_gone(void **state)
{
    (void)state;
    rig r;
    open_rig(&r, 0);
    int fd = join(&r);
    put(&r, fd, WAIT);
    shutdown(fd, SHUT_WR);
    turn(&r);
    assert_int_equal(r.gone, 1);
    close(fd);
    fd = join(&r); /* but what is answered already is sent */
    put(&r, fd, GET BIG);
    shutdown(fd, SHUT_WR);
    assert_true(take(&r, fd));
    assert_true(strlen(text) > (size_t)1 << 20);
    close(fd);
    close_rig(&r);
}

/* --- slow readers ----------------------------------------------------------------------------- */

static void a_stream_is_held_back_until_its_reader_has_read(void **state)
{
    (void)state;
    rig r;
    static char piece[10000];
    size_t sent = 0, got = 0;
    memset(piece, 'x', sizeof piece);
    open_rig(&r, 0);
    int fd = join(&r);
    put(&r, fd, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    httpd_begin(r.waiting, 200, "text/event-stream", gl_slice_str(""), -1);
    for (int round = 0; round < 5; round++) {
        while (!httpd_full(r.waiting) && sent < (size_t)64 << 20) {
            httpd_piece(r.waiting, gl_slice_of(piece, sizeof piece));
            httpd_flush(r.waiting);
            sent += sizeof piece;
        }
        assert_true(httpd_unsent(r.waiting) <= (size_t)256 * 1024 + 2 * sizeof piece);
        assert_int_equal(r.drained, round);
        while (r.drained == (size_t)round) {
            ssize_t n = recv(fd, text, 4096, 0);
            if (n > 0) got += (size_t)n;
            event_base_loop(r.base, EVLOOP_NONBLOCK);
        }
        assert_true(httpd_unsent(r.waiting) <= (size_t)64 * 1024);
    }
    httpd_done(r.waiting);
    assert_false(take(&r, fd)); /* the connection goes on */
    assert_true(got + strlen(text) > sent);
    assert_non_null(strstr(text, "\r\n0\r\n\r\n"));
    put(&r, fd, GET);
    assert_false(take(&r, fd));
    assert_non_null(strstr(text, " 200 OK"));
    close(fd);
    close_rig(&r);
}

/* What came while the answer was stuck is answered when it is not, also behind half a request. */
static void what_came_meanwhile_is_answered(void **state)
{
    (void)state;
    rig r;
    open_rig(&r, 0);
    int fd = join(&r);
    put(&r, fd, BIG "GET /x HT");
    put(&r, fd, "TP/1.1\r\nHost: a\r\n\r\n" WAIT GET);
    assert_false(take(&r, fd));
    assert_non_null(strstr(text + (1 << 20), "ok"));
    assert_non_null(r.waiting);
    httpd_answer(r.waiting, 404, NULL, gl_slice_str(""), gl_slice_str(""));
    assert_false(take(&r, fd));
    assert_non_null(strstr(text, " 404 "));
    assert_non_null(strstr(text, " 200 "));
    close(fd);
    close_rig(&r);
}

/* --- bounds, and the end ---------------------------------------------------------------------- */

static void above_the_bound_the_quietest_goes_and_then_503(void **state)
{
    (void)state;
    rig r;
    open_rig(&r, 3);
    int a = join(&r), b = join(&r), c = join(&r);
    put(&r, a, GET); /* so b is the quietest */
    int d = join(&r);
    assert_true(take(&r, b));
    assert_false(take(&r, a));
    put(&r, a, WAIT);
    put(&r, c, WAIT);
    put(&r, d, WAIT);
    assert_int_equal(httpd_busy(r.server), 3);
    int e = join(&r);
    put(&r, e, GET);
    assert_true(take(&r, e));
    assert_non_null(strstr(text, " 503 "));
    assert_non_null(strstr(text, "\r\nretry-after: 1\r\n"));
    assert_int_equal(httpd_busy(r.server), 3);
    int all[] = { a, b, c, d, e };
    for (size_t i = 0; i < 5; i++) close(all[i]);
    close_rig(&r);
    assert_int_equal(r.gone, 3);
    assert_int_equal(r.closed, 5);
}

/* Clients above the bound that send nothing make no place for one more, and keep none from its
 * answer. */
static void the_surplus_never_gets_a_place(void **state)
{
    (void)state;
    rig r;
    int silent[80];
    open_rig(&r, 1);
    int busy = join(&r);
    put(&r, busy, WAIT);
    for (size_t i = 0; i < 80; i++) {
        silent[i] = join(&r);
        assert_true(httpd_connections(r.server) <= 1 + 64);
        int fd = join(&r);
        put(&r, fd, WAIT);
        assert_true(take(&r, fd));
        assert_non_null(strstr(text, " 503 "));
        assert_int_equal(httpd_busy(r.server), 1);
        close(fd);
    }
    httpd_answer(r.waiting, 200, NULL, gl_slice_str(""), gl_slice_str(""));
    put(&r, busy, GET);
    assert_false(take(&r, busy));
    assert_non_null(strstr(text, " 200 "));
    for (size_t i = 0; i < 80; i++) close(silent[i]);
    close(busy);
    close_rig(&r);
}

/* 64 descriptors are 32 clients, and 39 are 8. */
static void the_bound_is_that_of_the_descriptors(void **state)
{
    static const struct {
        rlim_t descriptors;
        size_t clients;
    } table[] = { { 39, 8 }, { 40, 8 }, { 64, 32 } };
    (void)state;
    struct rlimit before, now;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        rig r;
        int silent[64];
        now = before;
        now.rlim_cur = table[i].descriptors;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
        open_rig(&r, 0);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0); /* the clients are here too */
        for (size_t k = 0; k < 64; k++) {
            silent[k] = join(&r);
            assert_true(httpd_connections(r.server) <= table[i].clients);
        }
        int other = join(&r);
        put(&r, other, GET);
        assert_false(take(&r, other));
        assert_non_null(strstr(text, " 200 "));
        assert_int_equal(httpd_connections(r.server), table[i].clients);
        for (size_t k = 0; k < 64; k++) close(silent[k]);
        close(other);
        close_rig(&r);
    }
}

static void a_drained_server_ends_what_waits_and_nothing_that_asks(void **state)
{
    (void)state;
    rig r;
    open_rig(&r, 0);
    int idle = join(&r), busy = join(&r), asks = join(&r), fresh = join(&r), late = join(&r);
    int half = join(&r);
    put(&r, idle, GET);
    assert_false(take(&r, idle));
    put(&r, busy, WAIT);
    put(&r, half, HALF);
    httpd_drain(r.server);
    put(&r, asks, GET);
    assert_true(take(&r, asks));
    assert_non_null(strstr(text, "\r\nconnection: close\r\n"));
    httpd_stop(r.server);
    assert_true(take(&r, idle));
    assert_int_equal(httpd_busy(r.server), 1);
    put(&r, late, GET); /* it was on its way */
    assert_true(take(&r, late));
    assert_non_null(strstr(text, " 200 "));
    put(&r, half, &GET[sizeof HALF - 1]);
    assert_true(take(&r, half));
    assert_non_null(strstr(text, " 200 "));
    ends_after(&r, fresh, 2000, "");
    httpd_answer(r.waiting, 200, NULL, gl_slice_str(""), gl_slice_str("whole"));
    assert_true(take(&r, busy)); /* also where the request came before */
    assert_non_null(strstr(text, "whole"));
    assert_non_null(strstr(text, "\r\nconnection: close\r\n"));
    close(idle), close(busy), close(asks), close(fresh), close(late), close(half);
    close_rig(&r);
}

/* Their places are kept for one request at a time. */
static void headers_are_a_request_s_own_while_the_head_of_another_comes(void **state)
{
    (void)state;
    rig r;
    open_rig(&r, 0);
    int a = join(&r), b = join(&r);
    put(&r, a, "POST /who HTTP/1.1\r\nHost: a\r\nX-Who: alice\r\nContent-Length: 2\r\n\r\n");
    put(&r, b, "POST /who HTTP/1.1\r\nX-Long-Name-Of-A-Header: mallory\r\nX-Who: mallory\r\n");
    put(&r, a, "hi");
    assert_false(take(&r, a));
    assert_non_null(strstr(text, "\r\n\r\nalice"));
    put(&r, b, "Host: a\r\n\r\n");
    assert_false(take(&r, b));
    assert_non_null(strstr(text, "\r\n\r\nmallory"));
    close(a);
    close(b);
    close_rig(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_deadline_ends_what_it_is_for),
        cmocka_unit_test(who_sends_a_byte_now_and_then_is_ended_too),
        cmocka_unit_test(a_request_renews_the_time_of_an_idle_connection),
        cmocka_unit_test(an_answer_may_take_any_time),
        cmocka_unit_test(a_client_that_takes_nothing_is_cut),
        cmocka_unit_test(a_refused_client_has_time_to_read_why),
        cmocka_unit_test(a_client_that_leaves_is_seen_while_its_answer_is_made),
        cmocka_unit_test(who_only_shuts_its_side_counts_as_gone),
        cmocka_unit_test(a_stream_is_held_back_until_its_reader_has_read),
        cmocka_unit_test(what_came_meanwhile_is_answered),
        cmocka_unit_test(above_the_bound_the_quietest_goes_and_then_503),
        cmocka_unit_test(the_surplus_never_gets_a_place),
        cmocka_unit_test(the_bound_is_that_of_the_descriptors),
        cmocka_unit_test(a_drained_server_ends_what_waits_and_nothing_that_asks),
        cmocka_unit_test(headers_are_a_request_s_own_while_the_head_of_another_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
