/*
 * record.c - passes requests on to another server and its answers back as they come, and keeps each
 * complete answer, with its times, as a line of a file. Of the request only a digest is kept. A key
 * is passed on and kept nowhere: an answer that holds it is not recorded.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/utf8.h"
#include "mock/error.h"
#include "mock/relay.h"

#define SECRETS    4
#define SECRET_MIN 8 /* bytes: a shorter one may be in a text by chance */

struct mock_recording {
    mock_conn *conn;
    mock_upstream_call *call; /* NULL once it has ended */
    mock_exchange *exchange;
    bool head_sent; /* the client has the head */
    bool bare;      /* HEAD: there is no body */
    char *secret[SECRETS];
    size_t secrets;
    size_t held; /* bytes of the answer, as charged to the HTTP server */
};

/* --- the file --------------------------------------------------------------------------------- */

bool mock_record_init(struct mock_server *server, const mock_options *options, char *problem,
                      size_t problem_size)
{
    const char *file = options->record_file;
    server->record_fd = -1;
    if (options->record == NULL) return true;
    if (file == NULL) {
        snprintf(problem, problem_size, "record: needs --record-file");
        return false;
    }
    server->upstream = mock_upstream_new(server->base, options->record, problem, problem_size);
    if (server->upstream == NULL) return false;
    /* Answers may be private: readable for the user alone. An existing file is not appended to. */
    server->record_fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (server->record_fd < 0)
        snprintf(problem, problem_size, "record-file: %.300s: %s", file, strerror(errno));
    return server->record_fd >= 0;
}

void mock_record_free(struct mock_server *server)
{
    mock_upstream_free(server->upstream);
    if (server->record_fd >= 0) close(server->record_fd);
}

static bool holds_secret(const struct mock_recording *recording, gl_slice line)
{
    for (size_t i = 0; i < recording->secrets; i++)
        if (memmem(line.data, line.len, recording->secret[i], strlen(recording->secret[i])) != NULL)
            return true;
    return false;
}

static void keep(struct mock_recording *recording)
{
    struct mock_server *server = recording->conn->server;
    gl_buf *line = &server->line;
    gl_buf_reset(line);
    mock_exchange_write(recording->exchange, line);
    int error = mock_exchange_failed(recording->exchange) || line->failed ? ENOMEM : 0;
    bool secret = error == 0 && holds_secret(recording, gl_buf_slice(line));
    if (error == 0 && !secret) error = gl_file_write(server->record_fd, line->data, line->len);
    if (error != 0) server->record_error = error;
    if (error == 0 && !secret)
        server->recorded++;
    else
        server->not_recorded++;
}

/* --- one request ------------------------------------------------------------------------------ */

static void recording_free(struct mock_recording *recording)
{
    recording->conn->recording = NULL;
    httpd_charge(recording->conn->server->http, -(int64_t)recording->held);
    if (recording->call != NULL) mock_upstream_cancel(recording->call);
    for (size_t i = 0; i < recording->secrets; i++) gl_free(recording->secret[i]);
    mock_exchange_free(recording->exchange);
    gl_free(recording);
}

void mock_record_drop(mock_conn *conn)
{
    if (conn->recording == NULL) return;
    conn->server->not_recorded++;
    recording_free(conn->recording);
}

static gl_time since(const struct mock_recording *recording, gl_time at)
{
    return gl_time_since(at, recording->conn->received);
}

static void head_came(void *arg, int status, gl_slice lines, int64_t length, gl_time at)
{
    struct mock_recording *recording = arg;
    mock_conn *conn = recording->conn;
    mock_exchange *exchange = recording->exchange;
    exchange->status = conn->status = status;
    exchange->head_at = since(recording, at);
    const char *line = lines.data, *end = lines.data + lines.len, *stop;
    for (; line < end && (stop = memchr(line, '\n', (size_t)(end - line))) != NULL;
         line = stop + 1) {
        const char *colon = memchr(line, ':', (size_t)(stop - line));
        if (colon == NULL) continue;
        const char *value = colon + 1, *last = stop;
        while (value < last && (*value == ' ' || *value == '\t')) value++;
        while (last > value && (last[-1] == '\r' || last[-1] == ' ')) last--;
        mock_exchange_header(exchange, gl_slice_of(line, (size_t)(colon - line)),
                             gl_slice_of(value, (size_t)(last - value)));
    }
    conn->is_streamed = exchange->stream;
    recording->head_sent = true;
    /* A 204 or 304 has no body, and so no chunks. */
    recording->bare |= status == 204 || status == 304;
    mock_relay_head(conn, exchange, recording->bare && length < 0 ? 0 : length);
    mock_conn_send(conn);
}

