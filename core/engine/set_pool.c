/*
 * set_pool.c - another pool for an engine that runs: each request that is under way gets the course
 * of its model through the new gates. A request whose course cannot be allocated keeps the former
 * one, which holds its gates.
 */
#include "engine/set_pool.h"

#include "engine/engine.h"
#include "engine/pack.h"
#include "engine/steps.h"
#include "sampler.h"

static void renew(gl_request *request)
{
    glimpse_engine *engine = request->engine;
    if (request->course == NULL) return;
    size_t lane = gl_queue_find_lane(&engine->queue, request->named_model.text);
    gl_course *course =
        gl_gates_course(&engine->gates, lane, request->named_model, &engine->scratch);
    if (course == NULL) return;
    gl_course_unref(request->course);
    request->course = course;
    request->failed = 0;
    request->again = 0;
}

static void renew_pack(const gl_pack *pack)
{
    if (gl_list_empty(&pack->members)) return;
    for (gl_request *member = gl_pack_first(pack); member != NULL;
         member = gl_pack_next(pack, member))
        renew(member);
}

static void renew_packs(const gl_list *packs)
{
    for (gl_node *node = packs->head.next; node != &packs->head; node = node->next)
        renew_pack(GL_CONTAINER(node, gl_pack, node));
}

static bool renew_with_pack(gl_request *request, void *arg)
{
    (void)arg;
    renew(request);
    if (request->carries) renew_pack(request->pack);
    return true;
}

static void renew_all(glimpse_engine *engine)
{
    const gl_list *lists[] = { &engine->in.looking, &engine->in.running, &engine->in.backoff,
                               &engine->packing.ended };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (gl_node *node = lists[i]->head.next; node != &lists[i]->head; node = node->next)
            renew_with_pack(GL_CONTAINER(node, gl_request, node), NULL);
    for (size_t lane = 0; lane < engine->queue.lane_count; lane++)
        gl_queue_each(&engine->queue, lane, renew_with_pack, NULL);
    renew_packs(&engine->packing.gathering);
    renew_packs(&engine->packing.held);
    renew_packs(&engine->packing.going);
}

static bool is_served(gl_request *request, void *arg)
{
    gl_request **unserved = arg;
    if (request->course->count == 0) *unserved = request;
    return *unserved == NULL;
}

/* Ends the requests in the queue whose model is not served any more: there they would hold up
 * others. The rest ends when its turn to be queued comes. */
static void refuse_unserved(glimpse_engine *engine, gl_time now)
{
    for (size_t lane = 0; lane < engine->queue.lane_count; lane++) {
        gl_request *unserved;
        do {
            unserved = NULL;
            gl_queue_each(&engine->queue, lane, is_served, &unserved);
            if (unserved != NULL) gl_steps_refuse(unserved, now);
        } while (unserved != NULL);
    }
}

glimpse_error gl_engine_set_pool(glimpse_engine *engine, const glimpse_pool *pool)
{
    glimpse_config config = engine->config;
    gl_time now = gl_clockwork_now(&engine->clock);
    config.pool = pool;
    if (gl_gates_replace(&engine->gates, &config, now) != GLIMPSE_OK) return GLIMPSE_ERR_OOM;
    glimpse_sampler *first = glimpse_sampler_ref(engine->gates.list[0]->sampler);
    glimpse_sampler_unref(engine->sampler);
    engine->sampler = first;
    gl_clockwork_enter(&engine->clock);
    renew_all(engine);
    refuse_unserved(engine, now);
    gl_clockwork_schedule(&engine->clock);
    gl_clockwork_leave(&engine->clock);
    return GLIMPSE_OK;
}
