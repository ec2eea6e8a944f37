/*
 * route.c - dispatches a request: finds the row of the table that answers it, and lets fate.c
 * decide the fate of the answer. Sends nothing.
 */
#include <strings.h>

#include "mock/endpoint.h"
#include "mock/error.h"
#include "mock/relay.h"
#include "mock/server.h"
#include "mock/stream.h"
#include "mock/write.h"

#define ADMIN "/__mock/"

/* Counts a request for a model. */
static void count_post(struct mock_server *server, gl_slice path, gl_slice body,
                       unsigned char digest[MOCK_DIGEST], mock_reply *reply)
{
    mock_digest(path, body, digest);
    reply->counted = true;
    gl_time now = gl_clock_now();
    if (server->windows_from == GL_TIME_NEVER) server->windows_from = now;
    mock_stats_begin(&server->stats, digest, now);
}

/* Writes the answer as it is by now, plain or as a stream. A fault of a stream comes half way
 * through its tokens, unless it has a place, which pace.c looks for. */
static void write_spoken(struct mock_server *server, const mock_asked *asked, mock_reply *reply)
{
    const mock_mishap *mishap = &reply->mishap;
    if (!server->answer.ask.stream) {
        mock_write_plain(&server->answer, &server->body);
        return;
    }
    gl_buf_reset(&server->ends);
    server->answer.piece_tokens = server->rules.piece_tokens;
    mock_streamed streamed = mock_stream_write(
        &server->answer, !asked->old, mishap->tokens == 0 ? mishap->fault : MOCK_FAULT_NONE,
        &server->body, &server->ends);
    reply->tokens = streamed.steps;
    reply->tail = streamed.tail;
}

/* Latency and faults as of a request for a model, but without its limits. A request that gets 429,
 * 500 or 503 has had no effect; one whose answer is reset or cut has. */
static void answer_stored(struct mock_server *server, const mock_endpoint *row,
                          const mock_call *call, mock_reply *reply)
{
    gl_time delay = mock_latency_draw(&server->rules.latency, &server->latency_rng);
    mock_mishap mishap =
        mock_faults_choose(&server->rules.faults, &server->fault_rng, ++server->good, call->body);
    reply->waits = true;
    reply->delay = delay;
    if (mock_fault_status(mishap.fault) != 0) {
        mock_fate_apply(server, &mishap, reply);
        reply->delay = delay / MOCK_ERROR_DELAY_PART;
        return;
    }
    reply->status = row->answer(server, call, reply);
    if (reply->status == 200) mock_fate_apply(server, &mishap, reply);
}

/* --- requests without a row ------------------------------------------------------------------- */

/* A browser's preflight, or a client's question for the methods: 204 with them. */
static void answer_options(struct mock_server *server, mock_reply *reply)
{
    reply->status = 204;
    /* '*' does not cover authorization (Fetch, section 3.3.3), so it is named. */
    gl_buf_append_str(&server->headers, "\r\naccess-control-allow-methods: GET, HEAD, POST, PUT, "
                                        "DELETE, OPTIONS"
                                        "\r\naccess-control-allow-headers: *, authorization"
                                        "\r\naccess-control-max-age: 86400");
}

static void answer_nothing(struct mock_server *server, gl_slice method, gl_slice path,
                           mock_reply *reply)
{
    size_t before = server->headers.len;
    gl_buf_append_str(&server->headers, "\r\nallow: ");
    if (!mock_endpoint_methods(path, &server->headers)) {
        server->headers.len = before;
        reply->status = mock_answer_error(404, NULL, NULL, "Invalid URL: nothing is at this path.",
                                          &server->body);
    } else if (gl_slice_is(method, "OPTIONS")) {
        answer_options(server, reply);
    } else {
        reply->status =
            mock_answer_error(405, NULL, "method_not_supported",
                              "Not allowed to use this method on this path.", &server->body);
    }
}

/* --- the key ---------------------------------------------------------------------------------- */

/* Returns true when the text behind "Bearer" in authorization, or the value of api-key, is the
 * key. */
