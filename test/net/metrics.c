/* backends/metrics/mount: the page on a caller's own server, over connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <glimpse/glimpse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"

typedef struct host {
    size_t live;
    struct event_base *base;
    struct evhttp *http;
    ev_uint16_t port;
    glimpse_engine *engine;
    glimpse_metrics_page *page;
} host;

static void open_host(host *h)
{
    glimpse_config config;
    h->live = gl_alloc_live();
    h->base = event_base_new();
    h->http = evhttp_new(h->base);
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(h->http, "127.0.0.1", 0);
    assert_non_null(bound);
    struct sockaddr_in at;
    socklen_t len = sizeof at;
    assert_int_equal(getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&at, &len),
                     0);
    h->port = ntohs(at.sin_port);
    glimpse_config_init(&config);
    config.use_openai = GLIMPSE_USE_OPENAI_NEVER;
    assert_int_equal(glimpse_engine_new(h->base, &config, &h->engine, NULL), GLIMPSE_OK);
}

static void close_host(host *h)
{
    evhttp_free(h->http);
    glimpse_engine_free(h->engine);
    event_base_loop(h->base, EVLOOP_NONBLOCK);
    event_base_free(h->base);
    assert_int_equal(gl_alloc_live(), h->live);
}

typedef struct reply {
    struct event_base *base;
    int status;
    char type[128], length[32], allow[32], body[65536];
} reply;

static void copy_header(char *to, size_t size, struct evhttp_request *request, const char *name)
{
    const char *value = evhttp_find_header(evhttp_request_get_input_headers(request), name);
    snprintf(to, size, "%s", value != NULL ? value : "");
}

static void came(struct evhttp_request *request, void *arg)
{
    reply *r = arg;
    event_base_loopbreak(r->base);
    if (request == NULL) return;
    r->status = evhttp_request_get_response_code(request);
    copy_header(r->type, sizeof r->type, request, "Content-Type");
    copy_header(r->length, sizeof r->length, request, "Content-Length");
    copy_header(r->allow, sizeof r->allow, request, "Allow");
    int len =
        evbuffer_remove(evhttp_request_get_input_buffer(request), r->body, sizeof r->body - 1);
    r->body[len > 0 ? len : 0] = '\0';
}

static void ask(host *h, enum evhttp_cmd_type method, const char *path, reply *r)
{
    memset(r, 0, sizeof *r);
    r->base = h->base;
    struct evhttp_connection *connection =
        evhttp_connection_base_new(h->base, NULL, "127.0.0.1", h->port);
    struct evhttp_request *request = evhttp_request_new(came, r);
    evhttp_add_header(evhttp_request_get_output_headers(request), "Host", "localhost");
    assert_int_equal(evhttp_make_request(connection, request, method, path), 0);
    event_base_dispatch(h->base);
    evhttp_connection_free(connection);
}

static void tell_more(struct evbuffer *text, void *arg)
{
    evbuffer_add_printf(text, "# HELP app_up Mine.\n# TYPE app_up gauge\napp_up %d\n", *(int *)arg);
}

static void get_and_head_are_answered_and_others_refused(void **state)
{
    (void)state;
    host h;
    reply r;
    int up = 7;
    open_host(&h);
    assert_int_equal(glimpse_metrics_mount(h.http, "/metrics", h.engine, tell_more, &up, &h.page),
                     GLIMPSE_OK);
    ask(&h, EVHTTP_REQ_GET, "/metrics?x=1", &r);
    assert_int_equal(r.status, 200);
    assert_string_equal(r.type, GLIMPSE_METRICS_CONTENT_TYPE);
    assert_non_null(strstr(r.body, "\nglimpse_requests_submitted_total 0\n"));
    size_t len = strlen(r.body);
    assert_string_equal(r.body + len - 9, "app_up 7\n");
    ask(&h, EVHTTP_REQ_HEAD, "/metrics", &r);
    assert_int_equal(r.status, 200);
    assert_string_equal(r.type, GLIMPSE_METRICS_CONTENT_TYPE);
    assert_true(strtoul(r.length, NULL, 10) > 1000);
    assert_string_equal(r.body, "");
    ask(&h, EVHTTP_REQ_POST, "/metrics", &r);
    assert_int_equal(r.status, 405);
    assert_string_equal(r.allow, "GET, HEAD");
    ask(&h, EVHTTP_REQ_GET, "/", &r);
    assert_int_equal(r.status, 404);
    glimpse_metrics_unmount(h.page);
    close_host(&h);
}

static void a_page_that_is_taken_off_is_not_found(void **state)
{
    (void)state;
    host h;
    reply r;
    glimpse_metrics_page *second;
    open_host(&h);
    assert_int_equal(glimpse_metrics_mount(h.http, "/m", h.engine, NULL, NULL, &h.page),
                     GLIMPSE_OK);
    assert_int_equal(glimpse_metrics_mount(h.http, "/m", h.engine, NULL, NULL, &second),
                     GLIMPSE_ERR_INVALID); /* taken */
    assert_null(second);
    assert_int_equal(glimpse_metrics_mount(h.http, "m", h.engine, NULL, NULL, &second),
                     GLIMPSE_ERR_INVALID);
    ask(&h, EVHTTP_REQ_GET, "/m", &r);
    assert_int_equal(r.status, 200);
    glimpse_metrics_unmount(h.page);
    ask(&h, EVHTTP_REQ_GET, "/m", &r);
    assert_int_equal(r.status, 404);
    glimpse_metrics_unmount(NULL);
    close_host(&h);
}

