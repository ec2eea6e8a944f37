/* h2_server.c - see h2_server.h. One nghttp2 session a connection, over a bufferevent of OpenSSL.
 */
#include "h2_server.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <nghttp2/nghttp2.h>
#include <sys/socket.h>

#include "base/list.h"

struct h2_server {
    struct event_base *base;
    struct evconnlistener *listener;
    SSL_CTX *tls;
    h2_fault fault;
    size_t times, requests, connections, peak, frames, faults;
    gl_list open;
};

typedef struct conn {
    gl_node node;
    h2_server *server;
    struct bufferevent *bev;
    nghttp2_session *session;
    size_t number, requests, streams;
    bool closing;         /* when all has been written */
    int32_t flood_stream; /* of the request that is answered by a flood; 0: none */
} conn;

static void conn_free(conn *c)
{
    gl_node_remove(&c->node);
    nghttp2_session_del(c->session);
    bufferevent_free(c->bev);
    free(c);
}

static ssize_t send_bytes(nghttp2_session *session, const uint8_t *data, size_t len, int flags,
                          void *arg)
{
    (void)session;
    (void)flags;
    const conn *c = arg;
    return bufferevent_write(c->bev, data, len) == 0 ? (ssize_t)len : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static ssize_t read_body(nghttp2_session *session, int32_t stream, uint8_t *to, size_t size,
                         uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    (void)session;
    (void)stream;
    (void)source;
    (void)arg;
    assert_true(size >= sizeof GOOD_BODY);
    memcpy(to, GOOD_BODY, sizeof GOOD_BODY - 1);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    return sizeof GOOD_BODY - 1;
}

static nghttp2_nv header(const char *name, const char *value)
{
    return (nghttp2_nv){ .name = (uint8_t *)(uintptr_t)name,
                         .value = (uint8_t *)(uintptr_t)value,
                         .namelen = strlen(name),
                         .valuelen = strlen(value) };
}

static void answer(conn *c, int32_t stream)
{
    nghttp2_nv headers[] = { header(":status", "200"), header("content-type", "application/json") };
    nghttp2_data_provider body = { .read_callback = read_body };
    assert_int_equal(nghttp2_submit_response(c->session, stream, headers, 2, &body), 0);
}

static void goaway(conn *c, int32_t last)
{
    nghttp2_submit_goaway(c->session, 0, last, NGHTTP2_NO_ERROR, NULL, 0);
    c->closing = true;
}

static void reset(conn *c, int32_t stream, uint32_t code)
{
    c->server->faults++;
    nghttp2_submit_rst_stream(c->session, 0, stream, code);
}

/* A part of a request's body; in these tests it is the whole of it. */
static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t len, void *arg)
{
    (void)flags;
    (void)arg;
    static char healthy;
    if (memmem(data, len, HEALTHY_MARK, strlen(HEALTHY_MARK)) != NULL)
        nghttp2_session_set_stream_user_data(session, stream, &healthy);
    return 0;
}

