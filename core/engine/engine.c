/*
 * engine.c - the order of the steps; the only file that knows it.
 *
 *   submit: key, cache -> WAITING -> admit: RUNNING -> attempt ends -> settle: DONE -> deliver
 *                   |        ^                            |   ^
 *                   |        +--------- BACKOFF <---------+   | retry: pays admission again
 *                   |        |                            +-> FALLBACK -> RUNNING -> settle
 *                   +-> FOLLOWING an identical one: what settles that one settles it
 *                   +-> PACKING: settled with what its pack brought, or alone -> WAITING
 *
 * Owns every live request. Policies (core/policy) are asked and decide; they call nobody. Nothing
 * of the caller's runs inside submit, cancel, or a sampler's functions: callbacks run only from
 * the turn (results) and from the timer (notices), both called by the loop.
 *
 * `depth` counts our own frames on the stack: a free inside a callback is carried out when the
 * outermost of them ends.
 */
#include "engine/engine.h"

#include <assert.h>
#include <stdio.h>

#include "policy/latency.h"
#include "sampler.h"
#include "status.h"

/* Results told in one turn, before sockets are looked at again: enough to spread the cost of a
 * poll (about 1 us) over many, few enough that 64 of them take well under a millisecond each time
 * even when each callback writes a record of some kilobytes. */
#define DELIVER_PER_TURN 64

/* Attempts started in one turn, and timers that fire in one, for the same reason: a sampler that
 * ends inside start frees its place at once, so that the limit of attempts in flight bounds
 * nothing. */
#define START_PER_TURN  256
#define EXPIRE_PER_TURN 256

/* --- entering and leaving --- */

void gl_engine_enter(glimpse_engine *engine)
{
    engine->depth++;
}

/* The engine may be gone when this returns. */
void gl_engine_leave(glimpse_engine *engine)
{
    if (--engine->depth == 0 && engine->free_wanted) gl_engine_destroy(engine);
}

/* What the network brought is passed on before the loop polls again. What the turn or the caller
 * brought waits for a poll: a caller that submits from a deferred call of its own, and is answered
 * from the cache, would otherwise keep the loop in one endless turn. */
void gl_engine_schedule(glimpse_engine *engine)
{
    if (engine->yield)
        gl_defer_next_turn(engine->turn);
    else
        gl_defer_this_turn(engine->turn);
}

/* The loop's timer is moved only to be earlier: fired too early it finds nothing and is set anew,
 * which is cheaper than following each request that ends. With nothing to wait for it is off, so
 * that an idle engine does not keep event_base_dispatch from returning. */
void gl_engine_arm(glimpse_engine *engine)
{
    gl_time next = gl_heap_next(&engine->heap);
    if (next >= engine->timer_at && next != GL_TIME_NEVER) return;
    if (next == engine->timer_at) return;
    engine->timer_at = next;
    gl_timer_set(engine->timer, next);
}

/* --- one timer for all the times of a request --- */

/* The earliest moment at which something of this request is due. Limits that progress has moved to
 * later are not followed: the node fires early, and this is asked again. */
static gl_time request_due(const gl_request *request)
{
    gl_time due = GL_TIME_NEVER;
    if (request->retry_notice) return request->attempt.started; /* in the past: at once */
    if (request->observer.on_notice != NULL)
        due = gl_latency_due(&request->thresholds, request->submitted, request->notices);
    if (!request->attempt.fallback) due = gl_time_min(due, request->deadline);
    if (request->state == GL_STATE_BACKOFF) due = gl_time_min(due, request->backoff_until);
    if (request->state == GL_STATE_RUNNING && request->attempt.sampler != NULL) {
        glimpse_error which;
        due = gl_time_min(due, gl_attempt_due(&request->attempt, &which));
    }
    return due;
}

void gl_engine_set_timer(gl_request *request)
{
    gl_heap_set(&request->engine->heap, &request->timer, request_due(request));
    gl_engine_arm(request->engine);
}

/* --- settle: 7 on the way --- */

