/*
 * pool.c - a pool of endpoints: defaults, the check that names the member, and the way of a model
 * through it. Pure; an engine keeps its own copy.
 */
#include "pool.h"

#include <glimpse/engine.h>
#include <stdio.h>
#include <string.h>

#include "base/layout.h"
#include "base/utf8.h"
#include "endpoint.h"
#include "policy/select.h"
#include "problem.h"

#define MOST        INT64_C(1000000)
#define WEIGHT_MOST 1e6
/* In a message that names models. */
#define SHOWN_MODELS 5

static const glimpse_pool_endpoint usual_endpoint = {
    .size = sizeof(glimpse_pool_endpoint),
    .weight = 1,
    .concurrency = GLIMPSE_INHERIT,
    .rpm = GLIMPSE_INHERIT,
    .tpm = GLIMPSE_INHERIT,
    .endpoint = GL_ENDPOINT_USUAL,
};
static const gl_layout endpoint_layout = {
    sizeof(glimpse_pool_endpoint),
    { { offsetof(glimpse_pool_endpoint, endpoint), sizeof(glimpse_endpoint) } },
    1,
};
static const glimpse_pool usual = { .size = sizeof(glimpse_pool) };
static const gl_layout layout = { .size = sizeof(glimpse_pool) };

void glimpse_pool_endpoint_defaults(glimpse_pool_endpoint *endpoint)
{
    gl_layout_write(&endpoint_layout, endpoint, &usual_endpoint);
}

void glimpse_pool_defaults(glimpse_pool *pool)
{
    gl_layout_write(&layout, pool, &usual);
}

const glimpse_pool *gl_pool_read(const glimpse_pool *pool, glimpse_pool *room,
                                 glimpse_problem *problem)
{
    if (pool == NULL) {
        gl_refuse(problem, "pool", "is NULL");
        return NULL;
    }
    pool = gl_layout_read(&layout, pool, &usual, room);
    if (pool == NULL) gl_refuse_size(problem, "glimpse_pool_init");
    return pool;
}

/* The caller's compiler laid out the list: its first endpoint has the distance between two. */
const glimpse_pool_endpoint *gl_pool_endpoint(const glimpse_pool *pool, size_t index,
                                              glimpse_pool_endpoint *room)
{
    const glimpse_pool_endpoint *first = pool->endpoints;
    const glimpse_pool_endpoint *at =
        (const void *)((const char *)(const void *)first + index * first->size);
    if (at->size != first->size) return NULL;
    return gl_layout_read(&endpoint_layout, at, &usual_endpoint, room);
}

const char *gl_pool_group(const glimpse_pool_endpoint *endpoint)
{
    return endpoint->group != NULL ? endpoint->group : endpoint->name;
}

/* --- the check -------------------------------------------------------------------------------- */

/* Names go into headers, logs and labels of metrics. */
static const char *name_fault(const char *name)
{
    size_t len = 0;
    if (name == NULL || name[0] == '\0') return "must not be empty";
    for (; name[len] != '\0'; len++) {
        if (len == GLIMPSE_POOL_NAME_MAX) return "has more than 64 bytes";
        if (name[len] < 0x21 || name[len] > 0x7E || name[len] == '"' || name[len] == '\\')
            return "must be visible ASCII, without blanks, quotes and backslashes";
    }
    return NULL;
}

static const char *model_fault(const char *model)
{
    if (model == NULL || model[0] == '\0') return "must not be empty";
    for (const char *at = model; *at != '\0'; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F) return "contains a control byte";
    size_t len = strlen(model);
    return gl_utf8_check(model, len) == len ? NULL : "is not valid UTF-8";
}

/* Refuses "LIST[AT].MEMBER". */
static glimpse_error refuse(glimpse_problem *problem, const char *list, size_t at,
                            const char *member, const char *sentence)
{
    glimpse_problem found;
    snprintf(found.field, sizeof found.field, "%s[%zu].%s", list, at, member);
    return gl_refuse(problem, found.field, sentence);
}

