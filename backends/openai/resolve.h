/*
 * resolve.h - resolves one host name, with libevent's evdns: no thread, no blocking look-up.
 *
 * A resolver serves one name. An answer holds for 60 seconds; requests of that time share one
 * look-up. resolv.conf and the hosts file are read anew for each look-up; A and AAAA are asked.
 */
#ifndef GL_RESOLVE_H
#define GL_RESOLVE_H

#include <glimpse/result.h>

#include "loop.h"

#define GL_RESOLVE_ADDRESSES_MAX 16

/* Addresses as "192.0.2.1,[2001:db8::1]", the one to try first in front. Counted, immutable. */
typedef struct gl_addresses {
    size_t references;
    char text[]; /* NUL terminated, never empty */
} gl_addresses;

gl_addresses *gl_addresses_ref(gl_addresses *addresses);
void gl_addresses_unref(gl_addresses *addresses); /* NULL is fine */

typedef struct gl_resolver gl_resolver;

/* ready(arg) is called from the loop, never inside gl_resolver_get, when a look-up has ended. The
 * name is copied. NULL: out of memory. */
gl_resolver *gl_resolver_new(gl_loop *loop, struct event_base *base, const char *name,
                             void (*ready)(void *arg), void *arg);

/* Cancels a look-up under way; evdns releases its memory in the loop's next turn. */
void gl_resolver_free(gl_resolver *resolver); /* NULL is fine */

/* Returns the addresses, borrowed, if an answer is fresh. Otherwise NULL, and a look-up is under
 * way. */
gl_addresses *gl_resolver_get(gl_resolver *resolver);

/* Returns how the last look-up ended: GLIMPSE_OK, DNS (worth trying again), DNS_UNKNOWN or OOM.
 * After a failure of the moment (DNS) an older answer is kept: then this is OK. *message is
 * static. */
glimpse_error gl_resolver_verdict(const gl_resolver *resolver, const char **message);

/* Call when the used answer did not lead to a connection: moves its first address to the end,
 * unless that was done already (`used` is no longer the answer of gl_resolver_get). */
void gl_resolver_rotate(gl_resolver *resolver, const gl_addresses *used);

/* Returns true when the name needs no look-up: an IP address (brackets or not), or localhost. */
bool gl_resolve_is_literal(const char *name);

/* For tests: "127.0.0.1:5353" asks that server only; NULL the system's. Borrowed. */
void gl_resolve_set_nameserver(const char *address);

#endif