/* The request has its result: book it, and queue it for its callback. */
static void settle(gl_request *request, gl_time now)
{
    glimpse_engine *engine = request->engine;
    glimpse_result *result = request->result;
    uint64_t elapsed = gl_time_since(now, request->submitted);
    gl_flight_land(request);
    result->timings.total_ns = (int64_t)elapsed;
    result->thresholds_crossed = gl_latency_crossed(&request->thresholds, elapsed);
    result->stale = result->thresholds_crossed == 4 && !request->carries;
    if (result->stale) engine->stats.stale++;
    gl_node_remove(&request->text_node);
    if (result->error != GLIMPSE_OK && request->streamed.len != 0) {
        result->partial = request->streamed;
        result->partial.failed = false;     /* what could not be added was not */
        gl_buf_terminate(&result->partial); /* cannot fail: there is room for it, by buf.h */
        gl_buf_init(&request->streamed, 0);
    }
    if (result->status != GLIMPSE_STATUS_CANCELLED && !request->carries)
        gl_histogram_add(engine->latencies, elapsed / GL_US);
    gl_request_move(request, GL_STATE_DONE, &engine->ready, false);
    gl_heap_remove(&engine->heap, &request->timer);
    gl_engine_schedule(engine);
    if (request->carries) gl_packing_ended(request, now);
}

/* Its answer is that of whoever follows, too. */
static void settle_flight(gl_request *request, gl_time now)
{
    gl_request *follower;
    settle(request, now);
    while ((follower = gl_flight_next(request)) != NULL) settle(follower, now);
}

/* One that failed for good: the fallback sampler is asked for an essence, or that is all. */
static void fall_back(gl_request *request, gl_time now)
{
    glimpse_engine *engine = request->engine;
    bool circuit = request->result->circuit_open;
    if (circuit && !request->carries) engine->stats.circuit_refused++;
    if (!request->fallback_on || engine->fallback == NULL ||
        (circuit && engine->config.breaker == GLIMPSE_BREAKER_FAIL)) {
        settle(request, now);
        return;
    }
    gl_node_remove(&request->text_node); /* no more of it is told */
    gl_request_move(request, GL_STATE_FALLBACK, &engine->fallbacks, false);
    gl_heap_remove(&engine->heap, &request->timer);
    gl_engine_schedule(engine);
}

void gl_engine_fail(gl_request *request, glimpse_error error, glimpse_status status, gl_time now)
{
    gl_request *follower;
    gl_flight_land(request);
    request->result->status = status;
    /* What the last attempt said stays, unless it is something else that ends the request. */
    if (request->result->error != error) gl_result_set_error(request->result, error, NULL, NULL);
    fall_back(request, now);
    while ((follower = gl_flight_next(request)) != NULL) fall_back(follower, now);
}

/* --- admit: 4 on the way --- */

void gl_engine_wait(gl_request *request, bool front, gl_time now)
{
    glimpse_engine *engine = request->engine;
    gl_admission_push(&engine->admission, request, front);
    request->since = now;
    gl_engine_schedule(engine);
}

/* Books the wait that ends now, whatever ends it. */
static void end_wait(gl_request *request, gl_time now)
{
    gl_request_book_wait(request, now);
    if (request->state == GL_STATE_WAITING) gl_admission_left(&request->engine->admission, request);
    if (request->state == GL_STATE_PACKING) gl_packing_left(request, now);
}

/* --- the stop of the key --- */

void gl_engine_refuse_key(gl_request *request, gl_time now)
{
    const gl_key_stop *stop = &request->engine->key_stop;
    end_wait(request, now);
    gl_result_set_error(request->result, stop->error, stop->code, stop->message);
    gl_engine_fail(request, stop->error, gl_status_of(stop->error, stop->http_status), now);
}

static void stop_key(glimpse_engine *engine, const gl_failure *failure, const char *message,
                     gl_time now)
{
    gl_request *request;
    gl_node *node;
    if (!engine->key_stop.on) gl_key_stop_begin(engine, failure, message);
    while ((request = gl_packing_any(&engine->packing)) != NULL) gl_engine_refuse_key(request, now);
    while ((request = gl_admission_any(&engine->admission)) != NULL)
        gl_engine_refuse_key(request, now);
    while ((node = gl_list_first(&engine->resting)) != NULL)
        gl_engine_refuse_key(GL_CONTAINER(node, gl_request, node), now);
}

/* --- sample: 5 on the way --- */

