/* deliver.h - the caller's callbacks. */
#ifndef GL_DELIVER_H
#define GL_DELIVER_H

#include "engine/request.h"

/* Calls on_text with the text that came. */
void gl_deliver_text(glimpse_engine *engine);

/* Delivers at most `most` results of `in.done`; returns true when some are left. */
bool gl_deliver(glimpse_engine *engine, size_t most);

/* Calls on_notice for each notice that is due. The callback may end the request, or the engine. */
void gl_deliver_notices(gl_request *request, gl_time now);

#endif
