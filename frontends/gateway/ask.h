/*
 * ask.h - what a request asks of the gateway: members of its body, and headers. Pure.
 */
#ifndef GATEWAY_ASK_H
#define GATEWAY_ASK_H

#include <glimpse/engine.h>

#include "base/json.h"
#include "gateway/path.h"

typedef struct gateway_ask {
    gl_slice body;         /* as it goes to the endpoint */
    gl_json model;         /* the body's; NONE: there is none */
    gl_json previous;      /* previous_response_id */
    bool stream;           /* it wants events */
    bool wants_usage;      /* of a stream: its last event but one has the usage */
    bool unshared;         /* its answer is never stored and never shared */
    gl_json root;          /* the body */
    int64_t answer_tokens; /* the most of one answer; -1: no most; 0: the path makes none */
    int64_t answers;       /* how many are made for each prompt */
    gl_json prompts;       /* completions, embeddings: a text, or a list of texts or of tokens */
} gateway_ask;

/* A body that is refused before anything is sent. */
typedef struct gateway_refusal {
    const char *code, *param; /* param NULL: none */
    char message[160];
} gateway_refusal;

/* Reads a body. false: refused. */
bool gateway_ask_read(gateway_kind kind, gl_slice body, gateway_ask *ask, gateway_refusal *refusal);

/* How a request wants to use stored answers (RFC 9111, section 5.2.1). */
typedef struct gateway_caching {
    bool only, no_store, no_cache;
    int64_t max_age_ms; /* GLIMPSE_INHERIT: any */
} gateway_caching;

void gateway_caching_init(gateway_caching *wish); /* to no wish */

/* Adds a line of Cache-Control; of two ages the smaller one counts. Other directives are not for
 * us. */
void gateway_caching_add(gateway_caching *wish, gl_slice line);

/* Returns the wish as one of the engine's: only-if-cached before no-store before no-cache, since it
 * alone forbids a call. */
glimpse_cache_control gateway_caching_control(const gateway_caching *wish);

/* Returns the member by which a cost is reckoned that the body has twice; NULL: there is none. An
 * endpoint that takes the first of two would give more than was reserved. */
const char *gateway_ask_twice(gl_json root);

/* Returns how often a body has a member of this name: what is checked of the last one does not hold
 * for an endpoint that takes the first. */
int gateway_ask_count(gl_json root, const char *name);

/* Returns the milliseconds that a request may take: the smallest of ours, of the client's patience
 * (X-Stainless-Timeout, in seconds: a second less, so that our answer is there before it gives up)
 * and of Glimpse-Deadline-Ms. 0: as long as it takes. An absent or odd header has data NULL, or
 * counts as absent. */
int64_t gateway_deadline(int64_t ours_ms, gl_slice patience, gl_slice deadline);

#endif
