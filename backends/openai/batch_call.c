/*
 * batch_call.c - one call of the Batch API's client: attempts by glimpse_backoff, the limits of
 * each, and its end.
 *
 *   start -> attempt -> request(s) -> attempt again, or callback -> (a watch: waits, attempt ...)
 *
 * Invariant: a call is in api->calls from its start until its function has run for the last time,
 * and is called from the loop alone.
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

/* The longest answer that is held in memory: a page of a hundred batches with all the metadata they
 * may have (16 pairs of 64 and 512 characters) is 1 MB, or 4 MB in escapes. */
#define ANSWER_MAX ((size_t)8 << 20)
/* Bytes a second below which a file is given up, with a share for each of several: half a megabit,
 * the slowest line that is still sold. */
#define SLOWEST_LINE (UINT64_C(64) * 1024)

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
    gl_batch_file_close(call);
    char *texts[] = { call->id,   call->name,      call->url,      call->job,
                      call->part, call->file_path, call->temporary };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) gl_free(texts[i]);
    gl_buf *buffers[] = { &call->body, &call->head, &call->answer, &call->text };
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) gl_buf_free(buffers[i]);
    gl_timer_free(call->timer);
    gl_free(call);
}

/* --- the callback --- */

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
                                    .last = true,
                                    .file_waits = !failed && call->file_waits };
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

/* Returns true when a watch goes on after a look that ended so. */
static bool is_to_be_looked_at_again(const gl_batch_call *call, glimpse_error error)
{
    if (call->kind != GL_BATCH_WATCH && call->kind != GL_BATCH_AWAIT_FILE) return false;
    if (error != GLIMPSE_OK) return call->passing;
    if (call->kind == GL_BATCH_AWAIT_FILE) return call->file_waits;
    return call->found && !gl_batch_ended(call->batch.state);
}

static void ended(glimpse_error error, int attempts, void *arg)
{
    gl_batch_call *call = arg;
    glimpse_batch_reply reply;
    call->backoff = NULL;
    fill_reply(call, error, attempts, &reply);
    bool goes_on = !call->cancelled && is_to_be_looked_at_again(call, error);
    reply.last = !goes_on;
    if (!goes_on) { /* so that the callback may free the client */
        gl_node_remove(&call->node);
        call->api->count--;
    }
    call->fn(&reply, call->arg);
    if (goes_on && !call->cancelled)
        wait_for_next_look(call);
    else if (!goes_on)
        gl_batch_call_free(call);
}

/* --- answers --- */

static void attempt_ended(gl_batch_call *call, glimpse_error error, bool again, int64_t wait_ms)
{
    gl_timer_set(call->timer, GL_TIME_NEVER);
    call->passing = again;
    glimpse_backoff_attempt_done(call->backoff, error, again, wait_ms);
}

static bool send_next(gl_batch_call *call);

/* Ends an attempt that could not be sent: no memory, or no file to write to. */
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

/* Keeps the words for a failure, without a secret. */
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

/* Sends another request of the same attempt. */
static void go_on(gl_batch_call *call)
{
    if (!send_next(call)) not_sent(call);
}

/* Ends an attempt whose words are kept already. */
static void end_refused(gl_batch_call *call, glimpse_error error)
{
    attempt_ended(call, error, call->refused_again, 0);
    call->passing = false;
}

/* Handles an answer about the file that goes up or comes down, which is not JSON. false: it is no
 * such answer. */
static bool take_file(gl_batch_call *call, const gl_http_response *response)
{
    int status = response->status;
    if (call->kind == GL_BATCH_UPLOAD && response->error == GLIMPSE_ERR_INVALID) {
        gl_batch_refuse(call, "local_file", "%s: cannot be read, or is shorter than it was",
                        call->file_path);
        end_refused(call, GLIMPSE_ERR_INVALID);
        return true;
    }
    if (call->kind != GL_BATCH_DOWNLOAD) return false;
    if (call->looking && status == 404) { /* some servers know only the contents of files */
        call->looking = false;
        go_on(call);
        return true;
    }
    if (call->looking) return false;
    glimpse_error error = GLIMPSE_OK;
    if (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) {
        error = gl_batch_follow(call, gl_http_header(response->headers, "location"));
        if (error == GLIMPSE_OK) {
            go_on(call);
            return true;
        }
    } else if (status == 200 && (response->error == GLIMPSE_OK || call->failed_errno != 0)) {
        error = gl_batch_file_finish(call);
    } else {
        return false;
    }
    if (call->refused)
        end_refused(call, error);
    else
        attempt_ended(call, error, false, 0);
    return true;
}

