/*
 * fault_dns.h - a name server in the test's own loop, on 127.0.0.1, for names that end in .test:
 *
 *   two.test       A 127.0.0.2 and 127.0.0.1     six.test       A 127.0.0.1, AAAA ::1
 *   servfail.test  SERVFAIL                      silent.test    no answer at all
 *   nodata.test    exists, has no address        (other)        NXDOMAIN
 *   api.test       A 127.0.0.1                   large.test     40 A 127.0.0.1: truncated, over TCP
 * whole chain.test     truncated, over TCP a CNAME of 300 bytes and A 127.0.0.1 empty.test
 * truncated, over TCP no address shut.test      truncated, over TCP the connection ends after the
 * question
 */
#ifndef FAULT_DNS_H
#define FAULT_DNS_H

#include <stddef.h>

struct event_base;

typedef struct fault_dns fault_dns;

/* Makes gl_resolve ask this server only, until it is freed. */
fault_dns *fault_dns_new(struct event_base *base);
void fault_dns_free(fault_dns *dns);
const char *fault_dns_address(const fault_dns *dns); /* 127.0.0.1:PORT */
size_t fault_dns_queries(const fault_dns *dns);      /* datagrams */
size_t fault_dns_tcp_queries(const fault_dns *dns);

#endif
