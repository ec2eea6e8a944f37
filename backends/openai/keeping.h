/*
 * keeping.h - whether an origin keeps its connections open from one request to the next. Pure.
 *
 * A server may close an idle connection at any time, and a request that is on its way then is lost.
 * llama-server does so after each stream, without having said it: every second request would be. An
 * origin that did so twice running gets a new connection for each request, until one that was tried
 * again carries a second.
 */
#ifndef GL_OPENAI_KEEPING_H
#define GL_OPENAI_KEEPING_H

#include <stdbool.h>

/* Of so many requests to an origin that closes its connections, one tries a kept one again: what is
 * lost by it is 0.4 % more attempts, and what is gained when it keeps them by now is a connection
 * less for each of the others. */
#define GL_KEEPING_TRY_EVERY 256

typedef struct gl_keeping {
    unsigned died;  /* kept connections that ended before an answer, running */
    unsigned since; /* requests since a kept connection was tried */
} gl_keeping;

/* A request is about to go: true when it is to take a new connection. */
bool gl_keeping_wants_new(gl_keeping *keeping);

/* A request on a kept connection ended: it was answered, or the connection was closed before. */
void gl_keeping_ended(gl_keeping *keeping, bool answered);

#endif
