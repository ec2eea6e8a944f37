/* cli/monitoring/metrics_http: who is answered, and what a client can make it hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "monitoring/metrics_http.h"

enum { PAGE = 32 * 1024 };

typedef struct rig {
    struct event_base *base;
    metrics_http *http;
    size_t live, pages;
    int listener, port;
} rig;

static bool page(gl_buf *text, void *arg)
{
    static char filler[PAGE];
    rig *r = arg;
    memset(filler, 'x', sizeof filler);
    r->pages++;
    gl_buf_append(text, filler, sizeof filler);
    return true;
}

static void open_rig(rig *r, const char *address)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof at;
    *r = (rig){ .live = gl_alloc_live(), .base = event_base_new() };
    assert_int_equal(inet_pton(AF_INET, address, &at.sin_addr), 1);
    r->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(r->listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(r->listener, 64), 0);
    assert_int_equal(getsockname(r->listener, (struct sockaddr *)&at, &len), 0);
    r->port = ntohs(at.sin_port);
    r->http = metrics_http_new(r->base, r->listener, page, r);
    assert_non_null(r->http);
}

static void close_rig(rig *r)
{
    metrics_http_free(r->http);
    close(r->listener);
    event_base_free(r->base);
    assert_int_equal(gl_alloc_live(), r->live);
}

static int join(const rig *r)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)r->port) };
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

/* What comes until the connection ends or so many pages' worth came. *ended may be NULL. */
static size_t take(rig *r, int fd, char *text, size_t size, const char *until, bool *ended)
{
    size_t have = 0;
    text[0] = '\0';
    for (int turns = 0; turns < 1000000; turns++) {
        ssize_t n = recv(fd, text + have, size - 1 - have, 0);
        if (ended != NULL) *ended = n == 0 || (n < 0 && errno == ECONNRESET);
        if (n == 0 || (n < 0 && errno != EAGAIN)) return have;
        if (n > 0) text[have += (size_t)n] = '\0';
        if (until != NULL && strstr(text, until) != NULL) return have;
        event_base_loop(r->base, EVLOOP_NONBLOCK);
    }
    fail_msg("nothing more came");
    return 0;
}

static void ask(const char *listens, const char *request, const char *wanted)
{
    static char text[PAGE + 1024];
    rig r;
    open_rig(&r, listens);
    int fd = join(&r);
    assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
    take(&r, fd, text, sizeof text, "\r\n\r\n", NULL);
    if (strncmp(text, wanted, strlen(wanted)) != 0) print_message("%s%s\n", request, text);
    assert_memory_equal(text, wanted, strlen(wanted));
    assert_int_equal(r.pages, strstr(wanted, "200") != NULL);
    close(fd);
    close_rig(&r);
}

#define GET(host) "GET /metrics?x=1 HTTP/1.1\r\nHost:" host "\r\n\r\n"
#define YES       "HTTP/1.1 200 OK\r\n"
#define NO        "HTTP/1.1 403 Forbidden\r\n"
#define BAD       "HTTP/1.1 400 Bad Request\r\n"