/* From its queue to a sampler. */
static void start(gl_request *request, glimpse_sampler *sampler, gl_time now)
{
    glimpse_engine *engine = request->engine;
    request->attempt.fallback = request->state == GL_STATE_FALLBACK;
    end_wait(request, now);
    if (!request->attempt.fallback)
        gl_admission_started(&engine->admission, request, &engine->rng, now);
    gl_request_move(request, GL_STATE_RUNNING, &engine->running, false);
    gl_attempt_start(request, sampler, now);
    gl_engine_set_timer(request);
    sampler->vtable.start(sampler->self, &request->attempt); /* may end it */
}

/* --- retry --- */

static void retry_later(gl_request *request, const gl_failure *failure, uint64_t wait, gl_time now)
{
    glimpse_engine *engine = request->engine;
    gl_attempt_log_retry(request, failure, wait);
    gl_buf_reset(&request->streamed); /* nobody was told of it */
    gl_flight_text(request);
    request->backoff_wait = wait;
    request->backoff_until = wait > GL_TIME_NEVER - 1 - now ? GL_TIME_NEVER - 1 : now + wait;
    request->since = now;
    request->retry_notice = request->observer.on_notice != NULL;
    gl_request_move(request, GL_STATE_BACKOFF, &engine->resting, false);
    gl_engine_set_timer(request);
    gl_engine_schedule(engine); /* its place is free for another */
}

/* --- the circuit --- */

/* The circuit is open, and requests do not wait for it. */
static void refuse(gl_request *request, gl_time now)
{
    glimpse_engine *engine = request->engine;
    const struct gl_outage *outage = &engine->outage;
    /* The words may name what only that other request asked for. */
    bool of_another = outage->http_status != 0 && outage->by != request->id;
    char message[sizeof outage->message + 80];
    snprintf(message, sizeof message, "the circuit is open: %s%s",
             of_another ? "the endpoint said to another request: " : "", outage->message);
    end_wait(request, now);
    request->result->circuit_open = true;
    gl_result_set_error(request->result, outage->error, outage->code, message);
    gl_engine_fail(request, outage->error, gl_status_of(outage->error, outage->http_status), now);
}

/* Back to the front of its queue: the attempt was made for all, as a probe of the circuit or to
 * find out how many descriptors there are, or nobody was asked, and it costs it none of its own. */
static void wait_again(gl_request *request, gl_time now)
{
    request->spared++;
    gl_engine_wait(request, true, now);
    gl_engine_set_timer(request);
}

/* Another attempt is not for all in a flight: not for who was told of this one's text, since
 * another answer would not go on with it, and not for whose deadline comes before. false: nobody is
 * left. */
static bool some_go_on(gl_request *request, const gl_failure *failure, gl_time until, gl_time now)
{
    gl_request *left;
    while ((left = gl_flight_drop(request, until, now)) != NULL) {
        gl_engine_fail(left, failure->error, gl_status_of(failure->error, failure->http_status),
                       now);
        if (left == request) return false;
    }
    return true;
}

/* An attempt failed: again later, or for good. outcome is NULL when a limit of time ended it. */
static void attempt_failed(gl_request *request, const gl_failure *what,
                           const glimpse_outcome *outcome, gl_time now)
{
    glimpse_engine *engine = request->engine;
    gl_failure failure = *what;
    failure.attempts = request->attempt.number - request->spared;
    failure.same_once = request->once;
    gl_result_set_error(request->result, failure.error, failure.code,
                        outcome != NULL ? outcome->error_message : NULL);
    if (engine->sampler->vtable.recorded) {
        gl_engine_fail(request, failure.error, gl_status_of(failure.error, failure.http_status),
                       now);
        return;
    }
    bool over = engine->closing || engine->key_stop.on;
    gl_verdict verdict = gl_attempt_judge(request, &failure, outcome);
    bool starved = failure.error == GLIMPSE_ERR_DESCRIPTORS && !over &&
                   gl_admission_starved(&engine->admission, request, now);
    if (verdict.again) {
        gl_admission_unasked(&engine->admission, request, now);
        if (!over) gl_attempt_log_retry(request, &failure, 0);
    }
    gl_breaker_change change = GL_BREAKER_SAME;
    if (!starved && !verdict.again)
        change = gl_attempt_report(request, &failure, verdict.endpoint, outcome, now);
    gl_outage_changed(request, change, failure.http_status);
    bool spared = starved || verdict.again || (verdict.spared && change == GL_BREAKER_PROBE_FAILED);
    if (spared && !over) {
        wait_again(request, now);
        return;
    }
    if (gl_backoff_retryable(failure.error, failure.http_status) == 2) request->once++;
    uint64_t wait = 0;
    gl_retry_reason reason = gl_backoff_decide(&engine->backoff, &failure, now,
                                               gl_flight_deadline(request), &engine->rng, &wait);
    if (reason == GL_RETRY_YES && !engine->closing && !engine->key_stop.on) {
        if (some_go_on(request, &failure, now + wait, now))
            retry_later(request, &failure, wait, now);
        return;
    }
    gl_engine_fail(request, failure.error, gl_status_of(failure.error, failure.http_status), now);
    if (reason == GL_RETRY_STOP_KEY && !engine->sampler->vtable.local &&
        engine->config.breaker != GLIMPSE_BREAKER_OFF)
        stop_key(engine, &failure, outcome != NULL ? outcome->error_message : NULL, now);
}

