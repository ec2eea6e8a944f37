/* question.c - see question.h. */
#include "question.h"

#include <event2/buffer.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/rng.h"

#define TEXT_MAX    ((size_t)64 * 1024)
#define RECENT      100 /* a shared text is one of so many last ones */
#define EVENTS_MOST 8

static bool is_one_of(gl_rng *rng, unsigned percent)
{
    return gl_rng_below(rng, 100) < percent;
}

void question_draw(const plan *p, uint64_t number, question *q)
{
    gl_rng rng;
    gl_rng_seed(&rng, p->seed * UINT64_C(0x9e3779b97f4a7c15) + number);
    *q = (question){ .number = number, .text = number };
    q->stream = is_one_of(&rng, p->stream);
    q->leaves = is_one_of(&rng, p->leave);
    q->closes = is_one_of(&rng, p->close);
    q->resets = gl_rng_below(&rng, 2) == 0;
    uint64_t span = p->patience_us > p->least_us ? p->patience_us - p->least_us : 1;
    q->patience_us = p->least_us + gl_rng_below(&rng, (uint32_t)span);
    if (is_one_of(&rng, p->middle) && q->stream) q->events = 1 + gl_rng_below(&rng, EVENTS_MOST);
    uint64_t back = gl_rng_below(&rng, RECENT);
    if (is_one_of(&rng, p->shared) && number >= p->first + back) q->text = number - back;
}

/* One sentence, which the mock gives back as its answer. */
static void write_text(const plan *p, const question *q, gl_buf *out)
{
    gl_buf_printf(out, QUESTION_MARK "%08" PRIu64 " of seed %" PRIu64, q->text, p->seed);
    for (unsigned i = 0; i < p->words; i++) gl_buf_printf(out, " word%u", i);
}

void question_write(const plan *p, const question *q, struct evbuffer *out)
{
    gl_buf body;
    gl_buf_init(&body, TEXT_MAX);
    gl_buf_append_str(&body, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"");
    write_text(p, q, &body);
    gl_buf_append_str(
        &body,
        q->stream ? "\"}],\"stream\":true,\"stream_options\":{\"include_usage\":true}}" : "\"}]}");
    evbuffer_add_printf(out, "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n");
    if (p->key != NULL) evbuffer_add_printf(out, "Authorization: Bearer %s\r\n", p->key);
    if (p->header != NULL) evbuffer_add_printf(out, "%s\r\n", p->header);
    if (q->closes) evbuffer_add_printf(out, "Connection: close\r\n");
    evbuffer_add_printf(out, "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                        body.len);
    evbuffer_add(out, body.data, body.len);
    gl_buf_free(&body);
}

/* --- answers ---------------------------------------------------------------------------------- */

/* Appends choices[0].message.content, or that of a delta. */
static void take_content(gl_slice json, const char *member, gl_buf *text)
{
    gl_json root, choice;
    if (gl_json_check(json, &root, NULL) != GL_JSON_OK) return;
    gl_json choices = gl_json_get(root, "choices");
    if (choices.kind != GL_JSON_ARRAY) return;
    gl_json_iter iter = gl_json_begin(choices);
    if (!gl_json_next(&iter, NULL, &choice)) return;
    gl_json content = gl_json_get(gl_json_get(choice, member), "content");
    if (content.kind == GL_JSON_STRING) gl_json_string_append(content, text, NULL);
}

/* Returns true when the stream came to its end. */
static bool take_events(gl_slice body, gl_buf *text)
{
    static const char data[] = "data: ";
    bool done = false;
    while (body.len != 0) {
        const char *end = memchr(body.data, '\n', body.len);
        size_t len = end != NULL ? (size_t)(end - body.data) : body.len;
        gl_slice line = gl_slice_of(body.data, len);
        if (len > sizeof data && memcmp(line.data, data, sizeof data - 1) == 0) {
            gl_slice event = gl_slice_of(line.data + sizeof data - 1, len - (sizeof data - 1));
            if (done) return false; /* behind its end */
            done = gl_slice_is(event, "[DONE]");
            if (!done) take_content(event, "delta", text);
        }
        body = gl_slice_of(body.data + len, body.len - len);
        if (end != NULL) body = gl_slice_of(body.data + 1, body.len - 1);
    }
    return done;
}

bool question_cut(const question *q, const reply *r)
{
    return q->stream && reply_count(r->body, "\ndata: {\"error\":{") == 1 &&
           reply_count(r->body, "[DONE]") == 0;
}

bool question_answered(const question *q, const reply *r)
{
    char wanted[64];
    gl_buf text;
    size_t len = evbuffer_get_length(r->body);
    const char *bytes = (const char *)evbuffer_pullup(r->body, -1);
    bool whole = bytes != NULL;
    gl_buf_init(&text, TEXT_MAX);
    if (whole && q->stream)
        whole = take_events(gl_slice_of(bytes, len), &text);
    else if (whole)
        take_content(gl_slice_of(bytes, len), "message", &text);
    snprintf(wanted, sizeof wanted, QUESTION_MARK "%08" PRIu64 " ", q->text);
    whole = whole && text.len > strlen(wanted) && memcmp(text.data, wanted, strlen(wanted)) == 0;
    gl_buf_free(&text);
    return whole;
}
