/* admission.c - see admission.h. */
#include "engine/admission.h"

#include <assert.h>

#include "base/siphash.h"

/* Interactive requests that may overtake one bulk request: enough that a person does not wait, few
 * enough that a job does not starve. */
#define OVERTAKE 8

void gl_admission_init(gl_admission *admission, const glimpse_config *config)
{
    *admission = (gl_admission){ .rpm = config->rpm,
                                 .tpm = config->tpm,
                                 .adaptive = config->adaptive,
                                 .breaks = config->breaker != GLIMPSE_BREAKER_OFF,
                                 .max_park_ms = config->max_retry_after_ms };
    gl_limit_init(&admission->limit, config->concurrency);
    gl_breaker_init(&admission->breaker, config->breaker == GLIMPSE_BREAKER_LOCAL);
}

/* --- queues --- */

size_t gl_admission_find_lane(const gl_admission *admission, gl_slice model)
{
    uint64_t wanted = gl_hash(0, model.data, model.len);
    for (size_t i = 0; i < admission->lane_count; i++)
        if (admission->lanes[i].model == wanted) return i;
    return admission->lane_count == GL_LANES_MAX ? GL_LANES_MAX - 1 : GL_LANES_MAX;
}

size_t gl_admission_lane(gl_admission *admission, gl_slice model, gl_time now)
{
    size_t found = gl_admission_find_lane(admission, model);
    if (found < GL_LANES_MAX) return found;
    gl_lane *lane = &admission->lanes[admission->lane_count];
    lane->model = gl_hash(0, model.data, model.len);
    gl_list_init(&lane->queues[0]);
    gl_list_init(&lane->queues[1]);
    gl_pace_init(&lane->pace, admission->rpm, admission->tpm, now);
    return admission->lane_count++;
}

void gl_admission_push(gl_admission *admission, gl_request *request, bool front)
{
    gl_list *queue = &admission->lanes[request->lane].queues[request->priority];
    gl_request_move(request, GL_STATE_WAITING, queue, front);
    admission->waiting++;
    if (request->refused == 0) admission->untried++;
}

void gl_admission_set_priority(gl_admission *admission, gl_request *request,
                               glimpse_priority priority)
{
    request->priority = priority;
    if (request->state != GL_STATE_WAITING) return;
    gl_node_remove(&request->node);
    gl_list_push_back(&admission->lanes[request->lane].queues[priority], &request->node);
}

void gl_admission_leave(gl_admission *admission, gl_request *request)
{
    assert(request->state == GL_STATE_WAITING && gl_node_linked(&request->node));
    gl_node_remove(&request->node);
    admission->waiting--;
    if (request->refused == 0) admission->untried--;
}

static gl_request *first(const gl_list *queue)
{
    gl_node *node = gl_list_first(queue);
    return node != NULL ? GL_CONTAINER(node, gl_request, node) : NULL;
}

static gl_request *head(const gl_lane *lane)
{
    gl_request *bulk = first(&lane->queues[GLIMPSE_PRIORITY_BULK]);
    gl_request *interactive = first(&lane->queues[GLIMPSE_PRIORITY_INTERACTIVE]);
    if (interactive == NULL || (bulk != NULL && lane->overtaken >= OVERTAKE)) return bulk;
    return interactive;
}

gl_request *gl_admission_any(const gl_admission *admission)
{
    for (size_t i = 0; i < admission->lane_count; i++) {
        gl_request *request = head(&admission->lanes[i]);
        if (request != NULL) return request;
    }
    return NULL;
}

/* --- choosing the next request --- */

/* Picks the request that is sent as a probe of the endpoint: one that was never refused, because a
 * refused request may itself be the cause; otherwise the one whose last turn is the longest ago. */
static gl_request *better_probe(gl_request *one, gl_request *other)
{
    if (one == NULL) return other;
    if ((one->refused != 0) != (other->refused != 0)) return one->refused != 0 ? other : one;
    return other->attempt.place < one->attempt.place ? other : one;
}

/* Looks at all waiting requests. Probes are at least a second apart, so the cost does not
 * matter. */
static gl_request *next_probe(gl_admission *admission, gl_time now, gl_time *when)
{
    gl_request *best = NULL;
    for (size_t i = 0; i < admission->lane_count; i++) {
        gl_lane *lane = &admission->lanes[i];
        for (int priority = 0; priority < 2; priority++) {
            const gl_list *queue = &lane->queues[priority];
            for (gl_node *node = queue->head.next; node != &queue->head; node = node->next) {
                gl_request *request = GL_CONTAINER(node, gl_request, node);
                gl_time its = gl_pace_when(&lane->pace, request->tokens, now);
                if (its <= now)
                    best = better_probe(best, request);
                else
                    *when = gl_time_min(*when, its);
            }
        }
    }
    return best;
}

gl_request *gl_admission_next(gl_admission *admission, gl_time now, gl_time *when)
{
    *when = GL_TIME_NEVER;
    if (admission->waiting == 0) return NULL;
    gl_time free = gl_limit_when(&admission->limit, now);
    if (free == GL_TIME_NEVER) return NULL;
    if (!gl_breaker_may_start(&admission->breaker, now, when)) return NULL;
    *when = GL_TIME_NEVER;
    /* While the circuit is open, probes go at the breaker's own pace. */
    if (admission->breaker.state != GL_CIRCUIT_CLOSED) return next_probe(admission, now, when);
    if (free > now) {
        *when = free;
        return NULL;
    }
    for (size_t i = 0; i < admission->lane_count; i++) {
        gl_lane *lane = &admission->lanes[(admission->next + i) % admission->lane_count];
        gl_request *request = head(lane);
        if (request == NULL) continue;
        gl_time its = gl_pace_when(&lane->pace, request->tokens, now);
        if (its <= now) return request;
        *when = gl_time_min(*when, its);
    }
    return NULL;
}

