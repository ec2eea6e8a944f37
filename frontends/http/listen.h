/* listen.h - sockets to listen on, for httpd_listen. */
#ifndef HTTPD_LISTEN_H
#define HTTPD_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

/* Listens on a host by name or address; port 0 = any free. The socket does not block, and
 * connections made on it send without waiting for an ACK (TCP_NODELAY). Below 0: problem has the
 * reason. */
int httpd_listen_tcp(const char *host, int port, char *problem, size_t problem_size);

/* Listens on a unix socket. A file that is left of a socket without a listener is replaced; one
 * with a listener is EADDRINUSE. Below 0: problem has the reason. The caller removes the file at
 * the end. */
int httpd_listen_unix(const char *path, char *problem, size_t problem_size);

/* Returns the port of a listening socket; 0 when it has none. */
int httpd_port_of(int fd);

/* Returns true when only this machine reaches a listening socket: a loopback address, or a unix
 * socket. */
bool httpd_listens_here(int fd);

#endif
