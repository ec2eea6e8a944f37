/*
 * fuzz_endpoints.c - any bytes as a file of endpoints: it is taken or refused with its place and a
 * reason; and in what is taken each model goes a way that exists.
 */
#include "fuzz.h"

#include <math.h>

#include "base/alloc.h"
#include "options/endpoints.h"
#include "pool.h"

static void follow(const glimpse_pool *pool, const char *model)
{
    gl_way way[GLIMPSE_POOL_ENDPOINTS_MAX];
    bool there[GLIMPSE_POOL_ENDPOINTS_MAX] = { false };
    glimpse_pick pick;
    size_t count = gl_pool_way(pool, gl_slice_str(model), way, &pick);
    claim(count <= pool->endpoint_count, "more endpoints than there are");
    claim((unsigned)pick <= GLIMPSE_PICK_PREFIX, "no choice");
    for (size_t i = 0; i < count; i++) {
        claim(way[i].endpoint < pool->endpoint_count && !there[way[i].endpoint],
              "an endpoint that is none, or comes twice");
        there[way[i].endpoint] = true;
        claim(i == 0 ? way[i].group == 0 || pool->route_count != 0
                     : way[i].group >= way[i - 1].group,
              "groups out of order");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    glimpse_endpoint like;
    gl_json_fault fault;
    glimpse_endpoint_init(&like);
    size_t live = gl_alloc_live();
    char *text = fuzz_string(gl_slice_of((const char *)data, size));
    endpoints *file = endpoints_read(gl_slice_of(text, size), "", &like, &fault);
    if (file == NULL) {
        claim(fault.path[0] != '\0' && fault.reason[0] != '\0', "refused without a reason");
    } else {
        const glimpse_pool *pool = endpoints_pool(file);
        gl_buf names;
        gl_buf_init(&names, 1 << 20);
        claim(glimpse_pool_check(pool, NULL) == GLIMPSE_OK, "taken and not checked");
        for (size_t i = 0; i < pool->endpoint_count; i++) {
            const glimpse_pool_endpoint *at = &pool->endpoints[i];
            claim(at->weight > 0 && isfinite(at->weight), "a weight that is none");
            for (size_t m = 0; m < at->model_count; m++) follow(pool, at->models[m].model);
        }
        for (size_t i = 0; i < pool->route_count; i++) follow(pool, pool->routes[i].model);
        follow(pool, "a model");
        gl_pool_name_some(pool, &names);
        gl_buf_free(&names);
    }
    endpoints_free(file);
    free(text);
    claim(gl_alloc_live() == live, "memory is left");
    return 0;
}
