/* catalog.c - see catalog.h. */
#include "gateway/catalog.h"

#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "base/siphash.h"

typedef struct catalog {
    gl_map seen; /* by the hash of the name */
    gl_buf *out;
    int64_t created;
    bool good;
} catalog;

static void add(catalog *list, const char *model)
{
    uint64_t hash = gl_hash(0, model, strlen(model));
    if (strcmp(model, "*") == 0 || gl_map_get(&list->seen, hash) != NULL) return;
    if (!gl_map_reserve(&list->seen, list->seen.count + 1)) {
        list->good = false;
        return;
    }
    gl_map_add(&list->seen, hash, list);
    gl_buf_append_str(list->out, list->out->len == 0 ? "{\"object\":\"list\",\"data\":[" : ",");
    gl_buf_append_str(list->out, "{\"id\":");
    gl_json_write_string(list->out, gl_slice_str(model));
    gl_buf_append_str(list->out, ",\"object\":\"model\",\"created\":");
    gl_buf_append_i64(list->out, list->created);
    gl_buf_append_str(list->out, ",\"owned_by\":\"glimpse\"}");
}

/* Whether requests reach an endpoint by its own list of models: without routes, or by "*". */
static bool is_open(const glimpse_pool *pool, const glimpse_pool_endpoint *endpoint)
{
    const char *group = endpoint->group != NULL ? endpoint->group : endpoint->name;
    if (pool->route_count == 0) return true;
    for (size_t i = 0; i < pool->route_count; i++) {
        const glimpse_route *route = &pool->routes[i];
        if (strcmp(route->model, "*") != 0) continue;
        for (size_t g = 0; g < route->group_count; g++)
            if (strcmp(route->groups[g], group) == 0) return true;
    }
    return false;
}

bool gateway_catalog_write(const glimpse_pool *pool, int64_t created, gl_buf *out)
{
    catalog list = { .out = out, .created = created, .good = true };
    gl_map_init(&list.seen);
    gl_buf_reset(out);
    for (size_t i = 0; i < pool->route_count; i++) add(&list, pool->routes[i].model);
    for (size_t i = 0; i < pool->endpoint_count; i++) {
        const glimpse_pool_endpoint *endpoint = &pool->endpoints[i];
        if (!is_open(pool, endpoint)) continue;
        for (size_t m = 0; m < endpoint->model_count; m++) add(&list, endpoint->models[m].model);
    }
    if (out->len != 0) gl_buf_append_str(out, "]}");
    gl_map_free(&list.seen);
    return list.good && !out->failed;
}
