/* head.c - writes an answer for the wire: head and body, and the times of sending in them. */
#include "mock/server.h"

#define TIME_DIGITS 20 /* of 2^64 - 1 */

/* Twenty digits: any gl_time has room. */
static void write_digits(char *at, gl_time time)
{
    for (int i = TIME_DIGITS; i-- != 0; time /= 10) at[i] = (char)('0' + time % 10);
}

/* The time of sending takes the place kept free for it, once. */
static void stamp(mock_conn *conn, size_t *at)
{
    if (*at != 0 && !conn->out.failed) write_digits(conn->out.data + *at, gl_clock_now());
    *at = 0;
}

/* RECEIVED and room for the time of sending; returns where that is. */
static size_t write_times(mock_conn *conn, char between)
{
    char times[2 * TIME_DIGITS + 1];
    write_digits(times, conn->received);
    times[TIME_DIGITS] = between;
    write_digits(times + TIME_DIGITS + 1, 0);
    gl_buf_append(&conn->out, times, sizeof times);
    return conn->out.len - TIME_DIGITS;
}

void mock_head_stamp_first(mock_conn *conn)
{
    stamp(conn, &conn->id_sent_at);
    stamp(conn, &conn->first_sent_at);
}

void mock_head_stamp_last(mock_conn *conn)
{
    mock_head_stamp_first(conn);
    stamp(conn, &conn->last_sent_at);
}

void mock_head_begin(mock_conn *conn, int status)
{
    httpd_raw_status(conn->server->http, status, &conn->out);
}

void mock_head_end(mock_conn *conn)
{
    gl_buf *out = &conn->out;
    if (conn->closing)
        gl_buf_append_str(out, "\r\nconnection: close");
    else if (conn->old)
        gl_buf_append_str(out, "\r\nconnection: keep-alive");
    gl_buf_append_str(out, "\r\n\r\n");
    conn->body_at = out->len;
}

void mock_head_write(mock_conn *conn, const mock_reply *reply, bool with_body)
{
    struct mock_server *server = conn->server;
    gl_buf *out = &conn->out;
    const gl_buf *body = &server->body;
    size_t length = body->len;
    /* A fault with a place is played while the answer is sent. */
    mock_fault fault = reply->mishap.tokens == 0 ? reply->mishap.fault : MOCK_FAULT_NONE;
    bool stream = reply->tokens != 0; /* stream.c has played it already */
    if (fault == MOCK_FAULT_MALFORMED && !stream) length = length / 2;
    size_t sent = fault == MOCK_FAULT_TRUNCATE && !stream ? length / 2 : length;

    mock_head_begin(conn, reply->status);
    if (stream) {
        gl_buf_append_str(out, "\r\ncontent-type: text/event-stream; charset=utf-8"
                               "\r\ncache-control: no-cache");
        if (!conn->old) gl_buf_append_str(out, "\r\ntransfer-encoding: chunked");
    } else if (reply->status != 204) { /* which has no body, and no length of it */
        gl_buf_append_str(out, "\r\ncontent-type: ");
        gl_buf_append_str(out, reply->type != NULL ? reply->type : "application/json");
        if (!conn->resets) {
            gl_buf_append_str(out, "\r\ncontent-length: ");
            gl_buf_append_u64(out, length);
        }
    }
    gl_buf_append_str(out, "\r\nx-request-id: ");
    if (conn->timed && server->rules.times) {
        conn->id_sent_at = write_times(conn, '-');
    } else {
        gl_buf_append_str(out, "req_mock");
        gl_buf_append_u64(out, server->next_request_id++);
    }
    gl_buf_append_str(out, "\r\nopenai-version: 2020-10-01\r\nopenai-processing-ms: ");
    gl_buf_append_u64(out, reply->delay / GL_MS);
    gl_buf_append(out, server->headers.data, server->headers.len);
    if (conn->timed) {
        gl_buf_append_str(out, "\r\nx-mock-times: ");
        conn->first_sent_at = write_times(conn, ' ');
    }
    mock_head_end(conn);
    if (!with_body) return;
    size_t tail = conn->timed && reply->tail != 0 ? reply->tail : sent;
    gl_buf_append(out, body->data, tail);
    if (tail == sent) return;
    /* A comment before the last event, in a chunk of its own: 0x3a bytes of it. */
    gl_buf_append_str(out, conn->old ? ": x-mock-times " : "0000003a\r\n: x-mock-times ");
    conn->last_sent_at = write_times(conn, ' ');
    gl_buf_append_str(out, conn->old ? "\n\n" : "\n\n\r\n");
    gl_buf_append(out, body->data + tail, sent - tail);
}
