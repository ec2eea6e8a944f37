/*
 * exchange.c - the order of one request; the only file that knows it.
 *
 *   head      path and method known? from this machine, or with a key?  else the body is not read
 *   request   pages are answered; of a body, room in the queue and the caller's allowance are taken
 *             -> submitted to the engine: an exchange
 *   event     of a stream: relayed (relay.c)
 *   result    the verdict, and the answer or the end of the stream
 *   gone      the client left: its request is cancelled, or goes on for the cache
 *
 * An exchange lives from submit to its result, which comes exactly once (engine.h), also when its
 * client has left before.
 */
#include <glimpse/flow.h>
#include <stdio.h>

#include "base/alloc.h"
#include "gateway/cors.h"
#include "gateway/forward.h"
#include "gateway/models.h"
#include "gateway/ready.h"
#include "gateway/salt.h"
#include "gateway/state.h"
#include "gateway/status.h"
#include "http/token.h"

/* The longest wait before an open circuit lets the next probe go (core/policy/breaker.h). */
#define CIRCUIT_RETRY_S 4

/* --- before the body -------------------------------------------------------------------------- */

/* The kinds for the person at this machine. */
static bool is_for_here(gateway_kind kind)
{
    return kind == GATEWAY_PAGE || kind == GATEWAY_STATUS;
}

/* What tells nothing and costs nothing. */
static bool is_probe(gateway_kind kind)
{
    return kind == GATEWAY_HEALTH || kind == GATEWAY_READY;
}

/* A gateway without keys answers to this machine's names only: a page in a browser whose name was
 * bound to 127.0.0.1 (DNS rebinding), or that posts here from elsewhere, would spend the key. No
 * name leads to a unix socket but through a proxy of the operator's; the status page goes through
 * none. */
static bool is_our_name(const gateway *gate, httpd_conn *conn)
{
    const gateway_client *client = httpd_user(conn);
    gl_slice host = httpd_header(conn, "host");
    return gate->config.is_here == NULL || host.len == 0 || gate->config.is_here(host) ||
           (!is_for_here(client->kind) && httpd_is_unix(conn));
}

static bool is_origin_here(const gateway *gate, gl_slice origin)
{
    const char *slashes = origin.len > 3 ? memmem(origin.data, origin.len, "://", 3) : NULL;
    if (slashes == NULL) return false;
    size_t skipped = (size_t)(slashes + 3 - origin.data);
    return gate->config.is_here(gl_slice_of(slashes + 3, origin.len - skipped));
}

/* Of several lines of Origin each must be. The status page is for no page of --cors. */
static bool is_from_here(const gateway *gate, httpd_conn *conn)
{
    const gateway_client *client = httpd_user(conn);
    gl_slice name, value;
    if (gate->config.is_here == NULL || is_probe(client->kind)) return true;
    if (!is_our_name(gate, conn)) return false;
    if (client->origin != NULL && !is_for_here(client->kind)) return true; /* it may ask */
    for (size_t i = 0; httpd_header_at(conn, i, &name, &value); i++)
        if (httpd_same(name, "origin") && !is_origin_here(gate, value)) return false;
    return true;
}

static void refuse_method(gateway *gate, httpd_conn *conn, gateway_kind kind)
{
    char allow[64], message[128];
    snprintf(allow, sizeof allow, "allow: %s\r\n", gateway_kind_methods(kind));
    snprintf(message, sizeof message, "This path takes %s.", gateway_kind_methods(kind));
    gateway_refuse_plain(gate, conn, 405, "method_not_allowed", message, allow);
}

static void refuse_path(gateway *gate, httpd_conn *conn)
{
    char message[256];
    snprintf(message, sizeof message, "There is no such path here. There are: %s.", gateway_paths);
    gateway_refuse_plain(gate, conn, 404, "unknown_path", message, "");
}

static void refuse_elsewhere(gateway *gate, httpd_conn *conn)
{
    gateway_refuse_plain(gate, conn, 403, "not_from_here",
                         gate->callers == NULL
                             ? "Without caller keys this gateway answers to localhost and "
                               "127.0.0.1 alone, and to no web page from elsewhere but those of "
                               "--cors."
                             : "The status page is read as localhost or 127.0.0.1.",
                         "");
}

static bool needs_key(gateway_kind kind)
{
    return !is_probe(kind) && !is_for_here(kind);
}