static void on_this_machine_only_its_names_are_answered(void **state)
{
    (void)state;
    static const struct {
        const char *listens, *request, *answer;
    } rows[] = {
        { "127.0.0.1", GET(" localhost:9464"), YES },
        { "127.0.0.1", GET("LocalHost."), YES },
        { "127.0.0.1", GET(" glimpse.localhost"), YES },
        { "127.0.0.1", GET(" 127.0.0.1:1"), YES },
        { "127.0.0.1", GET(" 127.1.2.3"), YES },
        { "127.0.0.1", GET(" [::1]:9464"), YES },
        { "127.0.0.1", "HEAD /metrics HTTP/1.0\r\n\r\n", YES },
        { "127.0.0.1", GET(" rebound.example.com:9464"), NO },
        { "127.0.0.1", GET(" evillocalhost"), NO },
        { "127.0.0.1", GET(" localhost.example.com"), NO },
        { "127.0.0.1", GET(" 192.168.1.1"), NO },
        { "127.0.0.1", GET(" [::1"), BAD },
        { "127.0.0.1", GET(" [fe80::1]"), NO },
        { "127.0.0.1", GET(""), BAD },
        { "127.0.0.1", "GET /metrics HTTP/1.1\r\n\r\n", BAD },
        { "127.0.0.1", "GET /metrics HTTP/1.1\r\nHost: localhost\r\nHost: b\r\n\r\n", BAD },
        /* Who named another address means others to read. */
        { "0.0.0.0", GET(" monitoring.example.com:9464"), YES },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ask(rows[i].listens, rows[i].request, rows[i].answer);
}

#define HOST "Host: localhost\r\n"

static void what_is_no_request_for_the_page_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *request, *answer;
    } rows[] = {
        { "POST /metrics HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", "HTTP/1.1 405 " },
        { "GET / HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 404 " },
        { "GET /metrics HTTP/2.0\r\n" HOST "\r\n", "HTTP/1.1 505 " },
        { "GET /metrics\r\n\r\n", BAD },
        { "GET  /metrics HTTP/1.1\r\n" HOST "\r\n", BAD },
        { "GET /metrics HTTP/1.1\r\n" HOST ": x\r\n\r\n", BAD },
        { "GET /metrics HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", BAD },
        { "GET /metrics HTTP/1.1\r\n" HOST "Content-Length: 9999999999999999999999\r\n\r\n", BAD },
        { "GET /metrics HTTP/1.1\r\n" HOST "Content-Length: 4096\r\n\r\n", "HTTP/1.1 413 " },
        { "GET /metrics HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n1000\r\n",
          "HTTP/1.1 413 " },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ask("127.0.0.1", rows[i].request, rows[i].answer);
    static char long_one[9000] = "GET /metrics HTTP/1.1\r\nX: ";
    memset(long_one + strlen(long_one), 'a', sizeof long_one - 1 - strlen(long_one));
    ask("127.0.0.1", long_one, "HTTP/1.1 431 ");
}

static void requests_sent_ahead_are_answered_in_order(void **state)
{
    (void)state;
    static const char two[] = "GET /metrics HTTP/1.1\r\n" HOST "\r\nGET /last HTTP/1.1\r\n" HOST
                              "Connection: close\r\n\r\n";
    static char text[2 * PAGE];
    rig r;
    bool ended = false;
    open_rig(&r, "127.0.0.1");
    int fd = join(&r);
    for (size_t i = 0; i < sizeof two - 1; i++) { /* byte by byte, too */
        assert_int_equal(send(fd, two + i, 1, 0), 1);
        event_base_loop(r.base, EVLOOP_NONBLOCK);
    }
    take(&r, fd, text, sizeof text, NULL, &ended);
    assert_true(ended);
    const char *second = strstr(text + 8, "HTTP/1.1 404 ");
    assert_non_null(second);
    assert_true((size_t)(second - text) > PAGE);
    assert_non_null(strstr(second, "connection: close\r\n"));
    close(fd);
    close_rig(&r);
}

/* 3.3 GB in 6 s, once: what is sent ahead stays with the client, and no page is made for it. */
static void a_client_that_reads_nothing_fills_no_memory(void **state)
{
    (void)state;
    static char ahead[64 * 1024];
    static const char one[] = "GET /metrics HTTP/1.1\r\n" HOST "\r\n";
    size_t sent = 0, len = sizeof one - 1, fits = sizeof ahead / len * len;
    rig r;
    for (size_t i = 0; i < fits; i++) ahead[i] = one[i % len];
    open_rig(&r, "127.0.0.1");
    int fd = join(&r);
    for (int stuck = 0; stuck < 1000; stuck++) {
        ssize_t n = send(fd, ahead + sent % len, fits - sent % len, 0);
        if (n > 0) sent += (size_t)n, stuck = 0;
        assert_true(sent < (size_t)64 << 20); /* the kernel's buffers are some 10 MB at most */
        event_base_loop(r.base, EVLOOP_NONBLOCK);
    }
    /* Those that the kernel took off its hands, and the one that waits. */
    assert_true(r.pages < ((size_t)64 << 20) / PAGE);
    close(fd);
    close_rig(&r);
}

