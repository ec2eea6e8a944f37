/*
 * conn.c - one connection of the mock: each request with its answer, which may wait, come piece by
 * piece, or go wrong. The HTTP server (http/server.h) reads the requests and sends the bytes; the
 * answer is made here beforehand, and given to it as its time comes.
 *
 * A client that closes its side while an answer waits for its time counts as gone, as with nginx.
 */
#include <strings.h>

#include "base/alloc.h"
#include "mock/error.h"
#include "mock/relay.h"

#define OUT_MAX       ((size_t)256 * 1024 * 1024) /* 2048 embeddings of 3072 floats are 63 MB */
#define KEPT_CAPACITY ((size_t)64 * 1024)         /* a larger buffer is given back after use */

/* --- places and times ------------------------------------------------------------------------- */

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

/* Starts the latency of a request that waited and is served from now on. */
static void start_served(mock_ticket *ticket)
{
    mock_conn *conn = GL_CONTAINER(ticket, mock_conn, ticket);
    if (!conn->hangs)
        mock_conn_set_due(conn, gl_clock_now() + mock_pace_slowed(conn->server, ticket->latency));
}

/* Frees its place, which the longest waiting request takes. */
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

/* Ends a request: answered, or never to be answered. */
static void end_entry(mock_conn *conn, int status, bool left, gl_time now)
{
    mock_journal_entry *entry = mock_journal_find(&conn->server->journal, conn->entry);
    conn->entry = 0;
    if (entry == NULL) return;
    entry->status = status;
    entry->left = left;
    entry->stream |= conn->is_streamed;
    entry->ended = now;
}

/* Counts the bytes of its answer. */
static void count_held(mock_conn *conn)
{
    httpd_charge(conn->server->http, (int64_t)conn->out.len - (int64_t)conn->held);
    conn->held = conn->out.len;
}

static void forget_answer(mock_conn *conn)
{
    gl_buf_recycle(&conn->out, KEPT_CAPACITY);
    conn->sent = conn->ready = 0;
    count_held(conn);
}

/* Drops a request that will not be answered to its end. */
static void drop_request(mock_conn *conn)
{
    struct mock_server *server = conn->server;
    leave_place(conn);
    mock_record_drop(conn);
    mock_server_set_due(server, conn, GL_TIME_NEVER);
    if (conn->working) {
        end_entry(conn, 0, true, gl_clock_now());
        if (conn->counted) {
            mock_stats_left(&server->stats, conn->status, mock_mishap_counted(&conn->mishap));
            mock_stats_end(&server->stats, 0, gl_clock_now());
        }
    }
    conn->working = false;
    forget_answer(conn);
}

/* --- sending ---------------------------------------------------------------------------------- */

/* Gives the due part of the answer to the HTTP server. false: it cannot be complete, and the
 * connection ends. */
static bool release(mock_conn *conn)
{
    if (conn->out.failed) {
        drop_request(conn);
        httpd_reset(conn->http);
        return false;
    }
    httpd_raw(conn->http, gl_slice_of(conn->out.data + conn->sent, conn->ready - conn->sent));
    conn->sent = conn->ready;
    return true;
}

/* Measures an answer that ends. */
static void measure(mock_conn *conn, gl_time now)
{
    mock_metrics *metrics = &conn->server->metrics;
    gl_time took = gl_time_since(now, conn->received);
    mock_durations_add(&metrics->duration, took);
    if (conn->status != 200) return;
    if (conn->is_streamed && conn->gone == 0)
        mock_durations_add(&metrics->first_token, took); /* it was sent at once */
    metrics->prompt_tokens += conn->usage.prompt;
    metrics->completion_tokens += conn->usage.completion;
}

/* Sends the answer in out, or plays its fault. */
void mock_conn_finish(mock_conn *conn)
{
    mock_head_stamp_last(conn);
    leave_place(conn);
    bool answered = !conn->drops;
    int status = answered ? conn->status : 0;
    gl_time now = gl_clock_now();
    if (conn->working && conn->counted) {
        mock_stats_end(&conn->server->stats, status, now);
        if (answered) measure(conn, now);
    }
    if (conn->working) end_entry(conn, status, false, now);
    conn->working = false;
    conn->ready = conn->out.len;
    if (answered && !release(conn)) return;
    forget_answer(conn);
    if (!answered || conn->resets)
        httpd_reset(conn->http);
    else if (conn->closing)
        httpd_cut(conn->http);
    else
        httpd_done(conn->http);
}

