/*
 * conn.c - one connection: reads, has httpd_request_read parse, hands the handler one request after
 * the other, keeps its deadlines (httpd_conn_arm, httpd_conn_expired), and ends.
 *
 * In the steady state a request costs one recv and one send, moves no timer and allocates nothing.
 * While the handler works, the client's further bytes are read up to 64 KiB; beyond that the socket
 * is not read, and the loop is asked to tell of a closed side alone (EPOLLRDHUP).
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "http/conn.h"

#define BODY_RATE ((uint64_t)500) /* bytes a second in all, as Apache's mod_reqtimeout */

/* Returns true while no request may begin. */
static bool is_stuck(const httpd_conn *conn)
{
    return conn->turn != HTTPD_TURN_CLIENT || conn->blocked || conn->closing || conn->broken;
}

void httpd_conn_count(httpd_conn *conn)
{
    httpd_server *server = conn->server;
    server->held -= conn->held;
    conn->held = conn->in.len + conn->out.len;
    server->held += conn->held;
}

/* --- deadlines -------------------------------------------------------------------------------- */

/* A body must make progress, and at a least rate. */
static uint64_t body_ticks(const httpd_conn *conn)
{
    const httpd_server *server = conn->server;
    uint64_t allowed = server->body_ticks + conn->body_came / (BODY_RATE * HTTPD_TICK_MS / 1000);
    uint64_t used = server->wheel.now - conn->body_from;
    uint64_t left = allowed > used ? allowed - used : 1;
    return left < server->body_ticks ? left : server->body_ticks;
}

void httpd_conn_arm(httpd_conn *conn)
{
    httpd_server *server = conn->server;
    uint64_t ticks = 0;
    if (conn->blocked)
        ticks = server->write_ticks;
    else if (conn->lingering)
        ticks = server->linger_ticks;
    else if (conn->turn != HTTPD_TURN_CLIENT)
        ticks = 0;
    else if (conn->phase == HTTPD_IDLE)
        ticks = server->idle_ticks;
    else if (conn->phase == HTTPD_IN_HEAD)
        ticks = server->head_ticks;
    else if (server->body_ticks != 0)
        ticks = body_ticks(conn);
    httpd_wheel_set(&server->wheel, &conn->timer, ticks);
}

/* Sets the bytes that the client owes now. A head has one deadline from its first byte on. */
static void set_phase(httpd_conn *conn, httpd_phase phase)
{
    httpd_server *server = conn->server;
    if (phase == HTTPD_IN_HEAD && conn->phase == phase) return;
    bool active = phase == HTTPD_IN_BODY || conn->turn != HTTPD_TURN_CLIENT;
    conn->phase = phase;
    gl_node_remove(&conn->node);
    gl_list_push_back(active ? &server->active : &server->quiet, &conn->node);
    httpd_conn_arm(conn);
}

void httpd_conn_expired(httpd_conn *conn)
{
    bool waits = !conn->blocked && !conn->lingering && conn->phase != HTTPD_IDLE;
    if (waits && conn->turn == HTTPD_TURN_CLIENT) {
        conn->inside = true;
        httpd_answer_refusal(conn, 408,
                             conn->phase == HTTPD_IN_HEAD
                                 ? "The head of the request did not come in time."
                                 : "The body of the request did not come in time.");
        set_phase(conn, HTTPD_IDLE);
        httpd_conn_push(conn);
        httpd_conn_count(conn);
        conn->inside = false;
        httpd_conn_settle(conn);
        return;
    }
    conn->resets |= conn->blocked;
    conn->why = HTTPD_GONE_SLOW;
    httpd_conn_close(conn);
}

/* --- the end ---------------------------------------------------------------------------------- */

