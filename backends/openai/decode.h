/*
 * decode.h - from an HTTP response to an outcome: the answer's fields, or the error and the
 * endpoint's own words for it (docs/wire.md section 4 and docs/wire.md section 6). Pure; sees
 * neither engine nor curl.
 */
#ifndef GL_OPENAI_DECODE_H
#define GL_OPENAI_DECODE_H

#include <glimpse/sampler.h>

#include "base/buf.h"
#include "base/slice.h"
#include "openai/rate_limits.h"

typedef struct gl_decoder gl_decoder; /* scratch memory, kept from one response to the next */

gl_decoder *gl_decoder_new(void); /* NULL: out of memory */
void gl_decoder_free(gl_decoder *decoder);

typedef struct gl_decode_input {
    int status;
    gl_slice body;
    /* Headers; NULL when absent. */
    const char *content_type, *request_id, *retry_after, *retry_after_ms, *should_retry;
    gl_header_fn *header; /* finds what is seldom looked at: date, location, content-encoding; */
    const void *headers;  /* NULL: there are none */
    int64_t now_unix_ms;  /* what a date in retry_after is measured against without a date */
    const char *path;     /* "/chat/completions": decides what a 200 must hold */
    const char *base_url; /* what was asked: it, and asked_path below it; NULL: nothing is said */
    const char *asked_path;
    bool background;   /* the request asked for a response that need not be finished */
    bool merged;       /* the body was put together of a stream's chunks */
    gl_slice streamed; /* the text that came before the body, which may not repeat it */
} gl_decode_input;

/* Fills outcome; what it points to lives in input and in the decoder until the next call. */
void gl_decode(gl_decoder *decoder, const gl_decode_input *input, glimpse_outcome *outcome);

/* The same for a response that did not come whole: error and message (plain words, or NULL) say
 * what broke it, and at most 4 KiB of what came are kept. */
void gl_decode_broken(gl_decoder *decoder, const gl_decode_input *input, glimpse_error error,
                      const char *message, glimpse_outcome *outcome);

/* The same for an error within a stream: body is the event's data, or the failed response. */
void gl_decode_stream_error(gl_decoder *decoder, const gl_decode_input *input,
                            glimpse_outcome *outcome);

#endif
