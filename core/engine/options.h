/* options.h - a request's options, complete and checked, and which of them are the engine's. */
#ifndef GL_ENGINE_OPTIONS_H
#define GL_ENGINE_OPTIONS_H

#include <glimpse/engine.h>

/*
 * Fills *whole from options (may be NULL), and from the engine's configuration where they say
 * GLIMPSE_INHERIT. A model that is not given stays NULL; thresholds stay GLIMPSE_INHERIT, because
 * the model's profile is not known yet. Errors: INVALID, with problem (may be NULL) naming the
 * member.
 */
glimpse_error gl_options_read(const glimpse_config *config, const glimpse_options *options,
                              glimpse_options *whole, glimpse_problem *problem);

/* Returns the observer itself; an empty one where it is NULL; or `room`, filled from it, where it
 * was compiled against another version. NULL: the observer has no size. */
const glimpse_observer *gl_observer_read(const glimpse_observer *observer, glimpse_observer *room);

#endif
