/* pack_answer.h - the end of a pack. */
#ifndef GL_PACK_ANSWER_H
#define GL_PACK_ANSWER_H

#include "engine/request.h"

/* Call when a carrier has its result. Each draft goes on with its part of it, and packs that were
 * held for it may go. Frees the carrier. */
void gl_pack_answer_take(gl_request *carrier, gl_time now);

#endif
