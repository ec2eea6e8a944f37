/*
 * stream.c - see stream.h. Owns the event reader and the result of the events: a merged completion
 * (merge.c), or the response and its text.
 *
 * An event is checked for an error before it is checked for data. An event that is not JSON spoils
 * the answer but does not end the stream: the error that a server sends behind it is more specific.
 */
#include "openai/stream.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/json.h"
#include "openai/complaint.h"
#include "openai/merge.h"
#include "openai/path.h"
#include "openai/plain.h"
#include "openai/repeat.h"
#include "openai/sse.h"

/* Memory kept from one stream to the next. */
#define KEEP_BYTES ((size_t)16 * 1024)
/* Bytes of a bad event that a message quotes. */
#define QUOTE_MAX 200

struct gl_stream {
    gl_sse sse;
    enum { STREAM_COMPLETION, STREAM_RESPONSE } kind;
    gl_merge merge;
    gl_repeat repeat;      /* the last chunk, while a text alone would be its news */
    bool each;             /* see gl_stream_read_each */
    gl_buf text;           /* a response's text */
    gl_stream_count count; /* reasoned: of a response */
    gl_buf body;           /* the response; the error; in the end the completion */
    bool announced;        /* the end was announced: [DONE], or response.completed and its like */
    bool complained;
    glimpse_error failure; /* OOM, BODY_TOO_LARGE, BAD_JSON, BAD_UTF8 */
    char message[QUOTE_MAX + 160];
    gl_stream_fn watch; /* NULL: nobody wants the events */
    void *watch_arg;
    gl_buf raw;      /* bytes since the last event, of the feeds before this one */
    const char *fed; /* those of this one, from here on */
    bool given;      /* the last event was shown with the LF that the next feed begins with */
    bool output;     /* an event had some of the answer */
};

gl_stream *gl_stream_new(size_t max_event)
{
    gl_stream *stream = gl_calloc(1, sizeof *stream);
    if (stream == NULL) return NULL;
    gl_sse_init(&stream->sse, max_event);
    gl_merge_init(&stream->merge);
    gl_repeat_init(&stream->repeat);
    gl_buf_init(&stream->text, SIZE_MAX / 2);
    gl_buf_init(&stream->body, SIZE_MAX / 2);
    gl_buf_init(&stream->raw, max_event <= SIZE_MAX / 4 ? 2 * max_event : SIZE_MAX / 2);
    return stream;
}

void gl_stream_free(gl_stream *stream)
{
    if (stream == NULL) return;
    gl_sse_free(&stream->sse);
    gl_merge_free(&stream->merge);
    gl_repeat_free(&stream->repeat);
    gl_buf_free(&stream->text);
    gl_buf_free(&stream->body);
    gl_buf_free(&stream->raw);
    gl_free(stream);
}

void gl_stream_reset(gl_stream *stream)
{
    gl_sse_reset(&stream->sse);
    gl_merge_reset(&stream->merge);
    gl_repeat_forget(&stream->repeat);
    gl_buf_recycle(&stream->text, KEEP_BYTES);
    gl_buf_recycle(&stream->body, KEEP_BYTES);
    stream->count = (gl_stream_count){ 0, 0 };
    stream->announced = stream->complained = false;
    stream->failure = GLIMPSE_OK;
    stream->message[0] = '\0';
    stream->watch = NULL;
    stream->output = stream->given = false;
    gl_buf_recycle(&stream->raw, KEEP_BYTES);
}

bool gl_stream_begin(gl_stream *stream, const char *path)
{
    bool completion = gl_path_ends(path, "/completions");
    if (!completion && !gl_path_ends(path, "/responses")) return false;
    stream->kind = completion ? STREAM_COMPLETION : STREAM_RESPONSE;
    return true;
}

gl_stream_count gl_stream_counted(const gl_stream *stream)
{
    gl_stream_count count = stream->count;
    count.reasoned += stream->merge.reasoned;
    return count;
}

gl_slice gl_stream_text(const gl_stream *stream)
{
    return gl_buf_slice(stream->kind == STREAM_COMPLETION ? &stream->merge.text : &stream->text);
}

/* --- events; each returns whether more are wanted --- */

static bool out_of_memory(gl_stream *stream)
{
    stream->failure = GLIMPSE_ERR_OOM;
    return false;
}

/* Ends the events with this body. */
static bool end_with(gl_stream *stream, gl_slice body)
{
    gl_buf_reset(&stream->body);
    gl_buf_append(&stream->body, body.data, body.len);
    return stream->body.failed ? out_of_memory(stream) : false;
}

