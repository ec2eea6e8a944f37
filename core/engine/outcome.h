/* outcome.h - how an attempt ended, in the form that this library knows. */
#ifndef GL_ENGINE_OUTCOME_H
#define GL_ENGINE_OUTCOME_H

#include <glimpse/sampler.h>

/* The outcome itself, or room, filled from it where its sampler was compiled against another
 * version. One that has no size cannot be read: then room is a failure, INVALID. */
const glimpse_outcome *gl_outcome_read(const glimpse_outcome *outcome, glimpse_outcome *room);

#endif
