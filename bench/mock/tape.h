/*
 * tape.h - answers of a real endpoint with their times, in a file: one JSON object a line.
 *
 *   {"method":"POST","path":"/chat/completions","digest":"<64 hex digits>","status":200,
 *    "headers":{"content-type":"..."},"head_us":N,"chunks":[[N,"text"],...],"end_us":N}
 *
 * Times are microseconds since the request was complete. A chunk that is not UTF-8 is
 * [N,"text","bytes"], each character of which is a byte. A request is known by its digest alone:
 * SHA-256 over method, path without "/v1", and body without the blanks between its tokens. Files
 * may be joined.
 */
#ifndef MOCK_TAPE_H
#define MOCK_TAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/map.h"
#include "base/sha256.h"
#include "base/slice.h"
#include "base/time.h"

#define MOCK_TAPE_MAX ((size_t)512 * 1024 * 1024) /* bytes of a file that is played */

typedef struct mock_chunk {
    gl_time at;
    size_t end; /* its end in body */
} mock_chunk;

typedef struct mock_exchange {
    unsigned char digest[32];
    char method[8], path[128];
    int status;
    gl_time head_at, end_at;
    gl_buf headers; /* "\r\nname: value" for each kept one */
    gl_buf body;
    mock_chunk *chunk;
    size_t chunks, capacity;
    bool stream;                       /* text/event-stream */
    struct mock_exchange *next;        /* of the same digest, in the file's order */
    struct mock_exchange *turn, *last; /* of the first one: the next to be played, the last */
} mock_exchange;

mock_exchange *mock_exchange_new(void); /* NULL: out of memory */
void mock_exchange_free(mock_exchange *exchange);

/* Keeps a header when it is one line, and of use to a client. */
void mock_exchange_header(mock_exchange *exchange, gl_slice name, gl_slice value);
bool mock_exchange_add(mock_exchange *exchange, gl_slice bytes, gl_time at);
bool mock_exchange_failed(const mock_exchange *exchange); /* out of memory, or too large */

/* As a line, with its end. */
void mock_exchange_write(const mock_exchange *exchange, gl_buf *out);

/* The digest of a request. scratch is emptied. false: out of memory. */
bool mock_tape_digest(gl_sha256 *sha, gl_slice method, gl_slice path, gl_slice body,
                      gl_buf *scratch, unsigned char digest[32]);

/* Returns the path without "/v1". */
gl_slice mock_tape_path(gl_slice path);

typedef struct mock_tape {
    mock_exchange **at;
    size_t count, capacity;
    gl_map first; /* of each digest, by its first 8 bytes */
} mock_tape;

/* false: problem has the reason, beginning with "replay:", and there is nothing to free. */
bool mock_tape_read(mock_tape *tape, const char *file, char *problem, size_t problem_size);
void mock_tape_free(mock_tape *tape);

/* Returns the next answer to a request: those of one request in their order, again from the start.
 * NULL: there is none. */
const mock_exchange *mock_tape_next(mock_tape *tape, const unsigned char digest[32]);

/* Starts each request's answers at the first one again. */
void mock_tape_rewind(mock_tape *tape);

#endif
