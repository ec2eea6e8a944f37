/* life.h - an engine's beginning and end; the public part is <glimpse/engine.h>. */
#ifndef GL_LIFE_H
#define GL_LIFE_H

#include <glimpse/engine.h>

#include "base/heap.h"

typedef struct gl_closing {
    bool on, reported; /* on: no more work is taken; reported: the closed callback is not owed any
                          more */
    gl_heap_entry timer;
    glimpse_closed_fn fn;
    void *arg;
} gl_closing;

/* Makes the engine from its parts: config->sampler is set, fallback and cache may be NULL. Takes
 * references. Errors: OOM. */
glimpse_error gl_engine_new(struct event_base *base, const glimpse_config *config,
                            glimpse_engine **engine);

#endif