static void bytes_came(void *arg, gl_slice bytes, gl_time at)
{
    struct mock_recording *recording = arg;
    mock_conn *conn = recording->conn;
    if (conn->is_streamed && conn->gone++ == 0)
        mock_durations_add(&conn->server->metrics.first_token, since(recording, at));
    if (!mock_exchange_add(recording->exchange, bytes, since(recording, at)))
        recording->exchange->body.failed = true;
    recording->held += bytes.len + sizeof(mock_chunk);
    httpd_charge(conn->server->http, (int64_t)(bytes.len + sizeof(mock_chunk)));
    mock_relay_bytes(conn, bytes);
    mock_conn_send(conn);
}

static void answer_failed(mock_conn *conn, const char *why)
{
    struct mock_server *server = conn->server;
    char text[400];
    mock_reply reply = { .status = 502, .mishap.fault = MOCK_FAULT_NONE };
    snprintf(text, sizeof text, "The server that is recorded did not answer: %s", why);
    gl_buf_reset(&server->body);
    gl_buf_reset(&server->headers);
    conn->status = mock_answer_error(502, NULL, "upstream_failed", text, &server->body);
    mock_head_write(conn, &reply, true);
}

static void ended(void *arg, const char *why, gl_time at)
{
    struct mock_recording *recording = arg;
    mock_conn *conn = recording->conn;
    recording->call = NULL;
    recording->exchange->end_at = since(recording, at);
    if (why == NULL) {
        if (!recording->bare) mock_relay_end(conn);
        keep(recording);
    } else {
        conn->server->not_recorded++;
        if (!recording->head_sent) answer_failed(conn, why);
        conn->closing |= recording->head_sent; /* cut, like the answer of the other server */
    }
    recording_free(recording);
    mock_conn_finish(conn);
}

static const mock_upstream_callbacks callbacks = { head_came, bytes_came, ended };

/* Keeps the text behind the last blank of an authorization, and the whole of a key header. */
static void keep_secrets(struct mock_recording *recording, gl_slice head)
{
    static const char *const names[SECRETS] = { "authorization", "api-key", "x-api-key",
                                                "x-goog-api-key" };
    const char *at = head.data, *end = head.data + head.len, *stop;
    for (; at < end && (stop = memchr(at, '\n', (size_t)(end - at))) != NULL; at = stop + 1) {
        const char *colon = memchr(at, ':', (size_t)(stop - at)), *last = stop, *from;
        if (last > at && last[-1] == '\r') last--;
        while (last > at && last[-1] == ' ') last--;
        for (size_t i = 0; colon != NULL && i < SECRETS; i++) {
            size_t len = strlen(names[i]);
            if ((size_t)(colon - at) != len || strncasecmp(at, names[i], len) != 0) continue;
            for (from = last; from > colon + 1 && from[-1] != ' '; from--) continue;
            if (last - from < SECRET_MIN || recording->secrets == SECRETS) continue;
            char *secret = gl_strndup(from, (size_t)(last - from));
            if (secret == NULL) recording->exchange->body.failed = true; /* then keep nothing */
            if (secret != NULL) recording->secret[recording->secrets++] = secret;
        }
    }
}

static void put_text(char *to, size_t size, gl_slice from)
{
    if (gl_utf8_check(from.data, from.len) != from.len) from.len = 0;
    size_t len = gl_utf8_clip(from.data, from.len, size - 1);
    if (len != 0) memcpy(to, from.data, len);
    to[len] = '\0';
}

static struct mock_recording *recording_new(mock_conn *conn, gl_slice method, gl_slice path,
                                            gl_slice body, gl_slice head)
{
    struct mock_server *server = conn->server;
    struct mock_recording *recording = gl_calloc(1, sizeof *recording);
    mock_exchange *exchange = recording != NULL ? mock_exchange_new() : NULL;
    if (exchange == NULL ||
        !mock_tape_digest(server->sha, method, path, body, &server->line, exchange->digest)) {
        mock_exchange_free(exchange);
        gl_free(recording);
        return NULL;
    }
    recording->conn = conn;
    recording->exchange = exchange;
    recording->bare = gl_slice_is(method, "HEAD");
    put_text(exchange->method, sizeof exchange->method, method);
    put_text(exchange->path, sizeof exchange->path, mock_tape_path(path));
    keep_secrets(recording, head);
    conn->recording = recording;
    return recording;
}

void mock_record_start(mock_conn *conn, const mock_asked *asked)
{
    struct mock_server *server = conn->server;
    gl_slice method = asked->method, path = asked->path, body = asked->body, head = asked->head;
    size_t query = asked->query.data != NULL ? asked->query.len + 1 : 0;
    gl_slice target = gl_slice_of(path.data, path.len + query);
    struct mock_recording *recording = recording_new(conn, method, path, body, head);
    if (recording != NULL)
        recording->call =
            mock_upstream_ask(server->upstream, method, target, head, body, &callbacks, recording);
    if (recording != NULL && recording->call != NULL) return;
    if (recording != NULL) recording_free(recording);
    server->not_recorded++;
    answer_failed(conn, "out of memory");
    mock_conn_finish(conn);
}
