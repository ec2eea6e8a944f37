/* life.h - an engine's beginning and end; the rest of them is <glimpse/engine.h>. */
#ifndef GL_LIFE_H
#define GL_LIFE_H

#include <glimpse/engine.h>

#include "base/heap.h"

typedef struct gl_closing {
    bool on, reported; /* no more work is taken; whoever closed it knows that all is told */
    gl_heap_entry timer;
    glimpse_closed_fn fn;
    void *arg;
} gl_closing;

/* The engine from its parts: config->sampler is set, fallback and cache may be NULL. References
 * are taken. Errors: OOM. */
glimpse_error gl_engine_new(struct event_base *base, const glimpse_config *config,
                            glimpse_engine **engine);

#endif
