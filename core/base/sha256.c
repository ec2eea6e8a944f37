/*
 * sha256.c - see sha256.h. Owns one fetched algorithm and one context of libcrypto; the only file
 * of the library that uses libcrypto. The context is set up anew for each digest, so a digest that
 * failed leaves nothing behind.
 */
#include "base/sha256.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/alloc.h"

struct gl_sha256 {
    EVP_MD *algorithm;
    EVP_MD_CTX *context;
};

gl_sha256 *gl_sha256_new(void)
{
    gl_sha256 *sha = gl_calloc(1, sizeof *sha);
    if (sha == NULL) return NULL;
    sha->algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    sha->context = EVP_MD_CTX_new();
    if (sha->algorithm == NULL || sha->context == NULL) {
        gl_sha256_free(sha);
        return NULL;
    }
    return sha;
}

void gl_sha256_free(gl_sha256 *sha)
{
    if (sha == NULL) return;
    EVP_MD_CTX_free(sha->context);
    EVP_MD_free(sha->algorithm);
    gl_free(sha);
}

bool gl_sha256_digest(gl_sha256 *sha, const gl_slice *parts, size_t count, unsigned char digest[32])
{
    unsigned char
        joined[256]; /* short parts, one behind the other: a call costs more than a copy */
    size_t held = 0;
    if (EVP_DigestInit_ex2(sha->context, sha->algorithm, NULL) != 1) return false;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len == 0) continue;
        if (parts[i].len <= sizeof joined - held) {
            memcpy(joined + held, parts[i].data, parts[i].len);
            held += parts[i].len;
            continue;
        }
        if (held != 0 && EVP_DigestUpdate(sha->context, joined, held) != 1) return false;
        held = 0;
        if (EVP_DigestUpdate(sha->context, parts[i].data, parts[i].len) != 1) return false;
    }
    if (held != 0 && EVP_DigestUpdate(sha->context, joined, held) != 1) return false;
    return EVP_DigestFinal_ex(sha->context, digest, NULL) == 1;
}

bool gl_hmac_sha256(gl_slice key, gl_slice text, unsigned char digest[32])
{
    unsigned len = 0;
    if (key.len > INT_MAX) return false;
    return HMAC(EVP_sha256(), key.len != 0 ? key.data : "", (int)key.len,
                (const unsigned char *)(text.len != 0 ? text.data : ""), text.len, digest,
                &len) != NULL &&
           len == 32;
}
