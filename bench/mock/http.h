/*
 * http.h - reads one HTTP/1.1 request from bytes that may come in any pieces. Pure: no
 * descriptor, no allocation.
 *
 * The caller keeps the bytes of a request together from its first byte on and shows all it has
 * each time; the reader goes on where it stopped, so the cost is linear however small the pieces.
 * A chunked body is joined in place. Ambiguous framing is refused, not guessed (RFC 9112 section
 * 6.3): both Content-Length and Transfer-Encoding, lengths that differ, folded lines.
 */
#ifndef MOCK_HTTP_H
#define MOCK_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define MOCK_HTTP_HEAD_MAX ((size_t)64 * 1024)
#define MOCK_HTTP_BODY_MAX ((size_t)256 * 1024 * 1024) /* a file of 200 MB and its form */

typedef struct mock_http {
    size_t line_at, scanned; /* the line being looked for, and how far there is no line end */
    size_t method_at, method_len;
    size_t path_at, path_len;
    size_t query_at, query_len;     /* behind the '?'; at 0 = there is none */
    size_t type_at, type_len;       /* the value of content-type; at 0 = not there */
    size_t fault_at, fault_len;     /* the value of x-mock-fault; at 0 = not there */
    size_t latency_at, latency_len; /* of x-mock-latency */
    size_t key_at, key_len;         /* of authorization, or of api-key */
    size_t head_len;                /* 0 until the empty line was seen */
    size_t body_len;                /* of a chunked body: joined so far */
    size_t body_max;                /* bytes; set behind init; 0 = MOCK_HTTP_BODY_MAX, the most */
    size_t chunk_left;              /* bytes of the current chunk not seen yet */
    size_t trailer_len;             /* bytes of chunk lines and trailers, bounded like a head */
    bool times;                     /* x-mock-times: 1 */
    bool origin;                    /* asked by a page of this origin */
    bool chunked, has_length, host; /* headers seen */
    bool keep_alive;                /* the connection may be used again */
    bool old;                       /* HTTP/1.0: it has to be told that */
    bool expects_continue;          /* the client waits for 100 Continue */
    enum { MOCK_CHUNK_SIZE, MOCK_CHUNK_DATA, MOCK_CHUNK_END, MOCK_CHUNK_TRAILER } chunk;
    int status;      /* of MOCK_HTTP_BAD: 400, 413, 431, 501 or 505 */
    const char *why; /* one sentence; static */
} mock_http;

typedef enum mock_http_progress {
    MOCK_HTTP_MORE,
    MOCK_HTTP_READY,
    MOCK_HTTP_BAD
} mock_http_progress;

void mock_http_init(mock_http *http);

/* data[0] is the request's first byte, len what there is so far. After READY the accessors below
 * hold until the bytes move; after BAD the connection is of no more use. */
mock_http_progress mock_http_read(mock_http *http, char *data, size_t len);

gl_slice mock_http_method(const mock_http *http, const char *data);
gl_slice mock_http_path(const mock_http *http, const char *data); /* without the query */
gl_slice mock_http_query(const mock_http *http, const char *data);
gl_slice mock_http_body(const mock_http *http, const char *data);

/* What these headers say; data NULL in the slice: the header is not there. */
gl_slice mock_http_type(const mock_http *http, const char *data);
gl_slice mock_http_fault(const mock_http *http, const char *data);
gl_slice mock_http_latency(const mock_http *http, const char *data);

/* The key: what stands behind "Bearer" in authorization, or the value of api-key. */
gl_slice mock_http_key(const mock_http *http, const char *data);

/* How many of the bytes shown belong to the request. After READY. */
size_t mock_http_used(const mock_http *http);

#endif
