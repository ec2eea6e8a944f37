/* set_pool.h - another pool of endpoints for an engine that runs. */
#ifndef GL_SET_POOL_H
#define GL_SET_POOL_H

#include <glimpse/engine.h>
#include <glimpse/pool.h>

/*
 * Takes over a checked pool, each of whose endpoints has a sampler. An endpoint keeps its state
 * where its name and its sampler stay the same, but for a key stop, which ends. Attempts in flight
 * end where they are; all other requests take the new pool. Errors: OOM, and nothing has changed.
 */
glimpse_error gl_engine_set_pool(glimpse_engine *engine, const glimpse_pool *pool);

#endif
