/* admission.c - see admission.h. */
#include "engine/admission.h"

#include "engine/engine.h"

/* The search for a probe among all waiting requests. */
typedef struct search {
    gl_gate *gate;
    gl_time now, when;
    gl_request *best;
} search;

/* Picks the request that is sent as a probe of the endpoint: one that was never refused, because a
 * refused request may itself be the cause; otherwise the one whose last turn is the longest ago. */
static gl_request *better_probe(gl_request *one, gl_request *other)
{
    if (one == NULL) return other;
    if ((one->refused != 0) != (other->refused != 0)) return one->refused != 0 ? other : one;
    return other->attempt.order < one->attempt.order ? other : one;
}

static void look(gl_request *request, void *arg)
{
    search *s = arg;
    gl_time its = gl_pace_when(&s->gate->paces[request->lane], request->tokens, s->now);
    if (its <= s->now)
        s->best = better_probe(s->best, request);
    else
        s->when = gl_time_min(s->when, its);
}

/* Looks at all waiting requests. Probes are at least a second apart, so the cost does not
 * matter. */
static gl_request *next_probe(const gl_queue *queue, gl_gate *gate, gl_time now, gl_time *when)
{
    search s = { .gate = gate, .now = now, .when = *when };
    gl_queue_each(queue, look, &s);
    *when = s.when;
    return s.best;
}

static gl_request *next(gl_queue *queue, gl_gate *gate, gl_time now, gl_time *when)
{
    *when = GL_TIME_NEVER;
    if (queue->waiting == 0) return NULL;
    gl_time free = gl_limit_when(&gate->limit, now);
    if (free == GL_TIME_NEVER) return NULL;
    if (!gl_breaker_may_start(&gate->breaker, now, when)) return NULL;
    *when = GL_TIME_NEVER;
    /* While the circuit is open, probes go at the breaker's own pace. */
    if (gate->breaker.state != GL_CIRCUIT_CLOSED) return next_probe(queue, gate, now, when);
    if (free > now) {
        *when = free;
        return NULL;
    }
    for (size_t i = 0; i < queue->lane_count; i++) {
        size_t lane = (queue->next + i) % queue->lane_count;
        gl_request *request = gl_queue_head(&queue->lanes[lane]);
        if (request == NULL) continue;
        gl_time its = gl_pace_when(&gate->paces[lane], request->tokens, now);
        if (its <= now) return request;
        *when = gl_time_min(*when, its);
    }
    return NULL;
}

gl_request *gl_admission_next(glimpse_engine *engine, gl_time now, gl_time *when)
{
    gl_request *request = next(&engine->queue, engine->gate, now, when);
    if (request != NULL) request->attempt.gate = engine->gate;
    return request;
}

void gl_admission_started(gl_request *request, gl_time now)
{
    glimpse_engine *engine = request->engine;
    gl_queue_started(&engine->queue, request);
    if (request->attempt.number == 0) gl_budget_first(&engine->budget, now);
    request->attempt.order = engine->starts++;
    gl_gate_started(request->attempt.gate, request, &engine->rng, now);
}

gl_hold gl_admission_hold(const glimpse_engine *engine, gl_time now)
{
    static const glimpse_wait waits[] = {
        [GL_BUCKET_REQUESTS] = GLIMPSE_WAIT_REQUESTS,
        [GL_BUCKET_TOKENS] = GLIMPSE_WAIT_TOKENS,
        [GL_BUCKET_PROJECT_TOKENS] = GLIMPSE_WAIT_PROJECT_TOKENS,
        [GL_BUCKET_COUNT] = GLIMPSE_WAIT_ASKED,
    };
    gl_hold hold = { .what = GLIMPSE_WAIT_NONE, .until = GL_TIME_NEVER };
    for (size_t i = 0; i < engine->queue.lane_count; i++) {
        const gl_request *request = gl_queue_head(&engine->queue.lanes[i]);
        gl_pace pace = engine->gate->paces[i]; /* a copy: asking moves the bucket's time on */
        if (request == NULL) continue;
        gl_time when = gl_pace_when(&pace, request->tokens, now);
        if (when <= now) return (gl_hold){ .what = GLIMPSE_WAIT_NONE };
        if (when >= hold.until) continue;
        gl_bucket_kind kind = gl_pace_waits_for(&pace, request->tokens, now);
        hold = (gl_hold){ .what = waits[kind], .until = when };
        if (kind == GL_BUCKET_COUNT) continue;
        hold.per_minute = gl_pace_per_minute(&pace.buckets[kind]);
        hold.set = pace.buckets[kind].fixed;
    }
    return hold;
}