static bool has_key(const struct mock_server *server, const mock_asked *asked)
{
    static const char scheme[] = "Bearer ";
    const size_t len = sizeof scheme - 1;
    const char *key = server->options.key;
    gl_slice given = asked->key;
    if (given.len >= len && strncasecmp(given.data, scheme, len) == 0)
        given = gl_slice_of(given.data + len, given.len - len);
    return key == NULL || gl_slice_is(given, key);
}

/* Like OpenAI, but without quoting a part of the key. */
static void refuse_key(struct mock_server *server, const mock_asked *asked, mock_reply *reply)
{
    reply->status =
        asked->key.len == 0
            ? mock_answer_error(401, NULL, NULL,
                                "You didn't provide an API key. You need to provide your API key "
                                "in an Authorization header using Bearer auth.",
                                &server->body)
            : mock_answer_error(401, NULL, "invalid_api_key", "Incorrect API key provided.",
                                &server->body);
}

static bool is_admin(gl_slice path)
{
    return path.len >= sizeof ADMIN - 1 && memcmp(path.data, ADMIN, sizeof ADMIN - 1) == 0;
}

/* --- answers of another server ---------------------------------------------------------------- */

/* Returns true for a request that the mock always answers itself. */
static bool is_own(gl_slice method, gl_slice path)
{
    gl_slice id;
    const mock_endpoint *row = mock_endpoint_find(method, path, &id);
    return is_admin(path) || gl_slice_is(method, "OPTIONS") ||
           (row != NULL && row->kind == MOCK_ADMIN);
}

/* Answers by the recorded server, or from a recording: without this server's latency, faults and
 * limits. */
static void answer_elsewhere(struct mock_server *server, gl_slice method, const mock_call *call,
                             mock_reply *reply)
{
    unsigned char digest[MOCK_DIGEST];
    if (gl_slice_is(method, "POST")) count_post(server, call->path, call->body, digest, reply);
    reply->waits = true;
    reply->status = 200;
    reply->forward = server->upstream != NULL;
    if (!reply->forward) mock_replay_find(server, method, call->path, call->body, reply);
}

void mock_route(struct mock_server *server, const mock_asked *asked, mock_reply *reply)
{
    unsigned char digest[MOCK_DIGEST] = { 0 };
    gl_slice method = asked->method;
    mock_call call = {
        .path = asked->path, .query = asked->query, .type = asked->type, .body = asked->body
    };
    *reply = (mock_reply){ .mishap.fault = MOCK_FAULT_NONE };
    gl_buf_reset(&server->body);
    gl_buf_reset(&server->headers);
    if (asked->origin) gl_buf_append_str(&server->headers, MOCK_CORS);
    bool may = has_key(server, asked);
    bool elsewhere = server->upstream != NULL || server->tape.count != 0;
    if (elsewhere && may && !is_own(method, call.path)) {
        answer_elsewhere(server, method, &call, reply);
        return;
    }
    const mock_endpoint *row = mock_endpoint_find(method, call.path, &call.id);
    bool counts = row != NULL ? row->kind == MOCK_OF_MODEL
                              : gl_slice_is(method, "POST") && !is_admin(call.path);
    reply->admin = row != NULL ? row->kind == MOCK_ADMIN : is_admin(call.path);
    if (counts) count_post(server, call.path, call.body, digest, reply);
    if (row != NULL && row->kind != MOCK_ADMIN && !may) {
        refuse_key(server, asked, reply);
    } else if (row == NULL) {
        answer_nothing(server, method, call.path, reply);
    } else if (row->kind == MOCK_STORED) {
        answer_stored(server, row, &call, reply);
    } else {
        if (counts) call.digest = digest;
        reply->status = row->answer(server, &call, reply);
        if (counts && reply->status == 200) {
            reply->usage = server->answer.usage;
            mock_fate_decide(server, asked, reply);
        }
        if (reply->status == 200 && reply->spoken) write_spoken(server, asked, reply);
    }
    if (server->body.failed || server->headers.failed) { /* out of memory; it would be cut */
        gl_buf_reset(&server->body);
        gl_buf_reset(&server->headers);
        reply->status = 500;
    }
}
