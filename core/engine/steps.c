/*
 * steps.c - the order of the steps of one request; the only file that knows it.
 *
 *   submit: key, cache -> WAITING -> admit: RUNNING -> attempt ends -> settle: DONE -> deliver
 *                   |        ^                            |   ^
 *                   |        +--------- BACKOFF <---------+   | retry: pays admission again
 *                   |        +---- (spared: no wait) <----+   |
 *                   |        |                            +-> FALLBACK -> RUNNING -> settle
 *                   +-> FOLLOWING an identical one: settled with that one
 *                   +-> PACKING: settled with its pack's answer, or alone -> WAITING
 *
 * attempt_failed decides what becomes of a failure: it asks policy/evidence (by gl_attempt_judge),
 * then policy/backoff, and puts the wait into the heap. gl_steps_expired ends the wait: it asks the
 * retry budget and queues the request. A closing engine, stopped keys and a recorded sampler retry
 * nothing. Nothing of the caller's runs in here but notices, in gl_steps_expired.
 */
#include "engine/steps.h"

#include <assert.h>
#include <stdio.h>

#include "engine/admission.h"
#include "engine/attempt.h"
#include "engine/deliver.h"
#include "engine/engine.h"
#include "engine/flight.h"
#include "engine/flow.h"
#include "engine/outcome.h"
#include "engine/price.h"
#include "engine/stats.h"
#include "policy/latency.h"
#include "sampler.h"
#include "status.h"

/* --- settle: 7 on the way --- */

/* Returns how much of its events the caller gets before this result: of an answer all, with the one
 * that announces its end; if the caller wants no more, none. */
static size_t events_end(const gl_request *request)
{
    const glimpse_result *result = request->caller.result;
    const gl_shown *shown = request->shown;
    if (shown == NULL || result->error == GLIMPSE_ERR_CANCELLED ||
        result->error == GLIMPSE_ERR_BEHIND)
        return 0;
    if (result->error == GLIMPSE_OK) return gl_events_end(&shown->events);
    return shown->output ? shown->ready : 0;
}

/* Gives the request its result: books it, and queues it for the turn. The turn calls its callback,
 * or, for a carrier, hands the result to its drafts. */
static void settle(gl_request *request, gl_time now)
{
    glimpse_engine *engine = request->engine;
    glimpse_result *result = request->caller.result;
    uint64_t elapsed = gl_time_since(now, request->caller.submitted);
    gl_flight_land(request);
    result->timings.total_ns = (int64_t)elapsed;
    result->thresholds_crossed = gl_latency_crossed(&request->caller.thresholds, elapsed);
    result->stale = result->thresholds_crossed == 4 && !request->carries;
    if (result->stale) engine->stats.stale++;
    gl_node_remove(&request->text_node);
    request->events_end = events_end(request);
    if (result->error != GLIMPSE_OK) gl_request_keep_partial(request);
    if (result->status != GLIMPSE_STATUS_CANCELLED && !request->carries)
        gl_histogram_add(engine->latencies, elapsed / GL_US);
    gl_request_move(request, GL_STATE_DONE,
                    request->carries ? &engine->packing.ended : &engine->in.done, false);
    gl_heap_remove(&engine->clock.heap, &request->timer);
    gl_clockwork_schedule(&engine->clock);
}

/* Settles the request and its followers with the same answer. */
static void settle_flight(gl_request *request, gl_time now)
{
    gl_request *follower;
    settle(request, now);
    while ((follower = gl_flight_next(request)) != NULL) settle(follower, now);
}

/* A request failed for good: the fallback sampler is asked for an essence, or it is settled. */
static void fall_back(gl_request *request, gl_time now)
{
    glimpse_engine *engine = request->engine;
    bool circuit = request->caller.result->circuit_open;
    if (circuit && !request->carries) engine->stats.circuit_refused++;
    if (!request->caller.fallback_on || engine->fallback == NULL ||
        (circuit && engine->config.breaker == GLIMPSE_BREAKER_FAIL &&
         !request->caller.fallback_always)) {
        settle(request, now);
        return;
    }
    gl_node_remove(&request->text_node); /* no more text is delivered */
    gl_request_move(request, GL_STATE_FALLBACK, &engine->in.fallback, false);
    gl_heap_remove(&engine->clock.heap, &request->timer);
    gl_clockwork_schedule(&engine->clock);
}