void gateway_head(httpd_conn *conn)
{
    gateway *gate = httpd_arg(conn);
    gateway_client *client = httpd_user(conn);
    char room[GATEWAY_PATH_MAX];
    gl_slice model;
    gateway_entry_head(gate, client);
    gateway_cors_note(gate, conn);
    client->kind = gateway_path_read(httpd_path(conn), room, &model);
    if (is_for_here(client->kind) && !httpd_is_here(conn)) client->kind = GATEWAY_UNKNOWN;
    if (httpd_request_of(conn)->upgrade) {
        httpd_last(conn);
        gateway_refuse_plain(gate, conn, 426, "upgrade_required",
                             "There are no WebSockets here: ask over plain HTTP/1.1.",
                             "upgrade: HTTP/1.1\r\n");
    } else if (client->kind == GATEWAY_UNKNOWN) {
        refuse_path(gate, conn);
    } else if (gateway_cors_is_preflight(conn)) {
        gate->callers != NULL || is_our_name(gate, conn) ? gateway_cors_answer(gate, conn)
                                                         : refuse_elsewhere(gate, conn);
    } else if (!gateway_kind_takes(client->kind, httpd_method(conn))) {
        refuse_method(gate, conn, client->kind);
    } else if ((gate->callers == NULL || is_for_here(client->kind)) && !is_from_here(gate, conn)) {
        refuse_elsewhere(gate, conn);
    } else if (!needs_key(client->kind) || gateway_identify(gate, conn)) {
        if (gateway_kind_is_asked(client->kind) && gateway_may_send(gate, conn))
            gateway_body_is_readable(gate, conn);
    }
}

/* --- pages ------------------------------------------------------------------------------------ */

static void show_health(gateway *gate, httpd_conn *conn, gateway_kind kind)
{
    const char *word = kind == GATEWAY_HEALTH ? GATEWAY_READY_WORD : gateway_ready_word(gate);
    bool ready = strcmp(word, GATEWAY_READY_WORD) == 0;
    char line[32];
    gl_slice body = gl_slice_of(line, (size_t)snprintf(line, sizeof line, "%s\n", word));
    gateway_entry_plain(gate, conn, ready ? 200 : 503, NULL, 0, body.len);
    httpd_answer(conn, ready ? 200 : 503, "text/plain; charset=utf-8",
                 gl_slice_str(GATEWAY_NOT_STORED), body);
}

/* --- into the engine -------------------------------------------------------------------------- */

static void end_exchange(gateway_exchange *exchange)
{
    gateway *gate = exchange->gate;
    gl_node_remove(&exchange->node);
    gl_node_remove(&exchange->waits);
    gl_node_remove(&exchange->streams);
    if (!gate->closed) httpd_charge(gate->server, -(int64_t)exchange->charged);
    gl_free(exchange);
    gate->count--;
    gateway_ended(gate);
}

static void got_result(glimpse_id id, const glimpse_result *result, void *arg);

/* A caller may use stored answers less than the gateway does, never more. */
static void set_caching(gateway_exchange *exchange, const gateway_caching *wish,
                        glimpse_options *options)
{
    if (exchange->gate->config.cache_control != GLIMPSE_CACHE_USE) return;
    glimpse_cache_control control = gateway_caching_control(wish);
    if (exchange->unshared && control != GLIMPSE_CACHE_ONLY) control = GLIMPSE_CACHE_BYPASS;
    exchange->unshared |= control == GLIMPSE_CACHE_BYPASS;
    exchange->refreshed = control == GLIMPSE_CACHE_REFRESH;
    options->max_age_ms = wish->max_age_ms;
    if (control != GLIMPSE_CACHE_USE) options->cache_control = (int)control;
}

/* An answer that is never shared may be given again to who asks for it again: with its
 * Idempotency-Key, which nobody else has. */
static void set_repeat(gateway_exchange *exchange, gateway_wish *wish)
{
    if (!exchange->unshared || wish->repeat.len == 0 || wish->caching.no_store) return;
    gateway_scope_narrow(&wish->scope, "repeat", wish->repeat);
    exchange->unshared = false;
}