/* --- one request ------------------------------------------------------------------------------ */

/* Puts the request into the journal, unless it is for the mock itself. */
static void keep_entry(mock_conn *conn, const mock_asked *asked, const mock_reply *reply)
{
    mock_journal_entry *entry = NULL;
    if (!reply->admin)
        entry = mock_journal_add(&conn->server->journal, asked->method, asked->path, asked->body,
                                 conn->received);
    conn->entry = entry != NULL ? entry->number : 0;
    if (entry == NULL) return;
    entry->fault = reply->mishap.fault;
    entry->stream = reply->spoken && conn->server->answer.ask.stream;
    if (!conn->working) end_entry(conn, reply->status, false, conn->received);
}

/* Takes the reply's effects on the connection. */
static void take_reply(mock_conn *conn, const mock_asked *asked, const mock_reply *reply)
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
    conn->closing = httpd_closes(conn->http) || conn->resets ||
                    (fault == MOCK_FAULT_TRUNCATE && !placed) || (asked->old && reply->tokens != 0);
    conn->status = reply->status;
    conn->counted = reply->counted;
    conn->working = reply->counted || reply->waits;
    conn->usage = reply->usage;
    conn->exchange = reply->exchange;
    conn->played = 0;
    conn->cors = asked->origin;
    conn->old = asked->old;
    conn->is_streamed = reply->tokens != 0;
    conn->tokens = rules->token_gap != 0 || rules->draws_gaps || placed ? reply->tokens : 0;
    conn->gone = 0;
    gl_buf_recycle(&conn->ends, KEPT_CAPACITY);
    if (conn->tokens != 0)
        gl_buf_append(&conn->ends, conn->server->ends.data, conn->server->ends.len);
    if (conn->ends.failed) conn->out.failed = true;
    conn->token_at = GL_TIME_NEVER;
    conn->timed = reply->counted && (rules->times || asked->times);
    conn->id_sent_at = conn->first_sent_at = conn->last_sent_at = 0;
    conn->stalled = false;
}

/* Sends now, or when its time comes. */
static void answer(mock_conn *conn, const mock_asked *asked, const mock_reply *reply)
{
    struct mock_server *server = conn->server;
    bool takes_place = reply->counted && reply->status == 200;
    bool served =
        !takes_place || mock_capacity_enter(&server->capacity, &conn->ticket, reply->delay);
    if (!conn->drops && !conn->hangs) {
        mock_head_write(conn, reply, !gl_slice_is(asked->method, "HEAD"));
        conn->half = conn->out.len - server->body.len / 2;
    }
    conn->closing |= reply->mishap.fault == MOCK_FAULT_CLOSE; /* the head does not announce it */
    count_held(conn);
    if (conn->hangs || !served) return;
    gl_time delay = takes_place ? mock_pace_slowed(server, reply->delay) : reply->delay;
    if (delay != 0 || conn->tokens != 0 || conn->placed ||
        (conn->working && server->rules.stalls.count != 0))
        mock_conn_set_due(conn, gl_clock_now() + delay);
    else
        mock_conn_finish(conn);
}

static bool is_named(gl_slice name, const char *word)
{
    return (name.data[0] | 0x20) == word[0] && strncasecmp(name.data, word, name.len) == 0;
}

static void keep_header(mock_asked *asked, gl_slice name, gl_slice value)
{
    switch (name.len) { /* most headers are none of ours: their length tells */
    case 6:
        if (is_named(name, "origin")) asked->origin = true;
        break;
    case 7:
        if (is_named(name, "api-key")) asked->key = value;
        break;
    case 12:
        if (is_named(name, "content-type")) asked->type = value;
        if (is_named(name, "x-mock-fault")) asked->fault = value;
        if (is_named(name, "x-mock-times")) asked->times = gl_slice_is(value, "1");
        break;
    case 13:
        if (is_named(name, "authorization")) asked->key = value;
        break;
    case 14:
        if (is_named(name, "x-mock-latency")) asked->latency = value;
        break;
    default:
        break;
    }
}

