/*
 * flow.h - how fast a stream flows: callers that cannot take more now (<glimpse/flow.h>), their
 * attempt, which waits when all of them do, and those that fall too far behind.
 */
#ifndef GL_ENGINE_FLOW_H
#define GL_ENGINE_FLOW_H

#include "engine/request.h"

/* Puts the request on the engine's list of those that are owed text or events which came for
 * `work`, itself or its leader; or on the list of those that are too far behind; or on none. */
void gl_flow_owe(gl_request *request, const gl_request *work);

/* Has the sampler pause or go on with the attempt of this work, after a caller of it has come, gone
 * or changed its mind. */
void gl_flow_update(gl_request *work);

/* Counts a caller in and out of the callers of this work. */
void gl_flow_join(gl_request *work, const gl_caller *caller);
void gl_flow_part(gl_request *work, const gl_caller *caller);

/* The next request that is too far behind; NULL: there is none. */
gl_request *gl_flow_laggard(glimpse_engine *engine);

/* Puts an ended request aside until its caller goes on, if it has paused and is owed events or
 * text. */
bool gl_flow_holds(gl_request *request);
/* Has a request that was put aside delivered without what it is owed; false: it was not. */
bool gl_flow_release(gl_request *request);

/* Returns the ns that an attempt has worked, without those that its callers had it wait. */
uint64_t gl_flow_worked(const glimpse_attempt *attempt, gl_time now);

#endif
