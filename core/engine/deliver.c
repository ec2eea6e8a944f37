/*
 * deliver.c - the caller's callbacks; the only file that runs them for requests.
 *
 * A request is taken out of every list, map and heap before its on_result runs, so the callback may
 * submit, cancel, close and free without meeting it again; its memory goes afterwards. One whose
 * caller has paused (flow.h) gets nothing until it goes on, and its result waits.
 */
#include "engine/deliver.h"

#include <assert.h>

#include "engine/engine.h"
#include "engine/flow.h"
#include "policy/latency.h"

static void tell_text(gl_request *request, const char *text, size_t len)
{
    if (len == 0) return;
    request->caller.text_delivered += len;
    request->caller.observer.on_text(request->caller.id, text, len, request->caller.arg);
}

/* Tells the next of the events in these bytes of them; false: the caller has had all, or pauses. */
static bool tell_event(gl_request *request, gl_shown *shown, size_t end)
{
    gl_event next;
    gl_caller *caller = &request->caller;
    if (caller->observer.on_event == NULL || !caller->wants_stream || shown == NULL ||
        caller->paused)
        return false;
    if (!gl_events_next(&shown->events, end, &caller->events_told, &next)) return false;
    const glimpse_event event = { .name = next.name.data,
                                  .name_len = next.name.len,
                                  .data = next.data.data,
                                  .data_len = next.data.len,
                                  .bytes = next.bytes.data,
                                  .len = next.bytes.len };
    caller->observer.on_event(caller->id, &event, caller->arg);
    return true;
}

/* A callback may cancel its request, which then has its end, or another caller. */
static const gl_request *work_of(const gl_request *request)
{
    if (request->state == GL_STATE_DONE) return NULL;
    return request->leader != NULL ? request->leader : request;
}

static bool tell_ready_event(gl_request *request)
{
    const gl_request *work = work_of(request);
    return work != NULL && gl_request_showed(work) &&
           tell_event(request, work->shown, work->shown->ready);
}

void gl_deliver_text(glimpse_engine *engine)
{
    gl_node *node;
    while ((node = gl_list_pop_front(&engine->speaking)) != NULL) {
        gl_request *request = GL_CONTAINER(node, gl_request, text_node);
        const gl_request *work = work_of(request);
        if (work == NULL) continue;
        const gl_slice came = gl_result_held(work->streamed);
        if (request->caller.observer.on_text != NULL)
            tell_text(request, came.data + request->caller.text_delivered,
                      came.len - request->caller.text_delivered);
        while (tell_ready_event(request)) continue;
    }
}

/* Passes the rest of the text before the result; that is all of it when the answer did not come as
 * a stream. The text of a failure is not passed: the result keeps it as the partial one. */
static void tell_rest(gl_request *request)
{
    size_t len;
    const char *text = glimpse_result_text(request->caller.result, &len);
    if (!request->caller.wants_stream || request->caller.observer.on_text == NULL ||
        request->caller.result->error != GLIMPSE_OK || request->caller.text_delivered >= len ||
        request->caller.paused)
        return;
    tell_text(request, text + request->caller.text_delivered, len - request->caller.text_delivered);
}

/* Passes the rest of text and events before the result. false: the caller has paused before that,
 * and the result waits. */
static bool tell_all(gl_request *request)
{
    tell_rest(request);
    while (tell_event(request, request->shown, request->events_end)) continue;
    return !gl_flow_holds(request);
}

/* A failure names the last endpoint that was asked, and would hide one that was not. */
static void name_left_out(gl_request *request)
{
    const gl_course *course = request->course;
    for (size_t i = 0; course != NULL && i < course->count; i++) {
        const gl_gate *gate = course->steps[i].gate;
        if (!gate->stop.on || gate->name == NULL) continue;
        request->caller.result->left_out = gl_endpoint_name_ref(gate->name);
        return;
    }
}

static void deliver(gl_request *request)
{
    glimpse_engine *engine = request->engine;
    if (request->caller.result->error != GLIMPSE_OK) name_left_out(request);
    const glimpse_result *result = request->caller.result;
    gl_request_move(request, GL_STATE_DELIVERED, NULL, false);
    void *found = gl_map_remove(&engine->requests, request->caller.id);
    assert(found == request);
    (void)found;
    engine->stats.delivered++;
    engine->stats.by_status[result->status]++;
    engine->stats.by_source[result->source]++;
    gl_metrics_delivered(engine->metrics, result->source, result->status,
                         (uint64_t)result->timings.total_ns, result->thresholds_crossed);
    gl_alerts_note(request);
    if (request->caller.observer.on_result != NULL)
        request->caller.observer.on_result(request->caller.id, result, request->caller.arg);
    gl_request_free(request);
}

bool gl_deliver(glimpse_engine *engine, size_t most)
{
    gl_node *node;
    while (most-- != 0 && (node = gl_list_first(&engine->in.done)) != NULL) {
        gl_request *request = GL_CONTAINER(node, gl_request, node);
        if (tell_all(request)) deliver(request);
    }
    gl_alerts_look(engine);
    return !gl_list_empty(&engine->in.done);
}

static void tell(gl_request *request, const glimpse_notice *notice)
{
    request->engine->stats.notices[notice->kind]++;
    if (request->caller.observer.on_notice != NULL)
        request->caller.observer.on_notice(request->caller.id, notice, request->caller.arg);
}

void gl_deliver_notices(gl_request *request, gl_time now)
{
    glimpse_engine *engine = request->engine;
    glimpse_notice notice;
    if (request->caller.retry_notice) {
        request->caller.retry_notice = false;
        uint64_t elapsed = gl_time_since(now, request->caller.submitted);
        const glimpse_result *result = request->caller.result;
        notice = (glimpse_notice){
            .kind = GLIMPSE_NOTICE_RETRY,
            .elapsed_ms = (int64_t)(elapsed / GL_MS),
            .message = glimpse_result_error_message(result),
            .attempt = request->attempt.number,
            .error = result->error,
            .http_status = glimpse_result_http_status(result),
            .delay_ms = (int64_t)(request->backoff_wait / GL_MS),
        };
        tell(request, &notice);
    }
    while (request->caller.observer.on_notice != NULL && request->state != GL_STATE_DONE &&
           gl_latency_due(&request->caller.thresholds, request->caller.submitted,
                          request->caller.notices) <= now) {
        uint64_t elapsed = gl_time_since(now, request->caller.submitted);
        gl_latency_notice(request->caller.notices++, elapsed, &notice);
        notice.attempt = request->attempt.number;
        tell(request, &notice);
        if (engine->clock.free_wanted) return;
    }
}
