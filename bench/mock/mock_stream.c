/* mock_stream.c - see mock_stream.h. An event never holds a raw line end, so a blank line is its
 * end. */
#include "mock/mock_stream.h"

#include <stdio.h>

#include "base/json.h"

#define EVENT_END "\n\n\r\n" /* the blank line, and the end of its chunk */

typedef struct stream {
    gl_json id, created, model, fingerprint;
    bool usage;
    gl_buf *out;
} stream;

/* The chunk's size is written when it is known, in eight digits kept free for it. */
static size_t begin_chunk(const stream *s)
{
    size_t at = s->out->len;
    gl_buf_append_str(s->out, "00000000\r\ndata: ");
    return at;
}

static void end_chunk(const stream *s, size_t at)
{
    char size[9];
    gl_buf_append_str(s->out, EVENT_END);
    if (s->out->failed) return;
    snprintf(size, sizeof size, "%08zx", s->out->len - at - 12);
    memcpy(s->out->data + at, size, 8);
}

static void append(const stream *s, gl_json value)
{
    gl_buf_append(s->out, value.text.data, value.text.len);
}

static size_t begin_event(const stream *s)
{
    size_t at = begin_chunk(s);
    gl_buf_append_str(s->out, "{\"id\":");
    append(s, s->id);
    gl_buf_append_str(s->out, ",\"object\":\"chat.completion.chunk\",\"created\":");
    append(s, s->created);
    gl_buf_append_str(s->out, ",\"model\":");
    append(s, s->model);
    gl_buf_append_str(s->out, ",\"service_tier\":\"default\",\"system_fingerprint\":");
    append(s, s->fingerprint);
    gl_buf_append_str(s->out, ",\"choices\":[");
    return at;
}

static void end_event(const stream *s, size_t at)
{
    gl_buf_append_str(s->out, s->usage ? "],\"usage\":null}" : "]}");
    end_chunk(s, at);
}

/* One choice; a slice of content in its delta, or the reason why it ends. */
static void write_delta(const stream *s, const char *before, gl_slice content, const char *reason)
{
    size_t at = begin_event(s);
    gl_buf_append_str(s->out, "{\"index\":0,\"delta\":{");
    gl_buf_append_str(s->out, before);
    gl_buf_append(s->out, content.data, content.len);
    gl_buf_append_str(s->out, before[0] != '\0' ? "\"}" : "}");
    gl_buf_append_str(s->out, ",\"logprobs\":null,\"finish_reason\":");
    gl_buf_append_str(s->out, reason);
    gl_buf_append_char(s->out, '}');
    end_event(s, at);
}

/* A word and the blanks before it; JSON text keeps a blank as it is. */
static gl_slice next_token(gl_slice *rest)
{
    size_t len = 0;
    while (len < rest->len && rest->data[len] == ' ') len++;
    while (len < rest->len && rest->data[len] != ' ') len++;
    gl_slice token = gl_slice_of(rest->data, len);
    *rest = gl_slice_of(rest->data + len, rest->len - len);
    return token;
}

static size_t count_tokens(gl_slice text)
{
    size_t count = 0;
    for (; text.len != 0; count++) next_token(&text);
    return count != 0 ? count : 1;
}

static void write_end(const stream *s, gl_json usage)
{
    write_delta(s, "", gl_slice_of("", 0), "\"stop\"");
    if (s->usage) {
        size_t at = begin_event(s);
        gl_buf_append_str(s->out, "],\"usage\":");
        append(s, usage);
        gl_buf_append_char(s->out, '}');
        end_chunk(s, at);
    }
    size_t at = begin_chunk(s);
    gl_buf_append_str(s->out, "[DONE]");
    end_chunk(s, at);
    gl_buf_append_str(s->out, "0\r\n\r\n");
}

size_t mock_stream_write(gl_slice completion, bool usage, mock_fault fault, gl_buf *out)
{
    enum { ID, CREATED, MODEL, FINGERPRINT, CHOICES, USAGE, MEMBERS };
    static const char *const names[MEMBERS] = { "id",      "created", "model", "system_fingerprint",
                                                "choices", "usage" };
    gl_json root, found[MEMBERS], choice;
    if (gl_json_check(completion, &root, NULL) != GL_JSON_OK) return 1; /* no memory: a cut body */
    gl_json_get_many(root, names, found, MEMBERS);
    gl_json_iter iter = gl_json_begin(found[CHOICES]);
    if (!gl_json_next(&iter, NULL, &choice)) return 1;
    gl_json content = gl_json_get(gl_json_get(choice, "message"), "content");
    gl_slice rest = gl_slice_of(content.text.data + 1, content.text.len - 2);
    stream s = { found[ID], found[CREATED], found[MODEL], found[FINGERPRINT], usage, out };
    size_t tokens = count_tokens(rest), half = (tokens + 1) / 2;
    write_delta(&s, "\"role\":\"assistant\",\"refusal\":null,\"content\":\"", gl_slice_of("", 0),
                "null");
    for (size_t i = 0; i < tokens; i++) {
        size_t at = out->len;
        write_delta(&s, "\"content\":\"", next_token(&rest), "null");
        if (i + 1 != half) continue;
        if (fault == MOCK_FAULT_TRUNCATE) return half;
        if (fault == MOCK_FAULT_MALFORMED && !out->failed) {
            out->len -= (out->len - at) / 2;
            end_chunk(&s, at);
        }
    }
    write_end(&s, found[USAGE]);
    return tokens;
}

size_t mock_stream_skip(gl_slice out, size_t at, size_t events)
{
    while (events-- != 0) {
        const char *end = memmem(out.data + at, out.len - at, EVENT_END, sizeof EVENT_END - 1);
        if (end == NULL) return out.len;
        at = (size_t)(end - out.data) + sizeof EVENT_END - 1;
    }
    return at;
}
