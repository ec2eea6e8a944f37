/*
 * attempt.c - one attempt: its start, its place in the ledger, and the functions that a sampler
 * calls on it.
 *
 * An attempt is a part of its request and out with at most one sampler at a time. steps.c decides
 * what the end of an attempt means for its request.
 */
#include "engine/attempt.h"

#include "base/alloc.h"
#include "engine/engine.h"
#include "engine/flight.h"
#include "engine/flow.h"
#include "policy/prompt.h"
#include "sampler.h"
#include <stdio.h>

/* --- its life, for the engine --- */

bool gl_attempt_rename(gl_request *request)
{
    glimpse_attempt *attempt = &request->attempt;
    const gl_course *course = request->course;
    const gl_step *step = &course->steps[gl_course_place(course, attempt->gate)];
    const char *there = step->there;
    attempt->mark = step->mark;
    if (there == NULL) return true;
    const gl_slice body = request->body, name = request->named_model.text;
    size_t before = (size_t)(name.data - body.data), after = before + name.len;
    gl_buf renamed;
    gl_buf_init(&renamed, SIZE_MAX / 2);
    gl_buf_append(&renamed, body.data, before);
    gl_json_write_string(&renamed, gl_slice_str(there));
    gl_buf_append(&renamed, body.data + after, body.len - after);
    if (!gl_buf_terminate(&renamed)) {
        gl_buf_free(&renamed);
        return false;
    }
    attempt->body = renamed.data;
    attempt->body_len = renamed.len;
    return true;
}

void gl_attempt_start(gl_request *request, glimpse_sampler *sampler, gl_time now)
{
    glimpse_attempt *attempt = &request->attempt;
    attempt->sampler = sampler;
    attempt->data = NULL;
    gl_free(attempt->body);
    attempt->body = NULL;
    attempt->number++;
    attempt->started = now;
    /* A sampler that does not report when it sent is taken to have sent at the start. */
    const glimpse_sampler_vtable *vtable = &sampler->vtable;
    bool silent = !vtable->progress && !vtable->local && !vtable->recorded;
    attempt->sent = silent ? now : GL_TIME_NEVER;
    attempt->connected = GL_TIME_NEVER;
    attempt->first_byte = attempt->last_byte = GL_TIME_NEVER;
    attempt->first_chunk = attempt->first_answer = GL_TIME_NEVER;
    attempt->first_text = attempt->last_text = GL_TIME_NEVER;
    if (request->caller.result->arrivals != NULL) gl_buf_reset(request->caller.result->arrivals);
    attempt->text_gap_max = 0;
    attempt->texts = 0;
    attempt->paused = false;
    attempt->paused_ns = 0;
    gl_request_forget_events(request); /* no caller has had any of them */
    request->collects = request->asks_stream && request->caller.observer.on_event != NULL;
    attempt->opening = (glimpse_opening){ -1, -1, -1 };
}

static int64_t span(gl_time from, gl_time to)
{
    return to == GL_TIME_NEVER ? -1 : (int64_t)gl_time_since(to, from);
}

static void note_text_times(glimpse_timings *timings, const glimpse_attempt *attempt)
{
    bool gaps = attempt->texts > 1;
    uint64_t all = gl_time_since(attempt->last_text, attempt->first_text);
    timings->first_chunk_ns = span(attempt->started, attempt->first_chunk);
    timings->first_answer_ns = span(attempt->started, attempt->first_answer);
    timings->first_token_ns = span(attempt->started, attempt->first_text);
    timings->token_gap_mean_ns = gaps ? (int64_t)(all / (attempt->texts - 1)) : -1;
    timings->token_gap_max_ns = gaps ? (int64_t)attempt->text_gap_max : -1;
}

/* Counts one call of a provider in the metrics. An answer of this machine, or a recorded one, is no
 * such call. */
static void count_call(const gl_request *request, const glimpse_attempt_record *record,
                       const glimpse_sample *response)
{
    const glimpse_engine *engine = request->engine;
    const glimpse_sampler_vtable *vtable = &engine->sampler->vtable;
    if (vtable->local || vtable->recorded) return;
    const glimpse_sample_fields *fields = response != NULL ? glimpse_sample_get(response) : NULL;
    gl_metrics_call call = {
        .operation = request->operation,
        .model = request->asked_model,
        .error = record->error,
        .http_status = record->http_status,
        .answered_by = fields != NULL ? fields->model : NULL,
        .usage = fields != NULL ? &fields->usage : NULL,
        .elapsed = (uint64_t)record->elapsed_ns,
        .first_chunk = span(request->attempt.started, request->attempt.first_chunk),
    };
    gl_metrics_called(engine->metrics, &call);
}

