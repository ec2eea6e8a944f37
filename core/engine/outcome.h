/* outcome.h - an attempt's outcome in this version's layout. */
#ifndef GL_ENGINE_OUTCOME_H
#define GL_ENGINE_OUTCOME_H

#include <glimpse/sampler.h>

/* Returns the outcome itself, or `room`, filled from it, where its sampler was compiled against
 * another version. An outcome without a size cannot be read: then room is a failure, INVALID. */
const glimpse_outcome *gl_outcome_read(const glimpse_outcome *outcome, glimpse_outcome *room);

#endif