void gl_steps_fail(gl_request *request, glimpse_error error, glimpse_status status, gl_time now)
{
    gl_request *follower;
    gl_flight_land(request);
    request->caller.result->status = status;
    /* The last attempt's message stays, unless another error ends the request. */
    if (request->caller.result->error != error)
        gl_result_set_error(request->caller.result, error, NULL, NULL);
    fall_back(request, now);
    while ((follower = gl_flight_next(request)) != NULL) fall_back(follower, now);
}

/* --- admit: 4 on the way --- */

/* Books the wait that ends now, for whichever reason. */
static inline void end_wait(gl_request *request, gl_time now)
{
    gl_request_book_wait(request, now);
    if (request->state == GL_STATE_WAITING) gl_queue_leave(&request->engine->queue, request);
    if (request->state == GL_STATE_PACKING) {
        gl_request *carrier = gl_packing_left(request);
        if (carrier != NULL) gl_steps_cancel(carrier, now);
    }
}

static void refuse_key(gl_request *request, gl_time now)
{
    const gl_key_stop *stop = &gl_course_shut(request->course, true)->stop;
    end_wait(request, now);
    gl_result_set_error(request->caller.result, stop->error, stop->code, stop->message);
    gl_steps_fail(request, stop->error, gl_status_of(stop->error, stop->http_status), now);
}

/* Ends a request for a model that the pool does not serve; the message names some that it does. */
static void refuse_model(gl_request *request, gl_time now)
{
    gl_buf *message = &request->engine->scratch;
    end_wait(request, now);
    gl_gates_name_some(&request->engine->gates, request->named_model, message);
    gl_result_set_error(request->caller.result, GLIMPSE_ERR_NO_MODEL, "model_not_found",
                        gl_buf_terminate(message) ? message->data : NULL);
    gl_steps_fail(request, GLIMPSE_ERR_NO_MODEL, gl_status_of(GLIMPSE_ERR_NO_MODEL, 0), now);
}

static bool is_stopped(const gl_request *request, gl_time now)
{
    return gl_course_state(request->course, now) == GL_COURSE_STOPPED;
}

void gl_steps_wait(gl_request *request, bool front, gl_time now)
{
    glimpse_engine *engine = request->engine;
    if (is_stopped(request, now)) {
        gl_steps_refuse(request, now);
        return;
    }
    gl_queue_push(&engine->queue, request, front);
    request->since = now;
    gl_clockwork_set_timer(request);
    gl_clockwork_schedule(&engine->clock);
}

void gl_steps_send_packed(glimpse_engine *engine, gl_time now)
{
    gl_request *request;
    while ((request = gl_packing_next(engine, now)) != NULL) gl_steps_wait(request, false, now);
}

/* --- the stop of a key --- */

/* Ends the requests that no endpoint is left for: all that are not in flight where it was the only
 * key. */
static void end_stopped(glimpse_engine *engine, gl_time now)
{
    gl_request *request;
    if (gl_gates_stopped(&engine->gates, now))
        while ((request = gl_packing_any(&engine->packing)) != NULL) gl_steps_refuse(request, now);
    while ((request = gl_admission_stopped(engine, now)) != NULL) gl_steps_refuse(request, now);
    gl_node *end = &engine->in.backoff.head;
    for (gl_node *node = end->next, *next; node != end; node = next) {
        next = node->next;
        request = GL_CONTAINER(node, gl_request, node);
        if (is_stopped(request, now)) gl_steps_refuse(request, now);
    }
}

/* --- sample: 5 on the way --- */