static void log_call(const gl_request *request, const glimpse_attempt_record *record)
{
    const gl_log *log = &request->engine->log;
    if (!gl_log_wants(log, GLIMPSE_LOG_INFO)) return;
    glimpse_log_field fields[] = {
        { "id", NULL, (int64_t)request->caller.id },
        { "attempt", NULL, request->attempt.number },
        { "http_status", NULL, record->http_status },
        { "error", record->error == GLIMPSE_OK ? "" : glimpse_error_name(record->error), 0 },
        { "elapsed_ms", NULL, record->elapsed_ns / (int64_t)GL_MS },
        { "request_id", record->request_id, 0 },
        { "message", record->message, 0 },
        { "endpoint", record->endpoint, 0 }, /* of a pool alone */
    };
    size_t count = sizeof fields / sizeof *fields - (record->endpoint == NULL);
    gl_log_emit(log, GLIMPSE_LOG_INFO, "openai_call", fields, count);
}

void gl_attempt_close(gl_request *request, glimpse_error error, const char *message,
                      glimpse_sample *response, gl_time now)
{
    glimpse_engine *engine = request->engine;
    glimpse_attempt *attempt = &request->attempt;
    glimpse_result *result = request->caller.result;
    attempt->sampler = NULL;
    if (attempt->fallback) { /* costs nothing, limits nothing, is not in the ledger */
        glimpse_sample_unref(response);
        return;
    }
    attempt->before = error;
    engine->out--;
    gl_limit_ended(&attempt->gate->limit, attempt->place);
    if (error == GLIMPSE_ERR_CONNECT) { /* a proxy may have got the request, the server has not */
        attempt->connected = attempt->first_byte = attempt->last_byte = GL_TIME_NEVER;
        attempt->sent = GL_TIME_NEVER;
    }
    if (attempt->connected != GL_TIME_NEVER) {
        engine->stats.connected++;
        attempt->gate->connected++;
    }
    if (attempt->sent != GL_TIME_NEVER) {
        if (result->timings.sent_ns < 0)
            result->timings.sent_ns = span(request->caller.submitted, attempt->sent);
        result->attempts++;
        engine->stats.attempts++;
        attempt->gate->sent++;
        if (request->sent++ > 0) engine->stats.retries++;
    }
    result->timings.started_ns = span(request->caller.submitted, attempt->started);
    result->timings.connect_ns = span(attempt->started, attempt->connected);
    result->timings.first_byte_ns = span(attempt->started, attempt->first_byte);
    result->timings.answered_ns = span(request->caller.submitted, attempt->last_byte);
    note_text_times(&result->timings, attempt);
    glimpse_attempt_record record = {
        .error = error,
        .http_status = response != NULL ? glimpse_sample_get(response)->http_status : 0,
        .waited_ns = (int64_t)request->backoff_wait,
        .elapsed_ns = (int64_t)gl_time_since(now, attempt->started),
        .message = error == GLIMPSE_OK ? ""
                   : message != NULL   ? message
                                       : glimpse_error_sentence(error),
        .opening = attempt->opening,
    };
    request->backoff_wait = 0;
    count_call(request, &record, response);
    gl_result_add_attempt(result, &record, response);
    gl_result_set_endpoint(result, attempt->gate->name);
    log_call(request, &result->ledger[result->ledger_count - 1].record);
}

/* Returns true when a status that refuses had come: then the status is the result, and not the time
 * limit that passed while the body was awaited. */
static bool was_refused(const glimpse_sample *came, glimpse_error error)
{
    bool limit = error == GLIMPSE_ERR_TIMEOUT_FIRST_BYTE || error == GLIMPSE_ERR_TIMEOUT_IDLE ||
                 error == GLIMPSE_ERR_TIMEOUT;
    return limit && came != NULL && glimpse_sample_get(came)->http_status >= 400;
}

glimpse_error gl_attempt_recall(gl_request *request, glimpse_error error, gl_time now)
{
    glimpse_attempt *attempt = &request->attempt;
    const glimpse_sampler *sampler = attempt->sampler;
    attempt->came = NULL;
    attempt->sampler = NULL; /* only glimpse_attempt_came has an effect now */
    if (sampler->vtable.cancel != NULL) sampler->vtable.cancel(sampler->self, attempt);
    glimpse_sample *came = attempt->came;
    if (!attempt->fallback) { /* the response that the error is about, or NULL */
        glimpse_sample_unref(request->caller.result->response);
        request->caller.result->response = came != NULL ? glimpse_sample_ref(came) : NULL;
    }
    if (was_refused(came, error)) error = GLIMPSE_ERR_HTTP;
    gl_attempt_close(request, error, NULL, came, now);
    return error;
}