static void options_of(gateway_exchange *exchange, const gateway_wish *wish,
                       glimpse_options *options)
{
    const gateway *gate = exchange->gate;
    glimpse_options_init(options);
    if (gate->config.fallback && exchange->kind == GATEWAY_CHAT)
        options->fallback = GLIMPSE_FALLBACK_ALWAYS;
    options->deadline_ms =
        gateway_deadline(gate->config.deadline_ms, wish->patience, wish->deadline);
    set_caching(exchange, &wish->caching, options);
    if (exchange->unshared) {
        if (options->cache_control != GLIMPSE_CACHE_ONLY)
            options->cache_control = GLIMPSE_CACHE_BYPASS;
        options->coalesce = 0;
    }
    if (wish->retried > 0) {
        exchange->max_attempts = gateway_wish_attempts(wish, gate->config.max_attempts);
        options->max_attempts = exchange->max_attempts;
    }
    if (exchange->caller != NULL) {
        options->caller = exchange->caller->name;
        options->priority = exchange->caller->key->interactive ? GLIMPSE_PRIORITY_INTERACTIVE
                                                               : GLIMPSE_PRIORITY_BULK;
    }
    if (wish->bulk) options->priority = GLIMPSE_PRIORITY_BULK;
}

static glimpse_error submit(gateway_exchange *exchange, gl_slice body, gateway_wish *wish)
{
    glimpse_options options;
    options_of(exchange, wish, &options);
    exchange->gate->headers_dropped += wish->forward.dropped;
    bool notices = exchange->stream && exchange->gate->config.notices;
    const glimpse_observer observer = { .size = sizeof(glimpse_observer),
                                        .on_notice = notices ? gateway_got_notice : NULL,
                                        .on_result = got_result,
                                        .on_event = exchange->stream ? gateway_got_event : NULL };
    const glimpse_chat chat = { .body = body.data,
                                .body_len = glimpse_length(body.len),
                                .path = gateway_kind_path(exchange->kind) };
    if (!gateway_scope_give(&wish->scope, &options.scope) ||
        !gateway_forward_give(&wish->forward, &options))
        return GLIMPSE_ERR_OOM;
    return glimpse_submit_chat(exchange->gate->config.engine, &chat, &options, &observer, exchange,
                               &exchange->id);
}

static void refuse_error(gateway *gate, httpd_conn *conn, glimpse_error error)
{
    const gateway_outcome outcome = { .error = error };
    const gateway_verdict verdict = gateway_judge(&outcome);
    gateway_refuse(gate, conn, &verdict, NULL, glimpse_error_sentence(error), "retry-after: 1\r\n");
}

/* Keeps scopes apart at the endpoint too, where it knows how. */
static bool salt(const gateway *gate, gl_json root, const char *scope, gl_buf *room, gl_slice *body)
{
    if (gate->config.salts == 0 || scope == NULL) return true;
    if (!gateway_salt_write(root, gate->config.salts, gl_buf_slice(&gate->secret), scope, room))
        return false;
    *body = gl_buf_slice(room);
    return true;
}

/* Reads what the headers ask for, and submits. false: it was refused. */
static bool send_on(gateway_exchange *exchange, const gateway_ask *ask, gateway_wish *wish)
{
    gateway *gate = exchange->gate;
    httpd_conn *conn = exchange->conn;
    gl_slice name, value;
    gateway_refusal refusal;
    int status;
    const char *scope;
    for (size_t i = 0; httpd_header_at(conn, i, &name, &value); i++)
        gateway_wish_add(wish, name, value);
    if (!gateway_scope_give(&wish->scope, &scope)) {
        refuse_error(gate, conn, GLIMPSE_ERR_OOM);
        return false;
    }
    if (!gateway_known_check(&gate->known, ask, exchange->kind, scope, wish->repeat,
                             &exchange->trace, &status, &refusal)) {
        const gateway_verdict verdict = { .status = status, .code = refusal.code };
        gateway_refuse(gate, conn, &verdict, refusal.param, refusal.message, "");
        return false;
    }
    gl_slice body = ask->body;
    gl_buf salted;
    gl_buf_init(&salted, SIZE_MAX / 2);
    bool good = salt(gate, ask->root, scope, &salted, &body) &&
                gateway_forward_part(&wish->forward, gl_buf_slice(&gate->secret), scope);
    set_repeat(exchange, wish);
    glimpse_error error = good ? submit(exchange, body, wish) : GLIMPSE_ERR_OOM;
    gl_buf_free(&salted);
    if (error != GLIMPSE_OK) {
        refuse_error(gate, conn, error);
        return false;
    }
    gateway_known_sent(&gate->known, &exchange->trace);
    return true;
}

