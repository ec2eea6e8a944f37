/*
 * fuzz_sse.c - any bytes as a stream, whole and in pieces: the same events, the same end, and what
 * it says keeps its promises, also to the decoder. The first byte chooses the path and how it is
 * cut.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "openai/decode.h"
#include "openai/sse.h"
#include "openai/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EVENT_MAX = 4096 };

static void claim(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "fuzz_sse: %s\n", what);
    abort();
}

static bool hear(void *arg, gl_slice name, gl_slice data)
{
    gl_buf *heard = arg;
    claim(data.len != 0 && data.len <= EVENT_MAX, "an event without data, or too large");
    gl_buf_append(heard, name.data, name.len);
    gl_buf_append_char(heard, '\n');
    gl_buf_append(heard, data.data, data.len);
    gl_buf_append_char(heard, '\n');
    return true;
}

/* Each piece in memory of its own, so that a read past its end is seen. */
static char *piece_of(const uint8_t *data, size_t len)
{
    char *copy = malloc(len);
    claim(copy != NULL, "out of memory");
    memcpy(copy, data, len);
    return copy;
}

static gl_sse_result read_events(const uint8_t *data, size_t size, size_t step, gl_buf *heard)
{
    gl_sse sse;
    gl_sse_result result = GL_SSE_MORE;
    gl_sse_init(&sse, EVENT_MAX);
    for (size_t at = 0; at < size && result == GL_SSE_MORE; at += step) {
        size_t len = size - at < step ? size - at : step;
        char *copy = piece_of(data + at, len);
        result = gl_sse_feed(&sse, gl_slice_of(copy, len), hear, heard);
        free(copy);
    }
    /* Once for each byte, twice while a buffer of a power of two grows, and the joining line ends.
     */
    claim(sse.copied <= 4 * size + 1024, "the cost is not linear");
    gl_sse_free(&sse);
    return result;
}

typedef struct reading {
    gl_stream *stream;
    gl_stream_end end;
} reading;

static void read_stream(reading *r, const char *path, const uint8_t *data, size_t size, size_t step,
                        bool each)
{
    bool more = true;
    size_t so_far = 0;
    r->stream = gl_stream_new(EVENT_MAX);
    claim(r->stream != NULL && gl_stream_begin(r->stream, path), "no stream");
    if (each) gl_stream_read_each(r->stream);
    for (size_t at = 0; at < size && more; at += step) {
        size_t len = size - at < step ? size - at : step;
        char *copy = piece_of(data + at, len);
        more = gl_stream_feed(r->stream, gl_slice_of(copy, len));
        free(copy);
        gl_slice text = gl_stream_text(r->stream);
        claim(text.len >= so_far, "the text became shorter");
        claim(text.len == so_far ||
                  gl_utf8_check(text.data + so_far, text.len - so_far) == text.len - so_far,
              "a piece of text that is not UTF-8");
        so_far = text.len;
    }
    gl_stream_finish(r->stream, GLIMPSE_OK, 1, &r->end);
}

/* What was told of a beginning stays true of more of it. */
static void guess(const char *data, size_t size)
{
    gl_sse_guess whole = gl_sse_guess_of(gl_slice_of(data, size));
    for (size_t len = 0; len < size && len < 64; len++) {
        gl_sse_guess part = gl_sse_guess_of(gl_slice_of(data, len));
        claim(part == GL_SSE_TOO_SHORT || part == whole, "more bytes change what it is");
    }
    if (whole == GL_SSE_IT_IS) {
        gl_json root;
        claim(gl_json_check(gl_slice_of(data, size), &root, NULL) != GL_JSON_OK,
              "JSON taken for a stream");
    }
    (void)gl_sse_is_within(gl_slice_of(data, size));
}

/* The merged answer is one to the decoder too, or an error in words. */
static void decode(const reading *r, const char *path)
{
    gl_decoder *decoder = gl_decoder_new();
    glimpse_outcome outcome;
    claim(decoder != NULL, "out of memory");
    gl_decode_input input = { .status = 200,
                              .body = r->end.body,
                              .path = path,
                              .merged = true,
                              .streamed = gl_stream_text(r->stream) };
    gl_decode(decoder, &input, &outcome);
    claim(outcome.error == GLIMPSE_OK || outcome.error_message != NULL, "an error without words");
    claim(!outcome.empty || (!outcome.complete && outcome.sample.text_len == 0),
          "an empty answer that may be cached, or is none");
    /* What was told is how the answer begins; half a character at its end is told by nobody. */
    gl_slice so_far = gl_stream_text(r->stream);
    claim(outcome.error != GLIMPSE_OK || outcome.sample.delta != NULL ||
              strcmp(path, "/responses") == 0 ||
              (so_far.len <= outcome.sample.text_len &&
               gl_slice_equal(gl_slice_of(outcome.sample.text, so_far.len), so_far)),
          "another text than was told");
    gl_decoder_free(decoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const paths[] = { "/chat/completions", "/completions", "/responses" };
    if (size < 2) return 0;
    const char *path = paths[data[0] % 3];
    size_t step = 1 + data[0] / 3 % 16;
    data++;
    size--;
    guess((const char *)data, size);

    gl_buf whole_events, events;
    gl_buf_init(&whole_events, SIZE_MAX / 2);
    gl_buf_init(&events, SIZE_MAX / 2);
    gl_sse_result result = read_events(data, size, size, &whole_events);
    claim(result == read_events(data, size, step, &events), "the cuts change the result");
    claim(gl_slice_equal(gl_buf_slice(&whole_events), gl_buf_slice(&events)),
          "the cuts change the events");
    gl_buf_free(&whole_events);
    gl_buf_free(&events);

    /* One of them takes an event that repeats the last for what it is, the other reads each. */
    reading whole, cut;
    read_stream(&whole, path, data, size, size, true);
    read_stream(&cut, path, data, size, step, false);
    claim(whole.end.error == cut.end.error && whole.end.no_done == cut.end.no_done &&
              gl_slice_equal(whole.end.body, cut.end.body) &&
              gl_slice_equal(gl_stream_text(whole.stream), gl_stream_text(cut.stream)),
          "the cuts, or the repeats, change the answer");
    if (whole.end.error == GLIMPSE_OK) {
        gl_json root;
        claim(gl_json_check(whole.end.body, &root, NULL) == GL_JSON_OK &&
                  root.kind == GL_JSON_OBJECT,
              "an answer that is no object");
        decode(&whole, path);
    }
    gl_stream_free(whole.stream);
    gl_stream_free(cut.stream);
    return 0;
}
