/*
 * sampler.c - the OpenAI sampler: attempts in, HTTP requests out, outcomes back.
 *
 * Owns its loop handle, the connection, the decoder, and a pool of calls (one for each attempt in
 * flight, kept for the next: an attempt allocates nothing here once its peak was reached). Knows
 * the secrets (secrets.c) that are taken out of an endpoint's echo. Decides no retry.
 */
#include <glimpse/sampler.h>

#include <stdio.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/time.h"
#include "endpoint.h"
#include "openai/answer_headers.h"
#include "openai/azure.h"
#include "openai/connection.h"
#include "openai/decode.h"
#include "openai/http.h"
#include "openai/path.h"
#include "openai/plain.h"
#include "openai/rate_limits.h"
#include "openai/sse.h"
#include "openai/stream.h"
#include "problem.h"

/* The largest event of a stream; a picture as base64 has 20 MB. Of one on its way there are three
 * copies: the reader's, the engine's, the caller's. */
#define EVENT_MAX ((size_t)32 * 1024 * 1024)
/* Room for a message of the decoder, and its NUL. */
#define LINE_MAX_BYTES 1024

struct openai;

/* One attempt in flight. */
typedef struct call {
    struct openai *owner;
    glimpse_attempt *attempt;
    gl_transfer *transfer;
    gl_stream *stream; /* kept from its first stream on; NULL before */
    bool is_streamed;  /* the answer of this attempt is a stream */
    size_t handed;     /* bytes of its text that the engine has */
    struct call *next_free;
} call;

typedef struct openai {
    gl_loop *loop;
    gl_connection connection;
    gl_decoder *decoder;
    call *free_calls;
    gl_buf azure_path; /* scratch */
    gl_buf event;      /* scratch */
    gl_answer_headers kept;
} openai;

/* --- one call --- */

static void release(call *c)
{
    openai *self = c->owner;
    if (c->is_streamed && c->stream != NULL) gl_stream_reset(c->stream);
    c->next_free = self->free_calls;
    self->free_calls = c;
}

static void on_progress(void *arg, glimpse_progress progress)
{
    const call *c = arg;
    glimpse_attempt_progress(c->attempt, progress);
}

static void on_opened(void *arg, const glimpse_opening *opening)
{
    const call *c = arg;
    glimpse_attempt_opened(c->attempt, opening);
}

/* Passes on the new text, without secrets. false: out of memory. */
static bool hand_on(call *c, bool whole)
{
    openai *self = c->owner;
    gl_slice text = gl_stream_text(c->stream);
    if (text.len == c->handed) return true;
    gl_slice news = gl_slice_of(text.data + c->handed, text.len - c->handed);
    if (!whole) news.len = gl_secrets_safe_length(&self->connection.secrets, news);
    c->handed += news.len;
    bool ok = gl_secrets_scrub(&self->connection.secrets, &news) &&
              glimpse_attempt_text(c->attempt, news.data, glimpse_length(news.len)) == GLIMPSE_OK;
    gl_secrets_recycle(&self->connection.secrets);
    return ok;
}

/* Returns a part of an event without secrets. An asterisk stands for each byte of one, so a part of
 * the bytes is at the same place afterwards. */
static bool scrub_part(openai *self, const glimpse_event *event, const char **part, size_t len,
                       gl_slice bytes, gl_buf *room)
{
    if (len == 0) return true;
    const char *found =
        gl_slice_find(gl_slice_of(event->bytes, event->len), gl_slice_of(*part, len));
    if (found != NULL) {
        *part = bytes.data + (found - event->bytes);
        return true;
    }
    gl_slice own = gl_slice_of(*part, len);
    gl_buf_reset(room);
    gl_buf_append(room, bytes.data, bytes.len); /* the next scrub has the same memory */
    if (room->failed || !gl_secrets_scrub(&self->connection.secrets, &own)) return false;
    *part = own.data;
    return true;
}

/* Passes an event on, without secrets. false: out of memory. */
static bool hand_event_on(void *arg, const glimpse_event *event, unsigned part)
{
    call *c = arg;
    openai *self = c->owner;
    gl_slice bytes = gl_slice_of(event->bytes, event->len);
    glimpse_event clean = *event;
    if (!gl_secrets_scrub(&self->connection.secrets, &bytes)) return false;
    gl_buf_reset(&self->event);
    bool ok = scrub_part(self, event, &clean.data, event->data_len, bytes, &self->event);
    if (self->event.len != 0) bytes = gl_buf_slice(&self->event);
    clean.bytes = bytes.data;
    ok = ok && scrub_part(self, event, &clean.name, event->name_len, bytes, &self->event) &&
         glimpse_attempt_event(c->attempt, &clean, part) == GLIMPSE_OK;
    gl_secrets_recycle(&self->connection.secrets);
    return ok;
}

