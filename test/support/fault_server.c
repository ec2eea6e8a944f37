/*
 * fault_server.c - see fault_server.h. One bufferevent a connection; a script goes on when what it
 * wrote has left, or its timer fires. Aborts when the test machine itself fails it.
 */
#include "fault_server.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/list.h"

const fault_step fault_ok[] = { { FAULT_SEND, FAULT_OK_TEXT, 0 }, { FAULT_END, NULL, 0 } };

struct fault_server {
    struct event_base *base;
    struct evconnlistener *listener;
    int port;
    gl_list connections;
    const fault_step *play, *on_accept;
    const fault_step **queue;
    size_t queued, next;
    fault_request *log;
    const char *mark; /* of healthy requests, or NULL */
    const fault_step *healthy_play;
    size_t requests, accepted, open, active, peak, healthy, steps;
    SSL_CTX *tls;
    void (*on_request)(void *arg);
    void *arg;
};

typedef struct conn {
    gl_node node;
    fault_server *server;
    struct bufferevent *bev;
    struct event *timer;
    const fault_step *step; /* NULL: waits for a request */
    size_t dripped, number;
    bool request_active;
} conn;

static void *must(void *memory)
{
    if (memory == NULL) {
        perror("fault_server");
        abort();
    }
    return memory;
}

static void conn_free(conn *c)
{
    fault_server *server = c->server;
    if (c->request_active) server->active--;
    server->open--;
    gl_node_remove(&c->node);
    event_free(c->timer);
    bufferevent_free(c->bev);
    free(c);
}

static void parse(conn *c);

static void script_done(conn *c)
{
    c->step = NULL;
    if (c->request_active) {
        c->request_active = false;
        c->server->active--;
    }
    parse(c);
}

static void arm(conn *c, int ms)
{
    struct timeval delay = { ms / 1000, (ms % 1000) * 1000 };
    event_add(c->timer, &delay);
}

static void fill(conn *c, int kilobytes)
{
    char block[1024];
    memset(block, 'x', sizeof block);
    for (int i = 0; i < kilobytes; i++) bufferevent_write(c->bev, block, sizeof block);
}

/* Plays the step at hand; returns when there is something to wait for. */
static void play(conn *c)
{
    c->server->steps++;
    switch (c->step->kind) {
    case FAULT_END:
        script_done(c);
        return;
    case FAULT_SEND:
        bufferevent_write(c->bev, c->step->text, strlen(c->step->text));
        return; /* flushed() goes on */
    case FAULT_BYTES:
        bufferevent_write(c->bev, c->step->text, (size_t)c->step->ms);
        return;
    case FAULT_FILL:
        fill(c, c->step->ms);
        return;
    case FAULT_DRIP:
        bufferevent_write(c->bev, c->step->text + c->dripped, 1);
        return;
    case FAULT_PAUSE:
        arm(c, c->step->ms);
        return;
    case FAULT_WAIT:
    case FAULT_HANG:
        return;
    case FAULT_RESET: {
        struct linger now = { 1, 0 };
        setsockopt(bufferevent_getfd(c->bev), SOL_SOCKET, SO_LINGER, &now, sizeof now);
        conn_free(c);
        return;
    }
    case FAULT_BYE: {
        SSL *ssl = bufferevent_openssl_get_ssl(c->bev);
        if (ssl != NULL) SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN);
        if (ssl != NULL) SSL_shutdown(ssl);
        conn_free(c);
        return;
    }
    case FAULT_CLOSE:
        conn_free(c);
        return;
    }
}

static void next_step(conn *c)
{
    c->dripped = 0;
    c->step++;
    play(c);
}

static void flushed(struct bufferevent *bev, void *arg)
{
    (void)bev;
    conn *c = arg;
    if (c->step == NULL) return;
    if (c->step->kind == FAULT_SEND || c->step->kind == FAULT_BYTES || c->step->kind == FAULT_FILL)
        next_step(c);
    else if (c->step->kind == FAULT_DRIP)
        arm(c, c->step->ms);
}

static void timer_fired(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    conn *c = arg;
    if (c->step->kind == FAULT_DRIP && c->step->text[++c->dripped] != '\0')
        play(c);
    else
        next_step(c);
}

static void begin(conn *c, const fault_step *script)
{
    c->dripped = 0;
    c->step = script;
    play(c);
}

static void take_request(conn *c, size_t head_len, size_t body_len)
{
    fault_server *server = c->server;
    struct evbuffer *input = bufferevent_get_input(c->bev);
    fault_request request = { .connection = c->number, .body_len = body_len };
    request.head = must(calloc(1, head_len + 1));
    request.body = must(calloc(1, body_len + 1));
    evbuffer_remove(input, request.head, head_len);
    evbuffer_remove(input, request.body, body_len);
    c->request_active = true;
    if (++server->active > server->peak) server->peak = server->active;
    if (server->mark != NULL && strstr(request.body, server->mark) != NULL) {
        server->healthy++;
        free(request.head);
        free(request.body);
        begin(c, server->healthy_play);
        return;
    }
    server->log = must(realloc(server->log, (server->requests + 1) * sizeof *server->log));
    server->log[server->requests++] = request;
    if (server->on_request != NULL) server->on_request(server->arg);
    begin(c, server->next < server->queued ? server->queue[server->next++] : server->play);
}

