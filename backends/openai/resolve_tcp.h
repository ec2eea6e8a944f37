/*
 * resolve_tcp.h - asks one name server for one name over TCP: for answers that do not fit a
 * datagram of 512 bytes, the most that evdns (libevent 2.1) asks for.
 */
#ifndef GL_RESOLVE_TCP_H
#define GL_RESOLVE_TCP_H

#include <stdint.h>
#include <sys/socket.h>

#include "base/buf.h"

struct event_base;

typedef struct gl_resolve_tcp gl_resolve_tcp;

typedef enum gl_dns_verdict {
    GL_DNS_FAILED,  /* no usable answer */
    GL_DNS_NO_NAME, /* the name does not exist */
    GL_DNS_EMPTY,   /* the name exists and has no address */
    GL_DNS_FOUND
} gl_dns_verdict;

/* Asks for A and AAAA of the name. ended is called once from the loop, within 5 s, never inside the
 * start. It frees nothing: call gl_resolve_tcp_free. addresses are as in gl_addresses, borrowed.
 * NULL: the name is malformed, or out of memory. */
gl_resolve_tcp *gl_resolve_tcp_start(
    struct event_base *base, const struct sockaddr *server, socklen_t server_len, const char *name,
    void (*ended)(void *arg, gl_dns_verdict verdict, gl_slice addresses), void *arg);

/* Not from inside ended. NULL is fine. */
void gl_resolve_tcp_free(gl_resolve_tcp *self);

/* --- messages (RFC 1035), pure --- */

enum { GL_DNS_A = 1, GL_DNS_AAAA = 28 };

/* Writes a question, with its length in front, as TCP has it. false: no name, or buf has failed. */
bool gl_dns_write(gl_buf *buf, uint16_t id, const char *name, uint16_t type);

/* The addresses of a message without its length go behind those in text, separated by commas, at
 * most `most` of them altogether; *count is moved on. FAILED also for another id. */
gl_dns_verdict gl_dns_read(gl_slice message, uint16_t id, int most, int *count, gl_buf *text);

#endif