glimpse_error gl_attempt_sample(const gl_request *request, const glimpse_outcome *outcome,
                                glimpse_sample **sample)
{
    const glimpse_usage *usage = &outcome->sample.usage;
    bool has_usage =
        usage->prompt_tokens >= 0 || usage->completion_tokens >= 0 || usage->total_tokens >= 0;
    if (request->asks_usage || has_usage) return glimpse_sample_new(&outcome->sample, sample, NULL);
    glimpse_sample_fields fields = outcome->sample;
    fields.usage_unasked = true;
    return glimpse_sample_new(&fields, sample, NULL);
}

/* Logs the window when it has halved or doubled since it was last logged. */
static void log_window(const glimpse_engine *engine, gl_gate *gate)
{
    double from, to;
    char texts[2][32];
    if (!gl_limit_changed(&gate->limit, &from, &to) ||
        !gl_log_wants(&engine->log, GLIMPSE_LOG_INFO))
        return;
    snprintf(texts[0], sizeof texts[0], "%.3g", from);
    snprintf(texts[1], sizeof texts[1], "%.3g", to);
    glimpse_log_field fields[] = {
        { "from", texts[0], 0 },
        { "to", texts[1], 0 },
        { "reason", gate->limit.why, 0 },
        { "http_status", NULL, gate->refused_status },
        { "in_flight", NULL, gate->limit.in_flight },
    };
    gl_log_emit(&engine->log, GLIMPSE_LOG_INFO, "window_changed", fields,
                sizeof fields / sizeof *fields);
}

/* Returns true when an answer had begun, so that it may have to be paid for: a 2xx that broke off,
 * or that named its error after some text. */
static bool had_begun(const gl_request *request, const gl_failure *failure)
{
    const glimpse_sample *came = request->caller.result->response;
    if (gl_result_held(request->streamed).len != 0 || gl_request_showed(request)) return true;
    if (came == NULL || failure->http_status >= 400) return false;
    int status = glimpse_sample_get(came)->http_status;
    return status >= 200 && status <= 299;
}

gl_verdict gl_attempt_judge(gl_request *request, const gl_failure *failure,
                            const glimpse_outcome *outcome)
{
    glimpse_attempt *attempt = &request->attempt;
    const glimpse_sample *response = request->caller.result->response;
    bool came = attempt->first_byte != GL_TIME_NEVER ||
                (response != NULL && glimpse_sample_get(response)->http_status != 0);
    gl_evidence evidence = {
        .error = failure->error,
        .http_status = failure->http_status,
        .sent = attempt->sent != GL_TIME_NEVER || came,
        .reused = outcome != NULL && outcome->reused,
        .came = came,
        .begun = had_begun(request, failure),
        .probe = attempt->probe,
        .again = attempt->again,
        .refused = request->refused != 0,
        .others = gl_gate_others_answered(attempt->gate, request),
    };
    gl_verdict verdict = gl_evidence_judge(&evidence);
    attempt->again = verdict.again;
    if (verdict.again) request->engine->stats.connections_died++;
    if (verdict.refused && request->refused == 0) request->refused = request->engine->starts;
    return verdict;
}

gl_breaker_change gl_attempt_report(gl_request *request, const gl_failure *failure,
                                    gl_endpoint_is endpoint, const glimpse_outcome *outcome,
                                    gl_time now)
{
    glimpse_engine *engine = request->engine;
    gl_gate_report report = { .failure = failure,
                              .endpoint = endpoint,
                              .rates = { { -1, -1, -1 }, { -1, -1, -1 }, { -1, -1, -1 } },
                              .tokens_used = -1,
                              .elapsed = gl_flow_worked(&request->attempt, now),
                              .late = (uint64_t)request->caller.thresholds.t4_ms * GL_MS,
                              .waiting = engine->queue.waiting };
    if (failure == NULL) gl_model_saw(request, report.elapsed, now);
    if (outcome != NULL) {
        const glimpse_rate_limit *limits[] = { &outcome->requests, &outcome->tokens,
                                               &outcome->project_tokens };
        for (int i = 0; i < GL_BUCKET_COUNT; i++)
            report.rates[i] =
                (gl_rate_report){ limits[i]->limit, limits[i]->remaining, limits[i]->reset_ms };
        if (outcome->sample.usage.total_tokens >= 0)
            report.tokens_used = (double)outcome->sample.usage.total_tokens;
    }
    gl_breaker_change change = gl_gate_ended(request->attempt.gate, request, &report, now);
    log_window(engine, request->attempt.gate);
    return change;
}

