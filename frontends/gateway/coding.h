/*
 * coding.h - the content coding of a request's body (RFC 9110, section 8.4.1): which one it is, and
 * the bytes without it. Pure but for memory.
 *
 * A few bytes may stand for many: what comes out is counted in steps of 64 KiB, against a bound of
 * its own and against the bytes that went in, and nothing is reserved because a body announces it.
 */
#ifndef GATEWAY_CODING_H
#define GATEWAY_CODING_H

#include <stddef.h>

#include "base/buf.h"

typedef enum gateway_coding {
    GATEWAY_NO_CODING, /* no header names one */
    GATEWAY_IDENTITY,
    GATEWAY_GZIP,
    GATEWAY_ZSTD,
    GATEWAY_OTHER_CODING /* another, or more than one */
} gateway_coding;

/* A header line for a client whose coding is refused: "accept-encoding: gzip, zstd\r\n". */
extern const char gateway_codings[];

/* Adds a line of Content-Encoding. */
void gateway_coding_add(gateway_coding *coding, gl_slice line);

static inline bool gateway_is_coded(gateway_coding coding)
{
    return coding == GATEWAY_GZIP || coding == GATEWAY_ZSTD;
}

/* Undoes a coding that is one: exactly one member or frame, and no byte behind it. `to` gets at
 * most `most` bytes; initialize it here, free it in any case. Returns 0, or the status of a refusal
 * with a sentence, static: 400 for damage, 413 for more bytes, 503 without memory. */
int gateway_decode(gateway_coding coding, gl_slice from, size_t most, gl_buf *to, const char **why);

#endif