void httpd_conn_close(httpd_conn *conn)
{
    httpd_server *server = conn->server;
    const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    conn->broken = conn->inside = true; /* further answers of the handler are not sent */
    if (conn->turn == HTTPD_TURN_HANDLER) {
        server->busy--;
        conn->turn = HTTPD_TURN_CLIENT;
        if (server->handler.gone != NULL) server->handler.gone(conn, conn->why);
    }
    if (server->handler.closed != NULL) server->handler.closed(conn);
    if (conn->resets) setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    if (conn->interest != 0) event_del(&conn->io);
    if (server->fields_of == conn) server->fields_of = NULL;
    server->held -= conn->held;
    server->count--;
    server->surplus -= conn->surplus;
    httpd_timer_stop(&conn->timer);
    gl_node_remove(&conn->task);
    gl_node_remove(&conn->node);
    close(conn->fd);
    gl_buf_free(&conn->in);
    gl_buf_free(&conn->out);
    gl_free(conn);
}

/* --- requests --------------------------------------------------------------------------------- */

static void begin_request(httpd_conn *conn)
{
    httpd_request_init(&conn->request, &conn->server->options.limits);
    conn->answered = conn->continued = conn->chunked = conn->bare = conn->last = false;
}

static void show_fields(httpd_conn *conn, const char *data)
{
    if (conn->server->fields_of == conn) return;
    httpd_request_index(&conn->request, &conn->server->fields, data);
    conn->server->fields_of = conn;
}

static void refuse(httpd_conn *conn, int status, const char *why, const char *data)
{
    if (data != NULL && conn->request.head_len != 0) show_fields(conn, data);
    conn->data = data;
    httpd_answer_refusal(conn, status, why);
    conn->data = NULL;
}

/* Call when the head is complete. false: the request ends with it. */
static bool take_head(httpd_conn *conn, const char *data, size_t len)
{
    httpd_server *server = conn->server;
    const httpd_request *request = &conn->request;
    bool whole = !request->chunked && len - request->head_len >= request->body_len;
    server->fields_of = conn;
    conn->last = !httpd_request_keeps_alive(request) || server->draining || !whole;
    conn->body_from = server->wheel.now;
    if (conn->surplus || httpd_over_memory(server)) {
        refuse(conn, 503,
               conn->surplus ? "There are as many connections as there may be."
                             : "The server holds as much of requests and answers as it may.",
               data);
        return false;
    }
    if (server->handler.head != NULL) {
        conn->turn = HTTPD_TURN_HEAD;
        conn->data = data;
        server->handler.head(conn);
        conn->data = NULL;
        if (conn->turn == HTTPD_TURN_CLIENT) return false;
        conn->turn = HTTPD_TURN_CLIENT;
    }
    conn->last = !httpd_request_keeps_alive(request) || server->draining;
    return true;
}

static void take_request(httpd_conn *conn, const char *data)
{
    httpd_server *server = conn->server;
    if (httpd_over_memory(server)) {
        refuse(conn, 503, "The server holds as much of requests and answers as it may.", data);
        return;
    }
    show_fields(conn, data);
    conn->phase = HTTPD_IDLE; /* the next bytes are a head of their own */
    conn->turn = HTTPD_TURN_HANDLER;
    server->busy++;
    conn->data = data;
    server->handler.request(conn);
    conn->data = NULL;
}

/* Hands on the requests in data[0..len) until one has to wait; returns how many bytes were used. */
static size_t take_bytes(httpd_conn *conn, char *data, size_t len)
{
    httpd_server *server = conn->server;
    size_t at = 0;
    while (!is_stuck(conn) && at < len) {
        if (conn->answered) begin_request(conn);
        if (conn->request.head_len == 0) server->fields_of = NULL; /* its lines go there */
        httpd_progress progress =
            httpd_request_read(&conn->request, &server->fields, data + at, len - at);
        if (progress == HTTPD_MORE) break;
        if (progress == HTTPD_BAD) {
            refuse(conn, conn->request.status, conn->request.why, data + at);
        } else if (progress == HTTPD_HEAD) {
            if (take_head(conn, data + at, len - at)) continue;
            if (!conn->closing) at += httpd_request_used(&conn->request);
        } else {
            take_request(conn, data + at);
            at += httpd_request_used(&conn->request);
        }
        if (conn->out.len > HTTPD_GATHERED) httpd_conn_push(conn);
    }
    if (conn->closing) at = len;
    conn->pending = at < len && is_stuck(conn);
    return at;
}

