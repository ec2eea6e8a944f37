/* pack_answer.h - what comes of a pack. */
#ifndef GL_PACK_ANSWER_H
#define GL_PACK_ANSWER_H

#include "engine/request.h"

/* A carrier has its result: its drafts go on, each with its part, and perhaps the packs that were
 * held for it. The carrier is freed. */
void gl_pack_answer_take(gl_request *carrier, gl_time now);

#endif
