/*
 * entry.c - a request that has ended: its facts, for the counts and for the access log.
 */
#include "base/utf8.h"
#include "gateway/state.h"

static int64_t since(uint64_t began_ns)
{
    return (int64_t)(glimpse_monotonic_ns() - began_ns);
}

static bool is_wanted(const gateway *gate)
{
    return gate->config.ended != NULL;
}

static void keep_model(gateway_kept *kept, gl_json model)
{
    gl_buf name;
    gl_buf_init(&name, 1024);
    gl_json_string_append(model, &name, NULL);
    size_t len = gl_utf8_clip(name.data, name.len, sizeof kept->model - 1);
    if (len != 0) memcpy(kept->model, name.data, len);
    kept->model[len] = '\0';
    gl_buf_free(&name);
}

void gateway_entry_begin(gateway_exchange *exchange, gl_json model)
{
    gateway_kept *kept = &exchange->kept;
    kept->first_byte_ns = kept->left_ns = -1;
    if (!is_wanted(exchange->gate)) return;
    httpd_peer(exchange->conn, kept->peer, sizeof kept->peer);
    if (model.kind == GL_JSON_STRING) keep_model(kept, model);
}

void gateway_entry_answered(gateway_exchange *exchange, int status, const char *code)
{
    gateway_kept *kept = &exchange->kept;
    kept->code = code;
    kept->outcome = status;
    if (kept->first_byte_ns >= 0) return; /* of a stream, which has begun */
    kept->status = status;
    kept->first_byte_ns = since(exchange->began_ns);
}

void gateway_entry_end(const gateway_exchange *exchange, const glimpse_result *result)
{
    const gateway *gate = exchange->gate;
    const gateway_kept *kept = &exchange->kept;
    const glimpse_timings *times = glimpse_result_timings(result);
    const glimpse_usage *usage = glimpse_result_usage(result);
    const gateway_entry entry = {
        .kind = gateway_kind_name(exchange->kind),
        .caller = exchange->caller != NULL ? exchange->caller->name : NULL,
        .model = gl_slice_str(kept->model),
        .status = kept->status,
        .code = kept->code,
        .source = (int)gateway_source_of(result, kept->outcome),
        .stream = exchange->stream,
        .stale = glimpse_result_stale(result),
        .attempts = glimpse_result_attempts(result),
        .endpoint = glimpse_result_endpoint(result),
        .queue_ns = times->queue_ns + times->backoff_ns,
        .first_byte_ns = kept->first_byte_ns,
        .total_ns = kept->left_ns >= 0 ? kept->left_ns : since(exchange->began_ns),
        .prompt_tokens = usage->prompt_tokens,
        .completion_tokens = usage->completion_tokens,
        .bytes_in = exchange->body_len,
        .bytes_out = kept->bytes,
        .process = gate->process,
        .number = exchange->number,
        .upstream_id = glimpse_result_request_id(result),
        .peer = kept->peer,
    };
    if (exchange->waited_out)
        glimpse_engine_note_failure(gate->config.engine); /* it was cancelled */
    gateway_tally_exchange(gate->tally, exchange->kind, &entry, kept->outcome, kept->phase,
                           exchange->caller != NULL ? &exchange->caller->share : NULL);
    if (is_wanted(gate)) gate->config.ended(&entry, gate->config.ended_arg);
}

/* The place of the request at which its client leaves. */
static gateway_phase phase_of(const gateway_exchange *exchange, httpd_gone why)
{
    if (why != HTTPD_GONE_LEFT)
        return why == HTTPD_GONE_SLOW ? GATEWAY_PHASE_SLOW : GATEWAY_PHASE_NONE;
    if (exchange->begun) return GATEWAY_PHASE_STREAM;
    return glimpse_request_waits(exchange->gate->config.engine, exchange->id) ? GATEWAY_PHASE_QUEUE
                                                                              : GATEWAY_PHASE_HEAD;
}

void gateway_entry_left(gateway_exchange *exchange, httpd_gone why)
{
    gateway_kept *kept = &exchange->kept;
    bool left = why != HTTPD_GONE_SHUTDOWN;
    kept->left_ns = since(exchange->began_ns);
    if (left || kept->first_byte_ns < 0) kept->status = left ? 499 : 503;
    kept->outcome = left ? 499 : 503;
    kept->phase = phase_of(exchange, why);
    kept->code = why == HTTPD_GONE_LEFT ? "client_left" : left ? "slow_reader" : "draining";
}

/* --- without the engine ----------------------------------------------------------------------- */

void gateway_entry_head(gateway *gate, gateway_client *client)
{
    client->headed = true;
    client->caller = NULL;
    client->began_ns = is_wanted(gate) ? glimpse_monotonic_ns() : 0;
}

/* The file of keys may have changed since the caller was found. */
static gateway_caller *caller_of(const gateway *gate, const gateway_client *client)
{
    if (client->caller == NULL || client->generation != gateway_callers_generation(gate->callers))
        return NULL;
    return client->caller;
}

void gateway_entry_plain(gateway *gate, httpd_conn *conn, int status, const char *code,
                         uint64_t number, size_t bytes)
{
    char peer[46];
    gateway_client *client = httpd_user(conn);
    bool headed = client->headed;
    gateway_kind kind = headed ? client->kind : GATEWAY_UNKNOWN;
    gateway_caller *caller = headed ? caller_of(gate, client) : NULL;
    client->headed = false;
    const gateway_entry entry = {
        .kind = gateway_kind_name(kind),
        .caller = caller != NULL ? caller->name : NULL,
        .status = status,
        .code = code,
        .source = -1,
        .queue_ns = -1,
        .first_byte_ns = -1,
        .total_ns = client->began_ns != 0 && headed ? since(client->began_ns) : -1,
        .prompt_tokens = -1,
        .completion_tokens = -1,
        .bytes_in = httpd_body(conn).len,
        .bytes_out = bytes,
        .process = gate->process,
        .number = number,
        .upstream_id = "",
        .peer = httpd_peer(conn, peer, sizeof peer),
    };
    if (status >= 500 && gateway_kind_is_asked(kind) && !gate->draining)
        glimpse_engine_note_failure(gate->config.engine);
    gateway_tally_plain(gate->tally, kind, &entry, caller != NULL ? &caller->share : NULL);
    if (is_wanted(gate)) gate->config.ended(&entry, gate->config.ended_arg);
}
