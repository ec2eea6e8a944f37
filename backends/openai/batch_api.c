/*
 * batch_api.c - the client of the Batch API: its life, and its calls. batch_send.c writes their
 * requests, batch_call.c brings them to their end. Called by the program's `batch --mode api` and
 * by embedders.
 */
#include <glimpse/batch_api.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "base/layout.h"
#include "base/rng.h"
#include "endpoint.h"
#include "openai/batch_internal.h"
#include "openai/batch_object.h"
#include "problem.h"

/* Files pass through in pieces; batch_call.c bounds the answers that are held in memory. */
#define MAX_RESPONSE (INT64_C(1) << 40)
/* A job has several parts under way at once. */
#define CONNECTIONS 16

static const glimpse_batch_options usual = {
    .size = sizeof(glimpse_batch_options),
    .max_attempts = 5,
    .base_delay_ms = 500,
    .max_delay_ms = 60000,
    .max_retry_after_ms = 120000,
    .connect_timeout_ms = 5000,
    .idle_timeout_ms = 60000,
    .poll_min_ms = 1000,
    .poll_max_ms = 60000,
    .timeout_ms = 600000,
};
static const gl_layout layout = { .size = sizeof(glimpse_batch_options) };

void glimpse_batch_options_defaults(glimpse_batch_options *options)
{
    gl_layout_write(&layout, options, &usual);
}

static glimpse_error check(const glimpse_batch_options *options, glimpse_problem *problem)
{
    if (options->max_attempts < 1 || options->max_attempts > 1000)
        return gl_refuse(problem, "max_attempts", "must be 1 to 1000");
    if (options->base_delay_ms < 0)
        return gl_refuse(problem, "base_delay_ms", "must not be below 0");
    if (options->max_delay_ms < 0) return gl_refuse(problem, "max_delay_ms", "must not be below 0");
    if (options->poll_min_ms < 1 || options->poll_max_ms < options->poll_min_ms)
        return gl_refuse(problem, "poll_min_ms", "must be above 0, and at most poll_max_ms");
    return GLIMPSE_OK;
}

/* Returns the options in our form, or NULL where they are refused. */
static const glimpse_batch_options *read_options(const glimpse_batch_options *options,
                                                 glimpse_batch_options *room,
                                                 glimpse_problem *problem)
{
    options = gl_layout_read(&layout, options != NULL ? options : &usual, &usual, room);
    if (options == NULL) gl_refuse_size(problem, "glimpse_batch_options_init");
    return options != NULL && check(options, problem) == GLIMPSE_OK ? options : NULL;
}

glimpse_error glimpse_batch_api_new(struct event_base *base, const glimpse_endpoint *endpoint,
                                    const glimpse_batch_options *options, const glimpse_logger *log,
                                    glimpse_batch_api **api, glimpse_problem *problem)
{
    gl_problem_clear(problem);
    if (base == NULL) return gl_refuse(problem, "base", "is NULL");
    if (endpoint == NULL) return gl_refuse(problem, "endpoint", "is NULL");
    if (api == NULL) return gl_refuse(problem, "api", "is NULL");
    *api = NULL;
    glimpse_endpoint endpoint_room;
    glimpse_batch_options options_room;
    endpoint = gl_endpoint_read(endpoint, &endpoint_room, problem);
    gl_problem_within(problem, "endpoint");
    if (endpoint == NULL) return GLIMPSE_ERR_INVALID;
    options = read_options(options, &options_room, problem);
    gl_problem_within(problem, "options");
    if (options == NULL) return GLIMPSE_ERR_INVALID;
    if (endpoint->azure_deployment != NULL)
        return gl_refuse(problem, "endpoint.azure_deployment",
                         "a deployment has no Batch API; use Azure's /openai/v1 as base_url");
    glimpse_batch_api *self = gl_calloc(1, sizeof *self);
    if (self == NULL) return gl_problem_of(problem, GLIMPSE_ERR_OOM);
    glimpse_endpoint its = *endpoint;
    its.max_response_bytes = MAX_RESPONSE;
    its.max_connections = CONNECTIONS;
    self->base = base;
    gl_list_init(&self->calls);
    gl_buf_init(&self->line, SIZE_MAX / 2);
    self->options = *options;
    self->loop = gl_loop_new(base);
    self->decoder = gl_decoder_new();
    const gl_log to = log != NULL ? *log : (gl_log){ .fn = NULL };
    glimpse_error error = GLIMPSE_ERR_OOM;
    if (self->loop != NULL && self->decoder != NULL)
        error = gl_connection_open(&self->connection, self->loop, base, &its, &to, problem);
    gl_problem_within(problem, "endpoint");
    if (error != GLIMPSE_OK) {
        glimpse_batch_api_free(self);
        return gl_problem_of(problem, error);
    }
    *api = self;
    return GLIMPSE_OK;
}

