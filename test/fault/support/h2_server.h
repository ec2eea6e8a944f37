/*
 * h2_server.h - an HTTP/2 server over TLS in the test's loop (libnghttp2), which answers, or does
 * to its clients what one of the faults says, and counts.
 */
#ifndef H2_SERVER_H
#define H2_SERVER_H

#include "tls_setup.h"

typedef enum h2_fault {
    H2_NONE,
    H2_REFUSE,         /* RST_STREAM(REFUSED_STREAM) for the first `times` requests */
    H2_INTERNAL,       /* RST_STREAM(INTERNAL_ERROR) for the first `times` requests */
    H2_GOAWAY,         /* at the `times`-th request of the first connection: answers that of the
                          first stream only, and says that nothing above it was looked at */
    H2_GOAWAY_ALWAYS,  /* GOAWAY(0) on the first request of every connection */
    H2_ONE_STREAM,     /* SETTINGS_MAX_CONCURRENT_STREAMS = 1 */
    H2_NO_WINDOW,      /* SETTINGS_INITIAL_WINDOW_SIZE = 0, and never an update */
    H2_SETTINGS_FLOOD, /* `times` SETTINGS before anything else */
    H2_WINDOW_FLOOD,   /* to the first `times` requests: WINDOW_UPDATE of the connection, no end */
    H2_DATA_FLOOD,     /* the same with a status and empty DATA */
    H2_DIES            /* FIN on the `times` connections that first carry a request */
} h2_fault;

typedef struct h2_server h2_server;

/* The run's URL is this server's from then on. */
h2_server *h2_server_new(batch_run *run, tls_setup *tls, h2_fault fault, size_t times);
void h2_server_free(h2_server *server);

size_t h2_server_requests(const h2_server *server); /* streams opened by clients */
size_t h2_server_connections(const h2_server *server);
size_t h2_server_peak(const h2_server *server);   /* most streams open at once on one connection */
size_t h2_server_frames(const h2_server *server); /* received */

#endif
