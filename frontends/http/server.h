/*
 * server.h - the HTTP/1.1 server of the house, on the caller's libevent loop: it listens, reads
 * requests, bounds what a client can cost, and sends what its handler answers. `glimpse mock` and
 * the page of --metrics stand on it. docs/internals/http_server.md has the numbers and the rules.
 *
 * Life of a connection: open -> (head -> request -> answer)* -> closed. Of one connection one
 * request is worked on at a time, in the order in which they came; what a client sends ahead waits,
 * up to 64 KiB here and the rest with the client.
 *
 * Who owns what: the server owns connections and their buffers. `httpd_user` is memory of the
 * handler's in each connection, zeroed, of handler->user_size bytes. All that httpd_path and its
 * like return is valid until the callback returns: copy what the answer needs.
 *
 * When callbacks fire: from the loop only, never from inside a function of this header (but for
 * httpd_server_free). So a handler may call any function of this header, in any callback of its own
 * or of somebody else's, and finds its things as it left them. Between `request` and httpd_done or
 * `gone` the connection is the handler's to answer; afterwards it must not be touched, except
 * from the callbacks.
 *
 *     static void request(httpd_conn *conn)
 *     {
 *         if (gl_slice_is(httpd_path(conn), "/hello"))
 *             httpd_answer(conn, 200, "text/plain", gl_slice_str(""), gl_slice_str("hello\n"));
 *         else
 *             httpd_answer(conn, 404, "text/plain", gl_slice_str(""), gl_slice_str("no\n"));
 *     }
 */
#ifndef HTTPD_SERVER_H
#define HTTPD_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "http/request.h"

struct event_base;
struct sockaddr;

typedef struct httpd_server httpd_server;
typedef struct httpd_conn httpd_conn;

/* The reason why an answer will not be finished. */
typedef enum httpd_gone {
    HTTPD_GONE_LEFT,    /* the client closed its side, or reset the connection */
    HTTPD_GONE_SLOW,    /* the client did not read: the deadline of writing */
    HTTPD_GONE_SHUTDOWN /* httpd_server_free */
} httpd_gone;

typedef struct httpd_handler {
    void *arg;        /* httpd_arg */
    size_t user_size; /* bytes of httpd_user in each connection */

    /* REQUIRED, the callbacks below may be NULL. A request is complete, with its body: answer now
     * or later, or reset. */
    void (*request)(httpd_conn *conn);

    /* Its head is complete, the body (httpd_body) is not. Answering here refuses the body: the
     * connection ends behind the answer, unless the whole body is there already. No 100 Continue is
     * sent for a request that was answered here. */
    void (*head)(httpd_conn *conn);

    /* The client left, or was too slow, before httpd_done. No answer can be sent any more. */
    void (*gone)(httpd_conn *conn, httpd_gone why);

    /* The unsent bytes have fallen below limits.low, after they were above limits.high. */
    void (*drained)(httpd_conn *conn);

    /* The connection's memory is about to go. Called after `gone`. */
    void (*closed)(httpd_conn *conn);

    /* A request was refused before it reached the handler: appends a body, returns its type. NULL:
     * a line of plain text. */
    const char *(*refused)(httpd_conn *conn, int status, const char *why, gl_buf *body);

    /* Header lines of such an answer, static; NULL: none. */
    const char *refused_headers;

    /* Appends lines of httpd_add_header to the head of each answer, a refusal of the server's own
     * too. */
    void (*lines)(httpd_conn *conn, gl_buf *out);

    /* Bytes came behind an answer that ended the connection: a request that is not read. */
    void (*late)(httpd_conn *conn);

    /* accept failed for want of descriptors or memory (errno); it is tried again 20 times a
     * second. */
    void (*starved)(void *arg, int error);
} httpd_handler;

/* Milliseconds; 0 = no such deadline. Never early, and up to 500 ms late. */
typedef struct httpd_deadlines {
    int64_t head;   /* from the first byte of a request to the end of its head: then 408 */
    int64_t body;   /* without a byte of the body, or in all at less than 500 bytes a second: 408 */
    int64_t idle;   /* between two requests, and before the first: closed without an answer */
    int64_t write;  /* while bytes wait to be sent and the client takes none: reset */
    int64_t linger; /* for the client to close its side after our last answer: closed */
} httpd_deadlines;

typedef struct httpd_options {
    httpd_limits limits;
    httpd_deadlines deadlines;
    size_t connections; /* above it the quietest that has no request goes; if none has not, 503 and
                           retry-after: 1. 0 = the soft limit of descriptors when the
                           server is made, less 32, at least 8 */
    size_t memory; /* bytes in requests and answers of all connections; above it 503. 0 = 1 GiB */
    size_t high, low; /* bytes unsent of a connection: `drained`. 0 = 256 KiB, 64 KiB */
    int keep_alive_s; /* sent to clients as keep-alive: timeout=N; 0 = not sent */
} httpd_options;

/* Sets the limits and deadlines of a server for strangers: 64 KiB of head, 100 headers, 8 KiB of
 * target, 64 MiB of body; 10 s, 30 s, 80 s, 60 s, 2 s; keep-alive: timeout=75. */
void httpd_options_default(httpd_options *options);

