/*
 * fuzz_gateway.c - any bytes as a file of callers' keys, as the body and the headers of a request
 * to the gateway, and as its path: each is taken or refused with a reason, and what is taken keeps
 * its bounds. The first byte says which.
 */
#include "fuzz.h"

#include "base/alloc.h"
#include "gateway/ask.h"
#include "gateway/credential.h"
#include "gateway/keys.h"

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

static void read_headers(fuzz_input *in)
{
    gl_slice key = gl_slice_of(NULL, 0);
    int64_t ours = (int64_t)(fuzz_number(in) % 1000000);
    gl_slice first = fuzz_line(in), second = fuzz_line(in);
    int64_t deadline = gateway_deadline(ours, first, second);
    claim(deadline >= 0 && (ours == 0 || (deadline > 0 && deadline <= ours)), "a later deadline");
    while (in->size != 0) {
        gl_slice before = key;
        gl_slice name = fuzz_line(in), value = fuzz_line(in);
        if (!gateway_credential_take(name, value, &key))
            claim(before.len != 0, "differs from none");
        if (before.len != 0) claim(gl_slice_equal(before, key), "the key has changed");
    }
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
