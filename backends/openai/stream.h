/*
 * stream.h - a streamed answer: from its bytes to its growing text, and to the whole answer at its
 * end. Pure; sees neither engine nor curl.
 *
 * Two kinds: completions (chunks, closed by [DONE]) and responses (typed events, closed by
 * response.completed). An error inside the stream ends it; later events do not count.
 */
#ifndef GL_OPENAI_STREAM_H
#define GL_OPENAI_STREAM_H

#include <glimpse/sampler.h>

#include "base/slice.h"

typedef struct gl_stream gl_stream;

gl_stream *gl_stream_new(size_t max_event); /* bytes; NULL: out of memory */
void gl_stream_free(gl_stream *stream);

/* Forgets the stream; keeps some KiB of memory for the next. */
void gl_stream_reset(gl_stream *stream);

/* A new stream, after gl_stream_new or gl_stream_reset. false: streams of this path cannot be read.
 */
bool gl_stream_begin(gl_stream *stream, const char *path);

/* Called for each event that is a part of an answer; part is a sum of glimpse_event_part. bytes are
 * those since the event before, up to the last of its blank line: where a read ends between that
 * line's CR and LF, the LF is given before it has come. false: out of memory. */
typedef bool (*gl_stream_fn)(void *arg, const glimpse_event *event, unsigned part);

/* The stream that begins shows its events, until the reset. Call it after begin. */
void gl_stream_watch(gl_stream *stream, gl_stream_fn fn, void *arg);

/* Feeds more bytes. false: the rest is not wanted, because the stream has ended or is of no use. */
bool gl_stream_feed(gl_stream *stream, gl_slice bytes);

/* From now on each chunk is read, also one that repeats the last but for its text. The outcome is
 * the same; a test holds the two ways against each other. */
void gl_stream_read_each(gl_stream *stream);

/* Returns the answer's text so far: the first choice's content. It only grows, by whole
 * characters. */
gl_slice gl_stream_text(const gl_stream *stream);

/* The number of an answer's events, and of those with reasoning, which is not in its text. */
typedef struct gl_stream_count {
    size_t events, reasoned;
} gl_stream_count;
gl_stream_count gl_stream_counted(const gl_stream *stream);

/* Returns how many choices a request's body, a checked object, asks for. */
size_t gl_stream_choices(gl_slice request);

/* The end of a stream; lives until the reset. */
typedef struct gl_stream_end {
    /* GLIMPSE_OK: body is the whole answer, as without streaming. STREAM_ERROR: body is the
     * server's error. BAD_JSON, BAD_UTF8: message quotes the event. BODY_TOO_LARGE: message has the
     * limit of an event. STREAM_TRUNCATED, OOM, or the transport's error: neither. */
    glimpse_error error;
    const char *message; /* NULL: no message of its own */
    gl_slice body;
    bool no_done; /* complete, but its end was not announced */
} gl_stream_end;

/*
 * Ends the stream. transport is the connection's end (GLIMPSE_OK: in order, or after feed returned
 * false). choices is the number that the request asked for. A broken connection counts only when a
 * part is missing.
 */
void gl_stream_finish(gl_stream *stream, glimpse_error transport, size_t choices,
                      gl_stream_end *end);

#endif
