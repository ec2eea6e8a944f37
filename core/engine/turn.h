/* turn.h - the functions that the loop calls. */
#ifndef GL_TURN_H
#define GL_TURN_H

#include "engine/request.h"

/* The turn and the timer of the engine, which is arg. */
void gl_turn(void *arg);
void gl_turn_timer(void *arg);

/* Hands the results of carriers to their drafts. Runs no callback. */
void gl_turn_unpack(glimpse_engine *engine, gl_time now);

#endif
