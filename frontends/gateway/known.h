/*
 * known.h - what the gateway remembers of earlier requests, in bounded memory and of this process:
 * the scope that an id of a stored response belongs to, and the body that an Idempotency-Key came
 * with.
 */
#ifndef GATEWAY_KNOWN_H
#define GATEWAY_KNOWN_H

#include "gateway/recall.h"
#include "gateway/wish.h"
#include "http/server.h"

typedef struct gateway_known {
    gateway_recall owners;  /* of ids: the scope */
    gateway_recall repeats; /* of a scope and an Idempotency-Key: the path and the body */
} gateway_known;

/* A request, as it is remembered. */
typedef struct gateway_trace {
    uint64_t scope;
    uint64_t repeat, body; /* of an Idempotency-Key; 0: none was given */
} gateway_trace;

void gateway_known_init(gateway_known *known);
void gateway_known_free(gateway_known *known);

/* Looks at a request in a scope, NULL: none. false: it is refused, with a status of 400, 404 or 409
 * and the words in `refusal`. */
bool gateway_known_check(const gateway_known *known, const gateway_ask *ask, gateway_kind kind,
                         const char *scope, gl_slice repeat, gateway_trace *trace, int *status,
                         gateway_refusal *refusal);

/* The request is under way. */
void gateway_known_sent(gateway_known *known, const gateway_trace *trace);

/* An answer of /v1/responses came: its ids are the scope's. */
void gateway_known_answered(gateway_known *known, const gateway_trace *trace, gl_slice body);

#endif
