/*
 * fuzz_gateway.c - any bytes as a file of callers' keys, as the body and the headers of a request
 * to the gateway, and as its path: each is taken or refused with a reason, and what is taken keeps
 * its bounds. The first byte says which.
 */
#include "fuzz.h"

#include "base/alloc.h"
#include "gateway/ask.h"
#include "gateway/credential.h"
#include "gateway/forward.h"
#include "gateway/keys.h"
#include "gateway/known.h"
#include "gateway/salt.h"

static void read_keys(gl_slice text)
{
    gateway_fault fault;
    size_t live = gl_alloc_live();
    gateway_keys *keys = gateway_keys_read(text, &fault);
    if (keys == NULL) {
        claim(fault.path[0] != '\0' && fault.reason[0] != '\0', "refused without a reason");
        claim(gl_alloc_live() == live, "memory is left");
        return;
    }
    for (size_t i = 0; i < gateway_keys_count(keys); i++) {
        const gateway_key *key = gateway_keys_at(keys, i);
        claim(key->name[0] != '\0' && key->scope[0] != '\0', "a key without a name");
        claim(key->limits.rpm >= 0 && key->limits.tpm >= 0 && key->limits.budget_usd >= 0 &&
                  key->limits.concurrency >= 0,
              "a limit below 0");
        claim(gateway_keys_find(keys, key->digest, INT64_MIN) == key, "a key is not found");
        claim(gateway_keys_find(keys, key->digest, key->expires_s) == NULL, "it has expired");
    }
    gateway_keys_free(keys);
    claim(gl_alloc_live() == live, "memory is left");
}

static void read_body(gateway_kind kind, gl_slice text)
{
    gateway_ask ask;
    gateway_refusal refusal = { .code = NULL };
    if (!gateway_ask_read(kind, text, &ask, &refusal)) {
        claim(refusal.code != NULL && refusal.message[0] != '\0', "refused without a reason");
        return;
    }
    claim(ask.answers >= 1 && ask.answers <= 1000, "no number of answers");
    claim(ask.answer_tokens >= -1, "tokens below nothing");
    claim(gateway_ask_count(ask.root, "model") >= (ask.model.kind != GL_JSON_NONE),
          "a model is lost");
}

/* A salted body is one JSON object again, and differs by its salt alone. */
static void salt(gl_slice text)
{
    gl_json root, salted, name, value;
    gl_buf out;
    size_t members = 0, kept = 0;
    if (gl_json_check(text, &root, NULL) != GL_JSON_OK || root.kind != GL_JSON_OBJECT) return;
    gl_buf_init(&out, SIZE_MAX / 2);
    claim(gateway_salt_write(root, GATEWAY_CACHE_SALT, gl_slice_str("secret"), "name:a", &out),
          "no salt");
    claim(gl_json_check(gl_buf_slice(&out), &salted, NULL) == GL_JSON_OK, "no JSON any more");
    claim(gl_json_get(salted, "cache_salt").text.len == 34, "no salt in it");
    gl_json_iter iter = gl_json_begin(root);
    while (gl_json_next(&iter, &name, &value)) members += !gl_json_string_is(name, "cache_salt");
    iter = gl_json_begin(salted);
    while (gl_json_next(&iter, &name, &value)) kept++;
    claim(kept == members + 1, "a member is lost, or doubled");
    gl_buf_free(&out);
}

/* What a scope may open it may open again, and with an Idempotency-Key nothing else. */
static void remember(gl_slice text)
{
    gateway_ask ask;
    gateway_refusal refusal = { .code = NULL };
    gateway_trace trace;
    gateway_known known;
    int status = 0;
    if (!gateway_ask_read(GATEWAY_RESPONSES, text, &ask, &refusal)) return;
    gateway_known_init(&known);
    const gl_slice key = gl_slice_str("k");
    if (gateway_known_check(&known, &ask, GATEWAY_RESPONSES, "a", key, &trace, &status, &refusal)) {
        gateway_known_sent(&known, &trace);
        gateway_known_answered(&known, &trace, text);
        claim(gateway_known_check(&known, &ask, GATEWAY_RESPONSES, "a", key, &trace, &status,
                                  &refusal),
              "its own is refused");
    } else {
        claim(status == 400 && refusal.message[0] != '\0', "refused without a reason");
    }
    gateway_known_free(&known);
}

/* Headers of any bytes but line ends narrow a scope or leave it. */
static void narrow(fuzz_input *in)
{
    gateway_wish wish;
    const char *text;
    gateway_wish_init(&wish, "name:a");
    while (in->size != 0) {
        gl_slice name = fuzz_line(in), value = fuzz_line(in);
        gateway_wish_add(&wish, name, value);
    }
    claim(gateway_scope_give(&wish.scope, &text), "no scope");
    claim(strncmp(text, "name:a", 6) == 0 && (text[6] == '\0' || text[6] == '\n'), "widened");
    claim(wish.retried >= 0 && gateway_wish_attempts(&wish, 5) >= 1, "no attempt");
    gateway_wish_free(&wish);
}

static void read_headers(fuzz_input *in)
{
    gl_slice key = gl_slice_of(NULL, 0);
    int64_t ours = (int64_t)(fuzz_number(in) % 1000000);
    gl_slice first = fuzz_line(in), second = fuzz_line(in);
    int64_t deadline = gateway_deadline(ours, first, second);
    claim(deadline >= 0 && (ours == 0 || (deadline > 0 && deadline <= ours)), "a later deadline");
    gateway_forward forward;
    glimpse_options options;
    gateway_forward_init(&forward);
    glimpse_options_init(&options);
    while (in->size != 0) {
        gl_slice before = key;
        gl_slice name = fuzz_line(in), value = fuzz_line(in);
        gateway_forward_add(&forward, name, value);
        if (!gateway_credential_take(name, value, &key))
            claim(before.len != 0, "differs from none");
        if (before.len != 0) claim(gl_slice_equal(before, key), "the key has changed");
    }
    claim(gateway_forward_give(&forward, &options), "out of memory");
    claim(glimpse_options_check(&options, NULL) == GLIMPSE_OK, "a header passes that may not");
    gateway_forward_free(&forward);
}

static void read_path(gl_slice path)
{
    char room[GATEWAY_PATH_MAX];
    gl_slice model;
    gateway_kind kind = gateway_path_read(path, room, &model);
    claim(model.len == 0 || kind == GATEWAY_MODEL, "a model of another path");
    claim(model.len == 0 || (model.data >= room && model.data + model.len <= room + sizeof room),
          "a model from elsewhere");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_input in = { data, size };
    uint8_t which = fuzz_byte(&in);
    char *text = fuzz_string(gl_slice_of((const char *)in.data, in.size));
    const gl_slice rest = gl_slice_of(text, in.size);
    if (which >= 128) { /* the files of the corpus are older */
        if (which % 3 == 0) salt(rest);
        if (which % 3 == 1) remember(rest);
        if (which % 3 == 2) narrow(&in);
        free(text);
        return 0;
    }
    switch (which % 4) {
    case 0:
        read_keys(rest);
        break;
    case 1:
        read_body((gateway_kind)(which / 4 % 4), rest);
        break;
    case 2:
        read_headers(&in);
        break;
    default:
        read_path(rest);
    }
    free(text);
    return 0;
}