/* --- parse is the sampler's; its verdict comes in here: 6 on the way --- */

void gl_engine_answer(gl_request *request, glimpse_sample *sample, glimpse_source source,
                      bool complete, gl_time now)
{
    glimpse_result *result = request->result;
    bool aligned = glimpse_sample_get(sample)->delta == NULL;
    result->status = aligned ? GLIMPSE_STATUS_ALIGNED : GLIMPSE_STATUS_NOT_ALIGNED;
    result->source = source;
    glimpse_sample_unref(result->response);
    result->sample = glimpse_sample_ref(sample);
    result->response = glimpse_sample_ref(sample);
    if (source != GLIMPSE_SOURCE_LOCAL && complete && aligned) gl_lookup_keep(request, sample, now);
    settle_flight(request, now);
}

static void attempt_answered(gl_request *request, const glimpse_outcome *outcome,
                             glimpse_sample *sample, bool local, gl_time now)
{
    glimpse_engine *engine = request->engine;
    const glimpse_usage *usage = &glimpse_sample_get(sample)->usage;
    request->result->no_done = outcome->no_done;
    request->result->empty = outcome->empty;
    if (!local) gl_stats_add_usage(&engine->stats, usage);
    gl_engine_answer(request, sample, local ? GLIMPSE_SOURCE_LOCAL : GLIMPSE_SOURCE_LIVE,
                     outcome->complete, now);
}

static void fallback_answered(gl_request *request, const glimpse_outcome *outcome,
                              glimpse_sample *sample, gl_time now)
{
    glimpse_result *result = request->result;
    if (outcome->error == GLIMPSE_OK && sample != NULL) {
        result->sample = glimpse_sample_ref(sample);
        result->source = GLIMPSE_SOURCE_LOCAL;
    }
    settle(request, now);
}

void glimpse_attempt_done(glimpse_attempt *attempt, const glimpse_outcome *outcome)
{
    gl_request *request = attempt->request;
    glimpse_engine *engine = request->engine;
    if (attempt->sampler == NULL) return; /* being recalled: a sampler may end it in its cancel */
    assert(request->state == GL_STATE_RUNNING);
    gl_time now = gl_loop_now(engine->loop);
    gl_engine_enter(engine);
    bool local = attempt->sampler->vtable.local, fallback = attempt->fallback;
    glimpse_sample *sample = NULL;
    glimpse_error error = outcome->error;
    glimpse_error made = gl_attempt_sample(request, outcome, &sample);
    if (made != GLIMPSE_OK && error == GLIMPSE_OK) error = made;
    if (sample != NULL)
        gl_attempt_close(request, error, outcome->error_message, glimpse_sample_ref(sample), now);
    else
        gl_attempt_close(request, error, outcome->error_message, NULL, now);
    if (fallback) {
        fallback_answered(request, outcome, sample, now);
    } else if (error == GLIMPSE_OK) {
        gl_result_set_error(request->result, GLIMPSE_OK, NULL, NULL);
        gl_outage_changed(request, gl_attempt_report(request, NULL, GL_ENDPOINT_UP, outcome, now),
                          0);
        attempt_answered(request, outcome, sample, local, now);
    } else {
        glimpse_sample_unref(request->result->response);
        request->result->response = sample != NULL ? glimpse_sample_ref(sample) : NULL;
        gl_failure failure = { .error = error,
                               .http_status = outcome->error_status != 0
                                                  ? outcome->error_status
                                                  : outcome->sample.http_status,
                               .code = outcome->error_code,
                               .should_retry = outcome->should_retry,
                               .retry_after_ms = outcome->retry_after_ms };
        attempt_failed(request, &failure, outcome, now);
    }
    glimpse_sample_unref(sample);
    gl_engine_leave(engine);
}