void gl_steps_start(gl_request *request, gl_gate *gate, gl_time now)
{
    glimpse_engine *engine = request->engine;
    glimpse_sampler *sampler = gate != NULL ? gate->sampler : engine->fallback;
    request->attempt.fallback = gate == NULL;
    end_wait(request, now);
    if (gate != NULL) gl_admission_started(request, gate, now);
    gl_request_move(request, GL_STATE_RUNNING, &engine->in.running, false);
    gl_attempt_start(request, sampler, now);
    gl_clockwork_set_timer(request);
    if (gate != NULL && !gl_attempt_rename(request)) {
        glimpse_outcome outcome;
        glimpse_outcome_init(&outcome);
        outcome.error = GLIMPSE_ERR_OOM;
        glimpse_attempt_done(&request->attempt, &outcome);
        return;
    }
    sampler->vtable.start(sampler->self, &request->attempt); /* may end the attempt */
}

/* --- retry --- */

static void retry_later(gl_request *request, const gl_failure *failure, uint64_t wait, gl_time now)
{
    glimpse_engine *engine = request->engine;
    gl_attempt_log_retry(request, failure, wait);
    if (request->streamed != NULL) gl_buf_reset(request->streamed); /* no caller has had any */
    gl_request_forget_events(request);
    gl_flight_text(request);
    request->backoff_wait = wait;
    request->backoff_until = wait > GL_TIME_NEVER - 1 - now ? GL_TIME_NEVER - 1 : now + wait;
    request->since = now;
    request->caller.retry_notice = request->caller.observer.on_notice != NULL;
    gl_request_move(request, GL_STATE_BACKOFF, &engine->in.backoff, false);
    gl_clockwork_set_timer(request);
    gl_clockwork_schedule(&engine->clock); /* the place is free for another */
}

/* --- the circuit --- */

void gl_steps_refuse(gl_request *request, gl_time now)
{
    if (request->course->count == 0) {
        refuse_model(request, now);
        return;
    }
    if (is_stopped(request, now)) {
        refuse_key(request, now);
        return;
    }
    const gl_outage *outage = &gl_course_shut(request->course, false)->outage;
    /* The message may name things that only that other request asked for. */
    bool of_another = outage->http_status != 0 && outage->by != request->caller.id;
    char message[sizeof outage->message + 80];
    snprintf(message, sizeof message, "the circuit is open: %s%s",
             of_another ? "the endpoint said to another request: " : "", outage->message);
    end_wait(request, now);
    request->caller.result->circuit_open = true;
    gl_result_set_error(request->caller.result, outage->error, outage->code, message);
    gl_steps_fail(request, outage->error, gl_status_of(outage->error, outage->http_status), now);
}

/* Puts the request back to the front of its queue, without counting the attempt: it was made for
 * all, as a probe of the circuit or to find out how many descriptors there are, or no endpoint was
 * asked. */
static void wait_again(gl_request *request, gl_time now)
{
    request->spared++;
    gl_steps_wait(request, true, now);
}

/* Settles the members of a flight that cannot wait for another attempt: those that have had text of
 * this one, because another answer would not continue it, and those whose deadline comes first.
 * false: no request is left. */
static bool some_go_on(gl_request *request, const gl_failure *failure, gl_time until, gl_time now)
{
    gl_request *left;
    while ((left = gl_flight_drop(request, until, now)) != NULL) {
        gl_steps_fail(left, failure->error, gl_status_of(failure->error, failure->http_status),
                      now);
        if (left == request) return false;
    }
    return true;
}

static gl_backoff backoff_of(const gl_request *request)
{
    gl_backoff backoff = request->engine->backoff;
    if (request->max_attempts != 0) backoff.max_attempts = request->max_attempts;
    return backoff;
}

/* Goes on after a failure that may be tried again, at another endpoint at once where one takes it.
 * false: no attempt may follow. */
