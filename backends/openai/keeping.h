/*
 * keeping.h - tracks whether an origin keeps its connections open from one request to the next.
 * Pure.
 *
 * A server may close an idle connection at any time, and a request that is on its way then is lost.
 * llama-server does so after each stream, without an announcement: every second request would be
 * lost. An origin that did so twice in a row gets a new connection for each request, until a kept
 * one that is tried again carries a second request.
 */
#ifndef GL_OPENAI_KEEPING_H
#define GL_OPENAI_KEEPING_H

#include <stdbool.h>

/* One of so many requests to an origin that closes its connections tries a kept one again. That
 * costs 0.4 % more attempts; if the origin keeps them by now, it saves a connection for each of the
 * other requests. */
#define GL_KEEPING_TRY_EVERY 256

typedef struct gl_keeping {
    unsigned died;  /* kept connections in a row that ended before an answer */
    unsigned since; /* requests since a kept connection was tried */
} gl_keeping;

/* Call before a request goes: true when it must take a new connection. */
bool gl_keeping_wants_new(gl_keeping *keeping);

/* Call when a request on a kept connection ended: answered, or by its closing. */
void gl_keeping_ended(gl_keeping *keeping, bool answered);

#endif
