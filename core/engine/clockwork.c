/* clockwork.c - see clockwork.h. */
#include "engine/clockwork.h"

#include "engine/engine.h"
#include "policy/latency.h"
#include "sampler.h"

/* Entries of the heap that belong to the engine itself: admission, packing, close. */
#define OWN_TIMES 3

/* --- life --- */

bool gl_clockwork_init(gl_clockwork *clock, struct event_base *base, void (*timer)(void *engine),
                       void (*turn)(void *engine), void (*free)(void *engine), void *engine)
{
    *clock = (gl_clockwork){ .timer_at = GL_TIME_NEVER, .free = free, .engine = engine };
    gl_heap_init(&clock->heap);
    clock->loop = gl_loop_new(base);
    if (clock->loop == NULL) return false;
    clock->timer = gl_timer_new(clock->loop, timer, engine);
    clock->turn = gl_defer_new(clock->loop, turn, engine);
    return clock->timer != NULL && clock->turn != NULL;
}

void gl_clockwork_end(gl_clockwork *clock)
{
    gl_timer_free(clock->timer);
    gl_defer_free(clock->turn);
    gl_loop_free(clock->loop);
    gl_heap_free(&clock->heap);
}

bool gl_clockwork_reserve(glimpse_engine *engine, size_t more)
{
    size_t now = engine->requests.count + engine->packing.out + OWN_TIMES;
    return gl_heap_reserve(&engine->clock.heap, now + more);
}

/* --- the timer --- */

/* The loop's timer is only ever moved to earlier. A timer that fires too early finds nothing due
 * and is set anew, which is cheaper than moving it for each request that ends. With nothing due it
 * is off, so that an idle engine does not keep event_base_dispatch from returning. */
void gl_clockwork_arm(gl_clockwork *clock)
{
    gl_time next = gl_heap_next(&clock->heap);
    if (next >= clock->timer_at && next != GL_TIME_NEVER) return;
    if (next == clock->timer_at) return;
    clock->timer_at = next;
    gl_timer_set(clock->timer, next);
}

/* --- one timer for all the times of a request --- */

gl_time gl_clockwork_attempt_due(const glimpse_attempt *attempt, glimpse_error *which)
{
    const glimpse_config *config = &attempt->request->engine->config;
    const gl_model *model = &attempt->request->engine->models[attempt->request->lane];
    gl_time due = GL_TIME_NEVER, limit;
    *which = GLIMPSE_ERR_TIMEOUT;
    if (model->timeout_ms > 0) due = gl_time_add_ms(attempt->started, model->timeout_ms);
    if (!attempt->sampler->vtable.progress || attempt->paused) return due;
    if (attempt->connected == GL_TIME_NEVER && config->connect_timeout_ms > 0) {
        limit = gl_time_add_ms(attempt->started, config->connect_timeout_ms);
        if (limit < due) *which = GLIMPSE_ERR_TIMEOUT_CONNECT;
        due = gl_time_min(due, limit);
    }
    if (attempt->connected != GL_TIME_NEVER && attempt->first_byte == GL_TIME_NEVER &&
        model->first_byte_timeout_ms > 0) {
        limit =
            gl_time_add_ms(attempt->connected + attempt->paused_ns, model->first_byte_timeout_ms);
        if (limit < due) *which = GLIMPSE_ERR_TIMEOUT_FIRST_BYTE;
        due = gl_time_min(due, limit);
    }
    if (attempt->last_byte != GL_TIME_NEVER && model->idle_timeout_ms > 0) {
        limit = gl_time_add_ms(attempt->last_byte, model->idle_timeout_ms);
        if (limit < due) *which = GLIMPSE_ERR_TIMEOUT_IDLE;
        due = gl_time_min(due, limit);
    }
    return due;
}

/* Returns the earliest moment at which something of this request is due. A limit that progress has
 * moved to later is not moved in the heap: the entry fires early, and this is asked again. */
static gl_time request_due(const gl_request *request)
{
    gl_time due = GL_TIME_NEVER;
    if (request->caller.retry_notice) return request->attempt.started; /* in the past: at once */
    if (request->caller.observer.on_notice != NULL)
        due = gl_latency_due(&request->caller.thresholds, request->caller.submitted,
                             request->caller.notices);
    if (!request->attempt.fallback) due = gl_time_min(due, request->caller.deadline);
    if (request->state == GL_STATE_BACKOFF) due = gl_time_min(due, request->backoff_until);
    if (request->state == GL_STATE_RUNNING && request->attempt.sampler != NULL) {
        glimpse_error which;
        due = gl_time_min(due, gl_clockwork_attempt_due(&request->attempt, &which));
    }
    return due;
}

void gl_clockwork_set_timer(gl_request *request)
{
    gl_heap_set(&request->engine->clock.heap, &request->timer, request_due(request));
    gl_clockwork_arm(&request->engine->clock);
}
