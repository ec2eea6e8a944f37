/* salt.c - see salt.h. */
#include "gateway/salt.h"

#include <string.h>

#include "base/sha256.h"

static const char *const names[] = { "cache_salt", "prompt_cache_key" };

/* 32 digits: 128 bits, and less than the 64 bytes that OpenAI takes. */
static bool digest_of(gl_slice secret, const gl_buf *message, char text[GATEWAY_SALT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[32];
    if (message->failed || !gl_hmac_sha256(secret, gl_buf_slice(message), digest)) return false;
    for (size_t i = 0; i < 16; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[32] = '\0';
    return true;
}

static void begin(gl_buf *message, const char *scope)
{
    gl_buf_init(message, SIZE_MAX / 2);
    gl_buf_append(message, scope, strlen(scope) + 1);
}

static bool value_of(gl_slice secret, const char *scope, gl_json own, char text[GATEWAY_SALT_SIZE])
{
    gl_buf message;
    begin(&message, scope);
    gl_json_string_append(own, &message, NULL);
    bool good = digest_of(secret, &message, text);
    gl_buf_free(&message);
    return good;
}

bool gateway_salt_value(gl_slice secret, const char *scope, gl_slice own,
                        char text[GATEWAY_SALT_SIZE])
{
    gl_buf message;
    begin(&message, scope);
    gl_buf_append(&message, own.data, own.len);
    bool good = digest_of(secret, &message, text);
    gl_buf_free(&message);
    return good;
}

bool gateway_salt_write(gl_json root, unsigned members, gl_slice secret, const char *scope,
                        gl_buf *out)
{
    gl_json name, value;
    const char *before = "{";
    for (size_t i = 0; i < 2; i++) {
        char text[GATEWAY_SALT_SIZE];
        if ((members >> i & 1) == 0) continue;
        if (!value_of(secret, scope, gl_json_get(root, names[i]), text)) return false;
        gl_buf_printf(out, "%s\"%s\":\"%s\"", before, names[i], text);
        before = ",";
    }
    gl_json_iter iter = gl_json_begin(root);
    while (gl_json_next(&iter, &name, &value)) {
        bool ours = false;
        for (size_t i = 0; i < 2; i++)
            ours |= (members >> i & 1) != 0 && gl_json_string_is(name, names[i]);
        if (ours) continue;
        gl_buf_append_str(out, before);
        gl_buf_append(out, name.text.data, name.text.len);
        gl_buf_append_char(out, ':');
        gl_buf_append(out, value.text.data, value.text.len);
        before = ",";
    }
    gl_buf_append_char(out, '}');
    return !out->failed;
}
