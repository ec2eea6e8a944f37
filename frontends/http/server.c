/*
 * server.c - see server.h: accepts, turns the wheel of deadlines, does the work that connections
 * leave to the loop, and holds the parts that all connections share.
 */
#include "http/server.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "http/conn.h"
#include "http/listen.h"

#define ACCEPT_BURST 64 /* connections accepted in one wake, so that those at work go on */
/* Connections above the limit that get 503; for one beyond, the quietest of them goes. */
#define SURPLUS ((size_t)64)
/* Where the limit is that of the descriptors: those that are kept, and the part of these that the
 * surplus may have. */
#define KEPT         ((size_t)32)
#define KEPT_SURPLUS ((size_t)16)
#define FEWEST       ((size_t)8)

void httpd_options_default(httpd_options *options)
{
    *options = (httpd_options){
        .limits = { .body = (size_t)64 * 1024 * 1024 },
        .deadlines = { .head = 10000,
                       .body = 30000,
                       .idle = 80000,
                       .write = 60000,
                       .linger = 2000 },
        .keep_alive_s = 75,
    };
}

/* --- the clock -------------------------------------------------------------------------------- */

void httpd_tick(httpd_server *server)
{
    httpd_timer *timer;
    httpd_wheel_turn(&server->wheel);
    while ((timer = httpd_wheel_pop(&server->wheel)) != NULL)
        httpd_conn_expired(GL_CONTAINER(timer, httpd_conn, timer));
}

/* One tick a call, however late it is: a process that was stopped for a minute reads its clients'
 * bytes before it counts the minute against them. */
static void tick_due(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    httpd_server *server = arg;
    httpd_tick(server);
    if (server->count == 0) event_del(&server->tick);
}

gl_slice httpd_server_head(httpd_server *server)
{
    struct timeval now = { 0 };
    event_base_gettimeofday_cached(server->base, &now);
    if (now.tv_sec != server->date_at) {
        char date[32];
        evutil_date_rfc1123(date, sizeof date, NULL);
        int len = snprintf(server->head, sizeof server->head, "HTTP/1.1 200 OK\r\ndate: %s", date);
        server->head_len =
            (size_t)len < sizeof server->head ? (size_t)len : sizeof server->head - 1;
        server->date_at = now.tv_sec;
    }
    return gl_slice_of(server->head, server->head_len);
}

/* --- work for the loop ------------------------------------------------------------------------ */

void httpd_server_later(httpd_conn *conn)
{
    if (gl_node_linked(&conn->task)) return;
    gl_list_push_back(&conn->server->tasks, &conn->task);
    event_active(&conn->server->tasks_due, EV_TIMEOUT, 1);
}

static void tasks_due(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    httpd_server *server = arg;
    gl_list now;
    gl_node *node;
    gl_list_init(&now); /* new tasks are for the next turn */
    gl_list_splice_back(&now, &server->tasks);
    while ((node = gl_list_pop_front(&now)) != NULL)
        httpd_conn_settle(GL_CONTAINER(node, httpd_conn, task));
}

/* --- accepting -------------------------------------------------------------------------------- */

static void set_accepting(httpd_server *server, bool on)
{
    static const struct timeval pause = { 0, 50000 }; /* 50 ms: long against a spin, short for
                                                         a client that waits in the backlog */
    const gl_node *end = &server->listeners.head;
    for (gl_node *node = end->next; node != end; node = node->next) {
        httpd_listener *listener = GL_CONTAINER(node, httpd_listener, node);
        if (!on)
            event_del(&listener->ready);
        else if (event_add(&listener->ready, NULL) != 0)
            event_add(&server->resuming, &pause);
    }
    if (!on) event_add(&server->resuming, &pause);
}

static void resume_accepting(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    set_accepting(arg, true);
}

/* Closes the connection without a request that was quiet for longest, by preference one that has
 * all its answers: of the surplus, or of the others. false: there is none. */
