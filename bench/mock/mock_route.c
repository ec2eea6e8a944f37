/*
 * mock_route.c - from a request to what is done with it: which endpoint, which answer, which
 * fault, how late. Called by mock_conn.c for each request received whole. Sends nothing.
 */
#include "mock/mock_answer.h"
#include "mock/mock_pack.h"
#include "mock/mock_server.h"
#include "mock/mock_spec.h"
#include "mock/mock_stream.h"

#define ERROR_DELAY_PART 10 /* an error answer comes after a tenth of the latency */

typedef enum endpoint { CHAT, EMBEDDINGS, MODELS, STATS, FILES, BATCHES, UNKNOWN } endpoint;

/* Whether the path is this one, or continues it behind a slash. */
static bool is_below(gl_slice path, const char *root)
{
    size_t len = strlen(root);
    return path.len >= len && memcmp(path.data, root, len) == 0 &&
           (path.len == len || path.data[len] == '/');
}

static endpoint endpoint_of(gl_slice path)
{
    if (gl_slice_is(path, "/__mock/stats")) return STATS;
    if (path.len > 3 && memcmp(path.data, "/v1/", 4) == 0)
        path = gl_slice_of(path.data + 3, path.len - 3);
    if (gl_slice_is(path, "/chat/completions")) return CHAT;
    if (gl_slice_is(path, "/embeddings")) return EMBEDDINGS;
    if (gl_slice_is(path, "/models")) return MODELS;
    if (is_below(path, "/files")) return FILES;
    if (is_below(path, "/batches")) return BATCHES;
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

/* --- what happens to a good request ----------------------------------------------------------- */

/* The answer is an error of the server in place of what was written. */
static void refuse_with(struct mock_server *server, int status, mock_reply *reply)
{
    gl_buf_reset(&server->body);
    reply->status =
        status < 429 ? mock_answer_error(status, NULL, NULL, "Refused (simulated).", &server->body)
        : status == 429
            ? mock_answer_error(429, NULL, "rate_limit_exceeded",
                                "Rate limit reached for requests (simulated).", &server->body)
        : status != 503
            ? mock_answer_error(status, NULL, NULL,
                                "The server had an error while processing your request "
                                "(simulated).",
                                &server->body)
            : mock_answer_error(503, NULL, "server_is_overloaded",
                                "The engine is currently overloaded, please try again later "
                                "(simulated).",
                                &server->body);
}

/* What is not an error status leaves the answer as it is, for mock_conn.c to spoil. */
static void apply_fault(struct mock_server *server, mock_fault fault, mock_reply *reply)
{
    reply->fault = fault;
    if (fault == MOCK_FAULT_NONE) return;
    server->stats.by_fault[fault]++;
    if (mock_fault_is_of_pack(fault)) mock_pack_spoil(fault, &server->body);
    int status = mock_fault_status(fault);
    if (status != 0) refuse_with(server, status, reply);
    if ((status == 429 || status == 503) && server->retry_after != 0)
        mock_limit_write_wait(server->retry_after, &server->headers);
}

/* Down, out of quota, or over a rate limit: the answer is replaced. Else the request is taken out
 * of its budgets, the quota only by one that gets its answer. */
static void check_limits(struct mock_server *server, mock_fault fault, gl_time now,
                         mock_reply *reply)
{
    gl_time wait;
    mock_stats *stats = &server->stats;
    if (mock_outages_at(&server->outages, gl_time_since(now, stats->first))) {
        stats->outage_requests++;
        refuse_with(server, 503, reply);
        return;
    }
    if (server->quota != 0 && server->quota_used >= server->quota) {
        stats->quota_requests++;
        gl_buf_reset(&server->body);
        reply->status =
            mock_answer_limit("insufficient_quota", "insufficient_quota",
                              "You exceeded your current quota, please check your plan and billing "
                              "details (simulated).",
                              &server->body);
        return;
    }
    uint64_t tokens = 0;
    if (server->limits.tokens.per_minute != 0)
        tokens = mock_answer_tokens(gl_buf_slice(&server->body));
    mock_limited limited = mock_limits_take(&server->limits, tokens, now, &wait);
    if (limited != MOCK_LIMITED_NOT) {
        bool of_tokens = limited == MOCK_LIMITED_TOKENS;
        stats->limited_requests++;
        gl_buf_reset(&server->body);
        reply->status = mock_answer_limit(
            of_tokens ? "tokens" : "requests", "rate_limit_exceeded",
            of_tokens ? "Rate limit reached on tokens per min (TPM) (simulated)."
                      : "Rate limit reached on requests per min (RPM) (simulated).",
            &server->body);
        mock_limit_write_wait(wait, &server->headers);
        return;
    }
    if (mock_capacity_full(&server->capacity)) {
        stats->queue_refused++;
        refuse_with(server, 503, reply);
        mock_limit_write_wait(GL_SECOND, &server->headers);
        return;
    }
    if (fault == MOCK_FAULT_NONE || mock_fault_is_of_pack(fault)) server->quota_used++;
    apply_fault(server, fault, reply);
}

static void refuse_header(struct mock_server *server, const char *message, mock_reply *reply)
{
    gl_buf_reset(&server->body);
    reply->status = mock_answer_error(400, NULL, "bad_mock_header", message, &server->body);
}

/* What only a pack can meet is nothing to others. */
static mock_fault fault_for(const struct mock_server *server, mock_fault fault)
{
    bool idle = mock_fault_is_of_pack(fault) && !mock_pack_is(gl_buf_slice(&server->body));
    return idle ? MOCK_FAULT_NONE : fault;
}

/* Latency and fault are drawn for each good request, whatever becomes of it, so that a limit or a
 * header changes the fate of no other one. */
static void decide_fate(struct mock_server *server, const mock_http *http, const char *data,
                        mock_reply *reply)
{
    gl_slice fault_header = mock_http_fault(http, data);
    gl_slice latency_header = mock_http_latency(http, data);
    gl_time now = gl_clock_now(), delay = mock_latency_draw(&server->latency, &server->latency_rng);
    mock_fault fault = mock_faults_draw(&server->faults, &server->fault_rng);
    if (server->has_ttft && reply->wish != MOCK_PLAIN)
        delay = mock_latency_draw(&server->ttft, &server->ttft_rng);
    if (latency_header.data != NULL) {
        double ns;
        if (!mock_spec_duration(latency_header, &ns)) {
            refuse_header(server, "x-mock-latency is a duration: 0, 50ms, 1.5s.", reply);
            return;
        }
        delay = (gl_time)ns;
    }
    if (fault_header.data != NULL) {
        if (!mock_fault_find(fault_header, &fault)) {
            refuse_header(server, "x-mock-fault is 'none' or a name that --fault knows.", reply);
            return;
        }
        apply_fault(server, fault_for(server, fault), reply);
    } else if (mock_refusal_meets(&server->refusal, mock_http_body(http, data))) {
        refuse_with(server, server->refusal.status, reply);
    } else {
        check_limits(server, fault_for(server, fault), now, reply);
    }
    reply->delay = reply->status != 200 ? delay / ERROR_DELAY_PART : delay;
    if (mock_limits_any(&server->limits)) mock_limits_write(&server->limits, now, &server->headers);
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

/* --- files and batches ------------------------------------------------------------------------ */

/* One call: the path behind /v1, in up to three parts: files, an id, a verb. */
typedef struct call {
    bool post, get, remove;
    gl_slice id, verb, query, type, body;
} call;

static void split(gl_slice path, call *c)
{
    gl_slice rest = path;
    mock_spec_next(&rest, '/'); /* the empty one in front of the slash */
    if (gl_slice_is(mock_spec_next(&rest, '/'), "v1")) mock_spec_next(&rest, '/');
    c->id = mock_spec_next(&rest, '/');
    c->verb = rest;
}

/* Returns 0 for a method or path that is not known. */
static int answer_files(struct mock_server *server, const call *c, mock_reply *reply)
{
    mock_files *files = &server->files;
    gl_buf *out = &server->body;
    if (c->id.len == 0) {
        if (c->post) return mock_files_upload(files, c->type, c->body, out);
        return c->get ? mock_files_list(files, c->query, out) : 0;
    }
    if (c->verb.len == 0 && c->get) return mock_files_get(files, c->id, out);
    if (c->verb.len == 0 && c->remove) return mock_files_delete(files, c->id, out);
    if (!c->get || !gl_slice_is(c->verb, "content")) return 0;
    int status = mock_files_content(files, c->id, out);
    reply->bytes = status == 200;
    return status;
}

static int answer_batches(struct mock_server *server, const call *c, gl_time now)
{
    mock_batches *batches = &server->batches;
    gl_buf *out = &server->body;
    if (c->id.len == 0) {
        if (c->post) return mock_batches_create(batches, c->body, now, out);
        return c->get ? mock_batches_list(batches, c->query, now, out) : 0;
    }
    if (c->verb.len == 0) return c->get ? mock_batches_get(batches, c->id, now, out) : 0;
    if (!c->post || !gl_slice_is(c->verb, "cancel")) return 0;
    return mock_batches_cancel(batches, c->id, now, out);
}

/* Latency and faults as of a request for a model, but no limits of those. What answers 429, 500 or
 * 503 has done nothing; what is reset or cut has been done. */
static void answer_call(struct mock_server *server, endpoint where, const call *c,
                        mock_reply *reply)
{
    gl_time delay = mock_latency_draw(&server->latency, &server->latency_rng);
    mock_fault fault = mock_faults_draw(&server->faults, &server->fault_rng);
    reply->waits = true;
    reply->delay = delay;
    if (mock_fault_status(fault) != 0) {
        apply_fault(server, fault, reply);
        reply->delay = delay / ERROR_DELAY_PART;
        return;
    }
    reply->status =
        where == FILES ? answer_files(server, c, reply) : answer_batches(server, c, gl_clock_now());
    if (reply->status == 0)
        reply->status =
            mock_answer_error(405, NULL, "method_not_supported",
                              "Not allowed to use this method on this path.", &server->body);
    if (reply->status == 200) apply_fault(server, fault, reply);
}

void mock_route(struct mock_server *server, const mock_http *http, const char *data,
                mock_reply *reply)
{
    gl_slice method = mock_http_method(http, data), path = mock_http_path(http, data);
    endpoint where = endpoint_of(path);
    bool post = gl_slice_is(method, "POST"), get = gl_slice_is(method, "GET");
    bool takes_post = where == CHAT || where == EMBEDDINGS;
    *reply = (mock_reply){ .fault = MOCK_FAULT_NONE };
    gl_buf_reset(&server->body);
    gl_buf_reset(&server->headers);
    if (where == FILES || where == BATCHES) {
        call c = { .post = post,
                   .get = get,
                   .remove = gl_slice_is(method, "DELETE"),
                   .query = mock_http_query(http, data),
                   .type = mock_http_type(http, data),
                   .body = mock_http_body(http, data) };
        split(path, &c);
        answer_call(server, where, &c, reply);
        goto done;
    }
    if (post) answer_post(server, where, path, mock_http_body(http, data), reply);
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
        gl_time now = gl_clock_now();
        mock_stats_write(&server->stats, now, &server->body);
        server->body.len--; /* the brace, to go on */
        gl_buf_append_str(&server->body, ",\"queued_requests\":");
        gl_buf_append_u64(&server->body, server->capacity.queued_requests);
        gl_buf_append_str(&server->body, ",\"queue_peak\":");
        gl_buf_append_u64(&server->body, server->capacity.queue_peak);
        gl_buf_append_str(&server->body, ",\"closed_connections\":");
        gl_buf_append_u64(&server->body, server->closed);
        gl_buf_append_char(&server->body, ',');
        mock_batches_write_stats(&server->batches, now, &server->body);
        gl_buf_append_char(&server->body, '}');
        reply->status = 200;
    } else if (reply->status == 200) {
        decide_fate(server, http, data, reply);
        if (reply->status == 200 && reply->wish != MOCK_PLAIN) make_stream(server, reply);
    }
done:
    if (server->body.failed || server->headers.failed) { /* out of memory; it would be cut */
        gl_buf_reset(&server->body);
        gl_buf_reset(&server->headers);
        reply->status = 500;
    }
}
