/*
 * answer_headers.h - the headers of an answer that are kept with it, by a list of names: no other
 * leaves the endpoint's connection.
 *
 * A value that could not stand in a head again (a control byte, more than 1,024 bytes) is left out;
 * a secret in it is covered.
 */
#ifndef GL_OPENAI_ANSWER_HEADERS_H
#define GL_OPENAI_ANSWER_HEADERS_H

#include <glimpse/endpoint.h>
#include <glimpse/sampler.h>

#include "base/buf.h"
#include "openai/decode.h"
#include "openai/secrets.h"

typedef struct gl_answer_headers {
    char *names[GLIMPSE_ANSWER_HEADERS_MAX];
    size_t count;
    gl_buf lines; /* scratch */
} gl_answer_headers;

/* Copies the names. Errors: INVALID with problem; OOM. Free it in any case. */
glimpse_error gl_answer_headers_init(gl_answer_headers *kept, const glimpse_endpoint *endpoint,
                                     glimpse_problem *problem);
void gl_answer_headers_free(gl_answer_headers *kept);

/* Sets the sample's headers, in memory that lives until the next call. Without memory for them the
 * answer has none. */
void gl_answer_headers_read(gl_answer_headers *kept, gl_header_fn *header, const void *from,
                            const gl_secrets *secrets, glimpse_sample_fields *sample);

#endif