/* --- the turn: admit (4) and deliver (8) --- */

/* Starts or refuses what may go, *most at most, and takes off *most what went. */
static void admit(glimpse_engine *engine, int *most)
{
    gl_admission *admission = &engine->admission;
    gl_time when = GL_TIME_NEVER, now = gl_loop_now(engine->loop);
    gl_request *request;
    gl_node *node;
    for (; *most > 0 && (node = gl_list_first(&engine->fallbacks)) != NULL; --*most)
        start(GL_CONTAINER(node, gl_request, node), engine->fallback, now);
    for (; *most > 0 && (request = gl_admission_next(admission, now, &when)) != NULL; --*most)
        start(request, engine->sampler, now);
    if (*most > 0 && admission->breaker.state != GL_CIRCUIT_CLOSED &&
        engine->config.breaker != GLIMPSE_BREAKER_WAIT) {
        for (; *most > 0 && (request = gl_admission_any(admission)) != NULL; --*most)
            refuse(request, now);
        when = GL_TIME_NEVER;
    }
    gl_heap_set(&engine->heap, &engine->admit_timer, when);
}

void gl_engine_turn(void *arg)
{
    glimpse_engine *engine = arg;
    gl_engine_enter(engine);
    engine->yield = true;
    int most = START_PER_TURN;
    admit(engine, &most);
    gl_deliver_text(engine);
    gl_deliver(engine, DELIVER_PER_TURN);
    admit(engine, &most); /* what the callbacks submitted goes out in the same turn */
    if (!gl_list_empty(&engine->ready) || most == 0) gl_engine_schedule(engine);
    if (engine->closing && engine->requests.count == 0)
        gl_heap_remove(&engine->heap, &engine->close_timer);
    gl_engine_arm(engine);
    if (engine->closing && !engine->closed_told && engine->requests.count == 0) {
        engine->closed_told = true;
        if (engine->closed != NULL) engine->closed(engine->closed_arg);
    }
    engine->yield = false;
    gl_engine_leave(engine);
}

/* --- time --- */

/* Out of the queue, or away from its sampler, for a reason of its own: that says nothing of the
 * endpoint. */
static void let_go(gl_request *request, glimpse_error error, gl_time now)
{
    gl_admission *admission = &request->engine->admission;
    end_wait(request, now);
    if (request->state == GL_STATE_LOOKING) gl_lookup_cancel(request);
    if (request->state != GL_STATE_RUNNING) return;
    bool probe = request->attempt.probe && !request->attempt.fallback;
    gl_attempt_recall(request, error, now);
    if (probe) gl_breaker_probe_lost(&admission->breaker, now);
}

void gl_engine_cancel(gl_request *request, gl_time now)
{
    if (request->state == GL_STATE_DONE || request->state == GL_STATE_DELIVERED) return;
    request = gl_flight_leave(request, now);
    gl_state state = request->state;
    let_go(request, GLIMPSE_ERR_CANCELLED, now);
    if (state == GL_STATE_FALLBACK || request->attempt.fallback) {
        settle(request, now); /* it had failed already, and that stands */
        return;
    }
    request->result->status = GLIMPSE_STATUS_CANCELLED;
    gl_result_set_error(request->result, GLIMPSE_ERR_CANCELLED, NULL, NULL);
    settle(request, now);
}

static void pass_deadline(gl_request *request, gl_time now)
{
    gl_request_set_deadline_error(request);
    request = gl_flight_leave(request, now);
    let_go(request, GLIMPSE_ERR_DEADLINE, now);
    gl_engine_fail(request, GLIMPSE_ERR_DEADLINE, gl_status_of(GLIMPSE_ERR_DEADLINE, 0), now);
}