static bool go_on(gl_request *request, const gl_failure *failure, gl_retry_reason reason,
                  uint64_t wait, gl_time now)
{
    const gl_backoff backoff = backoff_of(request);
    bool again = reason == GL_RETRY_YES, other = false;
    if (request->course->count > 1 && gl_backoff_elsewhere(&backoff, failure, reason)) {
        if (!again) wait = GL_TIME_NEVER;
        other = gl_admission_elsewhere(request, &wait, now);
        if (other) wait = 0;
        again = wait != GL_TIME_NEVER && wait < gl_time_since(gl_flight_deadline(request), now);
    }
    if (!again || is_stopped(request, now)) return false;
    if (!some_go_on(request, failure, now + wait, now)) return true;
    if (reason == GL_RETRY_STOP_KEY) request->spared++; /* the key has failed, not the request */
    retry_later(request, failure, wait, now);
    return true;
}

/* Handles a failed attempt: a retry, or the end. outcome is NULL when a limit of time ended it. */
static void attempt_failed(gl_request *request, const gl_failure *what,
                           const glimpse_outcome *outcome, gl_time now)
{
    glimpse_engine *engine = request->engine;
    gl_gate *gate = request->attempt.gate;
    const char *message = outcome != NULL ? outcome->error_message : NULL;
    gl_failure failure = *what;
    failure.attempts = request->attempt.number - request->spared;
    failure.same_once = request->once;
    gl_result_set_error(request->caller.result, failure.error, failure.code, message);
    if (gate->sampler->vtable.recorded) {
        gl_steps_fail(request, failure.error, gl_status_of(failure.error, failure.http_status),
                      now);
        return;
    }
    bool over = engine->closing.on || is_stopped(request, now);
    gl_verdict verdict = gl_attempt_judge(request, &failure, outcome);
    bool starved =
        failure.error == GLIMPSE_ERR_DESCRIPTORS && !over && gl_gate_starved(gate, request, now);
    if (verdict.again) {
        gl_gate_unasked(gate, request, now);
        if (!over) gl_attempt_log_retry(request, &failure, 0);
    }
    gl_breaker_change change = GL_BREAKER_SAME;
    if (!starved && !verdict.again)
        change = gl_attempt_report(request, &failure, verdict.endpoint, outcome, now);
    gl_outage_changed(request, change, failure.http_status);
    bool spared = starved || verdict.again || (verdict.spared && change == GL_BREAKER_PROBE_FAILED);
    if (spared && !over) {
        uint64_t never = GL_TIME_NEVER;
        /* One that was a probe in vain is none there again, while another endpoint takes it. */
        if (verdict.spared) (void)gl_admission_elsewhere(request, &never, now);
        wait_again(request, now);
        return;
    }
    if (gl_backoff_retryable(failure.error, failure.http_status) == 2) request->once++;
    uint64_t wait = 0;
    const gl_backoff backoff = backoff_of(request);
    gl_retry_reason reason = gl_backoff_decide(&backoff, &failure, now, gl_flight_deadline(request),
                                               &engine->rng, &wait);
    bool stops = reason == GL_RETRY_STOP_KEY && !gate->sampler->vtable.local &&
                 engine->config.breaker != GLIMPSE_BREAKER_OFF;
    if (stops) gl_key_stop_refused(request, &failure, message, now);
    if (over || !go_on(request, &failure, reason, wait, now))
        gl_steps_fail(request, failure.error, gl_status_of(failure.error, failure.http_status),
                      now);
    if (stops) end_stopped(engine, now);
}

/* --- the sampler parses; its outcome comes in here: 6 on the way --- */

void gl_steps_answer(gl_request *request, glimpse_sample *sample, glimpse_source source,
                     bool complete, gl_time now)
{
    glimpse_result *result = request->caller.result;
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
    request->caller.result->no_done = outcome->no_done;
    request->caller.result->empty = outcome->empty;
    if (!local) gl_stats_add_usage(&engine->stats, usage);
    gl_steps_answer(request, sample, local ? GLIMPSE_SOURCE_LOCAL : GLIMPSE_SOURCE_LIVE,
                    outcome->complete, now);
}

