/*
 * replay.c - see replay.h. Members that are not known here pass as they are.
 *
 *   completions   of each choice a chunk with its whole text, then of each one with the reason of
 * its end, the usage if it is wanted, [DONE] responses     response.created, a delta for each text,
 * response.completed
 */
#include "gateway/replay.h"

#include <string.h>

static void member(gl_buf *out, const char *name, gl_json value)
{
    if (out->data[out->len - 1] != '{') gl_buf_append_char(out, ',');
    gl_json_write_string(out, gl_slice_str(name));
    gl_buf_append_char(out, ':');
    gl_buf_append(out, value.text.data, value.text.len);
}

/* Appends the members of an object but those that are named, the last of which is NULL. */
static void others(gl_buf *out, gl_json object, const char *const *but)
{
    gl_json name, value;
    gl_json_iter iter = gl_json_begin(object);
    while (gl_json_next(&iter, &name, &value)) {
        size_t i = 0;
        while (but[i] != NULL && !gl_json_string_is(name, but[i])) i++;
        if (but[i] != NULL) continue;
        if (out->data[out->len - 1] != '{') gl_buf_append_char(out, ',');
        gl_buf_append(out, name.text.data, name.text.len);
        gl_buf_append_char(out, ':');
        gl_buf_append(out, value.text.data, value.text.len);
    }
}

/* --- completions ------------------------------------------------------------------------------ */

static void begin_chunk(gl_buf *out, gl_json root, bool chat)
{
    static const char *const own[] = { "object", "choices", "usage", NULL };
    gl_buf_append_str(out, "data: {");
    others(out, root, own);
    if (out->data[out->len - 1] != '{') gl_buf_append_char(out, ',');
    gl_buf_append_str(out, chat ? "\"object\":\"chat.completion.chunk\",\"choices\":["
                                : "\"object\":\"text_completion\",\"choices\":[");
}

/* A call of a tool names its place in a stream. */
static void write_calls(gl_buf *out, gl_json calls)
{
    gl_json call;
    uint64_t number = 0;
    if (out->data[out->len - 1] != '{') gl_buf_append_char(out, ',');
    gl_buf_append_str(out, "\"tool_calls\":[");
    gl_json_iter iter = gl_json_begin(calls);
    while (gl_json_next(&iter, NULL, &call)) {
        static const char *const own[] = { "index", NULL };
        if (number != 0) gl_buf_append_char(out, ',');
        gl_buf_append_str(out, "{\"index\":");
        gl_buf_append_u64(out, number++);
        others(out, call, own);
        gl_buf_append_char(out, '}');
    }
    gl_buf_append_char(out, ']');
}

static void write_delta(gl_buf *out, gl_json message)
{
    static const char *const own[] = { "tool_calls", NULL };
    gl_json calls = gl_json_get(message, "tool_calls");
    gl_buf_append_str(out, ",\"delta\":{");
    others(out, message, own);
    if (calls.kind == GL_JSON_ARRAY) write_calls(out, calls);
    gl_buf_append_char(out, '}');
}

/* One choice, as the only one of its chunk: as endpoints send them. */
static void write_choice(gl_buf *out, gl_json choice, bool chat, bool ends)
{
    static const char *const own[] = { "message", "text", "finish_reason", "logprobs", NULL };
    gl_json reason = gl_json_get(choice, "finish_reason");
    gl_json probs = gl_json_get(choice, "logprobs"), text = gl_json_get(choice, "text");
    gl_buf_append_char(out, '{');
    others(out, choice, own);
    if (chat && !ends)
        write_delta(out, gl_json_get(choice, "message"));
    else if (chat)
        gl_buf_append_str(out, ",\"delta\":{}");
    else if (!ends && text.kind == GL_JSON_STRING)
        member(out, "text", text);
    else
        gl_buf_append_str(out, ",\"text\":\"\"");
    if (!ends && probs.kind != GL_JSON_NONE) member(out, "logprobs", probs);
    if (ends && reason.kind != GL_JSON_NONE)
        member(out, "finish_reason", reason);
    else
        gl_buf_append_str(out, ",\"finish_reason\":null");
    gl_buf_append_char(out, '}');
}

