/*
 * flow.c - see flow.h and <glimpse/flow.h>.
 *
 * A caller that pauses has no further text, event or result until it goes on. What comes meanwhile
 * stays with the work, once for all its callers. When all callers of a work have paused, so does
 * its attempt, if its sampler can; else it goes on for the others, and a caller that has missed
 * more than it may is ended. Runs no callback of a caller's.
 */
#include "engine/flow.h"

#include <glimpse/flow.h>

#include "engine/engine.h"
#include "sampler.h"

static gl_request *work_of(gl_request *request)
{
    return request->leader != NULL ? request->leader : request;
}

/* --- what a caller is owed -------------------------------------------------------------------- */

static bool is_behind(const gl_caller *caller, const gl_request *work)
{
    return caller->may_miss != 0 && work->shown != NULL && work->shown->came > caller->paused_at &&
           work->shown->came - caller->paused_at > caller->may_miss;
}

static bool is_owed(const gl_caller *caller, const gl_request *work)
{
    bool text = caller->observer.on_text != NULL &&
                caller->text_delivered < gl_result_held(work->streamed).len;
    bool event = caller->observer.on_event != NULL && gl_request_showed(work) &&
                 caller->events_told < work->shown->ready;
    return caller->wants_stream && (text || event);
}

void gl_flow_owe(gl_request *request, const gl_request *work)
{
    const gl_caller *caller = &request->caller;
    glimpse_engine *engine = request->engine;
    if (caller->paused) {
        gl_node_remove(&request->text_node);
        if (is_behind(caller, work)) gl_list_push_back(&engine->behind, &request->text_node);
    } else if (!is_owed(caller, work)) {
        gl_node_remove(&request->text_node);
    } else if (!gl_node_linked(&request->text_node)) {
        gl_list_push_back(&engine->speaking, &request->text_node);
    }
}

/* Its caller may be another by now, or the attempt can be paused now where it could not before. */
gl_request *gl_flow_laggard(glimpse_engine *engine)
{
    gl_node *node;
    while ((node = gl_list_pop_front(&engine->behind)) != NULL) {
        gl_request *request = GL_CONTAINER(node, gl_request, text_node);
        gl_request *work = work_of(request);
        gl_flow_update(work);
        if (!request->caller.paused)
            gl_flow_owe(request, work);
        else if (!work->attempt.paused && is_behind(&request->caller, work))
            return request;
    }
    return NULL;
}

/* --- the attempt ------------------------------------------------------------------------------ */

static void note(glimpse_attempt *attempt, bool paused, gl_time now)
{
    attempt->paused = paused;
    if (paused) {
        attempt->paused_at = now;
        return;
    }
    attempt->paused_ns += gl_time_since(now, attempt->paused_at);
    /* The endpoint was not silent meanwhile: it was not heard. */
    if (attempt->last_byte != GL_TIME_NEVER) attempt->last_byte = now;
    if (attempt->last_text != GL_TIME_NEVER) attempt->last_text = now;
    gl_clockwork_set_timer(attempt->request);
}

void gl_flow_update(gl_request *work)
{
    glimpse_attempt *attempt = &work->attempt;
    bool pause = work->paused != 0 && work->paused == work->callers;
    if (attempt->sampler == NULL || attempt->paused == pause) return;
    const glimpse_sampler *sampler = attempt->sampler;
    if (sampler->vtable.pause == NULL || !sampler->vtable.pause(sampler->self, attempt, pause))
        return;
    note(attempt, pause, gl_clockwork_now(&work->engine->clock));
}

void gl_flow_join(gl_request *work, const gl_caller *caller)
{
    work->callers++;
    work->paused += caller->paused;
    gl_flow_update(work);
}

void gl_flow_part(gl_request *work, const gl_caller *caller)
{
    work->callers--;
    work->paused -= caller->paused;
    gl_flow_update(work);
}

uint64_t gl_flow_worked(const glimpse_attempt *attempt, gl_time now)
{
    gl_time until = attempt->paused ? attempt->paused_at : now;
    uint64_t since = gl_time_since(until, attempt->started);
    return since > attempt->paused_ns ? since - attempt->paused_ns : 0;
}

/* --- ended requests that wait for their caller ------------------------------------------------ */

static bool is_owed_rest(const gl_request *request)
{
    const gl_caller *caller = &request->caller;
    size_t len = 0;
    if (!caller->wants_stream) return false;
    if (caller->observer.on_text != NULL && caller->result->error == GLIMPSE_OK)
        (void)glimpse_result_text(caller->result, &len);
    return len > caller->text_delivered || caller->events_told < request->events_end;
}

bool gl_flow_holds(gl_request *request)
{
    if (!request->caller.paused || !is_owed_rest(request)) return false;
    gl_node_remove(&request->node);
    gl_list_push_back(&request->engine->in.held, &request->node);
    return true;
}

static void let_end(gl_request *request)
{
    gl_node_remove(&request->node);
    gl_list_push_back(&request->engine->in.done, &request->node);
    gl_clockwork_schedule(&request->engine->clock);
}

bool gl_flow_release(gl_request *request)
{
    if (request->state != GL_STATE_DONE || !request->caller.paused || !is_owed_rest(request))
        return false;
    request->caller.paused = false;
    request->caller.wants_stream = false;
    let_end(request);
    return true;
}

/* --- the caller's wish ------------------------------------------------------------------------ */

static void set_paused(gl_request *request, bool paused)
{
    gl_request *work = work_of(request);
    request->caller.paused = paused;
    gl_node_remove(&request->text_node);
    if (request->state == GL_STATE_DONE) {
        if (!paused) let_end(request);
        return;
    }
    work->paused = paused ? work->paused + 1 : work->paused - 1;
    if (!paused) gl_flow_owe(request, work);
    if (gl_node_linked(&request->text_node)) gl_clockwork_schedule(&request->engine->clock);
    gl_flow_update(work);
}

static void wish(glimpse_engine *engine, glimpse_id id, bool paused, size_t may_miss)
{
    gl_request *request = gl_map_get(&engine->requests, id);
    if (request == NULL) return;
    bool yield = engine->clock.yield;
    gl_clockwork_enter(&engine->clock);
    engine->clock.yield = true;
    gl_caller *caller = &request->caller;
    if (paused && !caller->paused) {
        const gl_request *work = work_of(request);
        caller->paused_at = work->shown != NULL ? work->shown->came : 0;
    }
    caller->may_miss = may_miss;
    if (caller->paused != paused) set_paused(request, paused);
    engine->clock.yield = yield;
    gl_clockwork_leave(&engine->clock);
}

void glimpse_request_pause(glimpse_engine *engine, glimpse_id id, size_t may_miss)
{
    wish(engine, id, true, may_miss);
}

void glimpse_request_go_on(glimpse_engine *engine, glimpse_id id)
{
    wish(engine, id, false, 0);
}
