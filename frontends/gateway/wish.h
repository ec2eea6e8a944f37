/*
 * wish.h - what the headers of a request ask of the gateway, read in one walk. Pure but for memory.
 */
#ifndef GATEWAY_WISH_H
#define GATEWAY_WISH_H

#include "gateway/ask.h"
#include "gateway/forward.h"
#include "gateway/scope.h"

typedef struct gateway_wish {
    gateway_forward forward; /* goes on to the endpoint */
    gateway_caching caching;
    gateway_scope scope;
    gl_slice patience, deadline; /* for gateway_deadline; data NULL: not given */
    gl_slice repeat;             /* Idempotency-Key; data NULL: not given */
    int64_t retried;             /* how often the client has sent this request before; from 0 */
    bool bulk;                   /* it may wait behind others of its caller's */
} gateway_wish;

void gateway_wish_init(gateway_wish *wish, const char *scope);
void gateway_wish_free(gateway_wish *wish);
void gateway_wish_add(gateway_wish *wish, gl_slice name, gl_slice value);

/* Returns the attempts of a request, of the engine's `most`: half of them for a client that tries
 * again itself, and so on. Else the retries of both multiply. */
int gateway_wish_attempts(const gateway_wish *wish, int most);

#endif
