/*
 * conn.c - one connection: reads, answers one request after the other in their order, writes.
 *
 * Owns the descriptor and the connection's buffers. At most one request is worked on at a time;
 * what a client sends ahead waits in `in`, and beyond MOCK_HTTP_HEAD_MAX bytes of that the socket
 * is not read until its turn comes. Nothing waits for a slow client but its own connection. In the
 * steady state a request costs one recv and one send and allocates nothing.
 *
 * A client that closes its side while an answer waits for its time counts as gone, as with nginx.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "mock/error.h"
#include "mock/relay.h"

#define IN_MAX        (2 * MOCK_HTTP_BODY_MAX + MOCK_HTTP_HEAD_MAX + 2 * MOCK_READ_SIZE)
#define OUT_MAX       ((size_t)256 * 1024 * 1024) /* 2048 embeddings of 3072 floats are 63 MB */
#define OUT_FLUSH     ((size_t)256 * 1024)        /* answers to pipelined requests gather so far */
#define KEPT_CAPACITY ((size_t)64 * 1024)         /* a larger buffer is given back after use */

static bool conn_busy(const mock_conn *conn)
{
    return conn->working || conn->blocked || conn->closing;
}

/* --- when it is sent -------------------------------------------------------------------------- */

void mock_conn_set_due(mock_conn *conn, gl_time when)
{
    struct mock_server *server = conn->server;
    gl_time from = server->windows_from;
    if (server->rules.stalls.count != 0 && from != GL_TIME_NEVER && when >= from) {
        gl_time until = from + mock_stalls_until(&server->rules.stalls, when - from);
        if (until != when && !conn->stalled) server->stats.stalled_requests++;
        conn->stalled |= until != when;
        when = until;
    }
    mock_server_set_due(server, conn, when);
}

/* It waited, and is served from now on. */
static void start_served(mock_ticket *ticket)
{
    mock_conn *conn = GL_CONTAINER(ticket, mock_conn, ticket);
    if (!conn->hangs)
        mock_conn_set_due(conn, gl_clock_now() + mock_pace_slowed(conn->server, ticket->latency));
}

/* Its place is free; the one that waited longest takes it. */
static void leave_place(mock_conn *conn)
{
    mock_ticket *next = mock_capacity_leave(&conn->server->capacity, &conn->ticket);
    if (next != NULL) start_served(next);
}

void mock_conn_start_waiting(struct mock_server *server)
{
    mock_ticket *next;
    while ((next = mock_capacity_next(&server->capacity)) != NULL) start_served(next);
}

/* What its buffers hold now. */
static void count_held(mock_conn *conn)
{
    struct mock_server *server = conn->server;
    server->held -= conn->held;
    conn->held = conn->in.len + conn->out.len;
    server->held += conn->held;
}

/* The request is answered; or it is not, and never will be. */
static void end_entry(mock_conn *conn, int status, bool left, gl_time now)
{
    mock_journal_entry *entry = mock_journal_find(&conn->server->journal, conn->entry);
    conn->entry = 0;
    if (entry == NULL) return;
    entry->status = status;
    entry->left = left;
    entry->stream |= conn->streams;
    entry->ended = now;
}

void mock_conn_close(mock_conn *conn)
{
    struct mock_server *server = conn->server;
    server->held -= conn->held;
    leave_place(conn);
    if (conn->working) end_entry(conn, 0, true, gl_clock_now());
    mock_record_drop(conn);
    if (conn->working && conn->counted) {
        mock_stats_left(&server->stats, conn->status, mock_mishap_counted(&conn->mishap));
        mock_stats_end(&server->stats, 0, gl_clock_now());
    }
    mock_server_set_due(server, conn, GL_TIME_NEVER);
    event_del(&conn->readable);
    event_del(&conn->writable);
    gl_node_remove(&conn->node);
    server->stats.open_connections--;
    close(conn->fd);
    gl_buf_free(&conn->in);
    gl_buf_free(&conn->out);
    gl_buf_free(&conn->ends);
    gl_free(conn);
}

/* Closed with a reset instead of an orderly end. */
static void conn_reset(mock_conn *conn)
{
    const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    mock_conn_close(conn);
}

/* --- sending ---------------------------------------------------------------------------------- */

/* After the last answer: our side is shut and the rest of what the client sends read away, since
 * closing over unread bytes would reset the connection under an answer not read yet. */
static void conn_shut(mock_conn *conn)
{
    conn->draining = true;
    shutdown(conn->fd, SHUT_WR);
    gl_buf_free(&conn->in);
    gl_buf_free(&conn->out);
    count_held(conn);
}

