/*
 * forward.h - the headers of a client's request that go on to the endpoint: by a list of names,
 * each checked, so that no key, no cookie and no line of a client's own making ever passes. Pure
 * but for memory.
 */
#ifndef GATEWAY_FORWARD_H
#define GATEWAY_FORWARD_H

#include <glimpse/engine.h>

#include "base/buf.h"

typedef struct gateway_forward {
    gl_buf text; /* "Name: value", NUL terminated, one behind the other */
    struct {
        size_t at;           /* in text */
        unsigned char known; /* which header */
    } line[GLIMPSE_REQUEST_HEADERS_MAX];
    size_t count, dropped;
    const char *lines[GLIMPSE_REQUEST_HEADERS_MAX];
} gateway_forward;

void gateway_forward_init(gateway_forward *forward);
void gateway_forward_free(gateway_forward *forward);

/* Takes a header if it is on the list. One with a byte that does not belong there, that is empty or
 * too long, or that comes twice and is no list, is dropped and counted. */
void gateway_forward_add(gateway_forward *forward, gl_slice name, gl_slice value);

/* Puts into the place of an Idempotency-Key a value of this scope: an endpoint that heeds it knows
 * the gateway's key alone, and would take two callers with one value for one. The same scope and
 * value make the same. scope NULL: there is one caller, and the value stays. false: out of memory.
 */
bool gateway_forward_part(gateway_forward *forward, gl_slice secret, const char *scope);

/* Gives the lines, as glimpse_options has them, until forward is freed. false: out of memory. */
bool gateway_forward_give(gateway_forward *forward, glimpse_options *options);

#endif