static void limit_passed(gl_request *request, glimpse_error which, gl_time now)
{
    gl_failure failure = { .error = gl_attempt_recall(request, which, now),
                           .should_retry = -1,
                           .retry_after_ms = -1 };
    if (request->attempt.fallback) {
        settle(request, now);
        return;
    }
    if (failure.error == GLIMPSE_ERR_HTTP) { /* the status line is the answer */
        failure.http_status = glimpse_sample_get(request->result->response)->http_status;
        failure.code = glimpse_status_name(gl_status_of(GLIMPSE_ERR_HTTP, failure.http_status));
    }
    attempt_failed(request, &failure, NULL, now);
}

static void request_expired(gl_request *request, gl_time now)
{
    glimpse_engine *engine = request->engine;
    glimpse_error which;
    gl_deliver_notices(request, now); /* the callback may have cancelled it */
    if (request->state == GL_STATE_DONE) return;
    if (request->deadline <= now && !request->attempt.fallback) {
        pass_deadline(request, now);
        return;
    }
    if (request->state == GL_STATE_RUNNING && gl_attempt_due(&request->attempt, &which) <= now) {
        limit_passed(request, which, now);
        return;
    }
    if (request->state == GL_STATE_BACKOFF && request->backoff_until <= now) {
        if (gl_budget_retry(&engine->admission.budget, now)) {
            end_wait(request, now);
            gl_engine_wait(request, true, now);
        } else { /* over the budget it waits, up to a second, and not all for the same moment */
            request->backoff_until =
                now + (uint64_t)(gl_rng_uniform(&engine->rng) * (double)GL_SECOND) + GL_MS;
        }
    }
    gl_engine_set_timer(request);
}

void gl_engine_timer(void *arg)
{
    glimpse_engine *engine = arg;
    gl_engine_enter(engine);
    engine->timer_at = GL_TIME_NEVER;
    gl_time now = gl_loop_now(engine->loop);
    gl_heap_entry *entry;
    for (int n = 0; n < EXPIRE_PER_TURN && !engine->free_wanted; n++) {
        entry = gl_heap_top(&engine->heap);
        if (entry == NULL || entry->when > now) break;
        if (entry == &engine->close_timer) {
            gl_heap_remove(&engine->heap, entry);
            gl_engine_cancel_all(engine, true, now);
        } else if (entry == &engine->admit_timer) {
            gl_heap_remove(&engine->heap, entry);
            gl_engine_schedule(engine);
        } else if (entry == &engine->packing.timer) {
            gl_packing_expired(engine, now);
        } else {
            request_expired(GL_CONTAINER(entry, gl_request, timer), now);
        }
    }
    gl_engine_arm(engine);
    gl_engine_leave(engine);
}

/* --- the beginning: 2 and 3 on the way --- */

/* No answer is there: it has to be asked for. */
static void ask(gl_request *request, gl_time now)
{
    if (request->cache_control == GLIMPSE_CACHE_ONLY) {
        gl_engine_fail(request, GLIMPSE_ERR_NOT_CACHED, gl_status_of(GLIMPSE_ERR_NOT_CACHED, 0),
                       now);
    } else if (request->engine->key_stop.on) {
        gl_engine_refuse_key(request, now);
    } else {
        gl_engine_price(request, now);
        if (!gl_packing_join(request, now)) gl_engine_wait(request, false, now);
        gl_engine_set_timer(request);
    }
}

void gl_engine_looked_up(gl_request *request, bool found, gl_time now)
{
    if (found)
        settle_flight(request, now);
    else
        ask(request, now);
}

void gl_engine_take(gl_request *request, glimpse_error error, gl_time now)
{
    if (error != GLIMPSE_OK) {
        /* A body that cannot be read is refused here, as the endpoint would refuse it. */
        bool refused = error == GLIMPSE_ERR_BAD_JSON || error == GLIMPSE_ERR_BAD_UTF8;
        gl_engine_fail(request, error,
                       refused ? GLIMPSE_STATUS_BAD_REQUEST : gl_status_of(error, 0), now);
    } else if (gl_lookup_memory(request, now)) {
        settle(request, now);
    } else if (gl_flight_join(request)) {
        gl_engine_set_timer(request);
    } else {
        gl_flight_lead(request);
        if (!gl_lookup_store(request)) ask(request, now);
    }
}
