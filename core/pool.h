/* pool.h - a caller's pool of endpoints in this version's layout, and the routes through it. */
#ifndef GL_POOL_H
#define GL_POOL_H

#include <glimpse/pool.h>

#include "base/buf.h"
#include "base/slice.h"

/* Returns the pool itself, or `room`, filled from it where it was compiled against another version.
 * NULL: it is NULL or has no size, and problem says so. Its endpoints are still as the caller laid
 * them out: gl_pool_endpoint. */
const glimpse_pool *gl_pool_read(const glimpse_pool *pool, glimpse_pool *room,
                                 glimpse_problem *problem);

/* Returns an endpoint of a pool in our layout: itself, or `room`. NULL: it has no size, or another
 * one than the first. */
const glimpse_pool_endpoint *gl_pool_endpoint(const glimpse_pool *pool, size_t index,
                                              glimpse_pool_endpoint *room);

/* Returns the group of an endpoint: its own, or its name. */
const char *gl_pool_group(const glimpse_pool_endpoint *endpoint);

/* An endpoint that serves a model: one step on the model's way. */
typedef struct gl_way {
    size_t endpoint;   /* index in the pool */
    unsigned group;    /* place of its group in the order of the route, from 0 */
    const char *there; /* the name that the model has at it, in the pool's memory; NULL: the same */
} gl_way;

/*
 * Gives the way of a model through a checked pool in our layout: its endpoints in the order of
 * their groups. Returns how many there are, 0: no endpoint serves it. *pick gets the choice within
 * a group.
 */
size_t gl_pool_way(const glimpse_pool *pool, gl_slice model, gl_way way[GLIMPSE_POOL_ENDPOINTS_MAX],
                   glimpse_pick *pick);

/* Appends the names of some models that a checked pool in our layout serves, for a message: 'a',
 * 'b'. Appends nothing where it names none. */
void gl_pool_name_some(const glimpse_pool *pool, gl_buf *out);

#endif