/* Sends what may go. false: the connection is gone. */
static bool conn_flush(mock_conn *conn)
{
    if (conn->out.failed) {
        mock_conn_close(conn);
        return false;
    }
    if (!conn->working) conn->ready = conn->out.len;
    while (conn->sent < conn->ready) {
        ssize_t n =
            send(conn->fd, conn->out.data + conn->sent, conn->ready - conn->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
            mock_conn_close(conn);
            return false;
        }
        if (n < 0) {
            if (!conn->blocked && event_add(&conn->writable, NULL) != 0) {
                mock_conn_close(conn);
                return false;
            }
            conn->blocked = true;
            return true;
        }
        conn->sent += (size_t)n;
    }
    if (conn->blocked) event_del(&conn->writable);
    conn->blocked = false;
    if (conn->sent < conn->out.len) return true; /* an answer that waits for its time */
    conn->sent = conn->ready = 0;
    gl_buf_reset(&conn->out);
    if (conn->out.capacity > KEPT_CAPACITY) gl_buf_free(&conn->out);
    count_held(conn);
    if (conn->closing && !conn->working && conn->resets) {
        conn_reset(conn);
        return false;
    }
    if (conn->closing && !conn->working && !conn->draining) conn_shut(conn);
    return true;
}

/* --- one request ------------------------------------------------------------------------------ */

/* An answer ends. */
static void measure(mock_conn *conn, gl_time now)
{
    mock_metrics *metrics = &conn->server->metrics;
    gl_time took = gl_time_since(now, conn->received);
    mock_durations_add(&metrics->duration, took);
    if (conn->status != 200) return;
    if (conn->streams && conn->gone == 0)
        mock_durations_add(&metrics->first_token, took); /* it went at once */
    metrics->prompt_tokens += conn->usage.prompt;
    metrics->completion_tokens += conn->usage.completion;
}

/* The answer in out may go now, or what happens in its place. false: the connection is gone. */
static bool finish_request(mock_conn *conn)
{
    mock_head_stamp_last(conn);
    leave_place(conn);
    bool answered = !conn->drops;
    int status = answered ? conn->status : 0;
    gl_time now = gl_clock_now();
    if (conn->counted) mock_stats_end(&conn->server->stats, status, now);
    if (conn->counted && answered) measure(conn, now);
    end_entry(conn, status, false, now);
    conn->working = false;
    if (answered) return true;
    conn_reset(conn);
    return false;
}

/* It goes into the journal, but for what is asked of the mock itself. */
static void keep_entry(mock_conn *conn, const char *data, const mock_reply *reply)
{
    const mock_http *http = &conn->http;
    mock_journal_entry *entry = NULL;
    if (!reply->admin)
        entry = mock_journal_add(&conn->server->journal, mock_http_method(http, data),
                                 mock_http_path(http, data), mock_http_body(http, data),
                                 conn->received);
    conn->entry = entry != NULL ? entry->number : 0;
    if (entry == NULL) return;
    entry->fault = reply->mishap.fault;
    entry->stream = reply->spoken && conn->server->answer.ask.stream;
    if (!conn->working) end_entry(conn, reply->status, false, conn->received);
}

/* What the reply makes of the connection. */
static void take_reply(mock_conn *conn, const mock_reply *reply)
{
    const mock_rules *rules = &conn->server->rules;
    mock_fault fault = reply->mishap.fault;
    bool placed = reply->mishap.tokens != 0;
    conn->answers++;
    conn->mishap = reply->mishap;
    conn->placed = placed;
    conn->drops = fault == MOCK_FAULT_RESET && !placed;
    conn->hangs = fault == MOCK_FAULT_HANG && !placed;
    conn->resets = reply->status >= 400 && (rules->reset_errors || reply->mishap.resets);
    /* HTTP/1.0 knows no chunks: a stream ends with the connection. */
    conn->closing = !conn->http.keep_alive || conn->resets ||
                    (fault == MOCK_FAULT_TRUNCATE && !placed) ||
                    (conn->http.old && reply->tokens != 0);
    conn->status = reply->status;
    conn->counted = reply->counted;
    conn->working = reply->counted || reply->waits;
    conn->usage = reply->usage;
    conn->exchange = reply->exchange;
    conn->played = 0;
    conn->cors = conn->http.origin;
    conn->streams = reply->tokens != 0;
    conn->tokens = rules->token_gap != 0 || rules->draws_gaps || placed ? reply->tokens : 0;
    conn->gone = 0;
    gl_buf_recycle(&conn->ends, KEPT_CAPACITY);
    if (conn->tokens != 0)
        gl_buf_append(&conn->ends, conn->server->ends.data, conn->server->ends.len);
    if (conn->ends.failed) conn->out.failed = true;
    conn->token_at = GL_TIME_NEVER;
    conn->timed = reply->counted && (rules->times || conn->http.times);
    conn->id_sent_at = conn->first_sent_at = conn->last_sent_at = 0;
    conn->stalled = false;
}