void gl_attempt_log_retry(const gl_request *request, const gl_failure *failure, uint64_t wait)
{
    const gl_log *log = &request->engine->log;
    if (!gl_log_wants(log, GLIMPSE_LOG_INFO)) return;
    glimpse_log_field fields[] = {
        { "id", NULL, (int64_t)request->caller.id },
        { "attempt", NULL, failure->attempts },
        { "http_status", NULL, failure->http_status },
        { "error", glimpse_error_name(failure->error), 0 },
        { "wait_ms", NULL, (int64_t)(wait / GL_MS) },
        { "message", gl_result_last_words(request->caller.result), 0 },
    };
    gl_log_emit(log, GLIMPSE_LOG_INFO,
                failure->http_status == 429 ? "openai_rate_limit_retry" : "openai_error_retry",
                fields, sizeof fields / sizeof *fields);
}

void glimpse_attempt_came(glimpse_attempt *attempt, int http_status, const char *request_id)
{
    glimpse_sample_fields fields;
    glimpse_sample_fields_init(&fields);
    fields.http_status = http_status;
    fields.request_id = request_id;
    glimpse_sample_unref(attempt->came);
    /* Without memory for the copy, the part that had come is lost. */
    if (glimpse_sample_new(&fields, &attempt->came, NULL) != GLIMPSE_OK) attempt->came = NULL;
}

/* --- functions that a sampler calls --- */

const char *glimpse_attempt_body(const glimpse_attempt *attempt, size_t *len)
{
    bool own = attempt->body != NULL;
    if (len != NULL) *len = own ? attempt->body_len : attempt->request->body.len;
    return own ? attempt->body : attempt->request->body.data;
}

const char *glimpse_attempt_path(const glimpse_attempt *attempt)
{
    return attempt->request->path.data;
}

const char *const *glimpse_attempt_headers(const glimpse_attempt *attempt, size_t *count)
{
    const gl_headers *headers = attempt->request->headers;
    *count = headers != NULL ? headers->count : 0;
    return headers != NULL ? headers->lines : NULL;
}

uint64_t glimpse_attempt_request(const glimpse_attempt *attempt)
{
    return attempt->request->caller.id;
}

int glimpse_attempt_number(const glimpse_attempt *attempt)
{
    return attempt->number;
}

bool glimpse_attempt_after_reset(const glimpse_attempt *attempt)
{
    return attempt->before == GLIMPSE_ERR_RESET;
}

bool glimpse_attempt_is_stream(const glimpse_attempt *attempt)
{
    return attempt->request->asks_stream;
}

void glimpse_attempt_words(const glimpse_attempt *attempt, glimpse_words *words)
{
    const gl_request *request = attempt->request;
    *words = (glimpse_words){ "", "", "", 0, 0, 0 };
    if (request->is_draft) {
        const gl_draft_parts *draft = request->draft;
        *words = (glimpse_words){ draft->input.data, draft->goal.data, draft->constraints.data,
                                  draft->input.len,  draft->goal.len,  draft->constraints.len };
    } else if (request->has_key || request->carries) { /* so the body is checked JSON */
        gl_buf *scratch = &request->engine->scratch;
        gl_buf_reset(scratch);
        gl_prompt_last_user_text(gl_json_checked(request->body), scratch);
        if (!scratch->failed && scratch->len != 0) {
            words->input = scratch->data;
            words->input_len = scratch->len;
        }
    }
}

bool glimpse_attempt_fallback(const glimpse_attempt *attempt, glimpse_status *status,
                              const char **message)
{
    if (!attempt->fallback) return false;
    if (status != NULL) *status = attempt->request->caller.result->status;
    if (message != NULL) *message = glimpse_result_error_message(attempt->request->caller.result);
    return true;
}

void glimpse_attempt_set_data(glimpse_attempt *attempt, void *data)
{
    attempt->data = data;
}

void *glimpse_attempt_data(const glimpse_attempt *attempt)
{
    return attempt->data;
}

/* Sets the request's timer for a limit that begins now, since the limit may end before the timer. A
 * limit that arriving bytes move to later needs no new timer. */
static void limit_begins(glimpse_attempt *attempt, int64_t limit_ms)
{
    if (limit_ms > 0) gl_clockwork_set_timer(attempt->request);
}