static bool close_quietest(httpd_server *server, bool surplus)
{
    httpd_conn *first = NULL;
    const gl_node *end = &server->quiet.head;
    int looked = 0;
    for (gl_node *node = end->next; node != end && looked < 64; node = node->next) {
        httpd_conn *conn = GL_CONTAINER(node, httpd_conn, node);
        if (conn->inside || conn->surplus != surplus) continue;
        looked++;
        if (first == NULL || conn->out.len == 0) first = conn;
        if (conn->out.len == 0) break;
    }
    if (first != NULL) httpd_conn_close(first);
    return first != NULL;
}

/* false: it was closed. */
static bool take_connection(httpd_server *server, int fd, bool here, const struct sockaddr *peer,
                            size_t len)
{
    size_t most = server->options.connections;
    bool full = most != 0 && server->count - server->surplus >= most;
    bool surplus = full && !close_quietest(server, false);
    if (surplus && server->surplus >= server->surplus_most && !close_quietest(server, true)) {
        close(fd);
        return false;
    }
    httpd_conn *conn = httpd_conn_open(server, fd);
    if (conn == NULL) return false;
    conn->here = here;
    conn->surplus = surplus;
    server->surplus += surplus;
    if (peer != NULL && len >= sizeof peer->sa_family && len <= sizeof conn->peer)
        memcpy(&conn->peer, peer, len);
    return true;
}