/* false: the connection is gone. */
static bool handle_request(mock_conn *conn, const char *data)
{
    struct mock_server *server = conn->server;
    gl_slice method = mock_http_method(&conn->http, data);
    mock_reply reply;
    conn->received = gl_clock_now();
    mock_route(server, &conn->http, data, &reply);
    conn->ready = conn->out.len; /* what answers those before it does not wait with it */
    take_reply(conn, &reply);
    keep_entry(conn, data, &reply);
    if (reply.forward) {
        mock_record_start(conn, data);
        return true;
    }
    if (reply.exchange != NULL) {
        mock_conn_set_due(conn, mock_replay_first(conn));
        return true;
    }
    bool takes_place = reply.counted && reply.status == 200;
    bool served =
        !takes_place || mock_capacity_enter(&server->capacity, &conn->ticket, reply.delay);
    if (!conn->drops && !conn->hangs) {
        mock_head_write(conn, &reply, !gl_slice_is(method, "HEAD"));
        conn->half = conn->out.len - server->body.len / 2;
    }
    conn->closing |= reply.mishap.fault == MOCK_FAULT_CLOSE; /* which the head does not say */
    if (conn->hangs || !served) return true;
    gl_time delay = takes_place ? mock_pace_slowed(server, reply.delay) : reply.delay;
    if (delay != 0 || conn->tokens != 0 || conn->placed ||
        (conn->working && server->rules.stalls.count != 0)) {
        mock_conn_set_due(conn, gl_clock_now() + delay);
        return true;
    }
    return !conn->working || finish_request(conn);
}

/* Every connection may bring a large file or ask for one: all of them together have a bound. */
static bool holds_too_much(mock_conn *conn)
{
    count_held(conn);
    if (conn->server->held <= conn->server->held_max) return false;
    conn->http.status = 503;
    conn->http.why = "The mock holds as much of requests and answers as it may.";
    return true;
}

static void refuse_request(mock_conn *conn)
{
    mock_reply reply = { .status = conn->http.status, .mishap.fault = MOCK_FAULT_NONE };
    gl_buf_reset(&conn->server->body);
    gl_buf_reset(&conn->server->headers);
    mock_answer_error(reply.status, NULL, "bad_http", conn->http.why, &conn->server->body);
    conn->closing = true;
    mock_head_write(conn, &reply, true);
}

static void init_http(mock_conn *conn)
{
    mock_http_init(&conn->http);
    conn->http.body_max = conn->server->rules.max_body;
}

/* Handles the requests in data[0..len) until one has to wait; *used says how far it came.
 * false: the connection is gone. */
static bool handle_bytes(mock_conn *conn, char *data, size_t len, size_t *used)
{
    size_t at = 0;
    while (!conn_busy(conn) && at < len) {
        mock_http_progress progress = mock_http_read(&conn->http, data + at, len - at);
        if (progress == MOCK_HTTP_MORE) {
            if (conn->http.head_len != 0 && conn->http.expects_continue && !conn->continued) {
                gl_buf_append_str(&conn->out, "HTTP/1.1 100 Continue\r\n\r\n");
                conn->continued = true;
            }
            break;
        }
        if (progress == MOCK_HTTP_BAD || holds_too_much(conn)) {
            refuse_request(conn);
            at = len;
            break;
        }
        if (!handle_request(conn, data + at)) return false;
        at += mock_http_used(&conn->http);
        init_http(conn);
        conn->continued = false;
        if (!conn->working && conn->out.len > OUT_FLUSH && !conn_flush(conn)) return false;
    }
    *used = at;
    return conn_flush(conn);
}

/* --- events ----------------------------------------------------------------------------------- */

/* Reads on unless enough waits already. false: the connection is gone. */
static bool set_reading(mock_conn *conn)
{
    bool want =
        !conn->ended && (!conn_busy(conn) || conn->draining || conn->in.len < MOCK_HTTP_HEAD_MAX);
    if (want == conn->reading) return true;
    if (!want) {
        event_del(&conn->readable);
    } else if (event_add(&conn->readable, NULL) != 0) {
        mock_conn_close(conn);
        return false;
    }
    conn->reading = want;
    return true;
}

