/*
 * batch_call.c - one call of the Batch API's client: attempts by glimpse_backoff, the limits of
 * each, what came back, and what that means. Called by batch_api.c, http.c and the timers.
 *
 *   start -> attempt -> request(s) -> attempt again, or told -> (a watch: waits, attempt ...)
 *
 * Invariant: a call is in api->calls from its start until its function has run for the last time,
 * and is told from the loop alone.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "openai/batch_internal.h"
#include "openai/batch_object.h"
#include "openai/plain.h"
#include "status.h"

/* The most of an answer that is held in memory: a page of a hundred batches with all the metadata
 * they may have (16 pairs of 64 and 512 characters) is 1 MB, or 4 in escapes. */
#define ANSWER_MAX ((size_t)8 << 20)

/* --- life --- */

gl_batch_call *gl_batch_call_new(glimpse_batch_api *api, gl_batch_kind kind, glimpse_batch_fn fn,
                                 void *arg)
{
    gl_batch_call *call = gl_calloc(1, sizeof *call);
    if (call == NULL) return NULL;
    call->api = api;
    call->kind = kind;
    call->fn = fn;
    call->arg = arg;
    call->fd = -1;
    gl_node_init(&call->node);
    gl_buf_init(&call->body, ANSWER_MAX);
    gl_buf_init(&call->head, ANSWER_MAX);
    gl_buf_init(&call->answer, ANSWER_MAX);
    gl_buf_init(&call->text, ANSWER_MAX);
    return call;
}

void gl_batch_call_free(gl_batch_call *call)
{
    if (gl_node_linked(&call->node)) {
        gl_node_remove(&call->node);
        call->api->count--;
    }
    char *texts[] = { call->id,   call->name,      call->url,      call->job,
                      call->part, call->file_path, call->temporary };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) gl_free(texts[i]);
    gl_buf *buffers[] = { &call->body, &call->head, &call->answer, &call->text };
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) gl_buf_free(buffers[i]);
    if (call->fd >= 0) close(call->fd);
    gl_timer_free(call->timer);
    gl_free(call);
}

/* --- telling --- */

static void fill_reply(const gl_batch_call *call, glimpse_error error, int attempts,
                       glimpse_batch_reply *reply)
{
    bool failed = error != GLIMPSE_OK;
    const char *code = call->code[0] != '\0' ? call->code : glimpse_error_name(error);
    const char *message = call->message[0] != '\0' ? call->message : glimpse_error_sentence(error);
    *reply = (glimpse_batch_reply){ .error = error,
                                    .http_status = call->http_status,
                                    .code = failed ? code : "",
                                    .message = failed ? message : "",
                                    .attempts = attempts,
                                    .file_id = failed ? "" : call->file_id,
                                    .bytes = failed ? 0 : call->bytes,
                                    .batch = !failed && call->found ? &call->batch : NULL,
                                    .last = true };
}

static void wait_for_next_look(gl_batch_call *call)
{
    const glimpse_batch_options *options = &call->api->options;
    gl_time least = gl_time_add_ms(0, options->poll_min_ms);
    gl_time most = gl_time_add_ms(0, options->poll_max_ms);
    call->poll_wait = call->poll_wait == 0 ? least : call->poll_wait + call->poll_wait / 2;
    if (call->poll_wait > most) call->poll_wait = most;
    gl_timer_set(call->timer, gl_loop_now(call->api->loop) + call->poll_wait);
}

static void ended(glimpse_error error, int attempts, void *arg)
{
    gl_batch_call *call = arg;
    glimpse_batch_reply reply;
    call->backoff = NULL;
    fill_reply(call, error, attempts, &reply);
    bool goes_on =
        call->kind == GL_BATCH_WATCH && !call->cancelled &&
        (error == GLIMPSE_OK ? call->found && !gl_batch_ended(call->batch.state) : call->passing);
    reply.last = !goes_on;
    if (!goes_on) { /* so that the function may free the client */
        gl_node_remove(&call->node);
        call->api->count--;
    }
    call->fn(&reply, call->arg);
    if (goes_on && !call->cancelled)
        wait_for_next_look(call);
    else if (!goes_on)
        gl_batch_call_free(call);
}