static glimpse_error check_models(const glimpse_pool_endpoint *endpoint, size_t at,
                                  glimpse_problem *problem)
{
    char member[32];
    if (endpoint->model_count == 0) return GLIMPSE_OK;
    if (endpoint->models == NULL) return refuse(problem, "endpoints", at, "models", "is NULL");
    if (endpoint->model_count > GLIMPSE_POOL_MODELS_MAX)
        return refuse(problem, "endpoints", at, "model_count", "must be at most 256");
    for (size_t i = 0; i < endpoint->model_count; i++) {
        const glimpse_alias *alias = &endpoint->models[i];
        const char *fault = model_fault(alias->model);
        if (fault == NULL) fault = model_fault(alias->there);
        for (size_t before = 0; fault == NULL && before < i; before++)
            if (strcmp(endpoint->models[before].model, alias->model) == 0) fault = "comes twice";
        snprintf(member, sizeof member, "models[%zu]", i);
        if (fault != NULL) return refuse(problem, "endpoints", at, member, fault);
    }
    return GLIMPSE_OK;
}

static glimpse_error check_numbers(const glimpse_pool_endpoint *endpoint, size_t at,
                                   glimpse_problem *problem)
{
    if (!(endpoint->weight > 0 && endpoint->weight <= WEIGHT_MOST))
        return refuse(problem, "endpoints", at, "weight", "must be above 0, to 1000000");
    if (endpoint->concurrency != GLIMPSE_INHERIT &&
        (endpoint->concurrency < 1 || endpoint->concurrency > MOST))
        return refuse(problem, "endpoints", at, "concurrency", "must be from 1 to 1000000");
    if (endpoint->rpm < -1 || endpoint->rpm > INT64_C(1) << 40)
        return refuse(problem, "endpoints", at, "rpm", "must be from 0 (no limit) up");
    if (endpoint->tpm < -1 || endpoint->tpm > INT64_C(1) << 40)
        return refuse(problem, "endpoints", at, "tpm", "must be from 0 (no limit) up");
    return GLIMPSE_OK;
}

/* The address and the key, as if it were an engine's one endpoint. */
static glimpse_error check_address(const glimpse_endpoint *endpoint, size_t at,
                                   glimpse_problem *problem)
{
    const glimpse_config alone = { .use_openai = GLIMPSE_USE_OPENAI_ALWAYS, .endpoint = *endpoint };
    const char *reason;
    glimpse_problem found = { "", "" };
    glimpse_error error = gl_endpoint_check(endpoint, &found);
    gl_problem_within(&found, "endpoint");
    if (error == GLIMPSE_OK && gl_select(&alone, &reason, &found) == GL_CHOICE_REFUSED)
        error = GLIMPSE_ERR_INVALID;
    return error == GLIMPSE_OK ? error
                               : refuse(problem, "endpoints", at, found.field, found.sentence);
}

static glimpse_error check_endpoint(const glimpse_pool *pool, size_t at, glimpse_problem *problem)
{
    glimpse_pool_endpoint room, other_room;
    const glimpse_pool_endpoint *endpoint = gl_pool_endpoint(pool, at, &room);
    if (endpoint == NULL)
        return refuse(problem, "endpoints", at, "size",
                      "not set by glimpse_pool_endpoint_init, or another one than the first's, or "
                      "a member is set that this version of the library does not know");
    const char *fault = name_fault(endpoint->name);
    for (size_t before = 0; fault == NULL && before < at; before++)
        if (strcmp(gl_pool_endpoint(pool, before, &other_room)->name, endpoint->name) == 0)
            fault = "is the name of another endpoint too";
    if (fault != NULL) return refuse(problem, "endpoints", at, "name", fault);
    fault = endpoint->group != NULL ? name_fault(endpoint->group) : NULL;
    if (fault != NULL) return refuse(problem, "endpoints", at, "group", fault);
    glimpse_error error = check_numbers(endpoint, at, problem);
    if (error == GLIMPSE_OK) error = check_models(endpoint, at, problem);
    if (error != GLIMPSE_OK || endpoint->sampler != NULL) return error;
    return check_address(&endpoint->endpoint, at, problem);
}