static void parse(conn *c)
{
    struct evbuffer *input = bufferevent_get_input(c->bev);
    struct evbuffer_ptr end = evbuffer_search(input, "\r\n\r\n", 4, NULL);
    if (end.pos < 0) return;
    size_t head_len = (size_t)end.pos + 4, body_len = 0;
    char *head = must(calloc(1, head_len + 1));
    evbuffer_copyout(input, head, head_len);
    const char *field = strcasestr(head, "\r\ncontent-length:");
    if (field != NULL) body_len = (size_t)strtoul(field + 17, NULL, 10);
    free(head);
    if (evbuffer_get_length(input) >= head_len + body_len) take_request(c, head_len, body_len);
}

static void came(struct bufferevent *bev, void *arg)
{
    (void)bev;
    conn *c = arg;
    if (c->step == NULL) parse(c);
}

static void went(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    if (what & BEV_EVENT_CONNECTED) return; /* the handshake is done */
    conn_free(arg);
}

static void accepted(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                     int len, void *arg)
{
    (void)listener;
    (void)address;
    (void)len;
    fault_server *server = arg;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    conn *c = must(calloc(1, sizeof *c));
    c->server = server;
    c->number = server->accepted++;
    server->open++;
    gl_list_push_back(&server->connections, &c->node);
    c->bev = server->tls == NULL
                 ? must(bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE))
                 : must(bufferevent_openssl_socket_new(server->base, fd, must(SSL_new(server->tls)),
                                                       BUFFEREVENT_SSL_ACCEPTING,
                                                       BEV_OPT_CLOSE_ON_FREE));
    c->timer = must(evtimer_new(server->base, timer_fired, c));
    bufferevent_setcb(c->bev, came, flushed, went, c);
    bufferevent_enable(c->bev, EV_READ | EV_WRITE);
    if (server->on_accept != NULL) begin(c, server->on_accept);
}

fault_server *fault_server_new(struct event_base *base)
{
    fault_server *server = must(calloc(1, sizeof *server));
    server->base = base;
    server->play = fault_ok;
    gl_list_init(&server->connections);
    struct sockaddr_in address = { .sin_family = AF_INET };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->listener = must(evconnlistener_new_bind(
        base, accepted, server, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 4096,
        (struct sockaddr *)&address, sizeof address));
    socklen_t len = sizeof address;
    getsockname(evconnlistener_get_fd(server->listener), (struct sockaddr *)&address, &len);
    server->port = ntohs(address.sin_port);
    return server;
}

void fault_server_free(fault_server *server)
{
    gl_node *node;
    while ((node = gl_list_first(&server->connections)) != NULL)
        conn_free(GL_CONTAINER(node, conn, node));
    for (size_t i = 0; i < server->requests; i++) {
        free(server->log[i].head);
        free(server->log[i].body);
    }
    evconnlistener_free(server->listener);
    free(server->log);
    free(server->queue);
    free(server);
}

int fault_server_port(const fault_server *server)
{
    return server->port;
}

void fault_server_play(fault_server *server, const fault_step *script)
{
    server->play = script;
}

void fault_server_play_once(fault_server *server, const fault_step *script)
{
    server->queue = must(realloc(server->queue, (server->queued + 1) * sizeof *server->queue));
    server->queue[server->queued++] = script;
}

void fault_server_healthy(fault_server *server, const char *mark, const fault_step *script)
{
    server->mark = mark;
    server->healthy_play = script;
}

size_t fault_server_healthy_requests(const fault_server *server)
{
    return server->healthy;
}

void fault_server_on_accept(fault_server *server, const fault_step *script)
{
    server->on_accept = script;
}

void fault_server_tls(fault_server *server, struct ssl_ctx_st *context)
{
    server->tls = context;
}

void fault_server_on_request(fault_server *server, void (*fn)(void *arg), void *arg)
{
    server->on_request = fn;
    server->arg = arg;
}

void fault_server_go_on(fault_server *server)
{
    gl_node *node = server->connections.head.next;
    while (node != &server->connections.head) {
        conn *c = GL_CONTAINER(node, conn, node);
        node = node->next;
        if (c->step != NULL && c->step->kind == FAULT_WAIT) next_step(c);
    }
}

void fault_server_close_idle(fault_server *server)
{
    gl_node *node = server->connections.head.next;
    while (node != &server->connections.head) {
        conn *c = GL_CONTAINER(node, conn, node);
        node = node->next;
        if (c->step == NULL) conn_free(c);
    }
}

void fault_server_freeze(fault_server *server)
{
    evconnlistener_disable(server->listener);
    for (gl_node *node = server->connections.head.next; node != &server->connections.head;
         node = node->next)
        bufferevent_disable(GL_CONTAINER(node, conn, node)->bev, EV_READ);
}

size_t fault_server_requests(const fault_server *server)
{
    return server->requests;
}

const fault_request *fault_server_request(const fault_server *server, size_t i)
{
    return i < server->requests ? &server->log[i] : NULL;
}

size_t fault_server_connections(const fault_server *server)
{
    return server->accepted;
}

size_t fault_server_open(const fault_server *server)
{
    return server->open;
}

size_t fault_server_active(const fault_server *server)
{
    return server->active;
}

size_t fault_server_steps(const fault_server *server)
{
    return server->steps;
}

size_t fault_server_peak(const fault_server *server)
{
    return server->peak;
}