static bool replay_completion(gl_json root, bool chat, bool wants_usage, gl_buf *out)
{
    gl_json choices = gl_json_get(root, "choices"), usage = gl_json_get(root, "usage"), choice;
    if (choices.kind != GL_JSON_ARRAY) return false;
    for (int ends = 0; ends < 2; ends++) {
        gl_json_iter iter = gl_json_begin(choices);
        while (gl_json_next(&iter, NULL, &choice)) {
            begin_chunk(out, root, chat);
            write_choice(out, choice, chat, ends != 0);
            gl_buf_append_str(out, "]}\n\n");
        }
    }
    if (wants_usage && usage.kind == GL_JSON_OBJECT) {
        begin_chunk(out, root, chat);
        gl_buf_append_char(out, ']');
        member(out, "usage", usage);
        gl_buf_append_str(out, "}\n\n");
    }
    gl_buf_append_str(out, "data: [DONE]\n\n");
    return true;
}

/* --- responses -------------------------------------------------------------------------------- */

static void write_response(gl_buf *out, const char *type, gl_json root, uint64_t number)
{
    gl_buf_printf(out, "event: %s\ndata: {\"type\":\"%s\",\"response\":", type, type);
    gl_buf_append(out, root.text.data, root.text.len);
    gl_buf_append_str(out, ",\"sequence_number\":");
    gl_buf_append_u64(out, number);
    gl_buf_append_str(out, "}\n\n");
}

/* A delta for each text of one item of the output. */
static void write_texts(gl_buf *out, gl_json item, uint64_t output, uint64_t *number)
{
    gl_json part, id = gl_json_get(item, "id"), content = gl_json_get(item, "content");
    uint64_t index = 0;
    if (content.kind != GL_JSON_ARRAY) return;
    gl_json_iter iter = gl_json_begin(content);
    while (gl_json_next(&iter, NULL, &part)) {
        gl_json text = gl_json_get(part, "text");
        if (gl_json_string_is(gl_json_get(part, "type"), "output_text") && gl_json_has_text(text)) {
            gl_buf_append_str(out, "event: response.output_text.delta\n"
                                   "data: {\"type\":\"response.output_text.delta\"");
            if (id.kind == GL_JSON_STRING) member(out, "item_id", id);
            gl_buf_append_str(out, ",\"output_index\":");
            gl_buf_append_u64(out, output);
            gl_buf_append_str(out, ",\"content_index\":");
            gl_buf_append_u64(out, index);
            member(out, "delta", text);
            gl_buf_append_str(out, ",\"logprobs\":[],\"sequence_number\":");
            gl_buf_append_u64(out, (*number)++);
            gl_buf_append_str(out, "}\n\n");
        }
        index++;
    }
}

static bool replay_response(gl_json root, gl_buf *out)
{
    gl_json item, output = gl_json_get(root, "output");
    gl_json status = gl_json_get(root, "status");
    uint64_t number = 1, index = 0;
    if (output.kind != GL_JSON_ARRAY) return false;
    write_response(out, "response.created", root, 0);
    gl_json_iter iter = gl_json_begin(output);
    while (gl_json_next(&iter, NULL, &item)) write_texts(out, item, index++, &number);
    write_response(
        out, gl_json_string_is(status, "incomplete") ? "response.incomplete" : "response.completed",
        root, number);
    return true;
}

bool gateway_replay(gateway_kind kind, gl_slice body, bool wants_usage, gl_buf *out)
{
    gl_json root;
    if (gl_json_check(body, &root, NULL) != GL_JSON_OK || root.kind != GL_JSON_OBJECT) return false;
    if (kind == GATEWAY_RESPONSES) return replay_response(root, out);
    return replay_completion(root, kind == GATEWAY_CHAT, wants_usage, out);
}

/* Most events have no usage: the search for the name costs less than reading them. */
bool gateway_is_usage(gl_slice data)
{
    static const char name[] = "\"usage\"";
    gl_json root, choice;
    if (data.len == 0 || memmem(data.data, data.len, name, sizeof name - 1) == NULL) return false;
    if (gl_json_check(data, &root, NULL) != GL_JSON_OK) return false;
    gl_json choices = gl_json_get(root, "choices");
    if (choices.kind != GL_JSON_ARRAY || gl_json_get(root, "usage").kind != GL_JSON_OBJECT)
        return false;
    gl_json_iter iter = gl_json_begin(choices);
    return !gl_json_next(&iter, NULL, &choice);
}
