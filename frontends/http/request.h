/*
 * request.h - reads one HTTP/1.1 request from bytes that come in any pieces. Pure: no descriptor,
 * no allocation, no clock.
 *
 * The caller keeps the bytes of a request together from its first byte on and shows all of them
 * each time. The parser goes on where it stopped, so the cost is linear however small the pieces
 * are, and the result is the same however they are cut (test/fuzz/fuzz_httpd.c).
 *
 * Strict: a request that two readers could read in two ways is refused (RFC 9112, section 11.2), so
 * that no proxy in front of the server sees other requests than the server does.
 * docs/internals/http_server.md has every rule as a row of a table.
 */
#ifndef HTTPD_REQUEST_H
#define HTTPD_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

#define HTTPD_HEADERS_MAX 100 /* the number of Apache and of llhttp's users; more is 431 */

/* The bounds of a request, in bytes where no unit is given. */
typedef struct httpd_limits {
    size_t head;    /* request line and headers, at most 1 MiB; 0 = 64 KiB */
    size_t headers; /* number of them; 0 = HTTPD_HEADERS_MAX, which is also the most */
    size_t target;  /* 0 = 8 KiB */
    size_t body;    /* after chunks are joined; 0 = no body at all may come */
} httpd_limits;

/* The place of a header, from the request's first byte. */
typedef struct httpd_field {
    uint32_t name_at, name_len, value_at, value_len;
} httpd_field;

/* The headers of one request, in their order. A header whose name has an underscore is left out: a
 * program behind the server could take it for the one with a hyphen. */
typedef struct httpd_fields {
    size_t count;
    httpd_field field[HTTPD_HEADERS_MAX];
} httpd_fields;

typedef struct httpd_request {
    httpd_limits limits;
    size_t line_at, scanned; /* the line being searched; how far there is no line end */
    size_t method_at, method_len;
    size_t path_at, path_len;   /* without the query; of an absolute target without the host */
    size_t query_at, query_len; /* the query behind the '?'; at 0 = there is none */
    size_t authority_at, authority_len; /* of an absolute target; at 0 = there is none */
    size_t host_at, host_len;           /* the value of Host; at 0 = there is none */
    size_t start;                       /* start of the request line: behind an empty line */
    size_t head_len;                    /* 0 until the empty line was seen */
    size_t body_len;                    /* announced; of a chunked body: joined so far */
    size_t chunk_left;                  /* bytes of the current chunk not seen yet */
    size_t extension_len;               /* bytes of chunk extensions, and of trailers */
    size_t trailer_len;
    unsigned header_count; /* headers, with those left out */
    bool resumed;          /* the head came in pieces */
    bool has_line;         /* the request line was read */
    bool chunked, has_length, has_host;
    bool close, keep;      /* options in Connection */
    bool old;              /* HTTP/1.0 */
    bool expects_continue; /* the client waits for 100 Continue */
    bool upgrade;          /* it asks for another protocol */
    bool is_head;          /* HEAD: its answer has no body */
    enum { HTTPD_CHUNK_SIZE, HTTPD_CHUNK_DATA, HTTPD_CHUNK_END, HTTPD_CHUNK_TRAILER } chunk;
    int status;      /* of HTTPD_BAD */
    const char *why; /* of HTTPD_BAD: one sentence, static; also the rule's name in the tests */
} httpd_request;

typedef enum httpd_progress {
    HTTPD_MORE, /* bytes are missing */
    HTTPD_HEAD, /* head_len was just set: the head may be looked at; call again */
    HTTPD_READY,
    HTTPD_BAD /* refused; the connection cannot be used any more */
} httpd_progress;

void httpd_request_init(httpd_request *request, const httpd_limits *limits);

/* Parses. data[0] is the request's first byte, len the number of bytes so far. `fields` is scratch
 * that need not live between two calls; when HTTPD_HEAD is returned it has the headers. HTTPD_HEAD
 * comes once a request, unless the head is refused. Writes into data only to join chunks. */
httpd_progress httpd_request_read(httpd_request *request, httpd_fields *fields, char *data,
                                  size_t len);

/* Fills fields again, for a request whose head was read. */
void httpd_request_index(const httpd_request *request, httpd_fields *fields, const char *data);

/* Takes the framing of chunks already joined out of data, so that a body costs its own bytes only.
 * Returns the new len. */
size_t httpd_request_squeeze(httpd_request *request, char *data, size_t len);

/* After HTTPD_HEAD. */
bool httpd_request_keeps_alive(const httpd_request *request);
/* After HTTPD_READY: returns how many of the bytes belong to the request. */
size_t httpd_request_used(const httpd_request *request);

static inline gl_slice httpd_request_method(const httpd_request *request, const char *data)
{
    return gl_slice_of(data + request->method_at, request->method_len);
}

static inline gl_slice httpd_request_path(const httpd_request *request, const char *data)
{
    return gl_slice_of(data + request->path_at, request->path_len);
}

/* data NULL in the slice: there is none. */
static inline gl_slice httpd_request_query(const httpd_request *request, const char *data)
{
    return request->query_at != 0 ? gl_slice_of(data + request->query_at, request->query_len)
                                  : gl_slice_of(NULL, 0);
}

static inline gl_slice httpd_request_body(const httpd_request *request, const char *data)
{
    return gl_slice_of(data + request->head_len, request->body_len);
}

#endif
