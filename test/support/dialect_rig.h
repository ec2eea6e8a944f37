/* dialect_rig.h - a stream read whole and byte by byte, merged, and decoded as the sampler does. */
#ifndef TEST_DIALECT_RIG_H
#define TEST_DIALECT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "openai/decode.h"
#include "openai/stream.h"

#define CHAT "/chat/completions"

/* One stream read to its end, and what it is as an answer. */
typedef struct reading {
    gl_stream *stream;
    gl_decoder *decoder;
    gl_stream_end end;
    glimpse_outcome outcome;
    char body[4096], text[256];
} reading;

static inline void put(char *out, size_t size, gl_slice text)
{
    assert_true(text.len < size);
    if (text.len != 0) memcpy(out, text.data, text.len);
    out[text.len] = '\0';
}

static inline void read_steps(reading *r, const char *path, const char *bytes, size_t step)
{
    size_t size = strlen(bytes);
    *r = (reading){ .stream = gl_stream_new(1 << 20), .decoder = gl_decoder_new() };
    assert_non_null(r->stream);
    assert_non_null(r->decoder);
    assert_true(gl_stream_begin(r->stream, path));
    for (size_t at = 0; at < size; at += step) {
        size_t len = size - at < step ? size - at : step;
        char *copy = malloc(len); /* so that a read past a piece is seen */
        assert_non_null(copy);
        memcpy(copy, bytes + at, len);
        bool more = gl_stream_feed(r->stream, gl_slice_of(copy, len));
        free(copy);
        if (!more) break;
    }
    gl_stream_finish(r->stream, GLIMPSE_OK, 1, &r->end);
    gl_decode_input input = { .status = 200,
                              .body = r->end.body,
                              .content_type = "text/event-stream",
                              .path = path,
                              .merged = true,
                              .streamed = gl_stream_text(r->stream) };
    if (r->end.error == GLIMPSE_OK)
        gl_decode(r->decoder, &input, &r->outcome);
    else if (r->end.error == GLIMPSE_ERR_STREAM_ERROR)
        gl_decode_stream_error(r->decoder, &input, &r->outcome);
    else
        gl_decode_broken(r->decoder, &input, r->end.error, r->end.message, &r->outcome);
    put(r->body, sizeof r->body, r->end.body);
    put(r->text, sizeof r->text, gl_stream_text(r->stream));
}

static inline void reading_end(reading *r)
{
    gl_stream_free(r->stream);
    gl_decoder_free(r->decoder);
}

/* The same whole and byte by byte: this error, this text, a part of the merged body (of a failure:
 * of its message). The reading is the one of single bytes; end it. */
static inline reading read_as(const char *bytes, glimpse_error error, const char *text,
                              const char *part)
{
    reading r = { 0 };
    for (int single = 0; single < 2; single++) {
        if (single) reading_end(&r);
        read_steps(&r, CHAT, bytes, single ? 1 : strlen(bytes));
        const char *where = error == GLIMPSE_OK ? r.body : r.outcome.error_message;
        if (r.outcome.error != error || strcmp(r.text, text) != 0 ||
            (part != NULL && (where == NULL || strstr(where, part) == NULL)))
            fail_msg("%s: %s (%s), text '%s', body %s", single ? "single bytes" : "whole",
                     glimpse_error_name(r.outcome.error),
                     r.outcome.error_message != NULL ? r.outcome.error_message : "", r.text,
                     r.body);
        if (error == GLIMPSE_OK)
            assert_true(
                gl_slice_is(gl_slice_of(r.outcome.sample.text, r.outcome.sample.text_len), text));
    }
    return r;
}

static inline void assert_reads(const char *bytes, glimpse_error error, const char *text,
                                const char *part)
{
    size_t live = gl_alloc_live();
    reading r = read_as(bytes, error, text, part);
    reading_end(&r);
    assert_int_equal(gl_alloc_live(), live);
}

#define CHUNK(choices)                                                                             \
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","     \
    "\"choices\":[" choices "]}\n\n"
#define DELTA(delta) CHUNK("{\"index\":0,\"delta\":{" delta "},\"finish_reason\":null}")
#define SAY(text, reason)                                                                          \
    CHUNK("{\"index\":0,\"delta\":{\"content\":\"" text "\"},"                                     \
          "\"finish_reason\":" reason "}")
#define END(reason) CHUNK("{\"index\":0,\"delta\":{},\"finish_reason\":" reason "}")
#define STOP        END("\"stop\"")
#define DONE        "data: [DONE]\n\n"

#define PART(text)  "{\"type\":\"text\",\"text\":\"" text "\"}"
#define THINKING(t) "{\"type\":\"thinking\",\"thinking\":[" PART(t) "]}"

#endif