static bool complain(gl_stream *stream, gl_slice body)
{
    stream->complained = true;
    return end_with(stream, body);
}

/* Keeps the first such event for the message. */
static bool bad_event(gl_stream *stream, gl_slice data, gl_json_error error, const char *why)
{
    char quote[QUOTE_MAX + 1];
    if (stream->failure != GLIMPSE_OK) return true;
    stream->failure = error == GL_JSON_UTF8 ? GLIMPSE_ERR_BAD_UTF8 : GLIMPSE_ERR_BAD_JSON;
    gl_plain(data, quote, sizeof quote);
    snprintf(stream->message, sizeof stream->message,
             "an event of the stream is no part of an answer: %s; it begins: %s", why, quote);
    return true;
}

static bool is_complaint(gl_json event)
{
    gl_root root;
    gl_root_read(event, &root);
    return gl_complaint_find(&root).kind != GL_JSON_NONE;
}

static bool response_event(gl_stream *stream, gl_json root)
{
    enum { RESPONSE, DELTA, TYPE, OUTPUT, COUNT };
    static const char *const names[COUNT] = { "response", "delta", "type", "output" };
    gl_json found[COUNT];
    gl_json_get_many(root, names, found, COUNT);
    gl_json type = found[TYPE];
    if (type.kind == GL_JSON_NONE && found[OUTPUT].kind == GL_JSON_ARRAY) { /* it, and no event */
        stream->announced = true;
        return end_with(stream, root.text);
    }
    if (gl_json_string_is(type, "response.output_text.delta")) {
        gl_json_string_append(found[DELTA], &stream->text, NULL);
        return stream->text.failed ? out_of_memory(stream) : true;
    }
    if (gl_json_string_is(type, "response.reasoning_text.delta") ||
        gl_json_string_is(type, "response.reasoning_summary_text.delta"))
        stream->count.reasoned++;
    if (gl_json_string_is(type, "response.failed"))
        return complain(stream,
                        found[RESPONSE].kind == GL_JSON_OBJECT ? found[RESPONSE].text : root.text);
    if (gl_json_string_is(type, "response.completed") ||
        gl_json_string_is(type, "response.incomplete") ||
        gl_json_string_is(type, "response.cancelled")) {
        if (found[RESPONSE].kind != GL_JSON_OBJECT)
            return bad_event(stream, root.text, GL_JSON_OK, "it holds no response");
        stream->announced = true;
        return end_with(stream, found[RESPONSE].text);
    }
    return true;
}

/* Data that is no object and need not be: `data: ping`, `data: null`, `data: : PROCESSING`. Servers
 * and proxies keep a connection alive with it. If nothing better comes, the message quotes the
 * first. */
static bool is_heartbeat(gl_stream *stream, gl_slice data)
{
    char quote[QUOTE_MAX + 1];
    size_t at = 0;
    while (at < data.len && memchr(" \t\r\n", data.data[at], 4) != NULL) at++;
    if (at < data.len && (data.data[at] == '{' || data.data[at] == '[')) return false;
    if (stream->message[0] == '\0' && gl_plain(data, quote, sizeof quote) != 0)
        snprintf(stream->message, sizeof stream->message, "%s; before that it held: %s",
                 glimpse_error_sentence(GLIMPSE_ERR_STREAM_TRUNCATED), quote);
    return true;
}

/* Merges a checked chunk, or its text alone. */
static bool merged(gl_stream *stream, gl_slice data, gl_merge_result result)
{
    switch (result) {
    case GL_MERGE_OK:
        return true;
    case GL_MERGE_ODD:
        return bad_event(stream, data, GL_JSON_OK, "it is no chunk of a completion");
    case GL_MERGE_OOM:
        break;
    }
    return out_of_memory(stream);
}

static bool on_chunk(gl_stream *stream, gl_slice data, gl_json root)
{
    gl_merge_result result = gl_merge_add(&stream->merge, root);
    gl_json padding, text = gl_merge_alone(&stream->merge, &padding);
    if (result == GL_MERGE_OK && text.kind != GL_JSON_NONE && !stream->each &&
        !gl_repeat_keep(&stream->repeat, data, text, padding))
        return out_of_memory(stream);
    return merged(stream, data, result);
}

