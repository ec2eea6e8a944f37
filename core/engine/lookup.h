/* lookup.h - finds an answer that is kept already, in the memory cache or in the store. */
#ifndef GL_LOOKUP_H
#define GL_LOOKUP_H

#include "engine/request.h"

/* Called when a lookup in the store ended. found: the answer is in the result; else there is
 * none. */
typedef void (*gl_looked_up)(gl_request *request, bool found, gl_time now);

/* Works out the identities under which an answer of each group of endpoints is kept, from the
 * request's key; `caller` is the caller's own scope, or NULL. Errors: OOM. */
glimpse_error gl_lookup_identify(gl_request *request, const char *caller);

/* Takes the answer from the memory cache into the result; false: there is none. */
bool gl_lookup_memory(gl_request *request, gl_time now);

/* Asks the store. true: the engine's `looked_up` will be called with the outcome, now or later,
 * unless the lookup is cancelled. false: there is no store to ask. */
bool gl_lookup_store(gl_request *request);
void gl_lookup_cancel(gl_request *request);

/* Keeps a complete answer for the next request like this one. */
void gl_lookup_keep(const gl_request *request, const glimpse_sample *sample, gl_time now);

#endif
