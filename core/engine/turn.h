/* turn.h - what the loop calls. */
#ifndef GL_TURN_H
#define GL_TURN_H

#include "engine/request.h"

/* The turn and the timer of the engine, which arg is. */
void gl_turn(void *arg);
void gl_turn_timer(void *arg);

/* Carriers that have their result: their drafts go on with it. Runs no callback. */
void gl_turn_unpack(glimpse_engine *engine, gl_time now);

#endif