/* Frames that carry nothing, as fast as the client reads them, past the session. */
static void flood(conn *c)
{
    enum { FRAMES = 5000 };
    static const unsigned char window[] = { 0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
    unsigned char data[] = { 0, 0, 0, 0, 0, 0, 0, 0, (unsigned char)c->flood_stream };
    bool empty = c->server->fault == H2_DATA_FLOOD;
    struct evbuffer *output = bufferevent_get_output(c->bev);
    for (int i = 0; i < FRAMES; i++)
        evbuffer_add(output, empty ? data : window, empty ? sizeof data : sizeof window);
}

static void begin_flood(conn *c, int32_t stream)
{
    /* HEADERS with END_HEADERS, of one entry of the static table: ":status: 200". */
    const unsigned char status[] = { 0, 0, 1, 1, 4, 0, 0, 0, (unsigned char)stream, 0x88 };
    c->server->faults++;
    c->flood_stream = stream;
    if (c->server->fault == H2_DATA_FLOOD)
        evbuffer_add(bufferevent_get_output(c->bev), status, sizeof status);
    flood(c);
}

/* A request is whole. */
static void take(conn *c, int32_t stream)
{
    h2_server *server = c->server;
    if (nghttp2_session_get_stream_user_data(c->session, stream) != NULL) {
        answer(c, stream);
        return;
    }
    switch (server->fault) {
    case H2_REFUSE:
    case H2_INTERNAL:
        if (server->faults < server->times)
            reset(c, stream,
                  server->fault == H2_REFUSE ? NGHTTP2_REFUSED_STREAM : NGHTTP2_INTERNAL_ERROR);
        else
            answer(c, stream);
        break;
    case H2_GOAWAY:
        if (c->number > 0) {
            answer(c, stream);
        } else if (c->requests == server->times) {
            answer(c, 1);
            goaway(c, 1);
        }
        break;
    case H2_GOAWAY_ALWAYS:
        goaway(c, 0);
        break;
    case H2_DIES:
        if (server->faults < server->times) {
            server->faults++;
            c->closing = true;
        } else {
            answer(c, stream);
        }
        break;
    case H2_WINDOW_FLOOD:
    case H2_DATA_FLOOD:
        if (server->faults < server->times)
            begin_flood(c, stream);
        else
            answer(c, stream);
        break;
    case H2_NONE:
    case H2_ONE_STREAM:
    case H2_NO_WINDOW:
    case H2_SETTINGS_FLOOD:
        answer(c, stream);
        break;
    }
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    (void)session;
    conn *c = arg;
    c->server->frames++;
    if ((frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        take(c, frame->hd.stream_id);
    return 0;
}

static int on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
    (void)session;
    (void)frame;
    conn *c = arg;
    c->server->requests++;
    c->requests++;
    if (++c->streams > c->server->peak) c->server->peak = c->streams;
    return 0;
}

/* nghttp2 itself refuses a stream above the limit that it has announced: also a request. */
static int on_invalid(nghttp2_session *session, const nghttp2_frame *frame, int error, void *arg)
{
    (void)session;
    (void)error;
    conn *c = arg;
    if (frame->hd.type == NGHTTP2_HEADERS) c->server->requests++;
    return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t code, void *arg)
{
    (void)session;
    (void)stream;
    (void)code;
    conn *c = arg;
    c->streams--;
    return 0;
}

static void greet(conn *c)
{
    nghttp2_settings_entry entry = { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1 };
    if (c->server->fault == H2_NO_WINDOW)
        entry = (nghttp2_settings_entry){ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0 };
    size_t count = c->server->fault == H2_ONE_STREAM || c->server->fault == H2_NO_WINDOW;
    nghttp2_submit_settings(c->session, 0, &entry, count);
    if (c->server->fault != H2_SETTINGS_FLOOD) return;
    for (size_t i = 0; i < c->server->times; i++)
        assert_int_equal(nghttp2_submit_settings(c->session, 0, NULL, 0), 0);
}

static void flushed(struct bufferevent *bev, void *arg)
{
    (void)bev;
    conn *c = arg;
    if (c->closing)
        conn_free(c);
    else if (c->flood_stream != 0)
        flood(c);
}

static void came(struct bufferevent *bev, void *arg)
{
    conn *c = arg;
    struct evbuffer *input = bufferevent_get_input(bev);
    size_t len = evbuffer_get_length(input);
    ssize_t used = nghttp2_session_mem_recv(c->session, evbuffer_pullup(input, -1), len);
    /* A client that goes on after GOAWAY, or acknowledges what nghttp2 did not send. */
    if (used < 0) {
        conn_free(c);
        return;
    }
    evbuffer_drain(input, (size_t)used);
    nghttp2_session_send(c->session);
    if (!nghttp2_session_want_read(c->session) && !nghttp2_session_want_write(c->session))
        c->closing = true;
    if (c->closing && evbuffer_get_length(bufferevent_get_output(bev)) == 0) conn_free(c);
}

static void went(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    conn *c = arg;
    if (what & BEV_EVENT_CONNECTED) {
        greet(c);
        nghttp2_session_send(c->session);
        return;
    }
    conn_free(c);
}

static void accepted(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                     int len, void *arg)
{
    (void)listener;
    (void)address;
    (void)len;
    h2_server *server = arg;
    conn *c = calloc(1, sizeof *c);
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;
    assert_non_null(c);
    c->server = server;
    c->number = server->connections++;
    gl_list_push_back(&server->open, &c->node);
    assert_int_equal(nghttp2_session_callbacks_new(&callbacks), 0);
    assert_int_equal(nghttp2_option_new(&option), 0);
    nghttp2_session_callbacks_set_send_callback(callbacks, send_bytes);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid);
    assert_int_equal(nghttp2_session_server_new2(&c->session, callbacks, c, option), 0);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    c->bev = bufferevent_openssl_socket_new(server->base, fd, SSL_new(server->tls),
                                            BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    assert_non_null(c->bev);
    bufferevent_setcb(c->bev, came, flushed, went, c);
    bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

static int choose(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                  const unsigned char *in, unsigned in_len, void *arg)
{
    (void)ssl;
    (void)arg;
    static const unsigned char h2[] = { 'h', '2' };
    for (unsigned i = 0; i < in_len; i += in[i] + 1u)
        if (in[i] == 2 && memcmp(in + i + 1, h2, 2) == 0) {
            *out = in + i + 1;
            *out_len = 2;
            return SSL_TLSEXT_ERR_OK;
        }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static size_t count_requests(void *server)
{
    return h2_server_requests(server);
}

h2_server *h2_server_new(batch_run *run, tls_setup *tls, h2_fault fault, size_t times)
{
    h2_server *server = calloc(1, sizeof *server);
    assert_non_null(server);
    server->base = run->base;
    server->tls = tls->context;
    server->fault = fault;
    server->times = times;
    gl_list_init(&server->open);
    SSL_CTX_set_alpn_select_cb(tls->context, choose, NULL);
    struct sockaddr_in address = { .sin_family = AF_INET };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->listener = evconnlistener_new_bind(run->base, accepted, server, LEV_OPT_CLOSE_ON_FREE,
                                               1024, (struct sockaddr *)&address, sizeof address);
    assert_non_null(server->listener);
    socklen_t len = sizeof address;
    getsockname(evconnlistener_get_fd(server->listener), (struct sockaddr *)&address, &len);
    snprintf(run->url, sizeof run->url, "https://127.0.0.1:%d/v1", ntohs(address.sin_port));
    run->requests = count_requests;
    run->requests_arg = server;
    batch_args(run, "--http", "2", NULL);
    return server;
}

void h2_server_free(h2_server *server)
{
    gl_node *node;
    while ((node = gl_list_first(&server->open)) != NULL) conn_free(GL_CONTAINER(node, conn, node));
    evconnlistener_free(server->listener);
    free(server);
}

size_t h2_server_requests(const h2_server *server)
{
    return server->requests;
}

size_t h2_server_connections(const h2_server *server)
{
    return server->connections;
}

size_t h2_server_peak(const h2_server *server)
{
    return server->peak;
}

size_t h2_server_frames(const h2_server *server)
{
    return server->frames;
}
