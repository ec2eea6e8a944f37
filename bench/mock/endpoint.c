/* endpoint.c - see endpoint.h. The functions only call the files that do the work. */
#include "mock/endpoint.h"

#include "mock/admin.h"
#include "mock/server.h"

/* The answer stays a value until its fate is known: route.c writes it. */
static int ask(struct mock_server *server, mock_form form, const mock_call *call, mock_reply *reply)
{
    int status = mock_model_answer(&server->model, form, call->body, call->digest, &server->answer,
                                   &server->body);
    reply->spoken = status == 200;
    return status;
}

static int chat(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    return ask(server, MOCK_FORM_CHAT, call, reply);
}

static int completions(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    return ask(server, MOCK_FORM_COMPLETION, call, reply);
}

static int responses(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    return ask(server, MOCK_FORM_RESPONSE, call, reply);
}

static int embeddings(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    return ask(server, MOCK_FORM_EMBEDDING, call, reply);
}

static int rerank(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    return ask(server, MOCK_FORM_RERANK, call, reply);
}

static int models(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    (void)call;
    (void)reply;
    return mock_models_list(&server->model.names, &server->body);
}

static int model(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    (void)reply;
    return mock_models_get(&server->model.names, call->id, &server->body);
}

static int file_upload(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    (void)reply;
    return mock_files_upload(&server->files, call->type, call->body, &server->body);
}

static int file_list(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    (void)reply;
    return mock_files_list(&server->files, call->query, &server->body);
}

static int file_get(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    (void)reply;
    return mock_files_get(&server->files, call->id, &server->body);
}

static int file_delete(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    (void)reply;
    return mock_files_delete(&server->files, call->id, &server->body);
}

static int file_content(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    int status = mock_files_content(&server->files, call->id, &server->body);
    if (status == 200) reply->type = "application/octet-stream";
    return status;
}

static int batch_create(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    (void)reply;
    return mock_batches_create(&server->batches, call->body, gl_clock_now(), &server->body);
}

static int batch_list(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    (void)reply;
    return mock_batches_list(&server->batches, call->query, gl_clock_now(), &server->body);
}

static int batch_get(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    (void)reply;
    return mock_batches_get(&server->batches, call->id, gl_clock_now(), &server->body);
}

static int batch_cancel(struct mock_server *server, const mock_call *call, mock_reply *reply)
{
    (void)reply;
    return mock_batches_cancel(&server->batches, call->id, gl_clock_now(), &server->body);
}

/* The most used row is first. */
static const mock_endpoint endpoints[] = {
    { "POST", "/v1/chat/completions", MOCK_OF_MODEL, chat },
    { "POST", "/v1/responses", MOCK_OF_MODEL, responses },
    { "POST", "/v1/completions", MOCK_OF_MODEL, completions },
    { "POST", "/v1/embeddings", MOCK_OF_MODEL, embeddings },
    { "POST", "/v1/rerank", MOCK_OF_MODEL, rerank },
    { "GET", "/v1/models", MOCK_AT_ONCE, models },
    { "GET", "/v1/models/*", MOCK_AT_ONCE, model },
    { "GET", "/v1/files", MOCK_STORED, file_list },
    { "POST", "/v1/files", MOCK_STORED, file_upload },
    { "GET", "/v1/files/*", MOCK_STORED, file_get },
    { "DELETE", "/v1/files/*", MOCK_STORED, file_delete },
    { "GET", "/v1/files/*/content", MOCK_STORED, file_content },
    { "GET", "/v1/batches", MOCK_STORED, batch_list },
    { "POST", "/v1/batches", MOCK_STORED, batch_create },
    { "GET", "/v1/batches/*", MOCK_STORED, batch_get },
    { "POST", "/v1/batches/*/cancel", MOCK_STORED, batch_cancel },
    { "GET", "/health", MOCK_ADMIN, mock_admin_health },
    { "GET", "/metrics", MOCK_ADMIN, mock_admin_metrics },
    { "GET", "/__mock/stats", MOCK_ADMIN, mock_admin_stats },
    { "GET", "/__mock/journal", MOCK_ADMIN, mock_admin_journal },
    { "DELETE", "/__mock/journal", MOCK_ADMIN, mock_admin_journal_clear },
    { "GET", "/__mock/settings", MOCK_ADMIN, mock_admin_settings },
    { "PUT", "/__mock/settings", MOCK_ADMIN, mock_admin_set },
    { "POST", "/__mock/settings", MOCK_ADMIN, mock_admin_set },
    { "POST", "/__mock/reset", MOCK_ADMIN, mock_admin_reset },
};

/* --- finding ---------------------------------------------------------------------------------- */

/* Returns true when the path is this one; *id is the text for the '*' in it, which is never
 * empty. */
static bool is_path(gl_slice path, const char *pattern, gl_slice *id)
{
    size_t whole = strlen(pattern);
    const char *star = memchr(pattern, '*', whole);
    if (star == NULL) return path.len == whole && memcmp(path.data, pattern, whole) == 0;
    size_t before = (size_t)(star - pattern), after = whole - before - 1;
    if (path.len <= before + after || memcmp(path.data, pattern, before) != 0 ||
        memcmp(path.data + path.len - after, star + 1, after) != 0)
        return false;
    *id = gl_slice_of(path.data + before, path.len - before - after);
    return memchr(id->data, '/', id->len) == NULL;
}

static bool is_at(gl_slice path, const char *pattern, gl_slice *id)
{
    static const char root[] = "/v1";
    size_t len = sizeof root - 1;
    if (is_path(path, pattern, id)) return true;
    return memcmp(pattern, root, len) == 0 && is_path(path, pattern + len, id);
}

static bool is_method(gl_slice method, const char *row)
{
    return gl_slice_is(method, row) || (gl_slice_is(method, "HEAD") && strcmp(row, "GET") == 0);
}

const mock_endpoint *mock_endpoint_find(gl_slice method, gl_slice path, gl_slice *id)
{
    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
        const mock_endpoint *row = &endpoints[i];
        if (is_method(method, row->method) && is_at(path, row->path, id)) return row;
    }
    return NULL;
}

bool mock_endpoint_methods(gl_slice path, gl_buf *out)
{
    gl_slice id;
    bool found = false;
    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
        const mock_endpoint *row = &endpoints[i];
        if (!is_at(path, row->path, &id)) continue;
        found = true;
        gl_buf_append_str(out, row->method);
        gl_buf_append_str(out, strcmp(row->method, "GET") == 0 ? ", HEAD, " : ", ");
    }
    if (found) gl_buf_append_str(out, "OPTIONS");
    return found;
}
