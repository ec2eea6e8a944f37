/* admission.c - see admission.h. */
#include "engine/admission.h"

#include "engine/engine.h"

/* Requests of a lane that are looked at behind one that cannot go: it may have been failed by
 * endpoints that take the others. */
#define LOOK_BEHIND 32

/* --- probes ----------------------------------------------------------------------------------- */

/* The search for a probe among the waiting requests of a lane. */
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

static bool look_for_probe(gl_request *request, void *arg)
{
    search *s = arg;
    if (gl_course_place(request->course, s->gate) == request->course->count) return true;
    gl_time its = gl_pace_when(&s->gate->paces[request->lane], request->tokens, s->now);
    if (its <= s->now)
        s->best = better_probe(s->best, request);
    else
        s->when = gl_time_min(s->when, its);
    return true;
}

/* Looks at all waiting requests of a lane. Probes are at least a second apart, so the cost does not
 * matter. */
static gl_request *probe_of_lane(const gl_queue *queue, size_t lane, search *s)
{
    gl_queue_each(queue, lane, look_for_probe, s);
    return s->best;
}

static gl_request *next_probe(const gl_queue *queue, gl_gate *gate, gl_time now, gl_time *when)
{
    search s = { .gate = gate, .now = now, .when = *when };
    for (size_t i = 0; i < queue->lane_count; i++) probe_of_lane(queue, i, &s);
    *when = s.when;
    return s.best;
}

/* --- one endpoint ----------------------------------------------------------------------------- */