/* The base must outlive it. NULL: out of memory. */
httpd_server *httpd_server_new(struct event_base *base, const httpd_options *options,
                               const httpd_handler *handler);

/* Closes all: `gone` and `closed` are called for open connections. Not from a callback. NULL is
 * fine. */
void httpd_server_free(httpd_server *server);

/* Accepts on a listening socket that does not block. The server owns it from now on, also when this
 * fails. May be called for several. false: out of memory. */
bool httpd_listen(httpd_server *server, int fd);

/* Takes over a connection that another part of the program accepted. false: it was closed. */
bool httpd_adopt(httpd_server *server, int fd, const struct sockaddr *peer, size_t peer_len);

/* From now on each answer is the last one of its connection, and says so. */
void httpd_drain(httpd_server *server);
/* Closes the listeners and the connections between two requests; what is left ends with its answer.
 * A new connection has until deadlines.linger for its request. */
void httpd_stop(httpd_server *server);

size_t httpd_connections(const httpd_server *server);   /* open ones */
size_t httpd_busy(const httpd_server *server);          /* requests that are the handler's */
size_t httpd_unsent_in_all(const httpd_server *server); /* bytes; looks at each connection */

/* Sets the options of requests that begin from now on. */
void httpd_set_body_limit(httpd_server *server, size_t bytes);

/* Counts bytes that the handler keeps for requests with the server's own. */
void httpd_charge(httpd_server *server, int64_t bytes);
bool httpd_over_memory(const httpd_server *server);

/* --- a request -------------------------------------------------------------------------------- */

void *httpd_user(httpd_conn *conn);
void *httpd_arg(httpd_conn *conn);
httpd_server *httpd_server_of(httpd_conn *conn);

/* In `head`, `request` and `refused` only. data NULL in the slice: there is none. */
gl_slice httpd_method(const httpd_conn *conn);
gl_slice httpd_path(const httpd_conn *conn); /* as it was sent, without the query */
gl_slice httpd_query(const httpd_conn *conn);
gl_slice httpd_body(const httpd_conn *conn);
gl_slice httpd_raw_head(const httpd_conn *conn); /* from the request line to the empty line */
/* The value of a header, by its name in small letters; of several the first. */
gl_slice httpd_header(const httpd_conn *conn, const char *name);
/* All of them, by number; false: there are no more. */
bool httpd_header_at(const httpd_conn *conn, size_t number, gl_slice *name, gl_slice *value);
const httpd_request *httpd_request_of(const httpd_conn *conn);

/* At any time. */
bool httpd_is_old(const httpd_conn *conn); /* HTTP/1.0: knows no chunks */
/* It came over a listener that only this machine reaches. */
bool httpd_is_here(const httpd_conn *conn);
/* It came over a unix socket. */
bool httpd_is_unix(const httpd_conn *conn);
/* The client's address without its port, "" when it has none (a unix socket). size 46 is enough. */
const char *httpd_peer(const httpd_conn *conn, char *text, size_t size);

/* --- an answer -------------------------------------------------------------------------------- */

/* Sends a complete answer. `headers` are lines of httpd_add_header. The body of a HEAD is left
 * out. */
void httpd_answer(httpd_conn *conn, int status, const char *type, gl_slice headers, gl_slice body);

/* Sends an answer in pieces: begin, pieces, done. length below 0: the end is marked by chunks, or
 * for HTTP/1.0 by the connection's end. Sent with httpd_flush, so that a head and its first piece
 * are one packet. */
void httpd_begin(httpd_conn *conn, int status, const char *type, gl_slice headers, int64_t length);
void httpd_piece(httpd_conn *conn, gl_slice bytes);
void httpd_flush(httpd_conn *conn);

/* Ends a complete answer. The connection goes on as both sides want. */
void httpd_done(httpd_conn *conn);
/* Ends an answer that is not complete, or after which no other may follow: sends the bytes so far,
 * without an end of chunks, and closes the connection. */
void httpd_cut(httpd_conn *conn);
/* Bytes that the kernel has may arrive; then the client gets a reset. */
void httpd_reset(httpd_conn *conn);

/* Returns the bytes that the kernel has not taken yet; and whether they are above the high
 * watermark. */
size_t httpd_unsent(const httpd_conn *conn);
bool httpd_full(const httpd_conn *conn);

/* Appends "name: value\r\n". false, and nothing is appended: a byte of it may not stand in a head.
 */
bool httpd_add_header(gl_buf *headers, const char *name, gl_slice value);

/* --- below HTTP: for a server whose work it is to misbehave -------------------------------------
 * The bytes as they go, before done, cut or reset; the handler keeps to HTTP itself, or does not.
 */
void httpd_raw(httpd_conn *conn, gl_slice bytes);
/* "HTTP/1.1 200 OK\r\ndate: ..." without a line end. */
void httpd_raw_status(httpd_server *server, int status, gl_buf *out);
/* Makes this answer the last one of its connection, and says so; call it before the answer. */
void httpd_last(httpd_conn *conn);
/* Returns true when this answer is the last one, by the wish of the client or the server. */
bool httpd_closes(const httpd_conn *conn);

const char *httpd_reason(int status); /* "Not Found"; "Unknown" */

#endif
