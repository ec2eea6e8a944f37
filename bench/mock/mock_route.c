/*
 * mock_route.c - from a request to what is done with it: which endpoint, which answer, which
 * fault, how late. Called by mock_conn.c for each request received whole. Sends nothing.
 */
#include "mock/mock_answer.h"
#include "mock/mock_server.h"
#include "mock/mock_stream.h"

#define ERROR_DELAY_PART 10 /* an error answer comes after a tenth of the latency */

typedef enum endpoint { CHAT, EMBEDDINGS, MODELS, STATS, UNKNOWN } endpoint;

static endpoint endpoint_of(gl_slice path)
{
    if (gl_slice_is(path, "/__mock/stats")) return STATS;
    if (path.len > 3 && memcmp(path.data, "/v1/", 4) == 0)
        path = gl_slice_of(path.data + 3, path.len - 3);
    if (gl_slice_is(path, "/chat/completions")) return CHAT;
    if (gl_slice_is(path, "/embeddings")) return EMBEDDINGS;
    if (gl_slice_is(path, "/models")) return MODELS;
    return UNKNOWN;
}

/* Counts the request and answers it by its content alone. */
static void answer_post(struct mock_server *server, endpoint where, gl_slice path, gl_slice body,
                        mock_reply *reply)
{
    unsigned char digest[32] = { 0 };
    const gl_slice parts[] = { path, gl_slice_of("", 1), body };
    bool hashed = gl_sha256_digest(server->sha, parts, sizeof parts / sizeof parts[0], digest);
    reply->counted = true;
    mock_stats_begin(&server->stats, digest, gl_clock_now());
    if (!hashed)
        reply->status = mock_answer_error(500, NULL, NULL, "No SHA-256 here.", &server->body);
    else if (where == CHAT)
        reply->status = mock_answer_chat(body, digest, &server->text, &server->body, &reply->wish);
    else if (where == EMBEDDINGS)
        reply->status = mock_answer_embeddings(body, &server->text, &server->body);
}

/* Draws what happens to a good request. What is not an error status leaves the answer as it is,
 * for mock_conn.c to spoil. */
static void draw_fate(struct mock_server *server, mock_reply *reply)
{
    reply->delay = mock_latency_draw(&server->latency, &server->latency_rng);
    reply->fault = mock_faults_draw(&server->faults, &server->fault_rng);
    if (reply->fault == MOCK_FAULT_NONE) return;
    server->stats.by_fault[reply->fault]++;
    int status = mock_fault_status(reply->fault);
    if (status == 0) return;
    reply->delay /= ERROR_DELAY_PART;
    gl_buf_reset(&server->body);
    reply->status =
        status == 429
            ? mock_answer_error(429, NULL, "rate_limit_exceeded",
                                "Rate limit reached for requests (simulated).", &server->body)
        : status == 500
            ? mock_answer_error(500, NULL, NULL,
                                "The server had an error while processing your request "
                                "(simulated).",
                                &server->body)
            : mock_answer_error(503, NULL, "server_is_overloaded",
                                "The engine is currently overloaded, please try again later "
                                "(simulated).",
                                &server->body);
}

/* The answer in body becomes a stream. What spoils it comes half way through its tokens. */
static void make_stream(struct mock_server *server, mock_reply *reply)
{
    gl_buf plain = server->body;
    server->body = server->text;
    server->text = plain;
    gl_buf_reset(&server->body);
    reply->tokens = mock_stream_write(gl_buf_slice(&server->text), reply->wish == MOCK_STREAM_USAGE,
                                      reply->fault, &server->body);
}

void mock_route(struct mock_server *server, gl_slice method, gl_slice path, gl_slice body,
                mock_reply *reply)
{
    endpoint where = endpoint_of(path);
    bool post = gl_slice_is(method, "POST"), get = gl_slice_is(method, "GET");
    bool takes_post = where == CHAT || where == EMBEDDINGS;
    *reply = (mock_reply){ .fault = MOCK_FAULT_NONE };
    gl_buf_reset(&server->body);
    if (post) answer_post(server, where, path, body, reply);
    if (where == UNKNOWN) {
        reply->status = mock_answer_error(404, NULL, NULL, "Invalid URL: nothing is at this path.",
                                          &server->body);
    } else if (takes_post ? !post : !get) {
        reply->allow = takes_post ? "POST" : "GET";
        reply->status =
            mock_answer_error(405, NULL, "method_not_supported",
                              "Not allowed to use this method on this path.", &server->body);
    } else if (where == MODELS) {
        reply->status = mock_answer_models(&server->body);
    } else if (where == STATS) {
        mock_stats_write(&server->stats, &server->body);
        reply->status = 200;
    } else if (reply->status == 200) {
        draw_fate(server, reply);
        if (reply->status == 200 && reply->wish != MOCK_PLAIN) make_stream(server, reply);
    }
    if (server->body.failed) { /* out of memory; the answer would be cut */
        gl_buf_reset(&server->body);
        reply->status = 500;
    }
}