/* --- what came back --- */

bool gl_batch_may_pass(const glimpse_outcome *outcome, int64_t max_retry_after_ms)
{
    int status = outcome->error_status != 0 ? outcome->error_status : outcome->sample.http_status;
    if (outcome->retry_after_ms > max_retry_after_ms) return false;
    if (outcome->error != GLIMPSE_ERR_HTTP) return gl_error_retry(outcome->error) != 0;
    if (outcome->should_retry >= 0) return outcome->should_retry == 1;
    if (status == 408 || status == 409 || status == 429) return true;
    return status >= 500 && status <= 599 && status != 501 && status != 505;
}

/* A file that has just been uploaded may not be found for a moment. */
static bool file_not_there_yet(const gl_batch_call *call, int status, const char *code)
{
    return call->kind == GL_BATCH_CREATE && (status == 400 || status == 404) && code != NULL &&
           strcmp(code, "file_not_found") == 0;
}

/* A 200 that holds an error without a status: whoever stands before the endpoint said it. All calls
 * can be sent again: a creation looks first. */
static bool is_odd_200(const glimpse_outcome *outcome)
{
    return outcome->error == GLIMPSE_ERR_HTTP && outcome->error_status == 0 &&
           outcome->sample.http_status >= 200 && outcome->sample.http_status < 300;
}

static void copy_string(gl_json value, char *out, size_t size)
{
    gl_buf text;
    out[0] = '\0';
    gl_buf_init(&text, size - 1);
    if (value.kind == GL_JSON_STRING) gl_json_string_append(value, &text, NULL);
    if (gl_buf_terminate(&text) && text.len < size) memcpy(out, text.data, text.len + 1);
    gl_buf_free(&text);
}

/* Looks through a page of a list. *more: there is another behind `after`. false: it is no list, and
 * shows nothing of what is not there. */
static bool look_through(gl_batch_call *call, gl_json page, bool *more)
{
    gl_json data = gl_json_get(page, "data"), object, last = { GL_JSON_NONE, { NULL, 0 } };
    gl_json_iter iter = gl_json_begin(data);
    bool files = call->kind == GL_BATCH_FIND_FILE;
    while (data.kind == GL_JSON_ARRAY && gl_json_next(&iter, NULL, &object)) {
        int64_t bytes;
        last = object;
        if (files && gl_json_string_is(gl_json_get(object, "filename"), call->name) &&
            gl_json_int64(gl_json_get(object, "bytes"), &bytes) && (uint64_t)bytes == call->bytes) {
            copy_string(gl_json_get(object, "id"), call->file_id, sizeof call->file_id);
            call->found = true;
        }
        if (!files && gl_batch_is_named(object, call->job, call->part))
            call->found = gl_batch_read(object, &call->text, &call->batch);
        if (call->found) break;
    }
    copy_string(gl_json_get(last, "id"), call->after, sizeof call->after);
    *more = !call->found && call->after[0] != '\0' &&
            gl_json_get(page, "has_more").kind == GL_JSON_TRUE;
    return data.kind == GL_JSON_ARRAY;
}