static void begin_exchange(gateway *gate, httpd_conn *conn, const gateway_ask *ask)
{
    gateway_wish wish;
    gateway_client *client = httpd_user(conn);
    gateway_exchange *exchange = gl_calloc(1, sizeof *exchange);
    if (exchange == NULL) {
        refuse_error(gate, conn, GLIMPSE_ERR_OOM);
        return;
    }
    size_t len = ask->body.len;
    *exchange = (gateway_exchange){ .gate = gate,
                                    .conn = conn,
                                    .number = ++gate->number,
                                    .began_ns = glimpse_monotonic_ns(),
                                    .body_len = len,
                                    .charged = len + sizeof *exchange,
                                    .kind = client->kind,
                                    .unshared = ask->unshared,
                                    .stream = ask->stream && client->kind != GATEWAY_EMBEDDINGS,
                                    .wants_usage = ask->wants_usage,
                                    .max_attempts = gate->config.max_attempts };
    gateway_entry_begin(exchange, ask->model);
    if (!gateway_admit(gate, conn, ask, exchange)) {
        gl_free(exchange);
        return;
    }
    gateway_wish_init(&wish, exchange->caller != NULL ? exchange->caller->key->scope : NULL);
    bool sent = send_on(exchange, ask, &wish);
    gateway_wish_free(&wish);
    if (!sent) {
        gateway_settle(exchange, NULL);
        gl_free(exchange);
        return;
    }
    gl_node_init(&exchange->waits);
    gl_node_init(&exchange->streams);
    gl_list_push_back(&gate->exchanges, &exchange->node);
    gate->count++;
    httpd_charge(gate->server, (int64_t)exchange->charged);
    client->exchange = exchange;
    client->headed = false;
    gateway_wait_add(exchange);
}

/* Takes a body, and submits it. */
static void take_body(gateway *gate, httpd_conn *conn, gl_slice body)
{
    const gateway_client *client = httpd_user(conn);
    gateway_ask ask;
    gateway_refusal refusal;
    int64_t retry_after_s;
    if (!gateway_ask_read(client->kind, body, &ask, &refusal)) {
        const gateway_verdict verdict = { .status = 400, .code = refusal.code };
        gateway_refuse(gate, conn, &verdict, refusal.param, refusal.message, "");
    } else if (gateway_queue_is_full(gate, &retry_after_s)) {
        char header[64];
        snprintf(header, sizeof header, "retry-after: %lld\r\n", (long long)retry_after_s);
        gateway_refuse_plain(gate, conn, 503, "queue_full",
                             "As many requests wait as may (--queue). Come again later.", header);
    } else {
        begin_exchange(gate, conn, &ask);
    }
}

void gateway_request(httpd_conn *conn)
{
    gateway *gate = httpd_arg(conn);
    gateway_client *client = httpd_user(conn);
    gl_buf room = { .data = NULL };
    gl_slice body;
    client->exchange = NULL;
    if (client->kind == GATEWAY_HEALTH || client->kind == GATEWAY_READY)
        show_health(gate, conn, client->kind);
    else if (is_for_here(client->kind))
        gateway_status_show(gate, conn, client->kind);
    else if (!gateway_kind_is_asked(client->kind))
        gateway_models_show(gate, conn);
    else if (gateway_body_take(gate, conn, &room, &body))
        take_body(gate, conn, body);
    gl_buf_free(&room);
}

/* --- out of it -------------------------------------------------------------------------------- */

static gateway_outcome outcome_of(const gateway_exchange *exchange, const glimpse_result *result)
{
    size_t tried = glimpse_result_attempt_count(result);
    return (gateway_outcome){
        .error = glimpse_result_error(result),
        .status = glimpse_result_status(result),
        .http_status = glimpse_result_http_status(result),
        .sent = tried != 0 || glimpse_result_source(result) == GLIMPSE_SOURCE_COALESCED,
        .circuit_open = glimpse_result_circuit_open(result),
        .spent = exchange->gate->config.max_attempts > 1 && tried >= (size_t)exchange->max_attempts,
    };
}

/* The words about an answer may be passed on. Those about the way to the endpoint name addresses,
 * which are the operator's alone. */
static bool is_of_the_answer(glimpse_error error)
{
    switch (error) {
    case GLIMPSE_ERR_HTTP:
    case GLIMPSE_ERR_QUOTA:
    case GLIMPSE_ERR_STREAM_ERROR:
    case GLIMPSE_ERR_STREAM_TRUNCATED:
    case GLIMPSE_ERR_BODY_TOO_LARGE:
    case GLIMPSE_ERR_EMPTY_BODY:
    case GLIMPSE_ERR_BAD_JSON:
    case GLIMPSE_ERR_BAD_UTF8:
        return true;
    default:
        return false;
    }
}