/* Begins to read a stream; false: this path has none. Returns true without memory too. */
static bool begin_stream(call *c)
{
    openai *self = c->owner;
    c->handed = 0;
    size_t most = self->connection.max_response_bytes;
    if (c->stream == NULL) c->stream = gl_stream_new(most < EVENT_MAX ? most : EVENT_MAX);
    c->is_streamed =
        c->stream == NULL || gl_stream_begin(c->stream, glimpse_attempt_path(c->attempt));
    if (c->is_streamed && c->stream != NULL && glimpse_attempt_wants_events(c->attempt))
        gl_stream_watch(c->stream, hand_event_on, c);
    return c->is_streamed;
}

/* The bytes decide whether the answer is a stream: servers send streams unasked and one body where
 * a stream was asked, each with the other's content type. A failure comes whole. */
static gl_http_framing on_begin(void *arg, int status, gl_slice bytes)
{
    if (status < 200 || status > 299) return GL_HTTP_WHOLE;
    switch (gl_sse_guess_of(bytes)) {
    case GL_SSE_TOO_SHORT:
        return GL_HTTP_UNTOLD;
    case GL_SSE_IT_IS:
        return begin_stream(arg) ? GL_HTTP_PIECES : GL_HTTP_WHOLE;
    case GL_SSE_IT_IS_NOT:
        break;
    }
    return GL_HTTP_WHOLE;
}

static gl_http_want on_chunk(void *arg, gl_slice bytes)
{
    call *c = arg;
    if (c->stream == NULL) return GL_HTTP_ENOUGH; /* out of memory: end_stream says so */
    gl_stream_count before = gl_stream_counted(c->stream);
    size_t text_before = gl_stream_text(c->stream).len;
    bool more = gl_stream_feed(c->stream, bytes);
    gl_stream_count after = gl_stream_counted(c->stream);
    if (before.events == 0 && after.events != 0)
        glimpse_attempt_progress(c->attempt, GLIMPSE_PROGRESS_CHUNK);
    /* One read is one arrival: reasoning beside text is no further one. */
    if (after.reasoned != before.reasoned && gl_stream_text(c->stream).len == text_before)
        glimpse_attempt_progress(c->attempt, GLIMPSE_PROGRESS_REASONING);
    if (!hand_on(c, false)) {
        gl_stream_free(c->stream);
        c->stream = NULL;
        return GL_HTTP_ENOUGH;
    }
    return more ? GL_HTTP_MORE : GL_HTTP_ENOUGH;
}

static void fail_oom(glimpse_attempt *attempt)
{
    glimpse_outcome outcome;
    glimpse_outcome_init(&outcome);
    outcome.error = GLIMPSE_ERR_OOM;
    glimpse_attempt_done(attempt, &outcome);
}

/* Returns how many choices the request asks for. */
static size_t choices_of(const glimpse_attempt *attempt)
{
    size_t len;
    const char *body = glimpse_attempt_body(attempt, &len);
    return gl_stream_choices(gl_slice_of(body, len));
}

/* Fills the outcome of a stream; false: out of memory. */
static bool end_stream(call *c, const gl_http_response *response, gl_decode_input *input,
                       glimpse_outcome *outcome)
{
    openai *self = c->owner;
    gl_stream_end end;
    if (c->stream == NULL) return false;
    gl_stream_finish(c->stream, response->error, choices_of(c->attempt), &end);
    input->body = end.body;
    input->streamed = gl_stream_text(c->stream);
    if (end.error == GLIMPSE_ERR_OOM || !gl_secrets_scrub(&self->connection.secrets, &input->body))
        return false;
    if (end.error == GLIMPSE_OK) {
        input->merged = true;
        gl_decode(self->decoder, input, outcome);
        outcome->no_done = end.no_done;
    } else if (end.error == GLIMPSE_ERR_STREAM_ERROR) {
        gl_decode_stream_error(self->decoder, input, outcome);
    } else {
        const char *message = end.message;
        if (message == NULL && end.error == response->error) message = response->message;
        gl_decode_broken(self->decoder, input, end.error, message, outcome);
    }
    return true;
}

/* Returns true when the request asks for a response that goes on at the endpoint. */
static bool asks_for_background(const glimpse_attempt *attempt)
{
    size_t len;
    if (!gl_path_ends(glimpse_attempt_path(attempt), "/responses")) return false;
    const char *body = glimpse_attempt_body(attempt, &len);
    gl_json root = gl_json_checked(gl_slice_of(body, len));
    return gl_json_get(root, "background").kind == GL_JSON_TRUE;
}

