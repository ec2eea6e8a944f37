/*
 * stream.h - a streamed answer, from its bytes to its text as it grows and to the whole answer at
 * its end. Pure; sees neither engine nor curl.
 *
 * Two kinds: completions (chunks, closed by [DONE]) and responses (typed events, closed by
 * response.completed). An error inside the stream ends it, whatever comes behind.
 */
#ifndef GL_OPENAI_STREAM_H
#define GL_OPENAI_STREAM_H

#include <glimpse/result.h>

#include "base/slice.h"

typedef struct gl_stream gl_stream;

gl_stream *gl_stream_new(size_t max_event); /* bytes; NULL: out of memory */
void gl_stream_free(gl_stream *stream);

/* Forgets the stream; keeps some KiB of memory for the next. */
void gl_stream_reset(gl_stream *stream);

/* A new stream, after gl_stream_new or gl_stream_reset. false: streams of this path cannot be read.
 */
bool gl_stream_begin(gl_stream *stream, const char *path);

/* More of it came. false: the rest is not wanted; the stream has ended, or is of no use. */
bool gl_stream_feed(gl_stream *stream, gl_slice bytes);

/* The answer's text so far: the first choice's content. Only grows, by whole characters. */
gl_slice gl_stream_text(const gl_stream *stream);

/* How many events of an answer there were, and how many held reasoning, which is no text of it. */
typedef struct gl_stream_count {
    size_t events, reasoned;
} gl_stream_count;
gl_stream_count gl_stream_counted(const gl_stream *stream);

/* How many choices a request's body, a checked object, asks for. */
size_t gl_stream_choices(gl_slice request);

/* What came in the end; lives until the reset. */
typedef struct gl_stream_end {
    /* GLIMPSE_OK: body is the whole answer, as it would have come without streaming.
     * STREAM_ERROR: body is what the server said. BAD_JSON, BAD_UTF8: message quotes the event.
     * STREAM_TRUNCATED, OOM, BODY_TOO_LARGE, or what broke the connection: neither. */
    glimpse_error error;
    const char *message; /* NULL: none of its own */
    gl_slice body;
    bool no_done; /* whole, but the end was not announced */
} gl_stream_end;

/*
 * The stream is over: transport says how (GLIMPSE_OK: in order, or after feed returned false).
 * choices is how many the request asked for. A connection that broke counts only when something is
 * missing.
 */
void gl_stream_finish(gl_stream *stream, glimpse_error transport, size_t choices,
                      gl_stream_end *end);

#endif