/* What a good answer means. true: the attempt goes on with another request. */
static bool take(gl_batch_call *call, gl_json root, glimpse_error *error)
{
    bool more = false;
    switch (call->kind) {
    case GL_BATCH_UPLOAD:
        copy_string(gl_json_get(root, "id"), call->file_id, sizeof call->file_id);
        if (call->file_id[0] == '\0') *error = GLIMPSE_ERR_BAD_JSON;
        return false;
    case GL_BATCH_FIND_FILE:
    case GL_BATCH_FIND:
        if (!look_through(call, root, &more)) *error = GLIMPSE_ERR_BAD_JSON;
        return more;
    case GL_BATCH_CREATE:
        if (call->looking) {
            if (!look_through(call, root, &more)) *error = GLIMPSE_ERR_BAD_JSON;
            if (call->found || *error != GLIMPSE_OK) return false;
            if (!more) call->looking = false; /* there is none: now it may be made */
            return true;
        }
        break;
    case GL_BATCH_DOWNLOAD:
        call->looking = false;
        call->announced = 0;
        int64_t bytes;
        if (gl_json_int64(gl_json_get(root, "bytes"), &bytes) && bytes > 0)
            call->announced = (uint64_t)bytes;
        return true;
    case GL_BATCH_GET:
    case GL_BATCH_WATCH:
    case GL_BATCH_CANCEL:
        break;
    }
    call->found = gl_batch_read(root, &call->text, &call->batch);
    if (!call->found) *error = call->text.failed ? GLIMPSE_ERR_OOM : GLIMPSE_ERR_BAD_JSON;
    return false;
}

static glimpse_error finish_file(gl_batch_call *call)
{
    int failed = call->failed_errno;
    if (failed == 0 && call->announced != 0 && call->bytes != call->announced) {
        snprintf(call->message, sizeof call->message, "%llu bytes came of a file that has %llu",
                 (unsigned long long)call->bytes, (unsigned long long)call->announced);
        return GLIMPSE_ERR_RESET;
    }
    if (failed == 0 && (fsync(call->fd) != 0 || close(call->fd) != 0)) failed = errno;
    if (failed != 0) close(call->fd);
    call->fd = -1;
    if (failed == 0 && rename(call->temporary, call->file_path) != 0) failed = errno;
    if (failed == 0) return GLIMPSE_OK;
    unlink(call->temporary);
    snprintf(call->message, sizeof call->message, "%s: %s", call->file_path, strerror(failed));
    snprintf(call->code, sizeof call->code, "%s", "local_file");
    return GLIMPSE_ERR_INVALID;
}

static void attempt_ended(gl_batch_call *call, glimpse_error error, bool again, int64_t wait_ms)
{
    gl_timer_set(call->timer, GL_TIME_NEVER);
    call->passing = again;
    glimpse_backoff_attempt_done(call->backoff, error, again, wait_ms);
}

static bool send_next(gl_batch_call *call);

/* An attempt ends here: no memory, or no file to write to. */
static void not_sent(gl_batch_call *call)
{
    if (call->failed_errno != 0) {
        snprintf(call->code, sizeof call->code, "%s", "local_file");
        snprintf(call->message, sizeof call->message, "%s: %s",
                 call->temporary != NULL ? call->temporary : call->file_path,
                 strerror(call->failed_errno));
        attempt_ended(call, GLIMPSE_ERR_INVALID, false, 0);
    } else {
        attempt_ended(call, GLIMPSE_ERR_OOM, false, 0);
    }
}

/* The words for what failed, without a secret. */
static void keep_words(gl_batch_call *call, const glimpse_outcome *outcome)
{
    const gl_secrets *secrets = &call->api->connection.secrets;
    char line[GL_BATCH_LINE];
    const char *code = gl_secrets_scrub_line(secrets, outcome->error_code, line, sizeof line);
    snprintf(call->code, sizeof call->code, "%s",
             code != NULL ? code : glimpse_error_name(outcome->error));
    const char *message = gl_secrets_scrub_line(secrets, outcome->error_message, line, sizeof line);
    snprintf(call->message, sizeof call->message, "%s",
             message != NULL ? message : glimpse_error_sentence(outcome->error));
}

/* Whether what comes goes into the file. */
static bool is_content(const gl_batch_call *call)
{
    return call->kind == GL_BATCH_DOWNLOAD && !call->looking && call->status == 200;
}

