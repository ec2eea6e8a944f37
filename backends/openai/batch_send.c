/* batch_send.c - writes the requests of the Batch API's calls: path and body. */
#include <stdio.h>
#include <string.h>

#include "openai/batch_internal.h"

static bool is_plain(const char *text, const char *also)
{
    if (text == NULL || *text == '\0' || strlen(text) > 100) return false;
    for (; *text != '\0'; text++) {
        char c = *text;
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && strchr(also, c) == NULL) return false;
    }
    return true;
}

bool gl_batch_is_id(const char *text)
{
    return is_plain(text, "-_");
}

bool gl_batch_is_name(const char *text)
{
    return is_plain(text, "-_.") && text[0] != '.';
}

static gl_transfer *get(gl_batch_call *call, const char *path, const gl_http_observer *observer)
{
    return gl_http_start(call->api->connection.http, path, gl_slice_of(NULL, 0), observer, call);
}

static gl_transfer *list(gl_batch_call *call, const char *first, const gl_http_observer *observer)
{
    char path[320];
    bool more = gl_batch_is_id(call->after);
    snprintf(path, sizeof path, "%s%s%s", first, more ? "&after=" : "", more ? call->after : "");
    return get(call, path, observer);
}

static gl_transfer *post(gl_batch_call *call, const char *path, const gl_http_observer *observer)
{
    gl_slice body = call->body.len != 0 ? gl_buf_slice(&call->body) : gl_slice_of("", 0);
    return gl_http_start(call->api->connection.http, path, body, observer, call);
}

gl_transfer *gl_batch_send(gl_batch_call *call, const gl_http_observer *observer)
{
    char path[320];
    switch (call->kind) {
    case GL_BATCH_UPLOAD:
        return gl_http_start_upload(call->api->connection.http, "/files", &call->upload, observer,
                                    call);
    case GL_BATCH_FIND_FILE:
        return list(call, "/files?purpose=batch&limit=1000", observer);
    case GL_BATCH_CREATE:
        if (!call->looking) return post(call, "/batches", observer);
        return list(call, "/batches?limit=100", observer);
    case GL_BATCH_FIND:
        return list(call, "/batches?limit=100", observer);
    case GL_BATCH_GET:
    case GL_BATCH_WATCH:
        snprintf(path, sizeof path, "/batches/%s", call->id);
        return get(call, path, observer);
    case GL_BATCH_CANCEL:
        snprintf(path, sizeof path, "/batches/%s/cancel", call->id);
        return post(call, path, observer);
    case GL_BATCH_DOWNLOAD:
        if (!call->looking) return gl_batch_fetch(call, observer);
        __attribute__((fallthrough));
    case GL_BATCH_AWAIT_FILE:
        snprintf(path, sizeof path, "/files/%s", call->id);
        return get(call, path, observer);
    }
    return NULL;
}
