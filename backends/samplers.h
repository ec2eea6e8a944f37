/*
 * samplers.h - the samplers of a pool's endpoints. One is kept where a newer pool has the same
 * endpoint, so that its connections, and what the engine has learned of it, stay.
 */
#ifndef GL_SAMPLERS_H
#define GL_SAMPLERS_H

#include <glimpse/config.h>

typedef struct gl_samplers gl_samplers;

/*
 * Makes the samplers of config->pool, which is checked and in our layout, or takes those of `old`
 * (NULL: there are none) whose name, address and key are the same. Errors: INVALID with the member
 * at fault; OOM, SETUP. `old` is the caller's still.
 */
glimpse_error gl_samplers_new(struct event_base *base, const glimpse_config *config,
                              const gl_samplers *old, gl_samplers **samplers,
                              glimpse_problem *problem);
void gl_samplers_free(gl_samplers *samplers); /* NULL is fine */

/* The pool with a sampler in each endpoint. Its texts are those of config->pool. */
const glimpse_pool *gl_samplers_pool(const gl_samplers *samplers);

#endif
