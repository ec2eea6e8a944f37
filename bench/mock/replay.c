/* replay.c - plays recorded answers with their times: see relay.h. */
#include "mock/error.h"
#include "mock/relay.h"

static void write_digest(const unsigned char digest[32], char out[17])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 8; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[16] = '\0';
}

static void say_missing(struct mock_server *server, gl_slice method, gl_slice path,
                        const unsigned char digest[32], mock_reply *reply)
{
    char name[17];
    gl_buf text;
    gl_buf_init(&text, 1024);
    write_digest(digest, name);
    gl_buf_printf(&text,
                  "No recorded answer to this request: %.*s %.*s with the digest %s. The recording "
                  "has %zu answers.",
                  (int)(method.len < 16 ? method.len : 16), method.data,
                  (int)(path.len < 200 ? path.len : 200), path.data, name, server->tape.count);
    bool made = gl_buf_terminate(&text);
    reply->status =
        mock_answer_error(404, NULL, "not_recorded",
                          made ? text.data : "No recorded answer to this request.", &server->body);
    gl_buf_free(&text);
}

void mock_replay_find(struct mock_server *server, gl_slice method, gl_slice path, gl_slice body,
                      mock_reply *reply)
{
    unsigned char digest[32];
    if (!mock_tape_digest(server->sha, method, path, body, &server->line, digest)) {
        reply->status = mock_answer_error(500, NULL, NULL, "out of memory", &server->body);
        return;
    }
    reply->exchange = mock_tape_next(&server->tape, digest);
    if (reply->exchange != NULL) {
        reply->status = reply->exchange->status;
        server->replayed++;
    } else {
        server->replay_misses++;
        say_missing(server, method, path, digest, reply);
    }
}

/* --- playing ---------------------------------------------------------------------------------- */

/* A recorded time, on the clock. */
static gl_time due_at(const mock_conn *conn, gl_time at)
{
    double speed = conn->server->rules.replay_speed;
    return conn->received + (speed > 0 ? (gl_time)((double)at / speed) : 0);
}

gl_time mock_replay_first(const mock_conn *conn)
{
    return due_at(conn, conn->exchange->head_at);
}

static void play_head(mock_conn *conn)
{
    const mock_exchange *exchange = conn->exchange;
    bool length = !exchange->stream && exchange->status != 204 && exchange->status != 304;
    mock_relay_head(conn, exchange,
                    exchange->stream ? -1
                    : length         ? (int64_t)exchange->body.len
                                     : 0);
    conn->played = 1;
}

static void play_chunk(mock_conn *conn, gl_time now)
{
    const mock_exchange *exchange = conn->exchange;
    size_t i = conn->played++ - 1, from = i != 0 ? exchange->chunk[i - 1].end : 0;
    if (i == 0 && exchange->stream)
        mock_durations_add(&conn->server->metrics.first_token, gl_time_since(now, conn->received));
    conn->gone++;
    mock_relay_bytes(conn, gl_slice_of(exchange->body.data + from, exchange->chunk[i].end - from));
}

bool mock_replay_step(mock_conn *conn)
{
    const mock_exchange *exchange = conn->exchange;
    gl_time now = gl_clock_now(), next;
    if (conn->played == 0) play_head(conn);
    for (;;) {
        size_t i = conn->played - 1;
        conn->ready = conn->out.len;
        if (i == exchange->chunks && !conn->chunked) break; /* its length says that it is whole */
        next = due_at(conn, i < exchange->chunks ? exchange->chunk[i].at : exchange->end_at);
        if (next > now) {
            mock_conn_set_due(conn, next);
            return true;
        }
        if (i == exchange->chunks) break;
        play_chunk(conn, now);
    }
    mock_relay_end(conn);
    conn->exchange = NULL;
    return false;
}