static void judge(gl_batch_call *call, const gl_http_response *response,
                  const gl_decode_input *input)
{
    glimpse_batch_api *api = call->api;
    glimpse_outcome outcome;
    if (response->error != GLIMPSE_OK)
        gl_decode_broken(api->decoder, input, response->error, response->message, &outcome);
    else
        gl_decode(api->decoder, input, &outcome);
    gl_json root;
    glimpse_error error = outcome.error;
    gl_slice read = gl_slice_of(outcome.sample.body, outcome.sample.body_len);
    if (error == GLIMPSE_OK && gl_json_check(read, &root, NULL) == GL_JSON_OK) {
        call->code[0] = call->message[0] = '\0';
        if (gl_batch_take(call, root, &error)) {
            go_on(call);
            return;
        }
        if (error == GLIMPSE_OK || call->refused) {
            if (error == GLIMPSE_OK)
                attempt_ended(call, GLIMPSE_OK, false, 0);
            else
                end_refused(call, error);
            return;
        }
        outcome.error = error;
    }
    keep_words(call, &outcome);
    attempt_ended(call, error, gl_batch_asks_again(call, &outcome, response->status),
                  outcome.retry_after_ms > 0 ? outcome.retry_after_ms : 0);
    /* Repeated as often as a call is tried, not for ever. */
    if (gl_batch_not_there_yet(call, response->status, outcome.error_code)) call->passing = false;
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
        .request_id = response->request_id,
        .retry_after = response->retry_after,
        .retry_after_ms = response->retry_after_ms,
        .should_retry = response->should_retry,
        .header = gl_http_header,
        .headers = response->headers,
        .now_unix_ms = response->retry_after != NULL ? gl_clock_unix_ms() : 0,
        .path = "/batches",
    };
    if (call->answer.failed)
        attempt_ended(call, call->answer.too_large ? GLIMPSE_ERR_BODY_TOO_LARGE : GLIMPSE_ERR_OOM,
                      false, 0);
    else if (!gl_secrets_scrub(&api->connection.secrets, &input.body))
        attempt_ended(call, GLIMPSE_ERR_OOM, false, 0);
    else if (!take_file(call, response))
        judge(call, response, &input);
}

/* --- libcurl's reports in between --- */

static void progress(void *arg, glimpse_progress what)
{
    gl_batch_call *call = arg;
    if (what == GLIMPSE_PROGRESS_CONNECTED) call->connected = true;
    call->heard = gl_loop_now(call->api->loop);
}

static gl_http_framing begin(void *arg, int status, gl_slice bytes)
{
    gl_batch_call *call = arg;
    (void)bytes;
    call->status = status;
    return GL_HTTP_PIECES;
}

static gl_http_want chunk(void *arg, gl_slice bytes)
{
    gl_batch_call *call = arg;
    if (call->kind == GL_BATCH_DOWNLOAD && !call->looking && call->status == 200)
        return gl_batch_file_chunk(call, bytes);
    gl_buf_append(&call->answer, bytes.data, bytes.len);
    return call->answer.failed ? GL_HTTP_ENOUGH : GL_HTTP_MORE;
}

/* --- attempts --- */

/* Returns when a request ends by timeout: its share of the time, and the time of its file on a slow
 * line. */
static gl_time end_of_time(const gl_batch_call *call)
{
    int64_t ms = call->api->options.timeout_ms;
    uint64_t bytes = call->kind == GL_BATCH_UPLOAD ? call->upload.size : 0;
    if (call->kind == GL_BATCH_DOWNLOAD && !call->looking)
        bytes = call->is_announced ? call->announced : (uint64_t)GLIMPSE_BATCH_MAX_DOWNLOAD;
    if (ms <= 0) return GL_TIME_NEVER;
    return gl_time_add_ms(call->started, ms + (int64_t)(bytes / SLOWEST_LINE) * 1000);
}

static void set_limit(gl_batch_call *call)
{
    const glimpse_batch_options *options = &call->api->options;
    gl_time when = end_of_time(call);
    if (!call->connected && options->connect_timeout_ms > 0)
        when = gl_time_min(when, gl_time_add_ms(call->started, options->connect_timeout_ms));
    if (call->connected && options->idle_timeout_ms > 0)
        when = gl_time_min(when, gl_time_add_ms(call->heard, options->idle_timeout_ms));
    /* Connecting is not reported to the timer, which looks again when silence could be over. */
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
    call->refused = call->refused_again = false;
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
    /* The description of a download comes first, for its length. */
    call->looking = n > 1 || call->kind == GL_BATCH_DOWNLOAD;
    call->found = call->file_waits = call->is_announced = false;
    call->http_status = 0;
    call->pages = 0;
    if (call->kind == GL_BATCH_DOWNLOAD) gl_batch_file_close(call);
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
    if (call->transfer == NULL) { /* a watch between two looks */
        if (call->cancelled)
            give_up(call, GLIMPSE_ERR_CANCELLED);
        else if (!begin_attempts(call))
            give_up(call, GLIMPSE_ERR_OOM);
        return;
    }
    const glimpse_batch_options *options = &call->api->options;
    int64_t limit = call->connected ? options->idle_timeout_ms : options->connect_timeout_ms;
    gl_time now = gl_loop_now(call->api->loop),
            since = call->connected ? call->heard : call->started;
    bool is_late = now >= end_of_time(call);
    if (!is_late && (limit <= 0 || now < gl_time_add_ms(since, limit))) {
        set_limit(call);
        return;
    }
    gl_http_cancel(call->transfer);
    call->transfer = NULL;
    attempt_ended(call,
                  is_late           ? GLIMPSE_ERR_TIMEOUT
                  : call->connected ? GLIMPSE_ERR_TIMEOUT_IDLE
                                    : GLIMPSE_ERR_TIMEOUT_CONNECT,
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
    if (call->backoff == NULL) { /* a watch between two looks, or in its callback */
        gl_timer_set(call->timer, gl_loop_now(call->api->loop));
        return;
    }
    glimpse_backoff_cancel(call->backoff);
    if (call->transfer == NULL) return;
    gl_http_cancel(call->transfer);
    call->transfer = NULL;
    attempt_ended(call, GLIMPSE_ERR_CANCELLED, false, 0);
}