static gl_request *next_for(gl_queue *queue, gl_gate *gate, gl_time now, gl_time *when)
{
    gl_time free = gl_limit_when(&gate->limit, now);
    if (free == GL_TIME_NEVER) return NULL;
    if (gl_key_stop_holds(&gate->stop, now)) {
        *when = gate->stop.until;
        return NULL;
    }
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

/* --- several ---------------------------------------------------------------------------------- */

/* Describes an endpoint to policy/pick. */
static gl_candidate describe(const gl_request *request, size_t place, gl_time now)
{
    const gl_step *step = &request->course->steps[place];
    gl_gate *gate = step->gate;
    gl_pace *pace = &gate->paces[request->lane];
    gl_candidate is = { .group = step->group,
                        .failed = (request->failed & UINT64_C(1) << place) != 0,
                        .in_flight = (uint32_t)gate->limit.in_flight,
                        .weight = gate->weight,
                        .name = gate->name_hash,
                        .share = &gate->share };
    gl_time free = gl_limit_when(&gate->limit, now);
    gl_time paced = gl_pace_when(pace, request->tokens, now);
    if (gl_key_stop_holds(&gate->stop, now)) {
        is.when = gate->stop.until;
        return is;
    }
    is.open = gl_breaker_may_start(&gate->breaker, now, &is.when);
    if (!is.open) return is;
    is.parked = pace->not_before > now;
    is.when = free > paced ? free : paced;
    int64_t room = gl_limit_places(&gate->limit) - gate->limit.in_flight;
    if (is.when <= now) is.room = room > 0 ? (uint32_t)room : 1;
    return is;
}

/* Returns the gate that a request goes to; NULL: it has to wait. *alone: no endpoint but those that
 * want a probe can be asked, so that any request of the lane may be the probe. */
static gl_gate *choose(gl_request *request, gl_time now, gl_time *when, bool *alone)
{
    const gl_course *course = request->course;
    gl_candidate candidates[GLIMPSE_POOL_ENDPOINTS_MAX];
    *alone = true;
    for (size_t i = 0; i < course->count; i++) {
        candidates[i] = describe(request, i, now);
        if (candidates[i].open && !gl_gate_is_shut(course->steps[i].gate)) *alone = false;
    }
    /* One that was refused may itself be the cause: it is no probe where it can go elsewhere. */
    for (size_t i = 0; i < course->count && !*alone && request->refused != 0; i++) {
        if (!candidates[i].open || !gl_gate_is_shut(course->steps[i].gate)) continue;
        candidates[i].open = false;
        candidates[i].when = GL_TIME_NEVER;
    }
    gl_time then;
    size_t picked = gl_pick(course->pick, candidates, course->count, request->prompt, now, &then);
    if (picked != GL_PICK_NONE) return course->steps[picked].gate;
    *when = gl_time_min(*when, then);
    return NULL;
}

/* A look along a lane for a request that can go. */
typedef struct look {
    gl_time now, when;
    int left;
    gl_request *found;
    gl_gate *gate;
    bool alone;
} look;

static bool can_go(gl_request *request, void *arg)
{
    look *l = arg;
    l->gate = choose(request, l->now, &l->when, &l->alone);
    if (l->gate != NULL) l->found = request;
    /* Behind one that no endpoint has failed, none is better off. */
    return l->gate == NULL && request->failed != 0 && --l->left > 0;
}

static gl_request *next_of_lane(gl_queue *queue, size_t lane, look *l)
{
    gl_request *head = gl_queue_head(&queue->lanes[lane]);
    if (head == NULL) return NULL;
    if (can_go(head, l)) gl_queue_each(queue, lane, can_go, l);
    if (l->found == NULL || !l->alone || !gl_gate_is_shut(l->gate)) return l->found;
    search s = { .gate = l->gate, .now = l->now, .when = l->when };
    return probe_of_lane(queue, lane, &s);
}

static gl_request *next_of_many(gl_queue *queue, gl_gate **gate, gl_time now, gl_time *when)
{
    for (size_t i = 0; i < queue->lane_count; i++) {
        size_t lane = (queue->next + i) % queue->lane_count;
        look l = { .now = now, .when = *when, .left = LOOK_BEHIND };
        gl_request *request = next_of_lane(queue, lane, &l);
        *when = l.when;
        *gate = l.gate;
        if (request != NULL) return request;
    }
    return NULL;
}

/* --- the choice ------------------------------------------------------------------------------- */

gl_request *gl_admission_next(glimpse_engine *engine, gl_gate **gate, gl_time now, gl_time *when)
{
    *when = GL_TIME_NEVER;
    if (engine->queue.waiting == 0) return NULL;
    if (engine->gates.count > 1) return next_of_many(&engine->queue, gate, now, when);
    *gate = engine->gates.list[0];
    return next_for(&engine->queue, *gate, now, when);
}

/* Returns the first request of a lane for which all endpoints are in this state. */
static gl_request *stranded(const glimpse_engine *engine, gl_course_is state, gl_time now)
{
    bool shut = false;
    for (size_t i = 0; i < engine->gates.count; i++) shut |= gl_gate_is_shut(engine->gates.list[i]);
    for (size_t i = 0; shut && i < engine->queue.lane_count; i++) {
        gl_request *head = gl_queue_look(&engine->queue.lanes[i]);
        if (head != NULL && gl_course_state(head->course, now) == state) return head;
    }
    return NULL;
}

gl_request *gl_admission_stopped(const glimpse_engine *engine, gl_time now)
{
    return stranded(engine, GL_COURSE_STOPPED, now);
}

gl_request *gl_admission_refused(const glimpse_engine *engine, gl_time now)
{
    gl_request *request = NULL;
    if (engine->config.breaker != GLIMPSE_BREAKER_WAIT)
        request = stranded(engine, GL_COURSE_BROKEN, now);
    return request != NULL ? request : stranded(engine, GL_COURSE_STOPPED, now);
}

void gl_admission_started(gl_request *request, gl_gate *gate, gl_time now)
{
    glimpse_engine *engine = request->engine;
    gl_queue_started(&engine->queue, request);
    if (request->attempt.number == 0) gl_budget_first(&engine->budget, now);
    gl_gate_ref(gate);
    gl_gate_unref(request->attempt.gate);
    request->attempt.gate = gate;
    request->attempt.order = engine->starts++;
    gl_gate_started(gate, request, &engine->rng, now);
    if (++engine->out > engine->peak) engine->peak = engine->out;
}

/* Returns true when an endpoint on the course can be asked that has not failed the request, and has
 * not asked to wait. */
static bool another_takes(const gl_request *request, gl_time now)
{
    const gl_course *course = request->course;
    for (size_t i = 0; i < course->count; i++) {
        const gl_gate *gate = course->steps[i].gate;
        if ((request->failed & UINT64_C(1) << i) == 0 && !gl_gate_is_shut(gate) &&
            gate->paces[request->lane].not_before <= now)
            return true;
    }
    return false;
}

bool gl_admission_elsewhere(gl_request *request, uint64_t *wait, gl_time now)
{
    if (request->course->count == 1) return false;
    size_t place = gl_course_place(request->course, request->attempt.gate);
    bool never = *wait >= GL_TIME_NEVER - 1 - now;
    if (place < request->course->count) request->failed |= UINT64_C(1) << place;
    if (!never && (request->again == 0 || now + *wait < request->again))
        request->again = now + *wait;
    if (another_takes(request, now)) return true;
    *wait = request->again != 0 ? gl_time_since(request->again, now) : GL_TIME_NEVER;
    request->again = 0;
    request->failed = 0;
    return false;
}

/* --- the reason of a wait --------------------------------------------------------------------- */

/* Returns when an endpoint may be asked by itself; a full window is no such wait. */
static gl_time gate_held(const gl_gate *gate, const gl_request *request, gl_time now)
{
    gl_pace pace = gate->paces[request->lane]; /* a copy: asking moves its time */
    gl_time until = gl_pace_when(&pace, request->tokens, now), probe;
    if (gl_key_stop_holds(&gate->stop, now) && gate->stop.until > until) until = gate->stop.until;
    if (!gl_breaker_may_start(&gate->breaker, now, &probe) && probe > until) until = probe;
    return until;
}

uint64_t gl_admission_held(const gl_request *request, gl_time now)
{
    gl_time first = GL_TIME_NEVER;
    for (size_t i = 0; i < request->course->count; i++)
        first = gl_time_min(first, gate_held(request->course->steps[i].gate, request, now));
    return gl_time_since(first, now);
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
        const gl_request *request = gl_queue_look(&engine->queue.lanes[i]);
        for (size_t k = 0; request != NULL && k < request->course->count; k++) {
            gl_pace pace =
                request->course->steps[k].gate->paces[i]; /* a copy: asking moves its time */
            gl_time when = gl_pace_when(&pace, request->tokens, now);
            if (when <= now) return (gl_hold){ .what = GLIMPSE_WAIT_NONE };
            if (when >= hold.until) continue;
            gl_bucket_kind kind = gl_pace_waits_for(&pace, request->tokens, now);
            hold = (gl_hold){ .what = waits[kind], .until = when };
            if (kind == GL_BUCKET_COUNT) continue;
            hold.per_minute = gl_pace_per_minute(&pace.buckets[kind]);
            hold.set = pace.buckets[kind].fixed;
        }
    }
    return hold;
}
