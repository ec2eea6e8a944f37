/* options.h - a request's options, whole and checked, and what of them is the engine's. */
#ifndef GL_ENGINE_OPTIONS_H
#define GL_ENGINE_OPTIONS_H

#include <glimpse/engine.h>

/*
 * Fills *whole: what options (may be NULL) say, the engine's configuration where they say
 * GLIMPSE_INHERIT. A model that is not given stays NULL, thresholds stay GLIMPSE_INHERIT: those of
 * the model's profile are not known yet. Errors: INVALID, with problem (may be NULL) naming the
 * member.
 */
glimpse_error gl_options_read(const glimpse_config *config, const glimpse_options *options,
                              glimpse_options *whole, glimpse_problem *problem);

/* The observer itself, one that hears nothing where it is NULL, or room, filled from it where it
 * was compiled against another version. NULL: it has no size. */
const glimpse_observer *gl_observer_read(const glimpse_observer *observer, glimpse_observer *room);

#endif