/* Without memory for it the time is left out. */
static void note_arrival(glimpse_result *result, int64_t at)
{
    if (result->arrivals == NULL)
        result->arrivals = gl_result_buf_new(GLIMPSE_ARRIVALS_MAX * sizeof at);
    if (result->arrivals != NULL) gl_buf_append(result->arrivals, (const char *)&at, sizeof at);
}

/* Books the arrival of a piece of a stream's text or reasoning. */
static void arrived(glimpse_attempt *attempt, gl_time now)
{
    gl_request *request = attempt->request;
    const glimpse_sampler_vtable *vtable = &attempt->sampler->vtable;
    if (attempt->texts++ == 0) {
        attempt->first_text = now;
        /* The sampler does not tell a first chunk from a first text, so the text is both. */
        if (attempt->first_chunk == GL_TIME_NEVER) attempt->first_chunk = now;
    } else {
        uint64_t gap = gl_time_since(now, attempt->last_text);
        if (gap > attempt->text_gap_max) attempt->text_gap_max = gap;
        if (!vtable->local && !vtable->recorded)
            gl_metrics_chunk(request->engine->metrics, request->operation, request->asked_model,
                             gap);
    }
    attempt->last_text = now;
    if (request->caller.arrivals && attempt->texts <= GLIMPSE_ARRIVALS_MAX)
        note_arrival(request->caller.result, (int64_t)gl_time_since(now, attempt->started));
}

void glimpse_attempt_progress(glimpse_attempt *attempt, glimpse_progress progress)
{
    const glimpse_engine *engine = attempt->request->engine;
    const gl_model *model = &engine->models[attempt->request->lane];
    if (attempt->sampler == NULL) return; /* the attempt is being recalled */
    gl_time now = gl_clockwork_now(&engine->clock);
    switch (progress) {
    case GLIMPSE_PROGRESS_CONNECTED:
        attempt->connected = now;
        limit_begins(attempt, model->first_byte_timeout_ms);
        break;
    case GLIMPSE_PROGRESS_SENT:
        attempt->sent = now;
        break;
    case GLIMPSE_PROGRESS_FIRST_BYTE:
        attempt->first_byte = attempt->last_byte = now;
        limit_begins(attempt, model->idle_timeout_ms);
        break;
    case GLIMPSE_PROGRESS_BYTES:
        attempt->last_byte = now;
        break;
    case GLIMPSE_PROGRESS_CHUNK:
        if (attempt->first_chunk == GL_TIME_NEVER) attempt->first_chunk = now;
        break;
    case GLIMPSE_PROGRESS_REASONING:
        arrived(attempt, now);
        break;
    }
}

void glimpse_attempt_opened(glimpse_attempt *attempt, const glimpse_opening *opening)
{
    if (attempt->sampler != NULL) attempt->opening = *opening;
}

bool glimpse_attempt_wants_events(const glimpse_attempt *attempt)
{
    return attempt->request->collects && !attempt->fallback;
}

glimpse_error glimpse_attempt_event(glimpse_attempt *attempt, const glimpse_event *event,
                                    unsigned part)
{
    gl_request *request = attempt->request;
    if (attempt->sampler == NULL || !glimpse_attempt_wants_events(attempt)) return GLIMPSE_OK;
    const gl_event kept = { .name = gl_slice_of(event->name, event->name_len),
                            .data = gl_slice_of(event->data, event->data_len),
                            .bytes = gl_slice_of(event->bytes, event->len) };
    gl_shown *shown = gl_request_events(request);
    if (shown == NULL || !gl_events_add(&shown->events, &kept)) return GLIMPSE_ERR_OOM;
    shown->output |= (part & GLIMPSE_EVENT_OUTPUT) != 0;
    if ((part & GLIMPSE_EVENT_LAST) != 0) return GLIMPSE_OK;
    shown->ready = gl_events_end(&shown->events);
    shown->came += event->len;
    if (!shown->output) return GLIMPSE_OK;
    gl_flight_text(request);
    return GLIMPSE_OK;
}

glimpse_error glimpse_attempt_text(glimpse_attempt *attempt, const char *piece, size_t len)
{
    gl_request *request = attempt->request;
    glimpse_engine *engine = request->engine;
    gl_slice more = gl_slice_given(piece, len);
    if (more.len == 0 || !request->asks_stream || attempt->fallback) return GLIMPSE_OK;
    if (!gl_request_stream(request, more)) return GLIMPSE_ERR_OOM;
    gl_time now = gl_clockwork_now(&engine->clock);
    if (attempt->first_answer == GL_TIME_NEVER) attempt->first_answer = now;
    arrived(attempt, now);
    gl_flight_text(request);
    return GLIMPSE_OK;
}
