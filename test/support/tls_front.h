/*
 * tls_front.h - nghttpx (Debian's nghttp2-proxy) as a TLS and HTTP/2 front of a server of the
 * test, with certificates made for the run.
 */
#ifndef TLS_FRONT_H
#define TLS_FRONT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct tls_front {
    char dir[64];           /* of its own, removed at the end */
    char ca_file[96];       /* signed the certificate for 127.0.0.1 and front.test */
    char other_ca_file[96]; /* signed nothing */
    char key_file[96], cert_file[96], log_file[96];
    int pid, port;
} tls_front;

typedef enum tls_front_kind {
    TLS_FRONT_HTTP2, /* HTTP/2, or 1.1 for who asks */
    TLS_FRONT_HTTP1, /* no HTTP/2 */
    TLS_FRONT_EXPIRED
} tls_front_kind;

/* Aborts when nghttpx cannot be run: it belongs to the set-up of the tests. */
void tls_front_start(tls_front *front, tls_front_kind kind, int backend_port);
void tls_front_stop(tls_front *front);

/* Connections that carried a request so far, and how many of their requests were HTTP/2. */
size_t tls_front_connections(const tls_front *front, size_t *http2_requests);

#endif
