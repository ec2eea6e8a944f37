/* SPDX-License-Identifier: MIT */
/*
 * pool.h - a pool of endpoints for one engine (glimpse_config.pool), and the routes of models
 * through it.
 *
 *     glimpse_pool_endpoint endpoints[2];
 *     glimpse_pool_endpoint_init(&endpoints[0]);
 *     endpoints[0].name = "main";
 *     endpoints[0].endpoint.api_key = key;
 *     glimpse_pool_endpoint_init(&endpoints[1]);
 *     endpoints[1].name = "local";
 *     endpoints[1].endpoint.base_url = "http://127.0.0.1:8000/v1";
 *     glimpse_pool pool;
 *     glimpse_pool_init(&pool);
 *     pool.endpoints = endpoints;
 *     pool.endpoint_count = 2;
 *     config.pool = &pool;
 *
 * A group is endpoints that give the same answers: several keys of one account, several replicas of
 * one server. Each endpoint has its own limits, window, circuit and key stop. A route is an order
 * of groups: a request goes to the next group when no endpoint of the one before can take it, or
 * all have refused it for a reason of their own. docs/internals/pool.md explains both.
 */
#ifndef GLIMPSE_POOL_H
#define GLIMPSE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glimpse/endpoint.h>
#include <glimpse/problem.h>
#include <glimpse/result.h>
#include <glimpse/version.h>

#ifdef __cplusplus
extern "C" {
#endif

struct glimpse_sampler;

/* The most endpoints and routes of a pool, the most models of an endpoint, and the most bytes of
 * the name of an endpoint or a group. */
#define GLIMPSE_POOL_ENDPOINTS_MAX 64
#define GLIMPSE_POOL_ROUTES_MAX    1000
#define GLIMPSE_POOL_MODELS_MAX    256
#define GLIMPSE_POOL_NAME_MAX      64

/* A model by the name that requests have for it, and its name at the endpoint. Never grows. */
typedef struct glimpse_alias {
    const char *model, *there;
} glimpse_alias;

/* The choice among the endpoints of a group that may take a request. */
typedef enum glimpse_pick {
    GLIMPSE_PICK_ROOM,    /* one with room, in turn, by weight */
    GLIMPSE_PICK_FASTEST, /* the one that answers soonest, by its latency and what is in flight */
    GLIMPSE_PICK_PREFIX   /* the same one for the same beginning of a prompt, while it has no more
                           * than its share: for servers that keep beginnings in memory */
} glimpse_pick;

typedef struct glimpse_pool_endpoint {
    size_t size;         /* set by glimpse_pool_endpoint_init */
    const char *name;    /* REQUIRED, unique: in results, records, logs, metrics. Visible ASCII */
    const char *group;   /* NULL: its name */
    double weight;       /* 1; above 0, to 1,000,000 */
    int64_t concurrency; /* INHERIT, as the next two: the configuration's */
    int64_t rpm, tpm;
    const glimpse_alias *models; /* model_count of them: it serves these only, but for a route that
                                  * names another. NULL, 0: each model, by the name it has here */
    size_t model_count;
    glimpse_endpoint endpoint;       /* not read when sampler is given */
    struct glimpse_sampler *sampler; /* NULL: made for `endpoint`. Referenced */
} glimpse_pool_endpoint;

/* The way of a model: group_count groups, the first one first. Never grows. */
typedef struct glimpse_route {
    const char *model; /* "*": each model that no other route names */
    const char *const *groups;
    size_t group_count;
    glimpse_pick pick; /* in each group */
} glimpse_route;

/*
 * Strings and lists are borrowed until the function that takes the pool returns. All endpoints have
 * the size of the first one. Without routes a model goes to all groups that serve it, in the order
 * of their first endpoints.
 */
typedef struct glimpse_pool {
    size_t size;                            /* set by glimpse_pool_init */
    const glimpse_pool_endpoint *endpoints; /* REQUIRED: at least one */
    size_t endpoint_count;
    const glimpse_route *routes;
    size_t route_count;
} glimpse_pool;

/*
 * Writes the defaults. Called by the init function below, and by callers in other languages, which
 * set the sizes themselves.
 *
 *   endpoint: its size, and that of each struct in it, is set; not NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_pool_endpoint_defaults(glimpse_pool_endpoint *endpoint);

/*
 * Sets up the struct: its size and the defaults. Call it before a member is set.
 *
 *   endpoint: not NULL
 *   Since: 0.1
 */
static inline void glimpse_pool_endpoint_init(glimpse_pool_endpoint *endpoint)
{
    endpoint->size = sizeof *endpoint;
    endpoint->endpoint.size = sizeof endpoint->endpoint;
    glimpse_pool_endpoint_defaults(endpoint);
}

/*
 * Writes the defaults. Called by the init function below, and by callers in other languages, which
 * set the sizes themselves.
 *
 *   pool: its size is set; not NULL
 *   Since: 0.1
 */
GLIMPSE_API void glimpse_pool_defaults(glimpse_pool *pool);

/*
 * Sets up the struct: its size, no endpoints and no routes. Call it before a member is set.
 *
 *   pool: not NULL
 *   Since: 0.1
 */
static inline void glimpse_pool_init(glimpse_pool *pool)
{
    pool->size = sizeof *pool;
    glimpse_pool_defaults(pool);
}

/*
 * Makes the checks of glimpse_engine_new, of the pool alone.
 *
 *   pool: set up by glimpse_pool_init
 *   problem: names the member, such as "endpoints[2].weight" or "routes[0].groups[1]"; may be NULL
 *   Returns: GLIMPSE_OK; INVALID
 *   Since: 0.1
 */
GLIMPSE_API glimpse_error glimpse_pool_check(const glimpse_pool *pool, glimpse_problem *problem);

/*
 * Names an endpoint that a failed request could not be sent to, because its key is refused or the
 * key's money is used up: the first one on the request's way.
 *
 *   result: not NULL
 *   Returns: its name in the pool; NULL: there is none, there is no pool, or the request was
 *     answered
 *   Since: 0.1
 */
GLIMPSE_API const char *glimpse_result_left_out(const glimpse_result *result);

#ifdef __cplusplus
}
#endif
#endif