void glimpse_batch_api_free(glimpse_batch_api *api)
{
    if (api == NULL) return;
    assert(api->count == 0);
    gl_connection_close(&api->connection);
    gl_decoder_free(api->decoder);
    gl_buf_free(&api->line);
    gl_loop_free(api->loop);
    gl_free(api);
}

void glimpse_batch_api_cancel(glimpse_batch_api *api)
{
    gl_list all;
    gl_node *node;
    gl_list_init(&all);
    gl_list_splice_back(&all, &api->calls);
    while ((node = gl_list_pop_front(&all)) != NULL) {
        gl_list_push_back(&api->calls, node);
        gl_batch_call_cancel(GL_CONTAINER(node, gl_batch_call, node));
    }
}

size_t glimpse_batch_api_calls(const glimpse_batch_api *api)
{
    return api->count;
}

const char *glimpse_batch_api_scope(const glimpse_batch_api *api)
{
    return api->connection.scope;
}

/* --- the calls --- */

/* A call; id may be NULL, and is copied. NULL: out of
 * memory. */
static gl_batch_call *call_new(glimpse_batch_api *api, gl_batch_kind kind, glimpse_batch_fn fn,
                               void *arg, const char *id)
{
    gl_batch_call *call = gl_batch_call_new(api, kind, fn, arg);
    if (call == NULL || id == NULL) return call;
    call->id = gl_strdup(id);
    if (call->id != NULL) return call;
    gl_batch_call_free(call);
    return NULL;
}

static glimpse_error start(gl_batch_call *call)
{
    return gl_batch_call_start(call) ? GLIMPSE_OK : GLIMPSE_ERR_OOM;
}

static glimpse_error start_with_id(glimpse_batch_api *api, gl_batch_kind kind, const char *id,
                                   glimpse_batch_fn fn, void *arg)
{
    if (api == NULL || fn == NULL || !gl_batch_is_id(id)) return GLIMPSE_ERR_INVALID;
    gl_batch_call *call = call_new(api, kind, fn, arg, id);
    return call != NULL ? start(call) : GLIMPSE_ERR_OOM;
}

/* The form around the file. Its boundary is 128 random bits: no file has it. */
static bool write_form(gl_batch_call *call, const char *name)
{
    snprintf(call->boundary, sizeof call->boundary, "%016llx%016llx",
             (unsigned long long)gl_rng_system_seed(), (unsigned long long)gl_rng_system_seed());
    gl_buf_printf(&call->head,
                  "--%s\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
                  "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n"
                  "Content-Type: application/jsonl\r\n\r\n",
                  call->boundary, call->boundary, name);
    snprintf(call->tail, sizeof call->tail, "\r\n--%s--\r\n", call->boundary);
    snprintf(call->type, sizeof call->type, "multipart/form-data; boundary=%s", call->boundary);
    return !call->head.failed;
}