/* A body that is no JSON may be events after all: under a status that failed, or behind other text.
 * If they make an answer or an error, that is the outcome; else the body stays as it is. false: out
 * of memory. */
static bool look_for_events(call *c, const gl_http_response *response, gl_decode_input *input,
                            glimpse_outcome *outcome)
{
    openai *self = c->owner;
    gl_stream_end end;
    bool failed = response->status >= 300;
    if (!gl_sse_is_within(response->body) || !begin_stream(c)) return true;
    if (c->stream == NULL) return false;
    (void)gl_stream_feed(c->stream, response->body);
    gl_stream_finish(c->stream, GLIMPSE_OK, choices_of(c->attempt), &end);
    if (end.error != GLIMPSE_ERR_STREAM_ERROR && (failed || end.error != GLIMPSE_OK))
        return end.error != GLIMPSE_ERR_OOM;
    input->body = end.body;
    input->streamed = gl_stream_text(c->stream);
    input->merged = end.error == GLIMPSE_OK;
    if (!gl_secrets_scrub(&self->connection.secrets, &input->body)) return false;
    if (failed || end.error == GLIMPSE_OK)
        gl_decode(self->decoder, input, outcome);
    else
        gl_decode_stream_error(self->decoder, input, outcome);
    return true;
}

/* Fills the outcome of an answer that came whole; false: out of memory. */
static bool end_plain(call *c, const gl_http_response *response, gl_decode_input *input,
                      glimpse_outcome *outcome)
{
    openai *self = c->owner;
    input->body = response->body;
    input->background = asks_for_background(c->attempt);
    if (!gl_secrets_scrub(&self->connection.secrets, &input->body)) return false;
    if (response->error == GLIMPSE_OK)
        gl_decode(self->decoder, input, outcome);
    else
        gl_decode_broken(self->decoder, input, response->error, response->message, outcome);
    bool odd = response->error == GLIMPSE_OK && !outcome->sample.body_is_json;
    return !odd || look_for_events(c, response, input, outcome);
}

/* Returns the attempt's path below the base URL; NULL: out of memory. */
static const char *wire_path(openai *self, const glimpse_attempt *attempt)
{
    const char *path = glimpse_attempt_path(attempt);
    if (self->connection.deployment == NULL) return path;
    gl_buf_reset(&self->azure_path);
    gl_azure_path(self->connection.deployment, self->connection.api_version, path,
                  &self->azure_path);
    return gl_buf_terminate(&self->azure_path) ? self->azure_path.data : NULL;
}

static void on_done(void *arg, const gl_http_response *response)
{
    call *c = arg;
    openai *self = c->owner;
    glimpse_attempt *attempt = c->attempt;
    gl_decode_input input = {
        .status = response->status,
        .retry_after = response->retry_after,
        .retry_after_ms = response->retry_after_ms,
        .should_retry = response->should_retry,
        .header = gl_http_header,
        .headers = response->headers,
        .now_unix_ms = response->retry_after != NULL ? gl_clock_unix_ms() : 0,
        .request_id = response->request_id,
        .path = glimpse_attempt_path(attempt),
        .base_url = gl_http_base_url(self->connection.http),
        .asked_path = wire_path(self, attempt),
    };
    glimpse_outcome outcome;
    gl_secrets_words words;
    bool ok = !c->is_streamed || c->stream == NULL || hand_on(c, true);
    if (ok)
        ok = c->is_streamed ? end_stream(c, response, &input, &outcome)
                            : end_plain(c, response, &input, &outcome);
    if (!ok || !gl_secrets_scrub_outcome(&self->connection.secrets, &outcome, &words)) {
        fail_oom(attempt);
        release(c);
        gl_secrets_recycle(&self->connection.secrets);
        return;
    }
    outcome.reused = response->reused;
    gl_rate_limits_read(gl_http_header, response->headers, &outcome);
    if (self->kept.count != 0)
        gl_answer_headers_read(&self->kept, gl_http_header, response->headers,
                               &self->connection.secrets, &outcome.sample);
    glimpse_attempt_done(attempt, &outcome);
    release(c);
    gl_secrets_recycle(&self->connection.secrets);
}

/* --- the sampler's table --- */

