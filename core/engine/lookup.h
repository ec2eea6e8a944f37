/* lookup.h - the answer that is there already, in the memory cache or in the store. */
#ifndef GL_LOOKUP_H
#define GL_LOOKUP_H

#include "engine/request.h"

/* What a lookup in the store found: its answer is the result's now, or there is none. */
typedef void (*gl_looked_up)(gl_request *request, bool found, gl_time now);

/* The answer in the memory cache, if there is one, becomes the result's. */
bool gl_lookup_memory(gl_request *request, gl_time now);

/* Asks the store, if there is one to be asked: true, and the engine's `looked_up` is told what came
 * of it, now or later, unless the lookup is cancelled. */
bool gl_lookup_store(gl_request *request);
void gl_lookup_cancel(gl_request *request);

/* Keeps a whole answer for the next request like this one. */
void gl_lookup_keep(const gl_request *request, const glimpse_sample *sample, gl_time now);

#endif
