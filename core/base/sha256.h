/*
 * sha256.h - SHA-256 by libcrypto, with one context used again and again: fetching the algorithm
 * each time costs 200 to 300 ns, more than hashing a short text (dotnet/runtime PR 118613).
 */
#ifndef GL_BASE_SHA256_H
#define GL_BASE_SHA256_H

#include <stdbool.h>

#include "base/slice.h"

typedef struct gl_sha256 gl_sha256;

/* NULL: out of memory, or libcrypto has no SHA-256. */
gl_sha256 *gl_sha256_new(void);
void gl_sha256_free(gl_sha256 *sha);

/* The digest of the parts one after the other. false: libcrypto failed. */
bool gl_sha256_digest(gl_sha256 *sha, const gl_slice *parts, size_t count,
                      unsigned char digest[32]);

/* HMAC (RFC 2104) of a text under a key. false: libcrypto failed. */
bool gl_hmac_sha256(gl_slice key, gl_slice text, unsigned char digest[32]);

#endif
