/* answer.c - an answer as HTTP: its head, its pieces, its end. */
#include <stdio.h>
#include <string.h>

#include "http/conn.h"
#include "http/token.h"

#define OK_LEN (sizeof "HTTP/1.1 200 OK" - 1)

static bool may_answer(const httpd_conn *conn)
{
    return conn->turn != HTTPD_TURN_CLIENT && !conn->broken;
}

/* --- the end of an answer --------------------------------------------------------------------- */

static void finish(httpd_conn *conn, bool last)
{
    if (conn->turn == HTTPD_TURN_HANDLER) conn->server->busy--;
    conn->turn = HTTPD_TURN_CLIENT;
    conn->answered = true;
    conn->closing |= last;
    conn->above = false;      /* no caller waits for it any more */
    if (conn->inside) return; /* sent with the answers to the requests that came with it */
    httpd_conn_push(conn);
    httpd_conn_rest(conn);
}

void httpd_done(httpd_conn *conn)
{
    if (conn->turn == HTTPD_TURN_CLIENT) return;
    if (conn->chunked && !conn->bare) gl_buf_append_str(&conn->out, "0\r\n\r\n");
    finish(conn, conn->last);
}

void httpd_cut(httpd_conn *conn)
{
    if (conn->turn != HTTPD_TURN_CLIENT) finish(conn, true);
}

void httpd_reset(httpd_conn *conn)
{
    if (conn->turn == HTTPD_TURN_CLIENT) return;
    conn->resets = true;
    finish(conn, true);
}

void httpd_last(httpd_conn *conn)
{
    if (may_answer(conn)) conn->last = true;
}

/* --- the pieces of an answer ------------------------------------------------------------------ */

void httpd_raw(httpd_conn *conn, gl_slice bytes)
{
    if (!may_answer(conn)) return;
    gl_buf_append(&conn->out, bytes.data, bytes.len);
    conn->above |= httpd_full(conn);
}

void httpd_piece(httpd_conn *conn, gl_slice bytes)
{
    if (bytes.len == 0 || conn->bare || !may_answer(conn)) return; /* an empty chunk is the end */
    if (conn->chunked) {
        gl_buf_append_hex(&conn->out, bytes.len, 1);
        gl_buf_append_str(&conn->out, "\r\n");
    }
    gl_buf_append(&conn->out, bytes.data, bytes.len);
    if (conn->chunked) gl_buf_append_str(&conn->out, "\r\n");
    conn->above |= httpd_full(conn);
}

void httpd_flush(httpd_conn *conn)
{
    if (!may_answer(conn)) return;
    httpd_conn_push(conn);
    httpd_conn_count(conn);
    httpd_conn_update(conn);
}

/* --- the head of an answer -------------------------------------------------------------------- */

bool httpd_add_header(gl_buf *headers, const char *name, gl_slice value)
{
    if (!httpd_is_token(gl_slice_str(name)) || !httpd_is_value(value)) return false;
    gl_buf_append_str(headers, name);
    gl_buf_append_str(headers, ": ");
    gl_buf_append(headers, value.data, value.len);
    gl_buf_append_str(headers, "\r\n");
    return true;
}

void httpd_raw_status(httpd_server *server, int status, gl_buf *out)
{
    gl_slice good = httpd_server_head(server); /* of nearly all: written once a second */
    if (status == 200) {
        gl_buf_append(out, good.data, good.len);
        return;
    }
    gl_buf_append_str(out, "HTTP/1.1 ");
    gl_buf_append_u64(out, (uint64_t)status);
    gl_buf_append_char(out, ' ');
    gl_buf_append_str(out, httpd_reason(status));
    gl_buf_append(out, good.data + OK_LEN, good.len - OK_LEN);
}

/* length below 0: not known. */
static void write_head(httpd_conn *conn, int status, const char *type, gl_slice headers,
                       int64_t length)
{
    gl_buf *out = &conn->out;
    bool empty = status == 204 || status == 304;
    httpd_raw_status(conn->server, status, out);
    gl_buf_append_str(out, "\r\n");
    if (type != NULL && !empty) {
        gl_buf_append_str(out, "content-type: ");
        gl_buf_append_str(out, type);
        gl_buf_append_str(out, "\r\n");
    }
    gl_buf_append(out, headers.data, headers.len);
    if (conn->server->handler.lines != NULL) conn->server->handler.lines(conn, out);
    if (conn->chunked) gl_buf_append_str(out, "transfer-encoding: chunked\r\n");
    if (length >= 0 && !empty) {
        gl_buf_append_str(out, "content-length: ");
        gl_buf_append_i64(out, length);
        gl_buf_append_str(out, "\r\n");
    }
    int timeout = conn->server->options.keep_alive_s;
    if (conn->last)
        gl_buf_append_str(out, "connection: close\r\n");
    else if (conn->request.old)
        gl_buf_append_str(out, "connection: keep-alive\r\n");
    if (!conn->last && timeout > 0) {
        gl_buf_append_str(out, "keep-alive: timeout=");
        gl_buf_append_i64(out, timeout);
        gl_buf_append_str(out, "\r\n");
    }
    gl_buf_append_str(out, "\r\n");
}

void httpd_begin(httpd_conn *conn, int status, const char *type, gl_slice headers, int64_t length)
{
    if (!may_answer(conn)) return;
    bool empty = status == 204 || status == 304;
    conn->last |= conn->server->draining; /* since the request came */
    conn->bare = conn->request.is_head || empty;
    conn->chunked = length < 0 && !conn->request.old && !empty;
    conn->last |= length < 0 && conn->request.old && !conn->bare; /* its end is the connection's */
    write_head(conn, status, type, headers, length);
}

void httpd_answer(httpd_conn *conn, int status, const char *type, gl_slice headers, gl_slice body)
{
    httpd_begin(conn, status, type, headers, (int64_t)body.len);
    httpd_piece(conn, body);
    httpd_done(conn);
}

void httpd_answer_refusal(httpd_conn *conn, int status, const char *why)
{
    httpd_server *server = conn->server;
    const httpd_handler *handler = &server->handler;
    const char *type = "text/plain; charset=utf-8";
    gl_buf *body = &server->body;
    gl_buf_reset(body);
    if (handler->refused != NULL) {
        type = handler->refused(conn, status, why, body);
    } else {
        gl_buf_append_str(body, why);
        gl_buf_append_char(body, '\n');
    }
    conn->last = true;
    conn->chunked = false;
    char headers[256];
    snprintf(headers, sizeof headers, "%s%s",
             handler->refused_headers != NULL ? handler->refused_headers : "",
             status == 405   ? "allow: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n"
             : status == 503 ? "retry-after: 1\r\n"
                             : "");
    write_head(conn, status, type, gl_slice_str(headers), (int64_t)body->len);
    if (!conn->request.is_head) gl_buf_append(&conn->out, body->data, body->len);
    conn->answered = true;
    conn->closing = true;
}