static void start(void *arg, glimpse_attempt *attempt)
{
    static const gl_http_observer observer = { .progress = on_progress,
                                               .opened = on_opened,
                                               .begin = on_begin,
                                               .chunk = on_chunk,
                                               .done = on_done };
    openai *self = arg;
    call *c = self->free_calls;
    if (c != NULL)
        self->free_calls = c->next_free;
    else if ((c = gl_calloc(1, sizeof *c)) == NULL) {
        fail_oom(attempt);
        return;
    }
    c->owner = self;
    c->attempt = attempt;
    c->is_streamed = false;
    size_t len;
    const char *body = glimpse_attempt_body(attempt, &len);
    const char *path = wire_path(self, attempt);
    c->transfer = path != NULL ? gl_http_start(self->connection.http, path, gl_slice_of(body, len),
                                               &observer, c)
                               : NULL;
    size_t count;
    const char *const *headers = glimpse_attempt_headers(attempt, &count);
    if (c->transfer != NULL && count != 0 && !gl_http_add_headers(c->transfer, headers, count)) {
        gl_http_cancel(c->transfer);
        c->transfer = NULL;
    }
    if (c->transfer == NULL) {
        release(c);
        fail_oom(attempt);
        return;
    }
    if (glimpse_attempt_after_reset(attempt)) gl_http_fresh(c->transfer);
    glimpse_attempt_set_data(attempt, c);
}

static void cancel(void *arg, glimpse_attempt *attempt)
{
    openai *self = arg;
    call *c = glimpse_attempt_data(attempt);
    gl_http_response response;
    gl_http_peek(c->transfer, &response);
    if (response.status != 0) {
        char plain[128], line[LINE_MAX_BYTES];
        gl_plain(gl_slice_str(response.request_id), plain, sizeof plain);
        glimpse_attempt_came(
            attempt, response.status,
            gl_secrets_scrub_line(&self->connection.secrets, plain, line, sizeof line));
    }
    gl_http_cancel(c->transfer);
    release(c);
}

static bool pause_call(void *self, glimpse_attempt *attempt, bool paused)
{
    (void)self;
    const call *c = glimpse_attempt_data(attempt);
    if (paused) return gl_http_pause(c->transfer);
    gl_http_go_on(c->transfer);
    return true;
}

static const char *scope(void *self)
{
    const openai *o = self;
    return o->connection.scope;
}

static void destroy(void *arg)
{
    openai *self = arg;
    gl_connection_close(&self->connection);
    if (self->loop != NULL) gl_loop_free(self->loop);
    gl_decoder_free(self->decoder);
    for (call *c = self->free_calls, *next; c != NULL; c = next) {
        next = c->next_free;
        gl_stream_free(c->stream);
        gl_free(c);
    }
    gl_buf_free(&self->azure_path);
    gl_buf_free(&self->event);
    gl_answer_headers_free(&self->kept);
    gl_free(self);
}

/* --- setting it up --- */

glimpse_error glimpse_openai_sampler_new(struct event_base *base, const glimpse_endpoint *endpoint,
                                         const glimpse_logger *log, glimpse_sampler **sampler,
                                         glimpse_problem *problem)
{
    static const glimpse_sampler_vtable vtable = {
        .size = sizeof(glimpse_sampler_vtable),
        .name = "openai",
        .progress = true,
        .start = start,
        .cancel = cancel,
        .scope = scope,
        .pause = pause_call,
        .destroy = destroy,
    };
    gl_problem_clear(problem);
    if (base == NULL) return gl_refuse(problem, "base", "is NULL");
    if (sampler == NULL) return gl_refuse(problem, "sampler", "is NULL");
    *sampler = NULL;
    glimpse_endpoint room;
    endpoint = gl_endpoint_read(endpoint, &room, problem);
    if (endpoint == NULL) return GLIMPSE_ERR_INVALID;
    openai *self = gl_calloc(1, sizeof *self);
    if (self == NULL) return gl_problem_of(problem, GLIMPSE_ERR_OOM);
    gl_buf_init(&self->azure_path, SIZE_MAX / 2);
    gl_buf_init(&self->event, SIZE_MAX / 2);
    const gl_log to = log != NULL ? *log : (gl_log){ .fn = NULL };
    glimpse_error error = GLIMPSE_ERR_OOM;
    self->loop = gl_loop_new(base);
    self->decoder = gl_decoder_new();
    if (self->loop != NULL && self->decoder != NULL)
        error = gl_answer_headers_init(&self->kept, endpoint, problem);
    if (error == GLIMPSE_OK)
        error = gl_connection_open(&self->connection, self->loop, base, endpoint, &to, problem);
    if (error == GLIMPSE_OK) error = glimpse_sampler_new(&vtable, self, sampler, problem);
    if (error != GLIMPSE_OK) destroy(self);
    return gl_problem_of(problem, error);
}