static void request_came(httpd_conn *http)
{
    mock_conn *conn = httpd_user(http);
    struct mock_server *server = conn->server;
    gl_slice name, value;
    mock_reply reply;
    mock_asked asked = { .method = httpd_method(http),
                         .path = httpd_path(http),
                         .query = httpd_query(http),
                         .head = httpd_raw_head(http),
                         .body = httpd_body(http),
                         .old = httpd_is_old(http) };
    for (size_t i = 0; httpd_header_at(http, i, &name, &value); i++)
        keep_header(&asked, name, value);
    conn->received = gl_clock_now();
    mock_route(server, &asked, &reply);
    take_reply(conn, &asked, &reply);
    keep_entry(conn, &asked, &reply);
    if (reply.forward)
        mock_record_start(conn, &asked);
    else if (reply.exchange != NULL)
        mock_conn_set_due(conn, mock_replay_first(conn));
    else
        answer(conn, &asked, &reply);
}

/* --- callbacks of the HTTP server ------------------------------------------------------------- */

static bool conn_init(mock_conn *conn, httpd_conn *http)
{
    struct mock_server *server = httpd_arg(http);
    if (!gl_heap_reserve(&server->due, httpd_connections(server->http) + 1)) return false;
    conn->server = server;
    conn->http = http;
    gl_node_init(&conn->node);
    gl_list_push_back(&server->connections, &conn->node);
    gl_heap_entry_init(&conn->due);
    mock_ticket_init(&conn->ticket);
    gl_buf_init(&conn->out, OUT_MAX);
    gl_buf_init(&conn->ends, OUT_MAX);
    return true;
}

/* --close-after: the connection gave all its answers, and ends as the next request comes, of which
 * nothing is counted: a client cannot foresee this moment. */
static void head_came(httpd_conn *http)
{
    mock_conn *conn = httpd_user(http);
    if (conn->server == NULL && !conn_init(conn, http)) {
        httpd_reset(http);
        return;
    }
    uint64_t most = conn->server->rules.close_after;
    if (most == 0 || conn->answers < most || httpd_unsent(http) != 0) return;
    conn->server->closed++;
    httpd_reset(http);
}

static void client_left(httpd_conn *http, httpd_gone why)
{
    (void)why;
    drop_request(httpd_user(http));
}

static void conn_closed(httpd_conn *http)
{
    mock_conn *conn = httpd_user(http);
    if (conn->server == NULL) return;
    gl_node_remove(&conn->node);
    gl_buf_free(&conn->out);
    gl_buf_free(&conn->ends);
}

static const char *refused(httpd_conn *http, int status, const char *why, gl_buf *body)
{
    (void)http;
    mock_answer_error(status, NULL, "bad_http", why, body);
    return "application/json";
}

/* Bytes on a connection that was closed unannounced are a request that is not read. */
static void came_late(httpd_conn *http)
{
    mock_conn *conn = httpd_user(http);
    if (conn->server == NULL || conn->mishap.fault != MOCK_FAULT_CLOSE) return;
    conn->mishap.fault = MOCK_FAULT_NONE;
    conn->server->closed++;
}

const httpd_handler mock_conn_handler = { .user_size = sizeof(mock_conn),
                                          .request = request_came,
                                          .head = head_came,
                                          .gone = client_left,
                                          .closed = conn_closed,
                                          .refused = refused,
                                          .late = came_late };

/* --- due answers ------------------------------------------------------------------------------ */

void mock_conn_due(mock_conn *conn)
{
    if (!mock_pace_step(conn))
        mock_conn_finish(conn);
    else if (release(conn))
        httpd_flush(conn->http);
}

void mock_conn_send(mock_conn *conn)
{
    conn->ready = conn->out.len;
    count_held(conn);
    if (httpd_over_memory(conn->server->http)) {
        drop_request(conn); /* the sum of forwarded and kept bytes is too large */
        httpd_reset(conn->http);
    } else if (release(conn)) {
        httpd_flush(conn->http);
        forget_answer(conn);
    }
}