/* Returns the index of the group's first endpoint, or endpoint_count. */
static size_t find_group(const glimpse_pool *pool, const char *group)
{
    glimpse_pool_endpoint room;
    size_t i = 0;
    while (i < pool->endpoint_count &&
           strcmp(gl_pool_group(gl_pool_endpoint(pool, i, &room)), group) != 0)
        i++;
    return i;
}

static glimpse_error check_groups(const glimpse_pool *pool, size_t at, glimpse_problem *problem)
{
    const glimpse_route *route = &pool->routes[at];
    if (route->group_count == 0 || route->groups == NULL)
        return refuse(problem, "routes", at, "groups", "is empty");
    for (size_t i = 0; i < route->group_count; i++) {
        const char *group = route->groups[i], *fault = NULL;
        char member[32];
        if (group == NULL || find_group(pool, group) == pool->endpoint_count)
            fault = "is the group of no endpoint";
        for (size_t before = 0; fault == NULL && before < i; before++)
            if (strcmp(route->groups[before], group) == 0) fault = "comes twice";
        snprintf(member, sizeof member, "groups[%zu]", i);
        if (fault != NULL) return refuse(problem, "routes", at, member, fault);
    }
    return GLIMPSE_OK;
}

static glimpse_error check_route(const glimpse_pool *pool, size_t at, glimpse_problem *problem)
{
    const glimpse_route *route = &pool->routes[at];
    const char *fault = model_fault(route->model);
    for (size_t before = 0; fault == NULL && before < at; before++)
        if (strcmp(pool->routes[before].model, route->model) == 0)
            fault = "has another route already";
    if (fault != NULL) return refuse(problem, "routes", at, "model", fault);
    if ((unsigned)route->pick > GLIMPSE_PICK_PREFIX)
        return refuse(problem, "routes", at, "pick", "not one of its values");
    return check_groups(pool, at, problem);
}

glimpse_error glimpse_pool_check(const glimpse_pool *pool, glimpse_problem *problem)
{
    glimpse_pool room;
    gl_problem_clear(problem);
    pool = gl_pool_read(pool, &room, problem);
    if (pool == NULL) return GLIMPSE_ERR_INVALID;
    if (pool->endpoint_count == 0 || pool->endpoints == NULL)
        return gl_refuse(problem, "endpoints", "is empty");
    if (pool->endpoint_count > GLIMPSE_POOL_ENDPOINTS_MAX)
        return gl_refuse(problem, "endpoint_count", "must be at most 64");
    if (pool->route_count > GLIMPSE_POOL_ROUTES_MAX)
        return gl_refuse(problem, "route_count", "must be at most 1000");
    if (pool->route_count != 0 && pool->routes == NULL)
        return gl_refuse(problem, "routes", "is NULL");
    for (size_t i = 0; i < pool->endpoint_count; i++)
        if (check_endpoint(pool, i, problem) != GLIMPSE_OK) return GLIMPSE_ERR_INVALID;
    for (size_t i = 0; i < pool->route_count; i++)
        if (check_route(pool, i, problem) != GLIMPSE_OK) return GLIMPSE_ERR_INVALID;
    return GLIMPSE_OK;
}

/* --- the way of a model ----------------------------------------------------------------------- */

static const glimpse_route *find_route(const glimpse_pool *pool, gl_slice model)
{
    const glimpse_route *rest = NULL;
    for (size_t i = 0; i < pool->route_count; i++) {
        const glimpse_route *route = &pool->routes[i];
        if (strcmp(route->model, "*") == 0)
            rest = route;
        else if (gl_slice_is(model, route->model))
            return route;
    }
    return rest;
}

/* Returns the model's name at an endpoint that serves it, "" for the same one; NULL: it does not.
 */
static const char *served_as(const glimpse_pool_endpoint *endpoint, gl_slice model)
{
    if (endpoint->model_count == 0) return "";
    for (size_t i = 0; i < endpoint->model_count; i++)
        if (gl_slice_is(model, endpoint->models[i].model)) return endpoint->models[i].there;
    return NULL;
}