/* Returns the words of an error of ours. A message of the endpoint's is shown to the caller of its
 * request alone: not with an open circuit or a stopped key, which are about other callers' too. */
static void write_message(const glimpse_result *result, const gateway_verdict *verdict, gl_buf *out)
{
    static const struct {
        const char *code, *message;
    } fixed[] = {
        { "circuit_open", "The endpoint is down, so nothing was sent; it is being probed." },
        { "upstream_auth", "The endpoint refuses the gateway's key. Yours is in order: whoever "
                           "runs the gateway has to mend it." },
        { "insufficient_quota", "The quota or budget of the gateway's key is used up." },
        { "draining", "The gateway is shutting down." },
    };
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        if (strcmp(fixed[i].code, verdict->code) != 0) continue;
        gl_buf_append_str(out, fixed[i].message);
        return;
    }
    int status = glimpse_result_http_status(result);
    glimpse_error error = glimpse_result_error(result);
    if (strncmp(verdict->code, "upstream_", 9) == 0 && !is_of_the_answer(error)) {
        gl_buf_printf(out, "The endpoint gave no usable answer: %s.",
                      glimpse_error_sentence(error));
        return;
    }
    if (status >= 300) gl_buf_printf(out, "The endpoint answered %d: ", status);
    gl_buf_append_str(out, glimpse_result_error_message(result));
}

/* The engine's words name models of the pool. A caller with `models` sees those of its own alone.
 */
static bool write_no_model(const gateway_exchange *exchange, const glimpse_result *result,
                           gl_buf *out)
{
    const gateway_key *key = exchange->caller != NULL ? exchange->caller->key : NULL;
    gateway_offer offer;
    if (glimpse_result_error(result) != GLIMPSE_ERR_NO_MODEL || exchange->caller == NULL)
        return false;
    gateway_offer_begin(&offer, "No endpoint serves this model", gl_slice_of(NULL, 0));
    if (key != NULL) gateway_models_offer(exchange->gate, key, &offer);
    gl_buf_append_str(out, gateway_offer_end(&offer));
    gateway_offer_free(&offer);
    return true;
}

/* The type of a body that passes as it came. A stream that was merged is JSON, whatever the
 * endpoint called it. */
static const char *type_of(const glimpse_result *result, char *room, size_t size)
{
    static const char json[] = "application/json";
    gl_slice came = gateway_header_of(glimpse_result_headers(result), "content-type");
    if (glimpse_result_body_is_json(result) &&
        (came.len < sizeof json - 1 || strncasecmp(came.data, json, sizeof json - 1) != 0))
        return json;
    if (came.len == 0 || came.len >= size) return "text/plain; charset=utf-8";
    memcpy(room, came.data, came.len);
    room[came.len] = '\0';
    return room;
}

gateway_facts gateway_facts_of(const gateway_exchange *exchange, const glimpse_result *result,
                               const gateway_verdict *verdict, int64_t retry_after_s)
{
    return (gateway_facts){
        .result = result,
        .verdict = verdict,
        .process = exchange->gate->process,
        .number = exchange->number,
        .gateway_ns = (int64_t)(glimpse_monotonic_ns() - exchange->began_ns),
        .retry_after_s = retry_after_s,
        .alone = exchange->gate->callers == NULL,
        .hides = exchange->gate->config.hides_cache,
        .unshared = exchange->unshared,
        .refreshed = exchange->refreshed,
    };
}

void gateway_send(gateway_exchange *exchange, int status, const char *type, gl_slice body)
{
    gateway *gate = exchange->gate;
    exchange->kept.bytes += body.len;
    if (gate->head.failed || gate->body.failed)
        httpd_reset(exchange->conn);
    else
        httpd_answer(exchange->conn, status, type, gl_buf_slice(&gate->head), body);
}

