/*
 * gate_keys.h - the callers of a gateway of gate_rig.h: a, b, c, ... with the keys "key-a", "key-b"
 * and so on. Include after cmocka.h.
 */
#ifndef TEST_GATE_KEYS_H
#define TEST_GATE_KEYS_H

#include "base/sha256.h"
#include "gate_rig.h"

#define GATE_CHAT "/v1/chat/completions"

/* Writes a file of keys: each of `members` is the rest of an object, for the callers a, b, ... */
static inline void gate_keys_load(gate_rig *g, const char *const *members, size_t count)
{
    gl_buf text;
    char why[200];
    gl_sha256 *sha = gl_sha256_new();
    gl_buf_init(&text, 1 << 20);
    gl_buf_append_str(&text, "{\"keys\":[");
    for (size_t i = 0; i < count; i++) {
        char key[] = "key-a";
        unsigned char digest[32];
        key[4] = (char)('a' + i);
        const gl_slice part = gl_slice_str(key);
        assert_true(gl_sha256_digest(sha, &part, 1, digest));
        gl_buf_printf(&text, "%s{\"name\":\"%c\"%s,\"sha256\":\"", i != 0 ? "," : "", 'a' + (int)i,
                      members[i]);
        for (size_t at = 0; at < 32; at++) gl_buf_printf(&text, "%02x", digest[at]);
        gl_buf_append_str(&text, "\"}");
    }
    gl_buf_append_str(&text, "]}");
    gl_sha256_free(sha);
    if (!gateway_load_keys(g->gate, gl_buf_slice(&text), why, sizeof why)) fail_msg("%s", why);
    gl_buf_free(&text);
}

static inline void gate_keys_open(gate_rig *g, const mock_options *options,
                                  const char *const *members, size_t count)
{
    gate_rig_init(g, options);
    g->config.keys = true;
    gate_rig_open(g);
    gate_keys_load(g, members, count);
}

/* One answer to one request of a caller; its status. */
static inline int gate_ask_as(gate_rig *g, mock_client **c, const char *header, const char *body)
{
    *c = gate_rig_connect(g);
    return gate_client_ask(*c, GATE_CHAT, header, body);
}

static inline int gate_status_as(gate_rig *g, const char *header, const char *body)
{
    mock_client *c;
    int status = gate_ask_as(g, &c, header, body);
    mock_client_close(c);
    return status;
}

#define A "Authorization: Bearer key-a\r\n"
#define B "Authorization: Bearer key-b\r\n"
#define C "Authorization: Bearer key-c\r\n"
#define D "Authorization: Bearer key-d\r\n"

#endif