static void fallback_answered(gl_request *request, const glimpse_outcome *outcome,
                              glimpse_sample *sample, gl_time now)
{
    glimpse_result *result = request->caller.result;
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
    if (attempt->sampler == NULL) return; /* being recalled: a sampler may end it in cancel */
    assert(request->state == GL_STATE_RUNNING);
    glimpse_outcome room;
    outcome = gl_outcome_read(outcome, &room);
    gl_time now = gl_clockwork_now(&engine->clock);
    gl_clockwork_enter(&engine->clock);
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
        gl_result_set_error(request->caller.result, GLIMPSE_OK, NULL, NULL);
        gl_outage_changed(request, gl_attempt_report(request, NULL, GL_ENDPOINT_UP, outcome, now),
                          0);
        if (gl_key_stop_answered(request)) gl_clockwork_schedule(&engine->clock);
        attempt_answered(request, outcome, sample, local, now);
    } else {
        glimpse_sample_unref(request->caller.result->response);
        request->caller.result->response = sample != NULL ? glimpse_sample_ref(sample) : NULL;
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
    gl_clockwork_leave(&engine->clock);
}

/* --- time --- */

/* Takes a request out of its queue or away from its sampler, for a reason of its own that says
 * nothing about the endpoint. */
static void let_go(gl_request *request, glimpse_error error, gl_time now)
{
    end_wait(request, now);
    if (request->state == GL_STATE_LOOKING) gl_lookup_cancel(request);
    if (request->state != GL_STATE_RUNNING) return;
    bool probe = request->attempt.probe && !request->attempt.fallback;
    gl_attempt_recall(request, error, now);
    if (probe) gl_breaker_probe_lost(&request->attempt.gate->breaker, now);
}

/* The request had ended, and its caller has not had all of it: its answer is what came before the
 * cancel, as of any other. */
static void take_back(gl_request *request)
{
    glimpse_result *result = request->caller.result;
    size_t len;
    const char *text = glimpse_result_text(result, &len);
    if (len != 0 && gl_result_held(request->streamed).len == 0)
        (void)gl_request_stream(request, gl_slice_of(text, len));
    if (result->error == GLIMPSE_OK) gl_request_keep_partial(request);
    glimpse_sample_unref(result->sample);
    result->sample = NULL;
    result->status = GLIMPSE_STATUS_CANCELLED;
    gl_result_set_error(result, GLIMPSE_ERR_CANCELLED, NULL, NULL);
}

void gl_steps_cancel(gl_request *request, gl_time now)
{
    if (gl_flow_release(request)) {
        take_back(request);
        return;
    }
    if (request->state == GL_STATE_DONE || request->state == GL_STATE_DELIVERED) return;
    request = gl_flight_leave(request, now);
    gl_state state = request->state;
    let_go(request, GLIMPSE_ERR_CANCELLED, now);
    if (state == GL_STATE_FALLBACK || request->attempt.fallback) {
        settle(request, now); /* it had failed already, and that result stands */
        return;
    }
    request->caller.result->status = GLIMPSE_STATUS_CANCELLED;
    gl_result_set_error(request->caller.result, GLIMPSE_ERR_CANCELLED, NULL, NULL);
    settle(request, now);
}

void gl_steps_cancel_all(glimpse_engine *engine, bool running_too, gl_time now)
{
    gl_list *lists[] = { &engine->in.looking, &engine->in.backoff, &engine->in.fallback,
                         &engine->in.running, &engine->in.held };
    gl_request *request;
    while ((request = gl_packing_any(&engine->packing)) != NULL) gl_steps_cancel(request, now);
    while ((request = gl_queue_any(&engine->queue)) != NULL) gl_steps_cancel(request, now);
    for (size_t i = 0; i < (running_too ? 5 : 2); i++) {
        gl_node *node;
        while ((node = gl_list_first(lists[i])) != NULL)
            gl_steps_cancel(GL_CONTAINER(node, gl_request, node), now);
    }
}

