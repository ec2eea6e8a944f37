/*
 * request.c - a request's memory and its states.
 *
 * Owns the request's one block (struct and copies of all text) and its result until it is
 * delivered. gl_request_move is the only way from one state to another, so its assertion states the
 * life of a request. Knows nothing of samplers, caches or time.
 */
#include "engine/request.h"

#include <assert.h>
#include <stdio.h>

#include "base/alloc.h"
#include "engine/gates.h"

static gl_slice put(char **at, gl_slice text)
{
    gl_slice copy = gl_slice_of(*at, text.len);
    if (text.len != 0) memcpy(*at, text.data, text.len);
    (*at)[text.len] = '\0';
    *at += text.len + 1;
    return copy;
}

/* The path of nearly all requests is not copied. */
static const char usual_path[] = "/chat/completions";

/* Adds the bytes that a text takes, NUL included; false: they are too many. */
static bool add_size(size_t *size, gl_slice text)
{
    if (text.len >= SIZE_MAX / 2 - *size) return false;
    *size += text.len + 1;
    return true;
}

/* The bytes behind the struct; 0: too many. */
static size_t size_of_texts(const gl_request_parts *parts, bool usual)
{
    const gl_draft_parts *draft = parts->draft;
    size_t size = draft != NULL ? sizeof *draft : 0;
    bool fits =
        add_size(&size, parts->body) && (usual || add_size(&size, parts->path)) &&
        (draft == NULL || (add_size(&size, draft->input) && add_size(&size, draft->goal) &&
                           add_size(&size, draft->constraints) && add_size(&size, draft->model)));
    return fits ? size : 0;
}

_Static_assert(offsetof(gl_request, text) % _Alignof(gl_draft_parts) == 0,
               "a draft's parts stand there");

static char *put_draft(gl_request *request, const gl_draft_parts *from, char *at)
{
    gl_draft_parts *draft = (gl_draft_parts *)(void *)at;
    at += sizeof *draft;
    *draft = *from;
    draft->input = put(&at, from->input);
    draft->goal = put(&at, from->goal);
    draft->constraints = put(&at, from->constraints);
    draft->model = put(&at, from->model);
    request->draft = draft;
    return at;
}

gl_request *gl_request_new(const gl_request_parts *parts)
{
    bool usual = gl_slice_is(parts->path, usual_path);
    size_t size = size_of_texts(parts, usual);
    gl_request *request = size != 0 ? gl_malloc(sizeof *request + size) : NULL;
    if (request == NULL) return NULL;
    *request = (gl_request){ .state = GL_STATE_NEW,
                             .caller.arg = parts->arg,
                             .asks_usage = true,
                             .callers = 1,
                             .may_pack = parts->may_pack };
    request->caller.result = gl_result_new();
    if (request->caller.result == NULL) {
        gl_free(request);
        return NULL;
    }
    if (parts->observer != NULL) request->caller.observer = *parts->observer;
    gl_node_init(&request->node);
    gl_node_init(&request->text_node);
    gl_list_init(&request->followers);
    gl_heap_entry_init(&request->timer);
    request->attempt.request = request;
    char *at = request->text;
    if (parts->draft != NULL) at = put_draft(request, parts->draft, at);
    request->body = put(&at, parts->body);
    request->path = usual ? gl_slice_str(usual_path) : put(&at, parts->path);
    return request;
}

bool gl_request_stream(gl_request *request, gl_slice text)
{
    if (request->streamed == NULL) request->streamed = gl_result_buf_new(SIZE_MAX / 2);
    if (request->streamed == NULL) return false;
    gl_buf_append(request->streamed, text.data, text.len);
    return !request->streamed->failed;
}

void gl_request_keep_partial(gl_request *request)
{
    glimpse_result *result = request->caller.result;
    if (gl_result_held(request->streamed).len == 0) return;
    result->partial = request->streamed;
    result->partial->failed = false;   /* text that could not be added is left out */
    gl_buf_terminate(result->partial); /* cannot fail: buf.h keeps room for it */
    request->streamed = NULL;
}

static void unref_events(gl_request *request)
{
    gl_shown *shown = request->shown;
    request->shown = NULL;
    if (shown == NULL || --shown->owners != 0) return;
    gl_events_free(&shown->events);
    gl_free(shown);
}

void gl_request_free(gl_request *request)
{
    assert(!gl_node_linked(&request->node) && !gl_node_linked(&request->text_node) &&
           request->timer.index == GL_HEAP_NONE && gl_list_empty(&request->followers) &&
           !request->leads);
    gl_gate_unref(request->attempt.gate);
    gl_course_unref(request->course);
    gl_free(request->attempt.body);
    gl_free(request->further);
    gl_result_buf_free(request->streamed);
    unref_events(request);
    gl_free(request->headers);
    glimpse_result_unref(request->caller.result);
    gl_free(request);
}