gl_hold gl_admission_hold(const gl_admission *admission, gl_time now)
{
    static const glimpse_wait waits[] = {
        [GL_BUCKET_REQUESTS] = GLIMPSE_WAIT_REQUESTS,
        [GL_BUCKET_TOKENS] = GLIMPSE_WAIT_TOKENS,
        [GL_BUCKET_PROJECT_TOKENS] = GLIMPSE_WAIT_PROJECT_TOKENS,
        [GL_BUCKET_COUNT] = GLIMPSE_WAIT_ASKED,
    };
    gl_hold hold = { .what = GLIMPSE_WAIT_NONE, .until = GL_TIME_NEVER };
    for (size_t i = 0; i < admission->lane_count; i++) {
        const gl_request *request = head(&admission->lanes[i]);
        gl_pace pace = admission->lanes[i].pace; /* a copy: asking moves the bucket's time on */
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

void gl_admission_started(gl_admission *admission, gl_request *request, gl_rng *rng, gl_time now)
{
    gl_lane *lane = &admission->lanes[request->lane];
    admission->next = (request->lane + 1) % admission->lane_count;
    bool bulk = request->priority == GLIMPSE_PRIORITY_BULK;
    bool bulk_waits = gl_list_first(&lane->queues[GLIMPSE_PRIORITY_BULK]) != NULL;
    lane->overtaken = bulk || !bulk_waits ? 0 : lane->overtaken + 1;
    request->attempt.place = gl_limit_started(&admission->limit, now);
    request->attempt.probe = gl_breaker_started(&admission->breaker, now);
    if (request->attempt.number == 0) gl_budget_first(&admission->budget, now);
    gl_pace_sent(&lane->pace, request->tokens, now, &request->mark);
    gl_pace_ramp(&lane->pace, rng, now);
}

/* --- the end of an attempt --- */

bool gl_admission_others_answered(const gl_admission *admission, const gl_request *request)
{
    return request->refused != 0 && admission->answered > request->refused;
}

bool gl_admission_starved(gl_admission *admission, gl_request *request, gl_time now)
{
    if (!admission->adaptive || !gl_limit_starved(&admission->limit, now)) return false;
    gl_admission_unasked(admission, request, now);
    return true;
}

void gl_admission_unasked(gl_admission *admission, gl_request *request, gl_time now)
{
    static const gl_rate_report silent[GL_BUCKET_COUNT] = { { -1, -1, -1 },
                                                            { -1, -1, -1 },
                                                            { -1, -1, -1 } };
    gl_pace_learn(&admission->lanes[request->lane].pace, &request->mark, silent, 0, now);
    if (request->attempt.probe) gl_breaker_probe_lost(&admission->breaker, now);
}

static gl_breaker_change tell_breaker(gl_admission *admission, const gl_request *request,
                                      const gl_admission_report *report, gl_time now)
{
    bool probe = request->attempt.probe, late = report->elapsed >= report->late;
    if (!admission->breaks) return GL_BREAKER_SAME;
    if (report->endpoint != GL_ENDPOINT_UNKNOWN)
        return gl_breaker_ended(&admission->breaker, probe, report->endpoint == GL_ENDPOINT_DOWN,
                                late, now);
    if (probe) gl_breaker_probe_lost(&admission->breaker, now);
    return GL_BREAKER_SAME;
}

static bool is_refusal(int status)
{
    return status == 429 || status == 503 || status == 529;
}

/* Tells the window how an attempt ended. Returns true when a wait that the endpoint asks for holds
 * for all requests, not for this one alone. */
static bool limit_ended(gl_limit *limit, uint64_t place, const gl_admission_report *report,
                        gl_time now)
{
    const gl_failure *failure = report->failure;
    if (failure == NULL) {
        gl_limit_answered(limit, place, report->elapsed, now);
        return false;
    }
    int status = failure->http_status;
    if (!is_refusal(status)) return true;
    gl_refusal kind = status == 429 ? GL_REFUSAL_PACE : GL_REFUSAL_OVERLOAD;
    for (int i = 0; i < GL_BUCKET_COUNT; i++)
        if (report->rates[i].remaining == 0) kind = GL_REFUSAL_LIMIT;
    return gl_limit_refused(limit, place, kind, now);
}

gl_breaker_change gl_admission_ended(gl_admission *admission, gl_request *request,
                                     const gl_admission_report *report, gl_time now)
{
    const gl_failure *failure = report->failure;
    gl_pace *pace = &admission->lanes[request->lane].pace;
    gl_pace_learn(pace, &request->mark, report->rates, report->tokens_used, now);
    /* A failure for lack of money says nothing about the rate. */
    if (failure != NULL && failure->error == GLIMPSE_ERR_QUOTA)
        return tell_breaker(admission, request, report, now);
    if (failure != NULL && is_refusal(failure->http_status))
        admission->refused_status = failure->http_status;
    if (failure == NULL && request->attempt.place >= admission->answered)
        admission->answered = request->attempt.place + 1;
    bool for_all =
        admission->adaptive && limit_ended(&admission->limit, request->attempt.place, report, now);
    if (for_all && failure->retry_after_ms > 0) {
        int64_t ms = failure->retry_after_ms;
        if (ms > admission->max_park_ms) ms = admission->max_park_ms;
        gl_pace_park(pace, (uint64_t)ms * GL_MS, admission->waiting, now);
    }
    gl_breaker_change change = tell_breaker(admission, request, report, now);
    if (change == GL_BREAKER_CLOSED) gl_limit_restart(&admission->limit, now);
    return change;
}