static void done(void *arg, const gl_http_response *response)
{
    gl_batch_call *call = arg;
    glimpse_batch_api *api = call->api;
    call->transfer = NULL;
    call->http_status = response->status;
    gl_decode_input input = {
        .status = response->status,
        .body = gl_buf_slice(&call->answer),
        .content_type = response->content_type,
        .request_id = response->request_id,
        .retry_after = response->retry_after,
        .retry_after_ms = response->retry_after_ms,
        .should_retry = response->should_retry,
        .header = gl_http_header,
        .headers = response->headers,
        .now_unix_ms = response->retry_after != NULL ? gl_clock_unix_ms() : 0,
        .path = "/batches",
    };
    glimpse_outcome outcome;
    bool content = is_content(call);
    if (call->answer.failed) {
        attempt_ended(call, call->answer.too_large ? GLIMPSE_ERR_BODY_TOO_LARGE : GLIMPSE_ERR_OOM,
                      false, 0);
        return;
    }
    if (!gl_secrets_scrub(&api->connection.secrets, &input.body)) {
        attempt_ended(call, GLIMPSE_ERR_OOM, false, 0);
        return;
    }
    if (content && (response->error == GLIMPSE_OK || call->failed_errno != 0)) {
        glimpse_error file = finish_file(call);
        attempt_ended(call, file, file == GLIMPSE_ERR_RESET, 0);
        return;
    }
    if (response->error != GLIMPSE_OK)
        gl_decode_broken(api->decoder, &input, response->error, response->message, &outcome);
    else
        gl_decode(api->decoder, &input, &outcome);
    gl_json root;
    glimpse_error error = outcome.error;
    gl_slice read = gl_slice_of(outcome.sample.body, outcome.sample.body_len);
    if (error == GLIMPSE_OK && gl_json_check(read, &root, NULL) == GL_JSON_OK) {
        call->code[0] = call->message[0] = '\0';
        if (take(call, root, &error)) {
            if (!send_next(call)) not_sent(call);
            return;
        }
        if (error == GLIMPSE_OK) {
            attempt_ended(call, GLIMPSE_OK, false, 0);
            return;
        }
        outcome.error = error;
    }
    keep_words(call, &outcome);
    bool again = gl_batch_may_pass(&outcome, api->options.max_retry_after_ms) ||
                 file_not_there_yet(call, response->status, outcome.error_code) ||
                 is_odd_200(&outcome);
    if (call->kind == GL_BATCH_CANCEL && response->status == 409) again = false;
    int64_t wait_ms = outcome.retry_after_ms > 0 ? outcome.retry_after_ms : 0;
    attempt_ended(call, error, again, wait_ms);
}

/* --- what libcurl says in between --- */

static void progress(void *arg, glimpse_progress what)
{
    gl_batch_call *call = arg;
    if (what == GLIMPSE_PROGRESS_CONNECTED) call->connected = true;
    call->heard = gl_loop_now(call->api->loop);
}

static bool begin(void *arg, int status, const char *content_type)
{
    gl_batch_call *call = arg;
    (void)content_type;
    call->status = status;
    return true;
}

static gl_http_want chunk(void *arg, gl_slice bytes)
{
    gl_batch_call *call = arg;
    if (!is_content(call)) {
        gl_buf_append(&call->answer, bytes.data, bytes.len);
        return call->answer.failed ? GL_HTTP_ENOUGH : GL_HTTP_MORE;
    }
    while (bytes.len != 0) {
        ssize_t n = write(call->fd, bytes.data, bytes.len);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            call->failed_errno = n < 0 ? errno : EIO;
            return GL_HTTP_ENOUGH;
        }
        bytes = gl_slice_of(bytes.data + n, bytes.len - (size_t)n);
        call->bytes += (uint64_t)n;
    }
    return GL_HTTP_MORE;
}

/* --- attempts --- */

