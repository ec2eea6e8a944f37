/* relay.c - see relay.h. */
#include "mock/relay.h"

void mock_relay_head(mock_conn *conn, const mock_exchange *exchange, int64_t length)
{
    gl_buf *out = &conn->out;
    conn->chunked = length < 0 && !conn->old;
    conn->closing |= length < 0 && conn->old;
    mock_head_begin(conn, exchange->status);
    gl_buf_append(out, exchange->headers.data, exchange->headers.len);
    if (conn->chunked) gl_buf_append_str(out, "\r\ntransfer-encoding: chunked");
    if (length >= 0) {
        gl_buf_append_str(out, "\r\ncontent-length: ");
        gl_buf_append_i64(out, length);
    }
    if (conn->cors) gl_buf_append_str(out, MOCK_CORS);
    mock_head_end(conn);
}

void mock_relay_bytes(mock_conn *conn, gl_slice bytes)
{
    if (bytes.len == 0) return; /* an empty chunk is the last one */
    if (conn->chunked) gl_buf_printf(&conn->out, "%zx\r\n", bytes.len);
    gl_buf_append(&conn->out, bytes.data, bytes.len);
    if (conn->chunked) gl_buf_append_str(&conn->out, "\r\n");
}

void mock_relay_end(mock_conn *conn)
{
    if (conn->chunked) gl_buf_append_str(&conn->out, "0\r\n\r\n");
}
