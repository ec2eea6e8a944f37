/*
 * digest.h - the mock's name for a request: 32 bytes made of path and body. The same request has
 * the same digest in every process, so the texts, ids and vectors drawn from it are the same too.
 *
 * Half of the bytes are two hashes without a secret, the other half is made of these. A recording
 * names its requests by SHA-256 instead (tape.h): such a file comes from strangers.
 */
#ifndef MOCK_DIGEST_H
#define MOCK_DIGEST_H

#include "base/slice.h"

#define MOCK_DIGEST 32 /* bytes */

void mock_digest(gl_slice path, gl_slice body, unsigned char digest[MOCK_DIGEST]);

#endif
