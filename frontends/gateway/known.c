/*
 * known.c - see known.h.
 *
 * An endpoint opens a stored response to each request that names its id with the gateway's key: so
 * an id that another scope's answer brought is not there. An id that is not remembered passes: it
 * may be older than this process.
 */
#include "gateway/known.h"

#include <stdio.h>

/* Some 12 MiB, when they are full. */
#define OWNERS_MAX  ((size_t)131072)
#define REPEATS_MAX ((size_t)65536)
#define ID_MAX      256

void gateway_known_init(gateway_known *known)
{
    gateway_recall_init(&known->owners, OWNERS_MAX);
    gateway_recall_init(&known->repeats, REPEATS_MAX);
}

void gateway_known_free(gateway_known *known)
{
    gateway_recall_free(&known->owners);
    gateway_recall_free(&known->repeats);
}

/* --- ids -------------------------------------------------------------------------------------- */

/* Escapes undone: an id is the same one however it is spelled. false: it is none. */
static bool hash_of_id(const gateway_known *known, gl_json id, uint64_t *hash)
{
    gl_buf text;
    gl_buf_init(&text, ID_MAX);
    gl_json_string_append(id, &text, NULL);
    bool good = text.len != 0 && !text.failed;
    const gl_slice part = gl_buf_slice(&text);
    if (good) *hash = gateway_recall_hash(&known->owners, &part, 1);
    gl_buf_free(&text);
    return good;
}

static bool is_of_another(const gateway_known *known, gl_json id, uint64_t scope)
{
    uint64_t hash, owner;
    return hash_of_id(known, id, &hash) && gateway_recall_get(&known->owners, hash, &owner) &&
           owner != scope;
}

static bool refuse(gateway_refusal *refusal, const char *code, const char *param)
{
    refusal->code = code;
    refusal->param = param;
    return false;
}

static bool refuse_id(gateway_refusal *refusal, gl_json id, const char *what, const char *code,
                      const char *param)
{
    int len = id.text.len > 82 ? 80 : (int)id.text.len - 2;
    snprintf(refusal->message, sizeof refusal->message, "%s with id '%.*s' not found.", what, len,
             id.text.data + 1);
    return refuse(refusal, code, param);
}

static bool check_ids(const gateway_known *known, const gateway_ask *ask, uint64_t scope,
                      int *status, gateway_refusal *refusal)
{
    gl_json item, input = gl_json_get(ask->root, "input");
    *status = 404;
    if (is_of_another(known, ask->previous, scope))
        return refuse_id(refusal, ask->previous, "Previous response", "previous_response_not_found",
                         "previous_response_id");
    gl_json_iter iter = gl_json_begin(input);
    while (input.kind == GL_JSON_ARRAY && gl_json_next(&iter, NULL, &item)) {
        gl_json id = gl_json_get(item, "id");
        if (is_of_another(known, id, scope))
            return refuse_id(refusal, id, "Item", "item_not_found", "input");
    }
    return true;
}

/* An endpoint may take the first of two members of one name, where the last is looked at here. */
static bool check_names(const gateway_ask *ask, int *status, gateway_refusal *refusal)
{
    static const char *const names[] = { "previous_response_id", "input" };
    *status = 400;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (gateway_ask_count(ask->root, names[i]) <= 1) continue;
        snprintf(refusal->message, sizeof refusal->message, "The body names '%s' twice.", names[i]);
        return refuse(refusal, "invalid_request", names[i]);
    }
    return true;
}

/* --- requests --------------------------------------------------------------------------------- */

bool gateway_known_check(const gateway_known *known, const gateway_ask *ask, gateway_kind kind,
                         const char *scope, gl_slice repeat, gateway_trace *trace, int *status,
                         gateway_refusal *refusal)
{
    const gl_slice of = gl_slice_str(scope != NULL ? scope : "");
    *trace = (gateway_trace){ .repeat = 0 };
    if (kind == GATEWAY_RESPONSES) {
        trace->scope = gateway_recall_hash(&known->owners, &of, 1);
        if (!check_names(ask, status, refusal) ||
            !check_ids(known, ask, trace->scope, status, refusal))
            return false;
    }
    if (repeat.len == 0) return true;
    const gl_slice key[] = { of, repeat };
    const gl_slice body[] = { gl_slice_str(gateway_kind_path(kind)), ask->body };
    uint64_t before;
    trace->repeat = gateway_recall_hash(&known->repeats, key, 2);
    trace->body = gateway_recall_hash(&known->repeats, body, 2);
    if (!gateway_recall_get(&known->repeats, trace->repeat, &before) || before == trace->body)
        return true;
    *status = 409;
    snprintf(refusal->message, sizeof refusal->message,
             "This Idempotency-Key came with another body before: a new request needs a new one.");
    return refuse(refusal, "idempotency_key_reused", NULL);
}

void gateway_known_sent(gateway_known *known, const gateway_trace *trace)
{
    if (trace->repeat != 0) gateway_recall_put(&known->repeats, trace->repeat, trace->body);
}

static void remember(gateway_known *known, const gateway_trace *trace, gl_json id)
{
    uint64_t hash, owner;
    if (hash_of_id(known, id, &hash) && !gateway_recall_get(&known->owners, hash, &owner))
        gateway_recall_put(&known->owners, hash, trace->scope);
}

void gateway_known_answered(gateway_known *known, const gateway_trace *trace, gl_slice body)
{
    gl_json root, item;
    if (gl_json_check(body, &root, NULL) != GL_JSON_OK) return;
    gl_json output = gl_json_get(root, "output");
    remember(known, trace, gl_json_get(root, "id"));
    gl_json_iter iter = gl_json_begin(output);
    while (output.kind == GL_JSON_ARRAY && gl_json_next(&iter, NULL, &item))
        remember(known, trace, gl_json_get(item, "id"));
}