static bool read_event(gl_stream *stream, gl_slice name, gl_slice data)
{
    gl_json root, text = gl_repeat_find(&stream->repeat, data);
    bool named_error = gl_slice_is(name, "error");
    if (text.kind != GL_JSON_NONE && !named_error) {
        stream->count.events++;
        return merged(stream, data, gl_merge_add_alone(&stream->merge, text));
    }
    gl_repeat_forget(&stream->repeat);
    if (!named_error && is_heartbeat(stream, data)) return true;
    if (!named_error && gl_slice_is(data, "[DONE]")) {
        stream->announced = stream->kind == STREAM_COMPLETION;
        return false;
    }
    gl_json_error error = gl_json_check(data, &root, NULL);
    if (named_error) return complain(stream, data);
    if (error != GL_JSON_OK) /* a line that is no field and no JSON means nothing, by the grammar */
        return stream->sse.bare || bad_event(stream, data, error, gl_json_error_text(error));
    if (is_complaint(root)) return complain(stream, data);
    if (stream->failure != GLIMPSE_OK) return true; /* only an error matters now */
    stream->count.events++;
    if (stream->kind == STREAM_RESPONSE) return response_event(stream, root);
    return on_chunk(stream, data, root);
}

void gl_stream_read_each(gl_stream *stream)
{
    stream->each = true;
}

/* --- events as they came ---------------------------------------------------------------------- */

static bool is_empty(gl_json value)
{
    return value.kind == GL_JSON_NONE || value.kind == GL_JSON_NULL || value.text.len == 2;
}

/* A delta with a role alone, which completions begin with, has none of the answer. */
static bool choice_has_output(gl_json choice)
{
    gl_json name, value;
    if (!is_empty(gl_json_get(choice, "finish_reason")) || !is_empty(gl_json_get(choice, "text")))
        return true;
    gl_json delta = gl_json_get(choice, "delta");
    if (delta.kind != GL_JSON_OBJECT) return false;
    gl_json_iter iter = gl_json_begin(delta);
    while (gl_json_next(&iter, &name, &value))
        if (!gl_json_string_is(name, "role") && !is_empty(value)) return true;
    return false;
}

static bool has_output(const gl_stream *stream, gl_json root)
{
    static const char *const before[] = { "response.created", "response.in_progress",
                                          "response.queued" };
    gl_json choice, type = gl_json_get(root, "type"), choices = gl_json_get(root, "choices");
    if (stream->kind == STREAM_RESPONSE) {
        for (size_t i = 0; i < sizeof before / sizeof *before; i++)
            if (gl_json_string_is(type, before[i])) return false;
        return true;
    }
    if (choices.kind != GL_JSON_ARRAY) return false;
    gl_json_iter iter = gl_json_begin(choices);
    while (gl_json_next(&iter, NULL, &choice))
        if (choice_has_output(choice)) return true;
    return false;
}

/* Ends the stream where an event, or what stands before it, is longer than may be kept. */
static bool too_large(gl_stream *stream)
{
    stream->failure = GLIMPSE_ERR_BODY_TOO_LARGE;
    snprintf(stream->message, sizeof stream->message,
             "an event of the stream is larger than %zu bytes", stream->sse.data.max);
    return false;
}

static bool no_room(gl_stream *stream)
{
    return stream->raw.too_large ? too_large(stream) : out_of_memory(stream);
}

/* Shows an event that was read and is a part of an answer. */
static bool show(gl_stream *stream, gl_slice name, gl_slice data, bool last)
{
    gl_slice bytes = gl_slice_of(stream->fed, (size_t)(stream->sse.here - stream->fed));
    if (stream->raw.len != 0 || stream->sse.owed) {
        gl_buf_append(&stream->raw, bytes.data, bytes.len);
        if (stream->sse.owed) gl_buf_append_char(&stream->raw, '\n');
        bytes = gl_buf_slice(&stream->raw);
        bytes.len -= stream->sse.begun;
    }
    if (stream->raw.failed) return no_room(stream);
    if (!stream->output && !last) stream->output = has_output(stream, gl_json_checked(data));
    const glimpse_event event = { .name = name.data,
                                  .name_len = name.len,
                                  .data = data.data,
                                  .data_len = data.len,
                                  .bytes = bytes.data,
                                  .len = bytes.len };
    unsigned part = (stream->output ? (unsigned)GLIMPSE_EVENT_OUTPUT : 0) |
                    (last ? (unsigned)GLIMPSE_EVENT_LAST : 0);
    return stream->watch(stream->watch_arg, &event, part) || out_of_memory(stream);
}

