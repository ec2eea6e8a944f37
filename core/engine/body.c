/*
 * body.c - reads the members of a request's body that the engine goes by, in one walk: what the key
 * does not say. Called where a request is submitted, and where a pack is loaded.
 */
#include "engine/body.h"

#include "engine/engine.h"

/* Returns true when a stream is to send its usage: a completion does when it is asked, a response
 * always. */
static bool sends_usage(gl_json options, gl_slice path)
{
    if (!gl_slice_ends(path, "/completions")) return true;
    return gl_json_get(options, "include_usage").kind == GL_JSON_TRUE;
}

enum { BODY, STREAM, STREAM_OPTIONS, MODEL, MAX_TOKENS, MAX_COMPLETION_TOKENS, COUNT };
static const gl_json_wanted wanted[COUNT] = {
    [BODY] = { NULL, 0, STREAM, COUNT - STREAM },
    [STREAM] = { GL_JSON_NAME("stream"), 0, 0 },
    [STREAM_OPTIONS] = { GL_JSON_NAME("stream_options"), 0, 0 },
    [MODEL] = { GL_JSON_NAME("model"), 0, 0 },
    [MAX_TOKENS] = { GL_JSON_NAME("max_tokens"), 0, 0 },
    [MAX_COMPLETION_TOKENS] = { GL_JSON_NAME("max_completion_tokens"), 0, 0 },
};

static void take(gl_request *request, const gl_json *found)
{
    int64_t most = 0, newer;
    request->asks_stream = request->caller.wants_stream = found[STREAM].kind == GL_JSON_TRUE;
    request->asks_usage =
        !request->asks_stream || sends_usage(found[STREAM_OPTIONS], request->path);
    request->named_model = found[MODEL];
    if (!gl_json_int64(found[MAX_TOKENS], &most) || most < 0)
        most = request->engine->config.max_tokens;
    if (gl_json_int64(found[MAX_COMPLETION_TOKENS], &newer) && newer >= 0) most = newer;
    request->answer_tokens = most;
}

glimpse_error gl_body_read(gl_request *request, gl_json *body)
{
    gl_json found[COUNT];
    gl_json_error bad = gl_json_check_wanted(request->body, wanted, found, COUNT, NULL);
    if (bad == GL_JSON_UTF8) return GLIMPSE_ERR_BAD_UTF8;
    if (bad != GL_JSON_OK || found[BODY].kind != GL_JSON_OBJECT) return GLIMPSE_ERR_BAD_JSON;
    take(request, found);
    *body = found[BODY];
    return GLIMPSE_OK;
}
