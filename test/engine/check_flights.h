/* check_flights.h - what must hold of the requests of an engine that share their way. */
#ifndef TEST_ENGINE_CHECK_FLIGHTS_H
#define TEST_ENGINE_CHECK_FLIGHTS_H

#include "engine/pack.h"
#include "rig.h"

/* Of all requests with one identity, one at most is on its way: it leads, and the others follow. */
static inline void check_way(const gl_list *list, const gl_map *flights, size_t *leaders)
{
    for (gl_node *node = list->head.next; node != &list->head; node = node->next) {
        const gl_request *request = GL_CONTAINER(node, gl_request, node);
        if (request->carries && request->pack != NULL) {
            assert_ptr_equal(request->pack->carrier, request);
            check_way(&request->pack->members, flights, leaders);
        }
        if (!request->leads) { /* who asks anew does so also beside a flight */
            assert_true(!request->may_fly || request->attempt.fallback ||
                        request->cache_control == GLIMPSE_CACHE_REFRESH);
            continue;
        }
        uint64_t key;
        memcpy(&key, request->identity.bytes, sizeof key);
        assert_ptr_equal(gl_map_get(flights, key), request);
        ++*leaders;
        for (gl_node *f = request->followers.head.next; f != &request->followers.head;
             f = f->next) {
            const gl_request *follower = GL_CONTAINER(f, gl_request, node);
            assert_ptr_equal(follower->leader, request);
            assert_memory_equal(&follower->identity, &request->identity, sizeof(glimpse_key));
        }
    }
}

static inline void check_flights(const glimpse_engine *engine)
{
    size_t leaders = 0;
    check_way(&engine->in.looking, &engine->flights, &leaders);
    check_way(&engine->in.running, &engine->flights, &leaders);
    check_way(&engine->in.backoff, &engine->flights, &leaders);
    check_way(&engine->packing.ended, &engine->flights, &leaders);
    const gl_list *packs[] = { &engine->packing.gathering, &engine->packing.held };
    for (size_t i = 0; i < 2; i++) {
        for (gl_node *node = packs[i]->head.next; node != &packs[i]->head; node = node->next) {
            const gl_pack *pack = GL_CONTAINER(node, gl_pack, node);
            assert_false(gl_list_empty(&pack->members));
            check_way(&pack->members, &engine->flights, &leaders);
        }
    }
    for (size_t i = 0; i < engine->queue.lane_count; i++)
        for (int k = 0; k < 2; k++) {
            const gl_list *flows = &engine->queue.lanes[i].queues[k].flows;
            for (gl_node *node = flows->head.next; node != &flows->head; node = node->next) {
                const gl_flow *flow = GL_CONTAINER(node, gl_flow, turn);
                assert_false(gl_list_empty(&flow->waiting));
                check_way(&flow->waiting, &engine->flights, &leaders);
            }
        }
    assert_int_equal(engine->flights.count, leaders);
}

#endif
