/* deliver.h - the caller's callbacks. */
#ifndef GL_DELIVER_H
#define GL_DELIVER_H

#include "engine/request.h"

/* Tells the text that came. */
void gl_deliver_text(glimpse_engine *engine);

/* Tells at most `most` ready results; true when some are left. */
bool gl_deliver(glimpse_engine *engine, size_t most);

/* Tells the notices of a request that are due; its callback may have ended it, or the engine. */
void gl_deliver_notices(gl_request *request, gl_time now);

#endif