/* Forgets the bytes of the event, and keeps those of the next one that stand behind it. */
static void forget_shown(gl_stream *stream)
{
    size_t begun = stream->sse.begun < stream->raw.len ? stream->sse.begun : stream->raw.len;
    if (begun != 0) memmove(stream->raw.data, stream->raw.data + stream->raw.len - begun, begun);
    stream->raw.len = begun;
}

static bool on_event(void *arg, gl_slice name, gl_slice data)
{
    gl_stream *stream = arg;
    size_t before = stream->count.events;
    bool more = read_event(stream, name, data);
    if (stream->watch == NULL) return more;
    if ((size_t)(stream->sse.here - stream->fed) > stream->raw.max - stream->raw.len)
        return too_large(stream);
    bool part = stream->failure == GLIMPSE_OK && !stream->complained &&
                (stream->count.events != before || !more);
    if (part && !show(stream, name, data, !more)) return false;
    stream->fed = stream->sse.here;
    stream->given = stream->sse.owed;
    forget_shown(stream);
    return more;
}

void gl_stream_watch(gl_stream *stream, gl_stream_fn fn, void *arg)
{
    stream->watch = fn;
    stream->watch_arg = arg;
}

/* Keeps the bytes of an event whose end has not come. */
static bool keep_raw(gl_stream *stream, gl_slice bytes)
{
    if (stream->watch == NULL || stream->fed == NULL) return true;
    gl_buf_append(&stream->raw, stream->fed, (size_t)(bytes.data + bytes.len - stream->fed));
    return !stream->raw.failed;
}

bool gl_stream_feed(gl_stream *stream, gl_slice bytes)
{
    stream->fed = bytes.data;
    if (stream->given && bytes.len != 0) {
        stream->given = false;
        if (*bytes.data == '\n') stream->fed++;
    }
    switch (gl_sse_feed(&stream->sse, bytes, on_event, stream)) {
    case GL_SSE_MORE:
        return keep_raw(stream, bytes) || no_room(stream);
    case GL_SSE_STOPPED:
        return false;
    case GL_SSE_TOO_LARGE:
        return too_large(stream);
    case GL_SSE_OOM:
        break;
    }
    return out_of_memory(stream);
}

/* --- the end --- */

size_t gl_stream_choices(gl_slice request)
{
    int64_t n;
    return gl_json_int64(gl_json_get(gl_json_checked(request), "n"), &n) && n > 1 ? (size_t)n : 1;
}

static glimpse_error verdict(const gl_stream *stream, glimpse_error transport, size_t choices)
{
    glimpse_error failure = stream->failure;
    if (failure == GLIMPSE_ERR_OOM || failure == GLIMPSE_ERR_BODY_TOO_LARGE) return failure;
    if (stream->complained) return GLIMPSE_ERR_STREAM_ERROR;
    if (transport != GLIMPSE_OK && transport != GLIMPSE_ERR_RESET) return transport;
    if (failure != GLIMPSE_OK) return failure;
    bool whole = stream->announced ||
                 (stream->kind == STREAM_COMPLETION && gl_merge_finished(&stream->merge, choices));
    return whole ? GLIMPSE_OK : GLIMPSE_ERR_STREAM_TRUNCATED;
}

/* Checks an event that no blank line ended. It does not count, unless it is an error: that is more
 * specific than a cut stream. */
static void look_at_rest(gl_stream *stream)
{
    gl_slice rest = gl_sse_pending(&stream->sse);
    gl_json root;
    if (rest.len == 0 || stream->announced || stream->complained) return;
    if (gl_json_check(rest, &root, NULL) == GL_JSON_OK && is_complaint(root))
        complain(stream, rest);
}

void gl_stream_finish(gl_stream *stream, glimpse_error transport, size_t choices,
                      gl_stream_end *end)
{
    look_at_rest(stream);
    *end = (gl_stream_end){ .error = verdict(stream, transport, choices) };
    if (end->error == GLIMPSE_OK && stream->kind == STREAM_COMPLETION) {
        gl_buf_reset(&stream->body);
        gl_merge_write(&stream->merge, &stream->body);
        if (stream->body.failed) end->error = GLIMPSE_ERR_OOM;
        end->no_done = !stream->announced;
    }
    if (end->error == GLIMPSE_OK || end->error == GLIMPSE_ERR_STREAM_ERROR)
        end->body = gl_buf_slice(&stream->body);
    else if (stream->message[0] != '\0' &&
             (end->error == stream->failure || end->error == GLIMPSE_ERR_STREAM_TRUNCATED))
        end->message = stream->message;
}