/* The rest of the bytes is the beginning of a request, or waits for its turn. */
static void note_rest(httpd_conn *conn, size_t left)
{
    httpd_request *request = &conn->request;
    if (conn->turn != HTTPD_TURN_CLIENT || left == 0 || conn->answered) {
        set_phase(conn, HTTPD_IDLE);
        return;
    }
    if (request->head_len == 0) {
        set_phase(conn, HTTPD_IN_HEAD);
        return;
    }
    conn->body_came = left - request->head_len;
    if (request->expects_continue && !conn->continued && conn->body_came == 0 && !is_stuck(conn))
        gl_buf_append_str(&conn->out, "HTTP/1.1 100 Continue\r\n\r\n");
    conn->continued = true;
    set_phase(conn, HTTPD_IN_BODY);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Goes on with bytes that were read before. */
static void take_kept(httpd_conn *conn)
{
    size_t used = take_bytes(conn, conn->in.data, conn->in.len);
    if (conn->in.len != 0 && used != 0) {
        memmove(conn->in.data, conn->in.data + used, conn->in.len - used);
        conn->in.len -= used;
    }
    if (!conn->answered && conn->in.len != 0 && conn->turn == HTTPD_TURN_CLIENT)
        conn->in.len = httpd_request_squeeze(&conn->request, conn->in.data, conn->in.len);
    if (conn->in.len == 0) gl_buf_recycle(&conn->in, HTTPD_KEPT);
    note_rest(conn, conn->in.len);
}

/* Parses the bytes where they were read, so that only the rest is ever copied. */
static void take_fresh(httpd_conn *conn, char *data, size_t len)
{
    size_t used = take_bytes(conn, data, len), left = len - used;
    if (!conn->answered && left != 0 && conn->turn == HTTPD_TURN_CLIENT)
        left = httpd_request_squeeze(&conn->request, data + used, left);
    gl_buf_append(&conn->in, data + used, left);
    note_rest(conn, left);
}

static void note_end(httpd_conn *conn)
{
    /* A client that shut its side may still read the answers to its requests; without requests it
     * is gone. */
    bool asked = conn->blocked || conn->pending;
    conn->ended = asked && conn->turn == HTTPD_TURN_CLIENT;
    if (!conn->ended) httpd_conn_break(conn, HTTPD_GONE_LEFT);
}

/* Nothing is read, so find out whether the client has gone. A side that was shut behind unread
 * requests is noticed when they are read, unless the handler is working for it now. */
static void look(httpd_conn *conn)
{
    struct pollfd at = { .fd = conn->fd, .events = POLLRDHUP };
    if (poll(&at, 1, 0) <= 0) return;
    if ((at.revents & (POLLERR | POLLHUP)) != 0 ||
        ((at.revents & POLLRDHUP) != 0 && conn->turn != HTTPD_TURN_CLIENT))
        httpd_conn_break(conn, HTTPD_GONE_LEFT);
}

static void read_some(httpd_conn *conn)
{
    httpd_server *server = conn->server;
    ssize_t n = recv(conn->fd, server->scratch, sizeof server->scratch, 0);
    if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (n <= 0) {
        if (n == 0 && !conn->lingering)
            note_end(conn);
        else
            httpd_conn_break(conn, HTTPD_GONE_LEFT);
        return;
    }
    if (conn->lingering) {
        if (server->handler.late != NULL) server->handler.late(conn);
        return;
    }
    if (conn->in.len == 0 && !is_stuck(conn)) {
        take_fresh(conn, server->scratch, (size_t)n);
    } else {
        gl_buf_append(&conn->in, server->scratch, (size_t)n);
        conn->pending = true;
        httpd_conn_count(conn);
        if (!is_stuck(conn) && conn->in.len > HTTPD_AHEAD_MAX && httpd_over_memory(server))
            refuse(conn, 503, "The server holds as much of requests and answers as it may.", NULL);
        else if (!is_stuck(conn) && !conn->in.failed)
            take_kept(conn);
    }
    if (conn->in.failed) httpd_conn_break(conn, HTTPD_GONE_LEFT);
    httpd_conn_push(conn);
    httpd_conn_count(conn);
}

/* --- events ----------------------------------------------------------------------------------- */

static void io_ready(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    httpd_conn *conn = arg;
    conn->inside = true;
    if ((what & EV_WRITE) != 0 && conn->blocked) {
        httpd_conn_push(conn);
        httpd_conn_count(conn);
    }
    if ((what & (EV_READ | EV_CLOSED)) != 0 && !conn->broken) {
        if ((conn->interest & EV_ET) != 0)
            look(conn);
        else if ((conn->interest & EV_READ) != 0)
            read_some(conn);
    }
    conn->inside = false;
    httpd_conn_settle(conn);
}

/* The events to wait for. Edge-triggered where nothing is read, because unread bytes would wake the
 * loop for ever. */
static short interest_of(const httpd_conn *conn)
{
    short want = conn->blocked ? EV_WRITE : 0;
    if (conn->ended) return want;
    if (conn->lingering || !is_stuck(conn) || conn->in.len < HTTPD_AHEAD_MAX) return want | EV_READ;
    return conn->server->watches ? (short)(want | EV_READ | EV_CLOSED | EV_ET) : want;
}

static void set_interest(httpd_conn *conn)
{
    short want = interest_of(conn);
    if (want == conn->interest) return;
    if (conn->interest != 0) event_del(&conn->io);
    conn->interest = 0;
    if (want == 0) return;
    event_assign(&conn->io, conn->server->base, conn->fd, (short)(want | EV_PERSIST), io_ready,
                 conn);
    if (event_add(&conn->io, NULL) == 0)
        conn->interest = want;
    else
        conn->broken = true;
}

/* Returns true when work is left for the loop. */
static bool has_task(const httpd_conn *conn)
{
    if (conn->broken || conn->drained) return true;
    return !is_stuck(conn) && (conn->ended || conn->pending);
}

void httpd_conn_update(httpd_conn *conn)
{
    if (conn->inside) return; /* the function that called the handler does it */
    if (!conn->broken) set_interest(conn);
    if (has_task(conn)) httpd_server_later(conn);
}

void httpd_conn_rest(httpd_conn *conn)
{
    set_phase(conn, HTTPD_IDLE);
    httpd_conn_count(conn);
    httpd_conn_update(conn);
}

static void tell_drained(httpd_conn *conn)
{
    conn->drained = false;
    if (conn->turn != HTTPD_TURN_HANDLER || conn->server->handler.drained == NULL) return;
    conn->server->handler.drained(conn);
    if (conn->turn == HTTPD_TURN_CLIENT) set_phase(conn, HTTPD_IDLE);
}

void httpd_conn_settle(httpd_conn *conn)
{
    while (has_task(conn)) {
        conn->inside = true;
        if (!conn->broken && conn->drained) {
            tell_drained(conn);
        } else if (!conn->broken && conn->pending) {
            take_kept(conn);
        } else {
            httpd_conn_close(conn);
            return;
        }
        httpd_conn_push(conn);
        httpd_conn_count(conn);
        conn->inside = false;
    }
    set_interest(conn);
    if (conn->broken) httpd_conn_close(conn);
}

httpd_conn *httpd_conn_open(httpd_server *server, int fd)
{
    static const struct timeval tick = { 0, HTTPD_TICK_MS * 1000 };
    httpd_conn *conn = gl_calloc(1, sizeof *conn + server->handler.user_size);
    if (conn == NULL || (server->count == 0 && event_add(&server->tick, &tick) != 0)) {
        gl_free(conn);
        close(fd);
        return NULL;
    }
    conn->server = server;
    conn->fd = fd;
    conn->answered = true;
    gl_node_init(&conn->node);
    gl_node_init(&conn->task);
    httpd_timer_init(&conn->timer);
    gl_buf_init(&conn->in, server->options.memory);
    gl_buf_init(&conn->out, server->options.memory);
    server->count++;
    set_phase(conn, HTTPD_IDLE);
    set_interest(conn);
    if (!conn->broken) return conn;
    httpd_conn_close(conn);
    return NULL;
}