static unsigned left;

static bool some(void)
{
    return left > 0 && left-- > 0;
}

static void without_memory_nothing_is_mounted_and_a_scrape_says_so(void **state)
{
    (void)state;
    host h;
    reply r;
    open_host(&h);
    size_t live = gl_alloc_live();
    glimpse_error error = GLIMPSE_ERR_OOM;
    for (unsigned n = 0; error != GLIMPSE_OK; n++) {
        left = n;
        gl_alloc_set_gate(some);
        error = glimpse_metrics_mount(h.http, "/metrics", h.engine, NULL, NULL, &h.page);
        gl_alloc_set_gate(NULL);
        assert_true(error == GLIMPSE_OK || (error == GLIMPSE_ERR_OOM && h.page == NULL));
        assert_true(error == GLIMPSE_OK || gl_alloc_live() == live);
    }
    left = 0;
    gl_alloc_set_gate(some);
    ask(&h, EVHTTP_REQ_GET, "/metrics", &r);
    gl_alloc_set_gate(NULL);
    assert_int_equal(r.status, 503);
    ask(&h, EVHTTP_REQ_GET, "/metrics", &r);
    assert_int_equal(r.status, 200);
    glimpse_metrics_unmount(h.page);
    close_host(&h);
}

typedef struct lagging {
    struct event_base *base;
    glimpse_loop_lag *lag;
} lagging;

static void count_late(uint64_t late_ns, void *arg)
{
    lagging *l = arg;
    assert_true(late_ns < UINT64_C(60000000000));
    glimpse_loop_lag_free(l->lag); /* fine inside */
    l->lag = NULL;
    event_base_loopbreak(l->base);
}

static void a_measurement_that_cannot_be_made_says_why(void **state)
{
    (void)state;
    lagging l = { .base = event_base_new() };
    const int64_t day = 86400000;
    const struct {
        struct event_base *base;
        int64_t every_ms;
        glimpse_loop_lag_fn fn;
        glimpse_loop_lag **lag;
        const char *field;
    } rows[] = {
        { l.base, 1, count_late, NULL, "lag" },
        { NULL, 1, count_late, &l.lag, "base" },
        { l.base, 0, count_late, &l.lag, "every_ms" },
        { l.base, day + 1, count_late, &l.lag, "every_ms" },
        { l.base, 1, NULL, &l.lag, "fn" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        glimpse_problem problem;
        assert_int_equal(glimpse_loop_lag_new(rows[i].base, rows[i].every_ms, rows[i].fn, &l,
                                              rows[i].lag, &problem),
                         GLIMPSE_ERR_INVALID);
        assert_string_equal(problem.field, rows[i].field);
        assert_string_not_equal(problem.sentence, "");
        assert_null(l.lag);
    }
    event_base_free(l.base);
}

static void a_loop_is_measured_on_its_own_and_not_kept_running(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    lagging l = { .base = event_base_new() };
    assert_int_equal(glimpse_loop_lag_new(l.base, 1, count_late, &l, &l.lag, NULL), GLIMPSE_OK);
    event_base_dispatch(l.base); /* nothing else is there */
    assert_non_null(l.lag);
    event_base_loop(l.base, EVLOOP_NO_EXIT_ON_EMPTY);
    assert_null(l.lag);
    event_base_free(l.base);
    assert_int_equal(gl_alloc_live(), live);
}

/* The server is the caller's, but what one connection sends ahead of its answers stays with it. */
static void a_client_that_reads_nothing_fills_no_memory(void **state)
{
    (void)state;
    static char ahead[64 * 1024];
    static const char one[] = "GET /m HTTP/1.1\r\nHost: a\r\n\r\n";
    size_t sent = 0, len = sizeof one - 1, fits = sizeof ahead / len * len;
    host h;
    for (size_t i = 0; i < fits; i++) ahead[i] = one[i % len];
    open_host(&h);
    assert_int_equal(glimpse_metrics_mount(h.http, "/m", h.engine, NULL, NULL, &h.page),
                     GLIMPSE_OK);
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(h.port) };
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    for (int stuck = 0; stuck < 1000; stuck++) {
        ssize_t n = send(fd, ahead + sent % len, fits - sent % len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) sent += (size_t)n, stuck = 0;
        assert_true(sent < (size_t)64 << 20); /* the kernel's buffers are some 10 MB at most */
        event_base_loop(h.base, EVLOOP_NONBLOCK);
    }
    close(fd);
    glimpse_metrics_unmount(h.page);
    close_host(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get_and_head_are_answered_and_others_refused),
        cmocka_unit_test(a_page_that_is_taken_off_is_not_found),
        cmocka_unit_test(without_memory_nothing_is_mounted_and_a_scrape_says_so),
        cmocka_unit_test(a_measurement_that_cannot_be_made_says_why),
        cmocka_unit_test(a_loop_is_measured_on_its_own_and_not_kept_running),
        cmocka_unit_test(a_client_that_reads_nothing_fills_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