gl_shown *gl_request_events(gl_request *request)
{
    if (request->shown == NULL) {
        request->shown = gl_calloc(1, sizeof *request->shown);
        if (request->shown == NULL) return NULL;
        request->shown->owners = 1;
        gl_events_init(&request->shown->events);
    }
    return request->shown;
}

void gl_request_forget_events(gl_request *request)
{
    if (request->shown != NULL && request->shown->owners > 1) unref_events(request);
    if (request->shown == NULL) return;
    gl_events_reset(&request->shown->events);
    request->shown->ready = request->shown->came = 0;
    request->shown->output = false;
}

void gl_request_share_events(gl_request *request, const gl_request *from)
{
    if (from->shown == NULL || from->shown == request->shown) return;
    unref_events(request);
    request->shown = from->shown;
    request->shown->owners++;
}

/* For each state, the states that may follow. */
static const unsigned short ways[] = {
    [GL_STATE_NEW] = 1 << GL_STATE_FOLLOWING | 1 << GL_STATE_LOOKING | 1 << GL_STATE_PACKING |
                     1 << GL_STATE_WAITING | 1 << GL_STATE_FALLBACK | 1 << GL_STATE_DONE,
    [GL_STATE_FOLLOWING] = 1 << GL_STATE_FALLBACK | 1 << GL_STATE_DONE,
    [GL_STATE_LOOKING] =
        1 << GL_STATE_PACKING | 1 << GL_STATE_WAITING | 1 << GL_STATE_FALLBACK | 1 << GL_STATE_DONE,
    [GL_STATE_PACKING] = 1 << GL_STATE_WAITING | 1 << GL_STATE_FALLBACK | 1 << GL_STATE_DONE,
    [GL_STATE_WAITING] = 1 << GL_STATE_RUNNING | 1 << GL_STATE_FALLBACK | 1 << GL_STATE_DONE,
    [GL_STATE_RUNNING] =
        1 << GL_STATE_WAITING | 1 << GL_STATE_BACKOFF | 1 << GL_STATE_FALLBACK | 1 << GL_STATE_DONE,
    [GL_STATE_BACKOFF] = 1 << GL_STATE_WAITING | 1 << GL_STATE_FALLBACK | 1 << GL_STATE_DONE,
    [GL_STATE_FALLBACK] = 1 << GL_STATE_RUNNING | 1 << GL_STATE_DONE,
    [GL_STATE_DONE] = 1 << GL_STATE_DELIVERED,
    [GL_STATE_DELIVERED] = 0,
};

void gl_request_move(gl_request *request, gl_state state, gl_list *to, bool front)
{
    assert(ways[request->state] & 1 << state);
    gl_node_remove(&request->node);
    request->state = state;
    if (to == NULL) return;
    if (front)
        gl_list_push_front(to, &request->node);
    else
        gl_list_push_back(to, &request->node);
}

void gl_request_change_places(gl_request *one, gl_request *other)
{
    gl_caller kept = one->caller;
    one->caller = other->caller;
    other->caller = kept;
}

void gl_request_book_wait(gl_request *request, gl_time now)
{
    glimpse_timings *timings = &request->caller.result->timings;
    /* A turn reads the clock once. A request that a slow callback submitted later in the same turn,
     * or that was promoted to lead, entered its queue before it came, by that clock. */
    gl_time from =
        request->since > request->caller.submitted ? request->since : request->caller.submitted;
    int64_t waited = (int64_t)gl_time_since(now, from);
    if (request->state == GL_STATE_BACKOFF) timings->backoff_ns += waited;
    if (request->state == GL_STATE_WAITING ||
        (request->state == GL_STATE_PACKING && request->gathers))
        timings->queue_ns += waited;
    request->since = now;
}

void gl_request_set_deadline_error(gl_request *request)
{
    glimpse_result *result = request->caller.result;
    char message[160], last[64] = "";
    int64_t limit_ms = (int64_t)((request->caller.deadline - request->caller.submitted) / GL_MS);
    int attempts = request->attempt.number;
    if (request->state != GL_STATE_RUNNING && result->error != GLIMPSE_OK)
        snprintf(last, sizeof last, ", the last of them: %.40s", glimpse_result_error_code(result));
    if (request->state == GL_STATE_PACKING)
        snprintf(message, sizeof message,
                 "the deadline of %lld ms passed before the pack of this draft was answered",
                 (long long)limit_ms);
    else if (request->state == GL_STATE_FOLLOWING)
        snprintf(message, sizeof message,
                 "the deadline of %lld ms passed before an identical request was answered",
                 (long long)limit_ms);
    else if (attempts == 0)
        snprintf(message, sizeof message, "the deadline of %lld ms passed before the first attempt",
                 (long long)limit_ms);
    else
        snprintf(message, sizeof message, "the deadline of %lld ms passed after %d attempt%s%s",
                 (long long)limit_ms, attempts, attempts == 1 ? "" : "s", last);
    gl_result_set_error(result, GLIMPSE_ERR_DEADLINE, NULL, message);
}