static void set_limit(gl_batch_call *call)
{
    const glimpse_batch_options *options = &call->api->options;
    gl_time when = GL_TIME_NEVER;
    if (!call->connected && options->connect_timeout_ms > 0)
        when = gl_time_add_ms(call->started, options->connect_timeout_ms);
    if (call->connected && options->idle_timeout_ms > 0)
        when = gl_time_add_ms(call->heard, options->idle_timeout_ms);
    /* Connecting is not told to the timer, which then looks again when silence could be over. */
    if (!call->connected && options->idle_timeout_ms > 0)
        when = gl_time_min(when,
                           gl_time_add_ms(gl_loop_now(call->api->loop), options->idle_timeout_ms));
    gl_timer_set(call->timer, when);
}

static bool send_next(gl_batch_call *call)
{
    static const gl_http_observer observer = {
        .progress = progress, .begin = begin, .chunk = chunk, .done = done
    };
    gl_buf_reset(&call->answer);
    call->status = 0;
    call->failed_errno = 0;
    call->connected = false;
    call->started = call->heard = gl_loop_now(call->api->loop);
    call->transfer = gl_batch_send(call, &observer);
    if (call->transfer != NULL) set_limit(call);
    return call->transfer != NULL;
}

static void attempt(glimpse_backoff_call *backoff, int n, void *arg)
{
    gl_batch_call *call = arg;
    (void)backoff;
    /* What is downloaded is asked about first: how long it must be. */
    call->looking = n > 1 || call->kind == GL_BATCH_DOWNLOAD;
    call->found = false;
    call->http_status = 0;
    call->after[0] = call->file_id[0] = call->code[0] = call->message[0] = '\0';
    if (!send_next(call)) not_sent(call);
}

static bool begin_attempts(gl_batch_call *call)
{
    const glimpse_batch_options *options = &call->api->options;
    glimpse_backoff_policy policy;
    glimpse_backoff_policy_init(&policy);
    policy.max_attempts = options->max_attempts;
    policy.base_delay_ms = options->base_delay_ms;
    policy.max_delay_ms = options->max_delay_ms;
    return glimpse_backoff_start(call->api->base, &policy, attempt, ended, call, &call->backoff) ==
           GLIMPSE_OK;
}

static void give_up(gl_batch_call *call, glimpse_error error)
{
    call->code[0] = call->message[0] = '\0';
    call->passing = false;
    ended(error, 0, call);
}

static void timer_fired(void *arg)
{
    gl_batch_call *call = arg;
    if (call->transfer == NULL) { /* a watch that waits */
        if (call->cancelled)
            give_up(call, GLIMPSE_ERR_CANCELLED);
        else if (!begin_attempts(call))
            give_up(call, GLIMPSE_ERR_OOM);
        return;
    }
    const glimpse_batch_options *options = &call->api->options;
    int64_t limit = call->connected ? options->idle_timeout_ms : options->connect_timeout_ms;
    gl_time since = call->connected ? call->heard : call->started;
    if (limit <= 0 || gl_loop_now(call->api->loop) < gl_time_add_ms(since, limit)) {
        set_limit(call);
        return;
    }
    gl_http_cancel(call->transfer);
    call->transfer = NULL;
    attempt_ended(call, call->connected ? GLIMPSE_ERR_TIMEOUT_IDLE : GLIMPSE_ERR_TIMEOUT_CONNECT,
                  true, 0);
}

bool gl_batch_call_start(gl_batch_call *call)
{
    call->timer = gl_timer_new(call->api->loop, timer_fired, call);
    if (call->timer == NULL || !begin_attempts(call)) {
        gl_batch_call_free(call);
        return false;
    }
    gl_list_push_back(&call->api->calls, &call->node);
    call->api->count++;
    return true;
}

void gl_batch_call_cancel(gl_batch_call *call)
{
    if (call->cancelled) return;
    call->cancelled = true;
    if (call->backoff == NULL) { /* a watch between two looks, or inside its function */
        gl_timer_set(call->timer, gl_loop_now(call->api->loop));
        return;
    }
    glimpse_backoff_cancel(call->backoff);
    if (call->transfer == NULL) return;
    gl_http_cancel(call->transfer);
    call->transfer = NULL;
    attempt_ended(call, GLIMPSE_ERR_CANCELLED, false, 0);
}