/* Appends the endpoints of a group that serve the model, or all of them by its own name. */
static size_t add_group(const glimpse_pool *pool, const char *group, gl_slice model, unsigned place,
                        bool all, gl_way *way, size_t count)
{
    glimpse_pool_endpoint room;
    for (size_t i = 0; i < pool->endpoint_count; i++) {
        const glimpse_pool_endpoint *endpoint = gl_pool_endpoint(pool, i, &room);
        const char *there = all ? "" : served_as(endpoint, model);
        if (there == NULL || strcmp(gl_pool_group(endpoint), group) != 0) continue;
        if (there[0] == '\0' || gl_slice_is(model, there)) there = NULL;
        way[count++] = (gl_way){ i, place, there };
    }
    return count;
}

/* The route that names a model sends it to each of its groups, also to one that lists other models
 * only. */
static size_t go_route(const glimpse_pool *pool, const glimpse_route *route, gl_slice model,
                       gl_way *way)
{
    size_t count = 0;
    bool named = gl_slice_is(model, route->model);
    for (unsigned i = 0; i < route->group_count; i++) {
        size_t more = add_group(pool, route->groups[i], model, i, false, way, count);
        if (more == count && named)
            more = add_group(pool, route->groups[i], model, i, true, way, count);
        count = more;
    }
    return count;
}

size_t gl_pool_way(const glimpse_pool *pool, gl_slice model, gl_way way[GLIMPSE_POOL_ENDPOINTS_MAX],
                   glimpse_pick *pick)
{
    size_t count = 0;
    const glimpse_route *route = find_route(pool, model);
    *pick = route != NULL ? route->pick : GLIMPSE_PICK_ROOM;
    if (route == NULL && pool->route_count != 0) return 0;
    if (route != NULL) return go_route(pool, route, model, way);
    unsigned place = 0;
    for (size_t i = 0; i < pool->endpoint_count; i++) {
        glimpse_pool_endpoint room;
        const char *group = gl_pool_group(gl_pool_endpoint(pool, i, &room));
        if (find_group(pool, group) != i) continue; /* it is there already */
        size_t more = add_group(pool, group, model, place, false, way, count);
        place += more > count;
        count = more;
    }
    return count;
}

/* --- the models that it names ----------------------------------------------------------------- */

/* Returns the model at a place of the one list that the routes and then, for models without a route
 * of their own, the endpoints' models are; NULL: behind the last. */
static const char *named(const glimpse_pool *pool, size_t place)
{
    if (place < pool->route_count) return pool->routes[place].model;
    place -= pool->route_count;
    for (size_t i = 0; i < pool->endpoint_count; i++) {
        glimpse_pool_endpoint room;
        const glimpse_pool_endpoint *endpoint = gl_pool_endpoint(pool, i, &room);
        if (place < endpoint->model_count) return endpoint->models[place].model;
        place -= endpoint->model_count;
    }
    return NULL;
}

static bool is_new(const char *model, const char *const *before, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(before[i], model) == 0) return false;
    return true;
}

void gl_pool_name_some(const glimpse_pool *pool, gl_buf *out)
{
    const char *model, *shown[SHOWN_MODELS];
    size_t count = 0, place = 0;
    for (; count < SHOWN_MODELS && (model = named(pool, place)) != NULL; place++) {
        gl_way way[GLIMPSE_POOL_ENDPOINTS_MAX];
        glimpse_pick pick;
        if (strcmp(model, "*") == 0 || !is_new(model, shown, count)) continue;
        if (gl_pool_way(pool, gl_slice_str(model), way, &pick) == 0) continue;
        gl_buf_append_str(out, count == 0 ? "'" : ", '");
        gl_buf_append_str(out, model);
        gl_buf_append_char(out, '\'');
        shown[count++] = model;
    }
    if (count == SHOWN_MODELS && named(pool, place) != NULL) gl_buf_append_str(out, ", ...");
}
