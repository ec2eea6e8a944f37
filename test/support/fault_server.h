/*
 * fault_server.h - an HTTP/1.1 server in the test's own loop that plays a script for each request
 * and keeps a log of what came. On 127.0.0.1, port chosen by the kernel.
 *
 * A script is an array of steps closed by FAULT_END. What it holds must outlive the server. After
 * the last step the connection waits for its next request.
 */
#ifndef FAULT_SERVER_H
#define FAULT_SERVER_H

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct ssl_ctx_st;

typedef enum fault_kind {
    FAULT_END,
    FAULT_SEND,  /* the text; goes on when the kernel has taken all of it */
    FAULT_BYTES, /* ms bytes of the text, which may hold NUL bytes */
    FAULT_DRIP,  /* the text, a byte a write, ms between them */
    FAULT_FILL,  /* ms kilobytes of 'x' (the number stands in ms) */
    FAULT_PAUSE, /* ms */
    FAULT_WAIT,  /* until fault_server_go_on */
    FAULT_HANG,  /* nothing more until the client goes */
    FAULT_CLOSE, /* FIN; with TLS an end without a close_notify */
    FAULT_BYE,   /* with TLS a close_notify, and FIN */
    FAULT_RESET  /* RST */
} fault_kind;

typedef struct fault_step {
    fault_kind kind;
    const char *text;
    int ms;
} fault_step;

/* A whole answer: 200, keep-alive, JSON. */
#define FAULT_OK_TEXT                                                                              \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: r1\r\n"                    \
    "Content-Length: 11\r\n\r\n{\"ok\":true}"
extern const fault_step fault_ok[];

typedef struct fault_request {
    char *head; /* request line and headers, NUL terminated */
    char *body; /* NUL terminated */
    size_t body_len;
    size_t connection; /* from 0, in order of accept */
} fault_request;

typedef struct fault_server fault_server;

fault_server *fault_server_new(struct event_base *base);
void fault_server_free(fault_server *server); /* closes all */
int fault_server_port(const fault_server *server);

/* What is played for each request; fault_ok at first. */
void fault_server_play(fault_server *server, const fault_step *script);
/* What is played for the next request only; several stand in a queue. */
void fault_server_play_once(fault_server *server, const fault_step *script);
/* What is played for each request whose body holds this, whatever stands in the queue; such
 * requests are counted apart, are not in the log, and on_request is not called for them. */
void fault_server_healthy(fault_server *server, const char *mark, const fault_step *script);
size_t fault_server_healthy_requests(const fault_server *server);
/* What is played for each connection, before its first byte is read; NULL for nothing. */
void fault_server_on_accept(fault_server *server, const fault_step *script);
/* From the next connection on it speaks TLS; context is the caller's, until the server is freed. */
void fault_server_tls(fault_server *server, struct ssl_ctx_st *context);
/* Called for each complete request, before its script. */
void fault_server_on_request(fault_server *server, void (*fn)(void *arg), void *arg);

/* Goes on with the scripts that are at a FAULT_WAIT. */
void fault_server_go_on(fault_server *server);
/* Closes the connections that wait for a request. */
void fault_server_close_idle(fault_server *server);
/* Stops reading from, and accepting, anything: what comes stays in the kernel. */
void fault_server_freeze(fault_server *server);

size_t fault_server_requests(const fault_server *server); /* complete ones */
const fault_request *fault_server_request(const fault_server *server, size_t i);
size_t fault_server_connections(const fault_server *server); /* accepted so far */
size_t fault_server_open(const fault_server *server);
size_t fault_server_active(const fault_server *server); /* requests not yet answered */
size_t fault_server_steps(const fault_server *server);  /* played so far, the one at hand too */
size_t fault_server_peak(const fault_server *server);   /* most requests at once */

#endif
