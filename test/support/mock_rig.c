/* mock_rig.c - see mock_rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "mock_rig.h"

void mock_rig_open_with(mock_rig *w, const mock_options *options)
{
    char problem[300];
    w->live = gl_alloc_live();
    struct event_config *config = event_config_new();
    assert_non_null(config);
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    w->base = event_base_new_with_config(config);
    event_config_free(config);
    assert_non_null(w->base);
    w->server = mock_server_new(w->base, options, problem, sizeof problem);
    assert_non_null(w->server);
}

void mock_rig_open(mock_rig *w, const char *latency, const char *fault)
{
    const mock_options options = { .latency = latency, .fault = fault, .seed = 5 };
    mock_rig_open_with(w, &options);
}

void mock_rig_close(mock_rig *w)
{
    mock_server_free(w->server);
    event_base_free(w->base);
    assert_int_equal(gl_alloc_live(), w->live);
}

static void client_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    mock_client *c = arg;
    char buffer[65536];
    ssize_t n = recv((int)fd, buffer, sizeof buffer, 0);
    if (n > 0) {
        if (c->len + (size_t)n >= c->capacity) {
            c->capacity = 2 * (c->len + (size_t)n) + 1;
            c->got = realloc(c->got, c->capacity);
            assert_non_null(c->got);
        }
        memcpy(c->got + c->len, buffer, (size_t)n);
        c->len += (size_t)n;
        c->got[c->len] = '\0';
    } else if (n == 0 || errno != EAGAIN) {
        c->ended = true;
        c->reset = n < 0 && errno == ECONNRESET;
        event_del(c->event);
    }
}

mock_client *mock_rig_connect(mock_rig *w)
{
    return mock_client_open(w->base, mock_server_port(w->server));
}

mock_client *mock_client_open(struct event_base *base, int port)
{
    mock_client *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->base = base;
    c->got = calloc(1, 1);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(c->fd >= 0);
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
    assert_int_equal(connect(c->fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(fcntl(c->fd, F_SETFL, O_NONBLOCK), 0);
    const int on = 1; /* or a request in two pieces waits 40 ms for an ACK */
    assert_int_equal(setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
    c->event = event_new(base, c->fd, EV_READ | EV_PERSIST, client_readable, c);
    assert_non_null(c->event);
    assert_int_equal(event_add(c->event, NULL), 0);
    return c;
}

void mock_client_close(mock_client *c)
{
    event_free(c->event);
    close(c->fd);
    free(c->got);
    free(c);
}

void mock_client_send(mock_client *c, const char *data, size_t len)
{
    while (len != 0) {
        ssize_t n = send(c->fd, data, len, MSG_NOSIGNAL);
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        } else {
            assert_true(n < 0 && errno == EAGAIN);
            event_base_loop(c->base, EVLOOP_ONCE);
        }
    }
}

void mock_client_send_text(mock_client *c, const char *text)
{
    mock_client_send(c, text, strlen(text));
}

/* memmem, since a sanitizer's strstr measures the whole rest of the text each time. */
size_t mock_client_count(const mock_client *c, const char *what)
{
    size_t count = 0, len = strlen(what);
    const char *at = c->got, *end = c->got + c->len, *found;
    while ((found = memmem(at, (size_t)(end - at), what, len)) != NULL) {
        count++;
        at = found + len;
    }
    return count;
}

void mock_client_wait(mock_client *c, const char *what, size_t times)
{
    while (!c->ended && mock_client_count(c, what) < times) event_base_loop(c->base, EVLOOP_ONCE);
    assert_true(mock_client_count(c, what) >= times);
}

void mock_client_wait_end(mock_client *c)
{
    while (!c->ended) event_base_loop(c->base, EVLOOP_ONCE);
}

void mock_client_post_with(mock_client *c, const char *path, const char *headers, const char *body)
{
    char head[2000];
    int len =
        snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: h\r\n%sContent-Length: %zu\r\n\r\n",
                 path, headers, strlen(body));
    assert_true(len > 0 && (size_t)len < sizeof head);
    mock_client_send_text(c, head);
    mock_client_send_text(c, body);
}

void mock_client_post(mock_client *c, const char *path, const char *body)
{
    mock_client_post_with(c, path, "", body);
}

gl_json mock_client_body(const mock_client *c)
{
    const char *at = c->got, *next;
    while ((next = strstr(at, "\r\n\r\n")) != NULL) at = next + 4;
    gl_json root;
    assert_int_equal(gl_json_check(gl_slice_str(at), &root, NULL), GL_JSON_OK);
    return root;
}

int64_t mock_rig_number(gl_json object, const char *name)
{
    int64_t number = -1;
    assert_true(gl_json_int64(gl_json_get(object, name), &number));
    return number;
}

int64_t mock_rig_stat(mock_rig *w, const char *group, const char *name)
{
    mock_client *c = mock_rig_connect(w);
    mock_client_send_text(c, "GET /__mock/stats HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    mock_client_wait_end(c);
    gl_json object = mock_client_body(c);
    if (group != NULL) object = gl_json_get(object, group);
    gl_json value = gl_json_get(object, name);
    int64_t number = value.kind == GL_JSON_NONE ? 0 : mock_rig_number(object, name);
    mock_client_close(c);
    return number;
}