static void of_too_many_connections_the_quietest_goes(void **state)
{
    (void)state;
    enum { MOST = 16 };
    static char text[PAGE + 1024];
    rig r;
    int fd[MOST + 1];
    bool ended = false;
    open_rig(&r, "127.0.0.1");
    for (int i = 0; i < MOST; i++) {
        fd[i] = join(&r);
        for (int turns = 0; turns < 3; turns++) event_base_loop(r.base, EVLOOP_NONBLOCK);
    }
    /* The first one speaks, so the second is the quietest. */
    assert_true(send(fd[0], GET("localhost"), sizeof GET("localhost") - 1, 0) > 0);
    take(&r, fd[0], text, sizeof text, "xx", NULL);
    fd[MOST] = join(&r);
    take(&r, fd[1], text, sizeof text, NULL, &ended);
    assert_true(ended);
    assert_true(send(fd[MOST], GET("localhost"), sizeof GET("localhost") - 1, 0) > 0);
    take(&r, fd[MOST], text, sizeof text, "\r\n\r\n", NULL);
    assert_memory_equal(text, YES, sizeof YES - 1);
    for (int i = 0; i <= MOST; i++) close(fd[i]);
    close_rig(&r);
}

/* A listener that stays readable is a loop that never sleeps. */
static void without_descriptors_it_rests_and_says_so_once(void **state)
{
    (void)state;
    static char text[PAGE + 1024];
    struct rlimit before, none;
    rig r;
    open_rig(&r, "127.0.0.1");
    int fd = join(&r), said = dup(STDERR_FILENO), file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
    assert_true(file >= 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = (rlim_t)file + 1; /* all below are taken, or are taken now */
    for (int i = 3; i < file; i++)
        if (fcntl(i, F_GETFD) < 0) assert_int_equal(dup2(STDERR_FILENO, i), i);
    assert_int_equal(dup2(file, STDERR_FILENO), STDERR_FILENO);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int turns = 0;
    const struct timeval second = { 1, 0 };
    event_base_loopexit(r.base, &second);
    while (!event_base_got_exit(r.base) && turns < 1000) {
        event_base_loop(r.base, EVLOOP_ONCE);
        turns++;
    }
    dup2(said, STDERR_FILENO);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(turns < 100); /* 20 rests a second, a turn for each end of one */
    assert_true(pread(file, text, sizeof text - 1, 0) > 0);
    const char *line = strstr(text, "glimpse: --metrics: a scraper waits");
    assert_non_null(line);
    assert_null(strstr(line + 1, "glimpse:"));
    assert_true(send(fd, GET("localhost"), sizeof GET("localhost") - 1, 0) > 0);
    memset(text, 0, sizeof text);
    while (recv(fd, text, sizeof text - 1, 0) < 0) event_base_loop(r.base, EVLOOP_ONCE);
    assert_memory_equal(text, YES, sizeof YES - 1);
    close(fd);
    close(file);
    close(said);
    close_rig(&r);
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_this_machine_only_its_names_are_answered),
        cmocka_unit_test(what_is_no_request_for_the_page_is_refused),
        cmocka_unit_test(requests_sent_ahead_are_answered_in_order),
        cmocka_unit_test(a_client_that_reads_nothing_fills_no_memory),
        cmocka_unit_test(of_too_many_connections_the_quietest_goes),
        cmocka_unit_test(without_descriptors_it_rests_and_says_so_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