static void accept_ready(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    const httpd_listener *listener = arg;
    httpd_server *server = listener->server;
    for (int i = 0; i < ACCEPT_BURST; i++) {
        struct sockaddr_storage peer;
        socklen_t len = sizeof peer;
        int got = accept4((int)fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (got >= 0) {
            take_connection(server, got, listener->here, (struct sockaddr *)&peer, len);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            int error = errno;
            set_accepting(server, false);
            if (server->handler.starved != NULL)
                server->handler.starved(server->handler.arg, error);
            return;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        }
    }
}

static void listener_free(httpd_listener *listener)
{
    gl_node_remove(&listener->node);
    event_del(&listener->ready);
    close(listener->fd);
    gl_free(listener);
}

bool httpd_listen(httpd_server *server, int fd)
{
    const int on = 1;
    httpd_listener *listener = gl_calloc(1, sizeof *listener);
    if (listener == NULL) {
        close(fd);
        return false;
    }
    *listener = (httpd_listener){ .server = server, .fd = fd, .here = httpd_listens_here(fd) };
    /* Connections inherit it (tcp(7)); a unix socket has no use for it and says so. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    gl_node_init(&listener->node);
    gl_list_push_back(&server->listeners, &listener->node);
    event_assign(&listener->ready, server->base, fd, EV_READ | EV_PERSIST, accept_ready, listener);
    if (event_add(&listener->ready, NULL) == 0) return true;
    listener_free(listener);
    return false;
}

bool httpd_adopt(httpd_server *server, int fd, const struct sockaddr *peer, size_t peer_len)
{
    const int on = 1, flags = fcntl(fd, F_GETFL);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0)
        return take_connection(server, fd, false, peer, peer_len);
    close(fd);
    return false;
}

/* --- life ------------------------------------------------------------------------------------- */

static uint64_t ticks_of(int64_t ms)
{
    return ms > 0 ? ((uint64_t)ms + HTTPD_TICK_MS - 1) / HTTPD_TICK_MS : 0;
}

static size_t or_default(size_t value, size_t otherwise)
{
    return value != 0 ? value : otherwise;
}

/* 0: there is no limit. */
static size_t descriptors_for_clients(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
        limit.rlim_cur > SIZE_MAX)
        return 0;
    size_t all = (size_t)limit.rlim_cur;
    return all > KEPT + FEWEST ? all - KEPT : FEWEST;
}

httpd_server *httpd_server_new(struct event_base *base, const httpd_options *options,
                               const httpd_handler *handler)
{
    const int early = EV_FEATURE_EARLY_CLOSE | EV_FEATURE_ET;
    httpd_server *server = gl_calloc(1, sizeof *server);
    if (server == NULL) return NULL;
    server->base = base;
    server->options = *options;
    server->handler = *handler;
    server->options.memory = or_default(options->memory, (size_t)1 << 30);
    server->options.high = or_default(options->high, (size_t)256 * 1024);
    server->options.low = or_default(options->low, (size_t)64 * 1024);
    server->options.connections = or_default(options->connections, descriptors_for_clients());
    server->surplus_most = options->connections != 0 ? SURPLUS : KEPT_SURPLUS;
    server->head_ticks = ticks_of(options->deadlines.head);
    server->body_ticks = ticks_of(options->deadlines.body);
    server->idle_ticks = ticks_of(options->deadlines.idle);
    server->write_ticks = ticks_of(options->deadlines.write);
    server->linger_ticks = ticks_of(options->deadlines.linger);
    server->watches = (event_base_get_features(base) & early) == early;
    gl_list_init(&server->listeners);
    gl_list_init(&server->quiet);
    gl_list_init(&server->active);
    gl_list_init(&server->tasks);
    httpd_wheel_init(&server->wheel);
    gl_buf_init(&server->body, (size_t)64 * 1024);
    event_assign(&server->tick, base, -1, EV_PERSIST, tick_due, server);
    event_assign(&server->resuming, base, -1, 0, resume_accepting, server);
    event_assign(&server->tasks_due, base, -1, 0, tasks_due, server);
    return server;
}

static void close_all(gl_list *list, httpd_gone why)
{
    gl_node *node;
    while ((node = gl_list_first(list)) != NULL) {
        httpd_conn *conn = GL_CONTAINER(node, httpd_conn, node);
        conn->why = why;
        httpd_conn_close(conn);
    }
}

void httpd_drain(httpd_server *server)
{
    server->draining = true;
}

/* A connection between two requests ends, from the loop, because a callback of it may have called
 * this. The first request of a new one is on its way. */
static void stop_quiet(httpd_conn *conn)
{
    httpd_server *server = conn->server;
    bool asks = conn->phase != HTTPD_IDLE || conn->turn != HTTPD_TURN_CLIENT;
    if (asks || conn->out.len != 0 || conn->inside || conn->closing) return;
    if (conn->request.head_len != 0)
        httpd_conn_break(conn, HTTPD_GONE_SHUTDOWN);
    else
        httpd_wheel_set(&server->wheel, &conn->timer, server->linger_ticks);
}

void httpd_stop(httpd_server *server)
{
    gl_node *node;
    server->draining = server->stopped = true;
    event_del(&server->resuming);
    while ((node = gl_list_first(&server->listeners)) != NULL)
        listener_free(GL_CONTAINER(node, httpd_listener, node));
    for (node = server->quiet.head.next; node != &server->quiet.head; node = node->next)
        stop_quiet(GL_CONTAINER(node, httpd_conn, node));
}

void httpd_server_free(httpd_server *server)
{
    if (server == NULL) return;
    httpd_stop(server);
    close_all(&server->quiet, HTTPD_GONE_SHUTDOWN);
    close_all(&server->active, HTTPD_GONE_SHUTDOWN);
    event_del(&server->tick);
    event_del(&server->tasks_due);
    gl_buf_free(&server->body);
    gl_free(server);
}

/* --- options and figures ---------------------------------------------------------------------- */

size_t httpd_connections(const httpd_server *server)
{
    return server->count;
}

static size_t unsent_in(const gl_list *conns)
{
    size_t bytes = 0;
    gl_node *node = conns->head.next;
    for (; node != &conns->head; node = node->next)
        bytes += httpd_unsent(GL_CONTAINER(node, httpd_conn, node));
    return bytes;
}

size_t httpd_unsent_in_all(const httpd_server *server)
{
    return unsent_in(&server->quiet) + unsent_in(&server->active);
}

size_t httpd_busy(const httpd_server *server)
{
    return server->busy;
}

void httpd_set_body_limit(httpd_server *server, size_t bytes)
{
    server->options.limits.body = bytes;
}

void httpd_charge(httpd_server *server, int64_t bytes)
{
    server->held += (size_t)bytes; /* a negative number was added before */
}

bool httpd_over_memory(const httpd_server *server)
{
    return server->held > server->options.memory;
}