static void answer_error(gateway_exchange *exchange, const glimpse_result *result,
                         const gateway_facts *facts)
{
    static const char waited[] = "The request has waited for its turn as long as it may "
                                 "(--queue-timeout), and was not sent.";
    gateway *gate = exchange->gate;
    const gateway_verdict *verdict = facts->verdict;
    gl_buf message;
    gl_buf_init(&message, 4096);
    if (exchange->waited_out)
        gl_buf_append_str(&message, waited);
    else if (verdict->code != NULL && !write_no_model(exchange, result, &message))
        write_message(result, verdict, &message);
    else if (verdict->code == NULL)
        gl_buf_append_str(&message, glimpse_result_error_message(result));
    gateway_left_out_write(result, verdict->code, &message);
    if (exchange->begun) {
        gateway_end_stream(exchange, result, verdict, gl_buf_slice(&message));
    } else {
        gl_buf_reset(&gate->head);
        gl_buf_reset(&gate->body);
        gateway_head_write(facts, &gate->head);
        gateway_error_write(verdict->status,
                            verdict->code != NULL ? verdict->code
                                                  : glimpse_result_error_code(result),
                            NULL, gl_buf_slice(&message), &gate->body);
        gateway_send(exchange, verdict->status, "application/json", gl_buf_slice(&gate->body));
    }
    gl_buf_free(&message);
}

static void answer(gateway_exchange *exchange, const glimpse_result *result,
                   const gateway_verdict *verdict, int64_t retry_after_s)
{
    gateway *gate = exchange->gate;
    char room[256];
    gl_slice body;
    const gateway_facts facts = gateway_facts_of(exchange, result, verdict, retry_after_s);
    bool whole = glimpse_result_error(result) == GLIMPSE_OK;
    body.data = glimpse_result_body(result, &body.len);
    /* An error whose body did not come, or cannot be read, has our envelope: clients read one. */
    if (verdict->code != NULL || (!whole && (exchange->begun || body.len == 0))) {
        answer_error(exchange, result, &facts);
        return;
    }
    if (exchange->begun) {
        gateway_end_stream(exchange, result, verdict, gl_slice_of("", 0));
        return;
    }
    if (exchange->stream && whole && gateway_answer_as_stream(exchange, body, &facts)) return;
    gl_buf_reset(&gate->head);
    gl_buf_reset(&gate->body);
    gateway_head_write(&facts, &gate->head);
    gateway_send(exchange, verdict->status, type_of(result, room, sizeof room), body);
}

static void got_result(glimpse_id id, const glimpse_result *result, void *arg)
{
    (void)id;
    gateway_exchange *exchange = arg;
    gateway *gate = exchange->gate;
    if (exchange->conn != NULL) {
        const gateway_outcome outcome = outcome_of(exchange, result);
        gateway_verdict verdict = gateway_judge(&outcome);
        int64_t retry_after_s = 0;
        if (exchange->waited_out) {
            verdict = (gateway_verdict){ .status = 503, .code = "queue_timeout" };
            retry_after_s = gateway_wait_s(gate, exchange->held_ns);
        } else if (outcome.circuit_open && verdict.status == 503) {
            retry_after_s = CIRCUIT_RETRY_S;
        } else if (verdict.status == 503) {
            retry_after_s = 1;
        }
        ((gateway_client *)httpd_user(exchange->conn))->exchange = NULL;
        if (!gateway_fall_back(exchange, result, &verdict)) {
            gateway_entry_answered(exchange, verdict.status, verdict.code);
            if (outcome.error == GLIMPSE_ERR_BEHIND) gateway_entry_left(exchange, HTTPD_GONE_SLOW);
            answer(exchange, result, &verdict, retry_after_s);
        }
    }
    gateway_entry_end(exchange, result);
    if (exchange->kind == GATEWAY_RESPONSES && glimpse_result_error(result) == GLIMPSE_OK) {
        size_t len;
        const char *body = glimpse_result_body(result, &len);
        gateway_known_answered(&gate->known, &exchange->trace, gl_slice_of(body, len));
    }
    gateway_settle(exchange, result);
    end_exchange(exchange);
}

void gateway_gone(httpd_conn *conn, httpd_gone why)
{
    gateway *gate = httpd_arg(conn);
    gateway_client *client = httpd_user(conn);
    gateway_exchange *exchange = client->exchange;
    gateway_models_gone(gate, conn);
    if (exchange == NULL) return;
    gateway_entry_left(exchange, why);
    client->exchange = NULL;
    exchange->conn = NULL;
    gl_node_remove(&exchange->streams);
    if (!gate->config.finish || gate->closed)
        glimpse_cancel(gate->config.engine, exchange->id);
    else
        glimpse_request_go_on(gate->config.engine, exchange->id);
}