/* Goes on with what was sent ahead. */
static void conn_resume(mock_conn *conn)
{
    size_t used = 0;
    if (!conn_busy(conn) && conn->in.len != 0) {
        if (!handle_bytes(conn, conn->in.data, conn->in.len, &used)) return;
        if (!conn->draining && used != 0) {
            memmove(conn->in.data, conn->in.data + used, conn->in.len - used);
            conn->in.len -= used;
        }
        if (conn->in.len == 0 && conn->in.capacity > KEPT_CAPACITY) gl_buf_free(&conn->in);
    }
    if (conn->ended && !conn->blocked)
        mock_conn_close(conn);
    else
        set_reading(conn);
}

/* It gave all its answers, and is closed as the next request comes, of which nothing is read: the
 * moment in which a client cannot know. */
static bool is_spent(const mock_conn *conn)
{
    return conn->server->rules.close_after != 0 &&
           conn->answers >= conn->server->rules.close_after && !conn_busy(conn) && !conn->ended &&
           conn->in.len == 0 && conn->out.len == 0;
}

/* What comes on a connection that was closed unannounced is a request that nobody reads. */
static void note_unread(mock_conn *conn)
{
    if (conn->mishap.fault != MOCK_FAULT_CLOSE) return;
    conn->mishap.fault = MOCK_FAULT_NONE;
    conn->server->closed++;
}

static void conn_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    mock_conn *conn = arg;
    struct mock_server *server = conn->server;
    if (is_spent(conn)) {
        char next;
        if (recv((int)fd, &next, sizeof next, MSG_PEEK) > 0) server->closed++;
        mock_conn_close(conn);
        return;
    }
    ssize_t n = recv((int)fd, server->scratch, sizeof server->scratch, 0);
    if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (n <= 0) {
        conn->ended = n == 0 && conn->blocked && !conn->working;
        if (conn->ended)
            set_reading(conn); /* it may still read what it asked for */
        else
            mock_conn_close(conn);
        return;
    }
    if (conn->draining) {
        note_unread(conn);
        return;
    }
    size_t len = (size_t)n, used = 0;
    bool looked = conn->in.len == 0 && !conn_busy(conn);
    /* Straight from where it was read, so that only what is left over is ever copied. */
    if (looked) {
        if (!handle_bytes(conn, server->scratch, len, &used)) return;
        if (conn->draining) return;
    }
    gl_buf_append(&conn->in, server->scratch + used, len - used);
    if (conn->in.failed) {
        mock_conn_close(conn);
        return;
    }
    if (conn->in.len > MOCK_HTTP_HEAD_MAX && !conn_busy(conn) && holds_too_much(conn)) {
        gl_buf_free(&conn->in);
        refuse_request(conn);
        conn_flush(conn);
        return;
    }
    if (looked)
        set_reading(conn);
    else
        conn_resume(conn);
}

static void conn_writable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    mock_conn *conn = arg;
    if (conn_flush(conn)) conn_resume(conn);
}

void mock_conn_due(mock_conn *conn)
{
    if (mock_pace_step(conn))
        conn_flush(conn);
    else
        mock_conn_finish(conn);
}

void mock_conn_finish(mock_conn *conn)
{
    if (finish_request(conn) && conn_flush(conn)) conn_resume(conn);
}

bool mock_conn_send(mock_conn *conn)
{
    conn->ready = conn->out.len;
    count_held(conn);
    if (conn->server->held <= conn->server->held_max) return conn_flush(conn);
    mock_conn_close(conn); /* what is passed on and kept, of all together, is too much */
    return false;
}

bool mock_conn_open(struct mock_server *server, int fd)
{
    mock_conn *conn = gl_calloc(1, sizeof *conn);
    if (conn == NULL ||
        !gl_heap_reserve(&server->due, (size_t)server->stats.open_connections + 1)) {
        gl_free(conn);
        close(fd);
        return false;
    }
    conn->server = server;
    conn->fd = fd;
    gl_node_init(&conn->node);
    gl_list_push_back(&server->connections, &conn->node);
    server->stats.open_connections++;
    gl_heap_entry_init(&conn->due);
    mock_ticket_init(&conn->ticket);
    init_http(conn);
    gl_buf_init(&conn->in, IN_MAX);
    gl_buf_init(&conn->out, OUT_MAX);
    gl_buf_init(&conn->ends, OUT_MAX);
    event_assign(&conn->readable, server->base, fd, EV_READ | EV_PERSIST, conn_readable, conn);
    event_assign(&conn->writable, server->base, fd, EV_WRITE | EV_PERSIST, conn_writable, conn);
    return set_reading(conn);
}
