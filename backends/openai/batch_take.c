/*
 * batch_take.c - reads the answers of the Batch API: whether to try again, the objects of a list,
 * the result.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "openai/batch_internal.h"
#include "openai/batch_object.h"
#include "status.h"

/* Bounds of a list: a hundred thousand batches, a million files. */
#define PAGES_MAX 1000

void gl_batch_refuse(gl_batch_call *call, const char *code, const char *format, ...)
{
    va_list args;
    call->refused = true;
    snprintf(call->code, sizeof call->code, "%s", code);
    va_start(args, format);
    vsnprintf(call->message, sizeof call->message, format, args);
    va_end(args);
}

bool gl_batch_may_pass(const glimpse_outcome *outcome, int64_t max_retry_after_ms)
{
    int status = outcome->error_status != 0 ? outcome->error_status : outcome->sample.http_status;
    if (outcome->retry_after_ms > max_retry_after_ms) return false;
    if (outcome->error != GLIMPSE_ERR_HTTP) return gl_error_retry(outcome->error) != 0;
    if (outcome->should_retry >= 0) return outcome->should_retry == 1;
    if (status == 408 || status == 409 || status == 429) return true;
    return status >= 500 && status <= 599 && status != 501 && status != 505;
}

bool gl_batch_not_there_yet(const gl_batch_call *call, int status, const char *code)
{
    bool unknown_file = status == 400 && code != NULL && strcmp(code, "file_not_found") == 0;
    switch (call->kind) {
    case GL_BATCH_CREATE:
        return status == 404 || unknown_file;
    case GL_BATCH_WATCH:
    case GL_BATCH_AWAIT_FILE:
    case GL_BATCH_DOWNLOAD:
        return status == 404;
    default:
        return false;
    }
}

bool gl_batch_asks_again(const gl_batch_call *call, const glimpse_outcome *outcome, int status)
{
    /* A 200 with an error but without a status comes from a server before the endpoint. All calls
     * can be sent again: a creation looks first. */
    bool odd_200 = outcome->error == GLIMPSE_ERR_HTTP && outcome->error_status == 0 &&
                   outcome->sample.http_status >= 200 && outcome->sample.http_status < 300;
    if (outcome->retry_after_ms > call->api->options.max_retry_after_ms) return false;
    if (call->kind == GL_BATCH_CANCEL && status == 409) return false;
    return odd_200 || gl_batch_may_pass(outcome, call->api->options.max_retry_after_ms) ||
           gl_batch_not_there_yet(call, status, outcome->error_code);
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

/* Returns true when this object of a list is the wanted one. */
static bool is_wanted(gl_batch_call *call, gl_json object)
{
    int64_t bytes;
    if (call->kind != GL_BATCH_FIND_FILE)
        return gl_batch_is_named(object, call->job, call->part) &&
               gl_batch_read(object, &call->text, &call->batch);
    if (!gl_json_string_is(gl_json_get(object, "filename"), call->name) ||
        !gl_json_int64(gl_json_get(object, "bytes"), &bytes) || (uint64_t)bytes != call->bytes)
        return false;
    copy_string(gl_json_get(object, "id"), call->file_id, sizeof call->file_id);
    call->file_waits = gl_batch_file_waits(object);
    return true;
}

/* Looks through a page of a list. *more: another page follows `after`. false: it is no list, or its
 * pages do not go on, and it proves nothing about a missing object. */
static bool look_through(gl_batch_call *call, gl_json page, bool *more)
{
    gl_json data = gl_json_get(page, "data"), object, last = { GL_JSON_NONE, { NULL, 0 } };
    gl_json_iter iter = gl_json_begin(data);
    char before[sizeof call->after];
    memcpy(before, call->after, sizeof before);
    while (data.kind == GL_JSON_ARRAY && !call->found && gl_json_next(&iter, NULL, &object)) {
        last = object;
        call->found = is_wanted(call, object);
    }
    if (data.kind != GL_JSON_ARRAY) return false;
    copy_string(gl_json_get(last, "id"), call->after, sizeof call->after);
    *more = !call->found && call->after[0] != '\0' &&
            gl_json_get(page, "has_more").kind == GL_JSON_TRUE;
    if (!*more) return true;
    if (strcmp(before, call->after) != 0 && ++call->pages < PAGES_MAX) return true;
    gl_batch_refuse(call, "list_without_end",
                    "the endpoint's list of %s has more to show and does not show it",
                    call->kind == GL_BATCH_FIND_FILE ? "files" : "batches");
    return false;
}

/* Takes a good answer. true: the attempt goes on with another request. */
bool gl_batch_take(gl_batch_call *call, gl_json root, glimpse_error *error)
{
    bool more = false;
    switch (call->kind) {
    case GL_BATCH_UPLOAD:
    case GL_BATCH_AWAIT_FILE:
        copy_string(gl_json_get(root, "id"), call->file_id, sizeof call->file_id);
        call->file_waits = gl_batch_file_waits(root);
        if (call->file_id[0] == '\0') *error = GLIMPSE_ERR_BAD_JSON;
        return false;
    case GL_BATCH_FIND_FILE:
    case GL_BATCH_FIND:
        if (!look_through(call, root, &more)) *error = GLIMPSE_ERR_BAD_JSON;
        return more && *error == GLIMPSE_OK;
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
        int64_t bytes;
        call->is_announced = gl_json_int64(gl_json_get(root, "bytes"), &bytes) && bytes >= 0;
        if (call->is_announced) call->announced = (uint64_t)bytes;
        return true;
    case GL_BATCH_GET:
    case GL_BATCH_WATCH:
    case GL_BATCH_CANCEL:
        break;
    }
    call->found = gl_batch_read(root, &call->text, &call->batch);
    if (!call->found) *error = call->text.failed ? GLIMPSE_ERR_OOM : GLIMPSE_ERR_BAD_JSON;
    if (call->found && call->kind == GL_BATCH_WATCH && gl_batch_lacks_output(&call->batch)) {
        gl_batch_refuse(call, "no_output_file",
                        "the batch is %s and does not say which file its answers are in",
                        call->batch.status);
        call->refused_again = true;
        *error = GLIMPSE_ERR_BAD_JSON;
    }
    return false;
}