void gl_steps_drop_laggards(glimpse_engine *engine, gl_time now)
{
    gl_request *request;
    while ((request = gl_flow_laggard(engine)) != NULL) {
        gl_result_set_error(request->caller.result, GLIMPSE_ERR_BEHIND, NULL, NULL);
        request = gl_flight_leave(request, now);
        let_go(request, GLIMPSE_ERR_BEHIND, now);
        gl_steps_fail(request, GLIMPSE_ERR_BEHIND, gl_status_of(GLIMPSE_ERR_BEHIND, 0), now);
    }
}

static void pass_deadline(gl_request *request, gl_time now)
{
    gl_request_set_deadline_error(request);
    request = gl_flight_leave(request, now);
    let_go(request, GLIMPSE_ERR_DEADLINE, now);
    gl_steps_fail(request, GLIMPSE_ERR_DEADLINE, gl_status_of(GLIMPSE_ERR_DEADLINE, 0), now);
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
    if (failure.error == GLIMPSE_ERR_HTTP) { /* the status line is the result */
        failure.http_status = glimpse_sample_get(request->caller.result->response)->http_status;
        failure.code = glimpse_status_name(gl_status_of(GLIMPSE_ERR_HTTP, failure.http_status));
    }
    attempt_failed(request, &failure, NULL, now);
}

void gl_steps_expired(gl_request *request, gl_time now)
{
    glimpse_engine *engine = request->engine;
    glimpse_error which;
    gl_deliver_notices(request, now); /* the callback may have cancelled the request */
    if (request->state == GL_STATE_DONE) return;
    if (request->caller.deadline <= now && !request->attempt.fallback) {
        pass_deadline(request, now);
        return;
    }
    if (request->state == GL_STATE_RUNNING &&
        gl_clockwork_attempt_due(&request->attempt, &which) <= now) {
        limit_passed(request, which, now);
        return;
    }
    if (request->state == GL_STATE_BACKOFF && request->backoff_until <= now) {
        if (gl_budget_retry(&engine->budget, now)) {
            end_wait(request, now);
            gl_steps_wait(request, true, now);
            return;
        } else { /* over the budget it waits up to a second, spread so that not all wake together */
            request->backoff_until =
                now + (uint64_t)(gl_rng_uniform(&engine->rng) * (double)GL_SECOND) + GL_MS;
        }
    }
    gl_clockwork_set_timer(request);
}

/* --- the beginning: 2 and 3 on the way --- */

/* Sends a request that no kept answer serves. */
static void ask(gl_request *request, gl_time now)
{
    if (request->cache_control == GLIMPSE_CACHE_ONLY) {
        gl_steps_fail(request, GLIMPSE_ERR_NOT_CACHED, gl_status_of(GLIMPSE_ERR_NOT_CACHED, 0),
                      now);
    } else if (!gl_price(request)) {
        gl_steps_fail(request, GLIMPSE_ERR_OOM, gl_status_of(GLIMPSE_ERR_OOM, 0), now);
    } else {
        bool packed = !is_stopped(request, now) && gl_packing_join(request, now);
        if (request->may_pack) gl_steps_send_packed(request->engine, now); /* the last pack first */
        if (packed)
            gl_clockwork_set_timer(request);
        else
            gl_steps_wait(request, false, now);
    }
}

void gl_steps_looked_up(gl_request *request, bool found, gl_time now)
{
    if (found)
        settle_flight(request, now);
    else
        ask(request, now);
}

void gl_steps_take(gl_request *request, glimpse_error error, gl_time now)
{
    if (error != GLIMPSE_OK) {
        /* A body that cannot be read is refused here, as the endpoint would refuse it. */
        bool refused = error == GLIMPSE_ERR_BAD_JSON || error == GLIMPSE_ERR_BAD_UTF8;
        gl_steps_fail(request, error, refused ? GLIMPSE_STATUS_BAD_REQUEST : gl_status_of(error, 0),
                      now);
    } else if (gl_lookup_memory(request, now)) {
        settle(request, now);
    } else if (gl_flight_join(request)) {
        gl_clockwork_set_timer(request);
    } else {
        gl_flight_lead(request);
        if (!gl_lookup_store(request)) ask(request, now);
    }
}