glimpse_error glimpse_batch_upload(glimpse_batch_api *api, const char *path, const char *name,
                                   glimpse_batch_fn fn, void *arg)
{
    struct stat status;
    if (api == NULL || fn == NULL || path == NULL || !gl_batch_is_name(name))
        return GLIMPSE_ERR_INVALID;
    gl_batch_call *call = call_new(api, GL_BATCH_UPLOAD, fn, arg, NULL);
    if (call == NULL) return GLIMPSE_ERR_OOM;
    call->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (call->fd < 0 || fstat(call->fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        gl_batch_call_free(call);
        return GLIMPSE_ERR_INVALID;
    }
    call->file_path = gl_strdup(path);
    if (!write_form(call, name) || call->file_path == NULL) {
        gl_batch_call_free(call);
        return GLIMPSE_ERR_OOM;
    }
    call->bytes = (uint64_t)status.st_size;
    call->upload = (gl_http_upload){ .content_type = call->type,
                                     .head = gl_buf_slice(&call->head),
                                     .tail = gl_slice_str(call->tail),
                                     .fd = call->fd,
                                     .size = call->bytes };
    return start(call);
}

glimpse_error glimpse_batch_await_file(glimpse_batch_api *api, const char *file_id,
                                       glimpse_batch_fn fn, void *arg)
{
    return start_with_id(api, GL_BATCH_AWAIT_FILE, file_id, fn, arg);
}

glimpse_error glimpse_batch_find_file(glimpse_batch_api *api, const char *name, uint64_t bytes,
                                      glimpse_batch_fn fn, void *arg)
{
    if (api == NULL || fn == NULL || !gl_batch_is_name(name)) return GLIMPSE_ERR_INVALID;
    gl_batch_call *call = call_new(api, GL_BATCH_FIND_FILE, fn, arg, NULL);
    if (call == NULL) return GLIMPSE_ERR_OOM;
    call->bytes = bytes;
    call->name = gl_strdup(name);
    if (call->name != NULL) return start(call);
    gl_batch_call_free(call);
    return GLIMPSE_ERR_OOM;
}

static bool set_names(gl_batch_call *call, const char *job, const char *part)
{
    call->job = gl_strdup(job);
    call->part = gl_strdup(part);
    return call->job != NULL && call->part != NULL;
}

glimpse_error glimpse_batch_find(glimpse_batch_api *api, const char *job, const char *part,
                                 glimpse_batch_fn fn, void *arg)
{
    if (api == NULL || fn == NULL || !gl_batch_is_name(job) || !gl_batch_is_name(part))
        return GLIMPSE_ERR_INVALID;
    gl_batch_call *call = call_new(api, GL_BATCH_FIND, fn, arg, NULL);
    if (call == NULL) return GLIMPSE_ERR_OOM;
    if (set_names(call, job, part)) return start(call);
    gl_batch_call_free(call);
    return GLIMPSE_ERR_OOM;
}

glimpse_error glimpse_batch_create(glimpse_batch_api *api, const char *file_id, const char *url,
                                   const char *job, const char *part, glimpse_batch_fn fn,
                                   void *arg)
{
    if (api == NULL || fn == NULL || url == NULL || !gl_batch_is_id(file_id) ||
        !gl_batch_is_name(job) || !gl_batch_is_name(part))
        return GLIMPSE_ERR_INVALID;
    gl_batch_call *call = call_new(api, GL_BATCH_CREATE, fn, arg, NULL);
    if (call == NULL) return GLIMPSE_ERR_OOM;
    gl_buf_append_str(&call->body, "{\"input_file_id\":\"");
    gl_buf_append_str(&call->body, file_id);
    gl_buf_append_str(&call->body, "\",\"endpoint\":");
    gl_json_write_string(&call->body, gl_slice_str(url));
    gl_buf_printf(&call->body,
                  ",\"completion_window\":\"24h\",\"metadata\":{\"glimpse_job\":\"%s\","
                  "\"glimpse_part\":\"%s\"}}",
                  job, part);
    if (set_names(call, job, part) && !call->body.failed) return start(call);
    gl_batch_call_free(call);
    return GLIMPSE_ERR_OOM;
}

glimpse_error glimpse_batch_get(glimpse_batch_api *api, const char *batch_id, glimpse_batch_fn fn,
                                void *arg)
{
    return start_with_id(api, GL_BATCH_GET, batch_id, fn, arg);
}

glimpse_error glimpse_batch_watch(glimpse_batch_api *api, const char *batch_id, glimpse_batch_fn fn,
                                  void *arg)
{
    return start_with_id(api, GL_BATCH_WATCH, batch_id, fn, arg);
}

glimpse_error glimpse_batch_cancel(glimpse_batch_api *api, const char *batch_id,
                                   glimpse_batch_fn fn, void *arg)
{
    return start_with_id(api, GL_BATCH_CANCEL, batch_id, fn, arg);
}

glimpse_error glimpse_batch_download(glimpse_batch_api *api, const char *file_id, const char *path,
                                     glimpse_batch_fn fn, void *arg)
{
    if (api == NULL || fn == NULL || path == NULL || !gl_batch_is_id(file_id))
        return GLIMPSE_ERR_INVALID;
    gl_batch_call *call = call_new(api, GL_BATCH_DOWNLOAD, fn, arg, file_id);
    if (call == NULL) return GLIMPSE_ERR_OOM;
    gl_buf name;
    gl_buf_init(&name, SIZE_MAX / 2);
    gl_buf_append_str(&name, path);
    gl_buf_append_str(&name, ".tmp");
    call->file_path = gl_strdup(path);
    if (gl_buf_terminate(&name)) {
        call->temporary = name.data;
    } else {
        gl_buf_free(&name);
    }
    if (call->file_path != NULL && call->temporary != NULL) return start(call);
    gl_batch_call_free(call);
    return GLIMPSE_ERR_OOM;
}
