/*
 * sse.h - reads an event stream (text/event-stream), in bytes of any pieces, into events. Pure.
 *
 * WHATWG's grammar, and additions of completion servers (docs/wire.md section 5): lines end in LF,
 * CR or CRLF, also mixed and cut between reads; an event without data is none; a line `error: ...`
 * (old llama.cpp) is data of an event of that name; lines of JSON without `data:` before them are
 * an event too (proxies write their errors so into a stream that ends there). Text behind the last
 * blank line at the end of the stream is no event.
 */
#ifndef GL_OPENAI_SSE_H
#define GL_OPENAI_SSE_H

#include "base/buf.h"
#include "base/slice.h"

/* The longest field name that is recognized, behind a byte order mark. */
#define GL_SSE_FIELD_MAX 8

typedef struct gl_sse {
    enum { GL_SSE_FIELD, GL_SSE_SPACE, GL_SSE_VALUE } at; /* the next byte's place in its line */
    enum { GL_SSE_OTHER, GL_SSE_DATA, GL_SSE_NAME } kind; /* the kind of this line's value */
    char field[GL_SSE_FIELD_MAX];
    size_t field_len; /* also of a longer name, which is none of ours */
    bool first_line, after_cr, has_data;
    bool pairs; /* the last line ended in CRLF */
    bool bare;  /* the event is lines of JSON alone; not of the grammar, so it may be ignored */
    gl_buf data, name;
    const char *here; /* during the callback: behind the last byte of the event */
    bool owed;        /* during the callback: the LF of its last CRLF is not in these bytes */
    size_t begun;     /* during the callback: bytes of the next event in feeds before this one */
    size_t copied;    /* bytes moved for this stream so far, a measure of its cost */
} gl_sse;

/* Tells from the bytes alone whether they begin an event stream: behind a byte order mark and
 * blanks, a comment, or a field of the grammar. A JSON text never does. */
typedef enum gl_sse_guess {
    GL_SSE_IT_IS,
    GL_SSE_IT_IS_NOT,
    GL_SSE_TOO_SHORT /* so far it may be either */
} gl_sse_guess;
gl_sse_guess gl_sse_guess_of(gl_slice beginning);

/* Returns true when any of their lines is data of an event. */
bool gl_sse_is_within(gl_slice bytes);

/* Called for each event; the slices live until it returns. name is "" when the event has none.
 * false: the reader stops. */
typedef bool (*gl_sse_fn)(void *arg, gl_slice name, gl_slice data);

typedef enum gl_sse_result {
    GL_SSE_MORE,
    GL_SSE_STOPPED,   /* by the callback; the rest of the bytes was not read */
    GL_SSE_TOO_LARGE, /* an event is larger than max */
    GL_SSE_OOM
} gl_sse_result;

void gl_sse_init(gl_sse *sse, size_t max); /* max bytes of data in one event */
void gl_sse_reset(gl_sse *sse);            /* for the next stream; memory is kept */
void gl_sse_free(gl_sse *sse);

/* Feeds bytes. Time is linear in len, for pieces of any size: a byte of data is copied once, and
 * moved at most once more while the buffer grows. Do not call it again after a result other than
 * MORE. */
gl_sse_result gl_sse_feed(gl_sse *sse, gl_slice bytes, gl_sse_fn fn, void *arg);

/* Returns the data of an event that no blank line has ended yet. */
static inline gl_slice gl_sse_pending(const gl_sse *sse)
{
    return gl_buf_slice(&sse->data);
}

#endif
