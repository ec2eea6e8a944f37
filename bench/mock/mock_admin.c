/* mock_admin.c - what the server says of itself below /__mock. */
#include "mock/mock_server.h"

int mock_admin_stats(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    (void)call;
    (void)reply;
    gl_buf *out = &server->body;
    gl_time now = gl_clock_now();
    mock_stats_write(&server->stats, now, out);
    if (out->failed) return 500;
    out->len--; /* the brace, to go on */
    gl_buf_append_str(out, ",\"queued_requests\":");
    gl_buf_append_u64(out, server->capacity.queued_requests);
    gl_buf_append_str(out, ",\"queue_peak\":");
    gl_buf_append_u64(out, server->capacity.queue_peak);
    gl_buf_append_str(out, ",\"closed_connections\":");
    gl_buf_append_u64(out, server->closed);
    gl_buf_append_char(out, ',');
    mock_batches_write_stats(&server->batches, now, out);
    gl_buf_append_char(out, '}');
    return 200;
}
