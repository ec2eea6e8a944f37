/*
 * decode.h - turns an HTTP response into an outcome: the answer's fields, or the error and the
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
    const char *request_id, *retry_after, *retry_after_ms, *should_retry;
    const char *content_type; /* NULL: header finds it */
    gl_header_fn *header;     /* finds the seldom ones: date, location, content-type; */
    const void *headers;      /* NULL: there are none */
    int64_t now_unix_ms; /* now; a date in retry_after is measured against it where the response has
                            no date */
    const char *path;    /* "/chat/completions": decides which members a 200 must have */
    const char *base_url; /* the URL for messages, with asked_path below it; NULL: not named */
    const char *asked_path;
    bool background;   /* the request asked for a response that need not be finished */
    bool merged;       /* the body was merged from a stream's chunks */
    gl_slice streamed; /* the text that came before the body, which may not repeat it */
} gl_decode_input;

/* Fills outcome, which points into input and into the decoder, until the next call. */
void gl_decode(gl_decoder *decoder, const gl_decode_input *input, glimpse_outcome *outcome);

/* The same for a response that broke off: error and message (plain words, or NULL) name the cause,
 * and at most 4 KiB of the body are kept. */
void gl_decode_broken(gl_decoder *decoder, const gl_decode_input *input, glimpse_error error,
                      const char *message, glimpse_outcome *outcome);

/* The same for an error within a stream: body is the event's data, or the failed response. */
void gl_decode_stream_error(gl_decoder *decoder, const gl_decode_input *input,
                            glimpse_outcome *outcome);

#endif
