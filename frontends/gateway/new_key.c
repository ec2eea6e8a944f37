/* new_key.c - a fresh key for a caller: shown once, and kept by nobody here. */
#include <string.h>
#include <sys/random.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/sha256.h"
#include "gateway/gateway.h"

#define RANDOM_BYTES 32

/* It reads as a key of this gateway's, and not as one of the endpoint's. */
static const char prefix[] = "glk-";

/* base64url without padding: 43 letters for 32 bytes. */
static void write_base64(const unsigned char bytes[RANDOM_BYTES], char *to)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned bits = 0;
    int count = 0;
    for (size_t i = 0; i < RANDOM_BYTES; i++) {
        bits = (bits << 8 | bytes[i]) & 0xFFFFFF;
        for (count += 8; count >= 6; count -= 6) *to++ = letters[bits >> (count - 6) & 63];
    }
    *to++ = letters[bits << (6 - count) & 63];
    *to = '\0';
}

static bool write_line(const char *name, const char *key, char **line)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[32];
    const gl_slice part = gl_slice_str(key);
    gl_sha256 *sha = gl_sha256_new();
    bool good = sha != NULL && gl_sha256_digest(sha, &part, 1, digest);
    gl_sha256_free(sha);
    if (!good) return false;
    gl_buf out;
    gl_buf_init(&out, 4096);
    gl_buf_append_str(&out, "{\"name\": ");
    gl_json_write_string(&out, gl_slice_str(name));
    gl_buf_append_str(&out, ", \"sha256\": \"");
    for (size_t i = 0; i < sizeof digest; i++) {
        gl_buf_append_char(&out, digits[digest[i] >> 4]);
        gl_buf_append_char(&out, digits[digest[i] & 15]);
    }
    gl_buf_append_str(&out, "\"}");
    if (gl_buf_terminate(&out)) {
        *line = out.data;
        return true;
    }
    gl_buf_free(&out);
    return false;
}

bool gateway_new_key(const char *name, char key[GATEWAY_KEY_SIZE], char **line)
{
    unsigned char bytes[RANDOM_BYTES];
    _Static_assert(sizeof prefix - 1 + 43 + 1 == GATEWAY_KEY_SIZE, "prefix, letters, NUL");
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) return false;
    memcpy(key, prefix, sizeof prefix - 1);
    write_base64(bytes, key + sizeof prefix - 1);
    explicit_bzero(bytes, sizeof bytes);
    return write_line(name, key, line);
}
