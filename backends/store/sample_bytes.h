/*
 * sample_bytes.h - a sample as bytes, for a file.
 *
 *     1 byte   1, or 2 where there are headers: the version of this form
 *     1 byte   1 = the body is JSON, 2 = there is a delta, 4 = usage was not asked for
 *     4 bytes  http_status
 *     3 x 8    prompt, completion and total tokens
 *     7 times  4 bytes length, and so many bytes: text, essence, delta, body, model,
 *              finish_reason, request_id; in version 2 an eighth that is not empty: headers
 *
 * Numbers are little-endian. Nothing follows the last text; one sample has one form.
 */
#ifndef GL_STORE_SAMPLE_BYTES_H
#define GL_STORE_SAMPLE_BYTES_H

#include <glimpse/sample.h>

#include "base/buf.h"
#include "base/slice.h"

/* How many bytes gl_sample_to_bytes appends; SIZE_MAX when a text is too long for the form. */
size_t gl_sample_bytes_size(const glimpse_sample *sample);

/* false: the buffer has failed. */
bool gl_sample_to_bytes(const glimpse_sample *sample, gl_buf *out);

/* A new sample with one owner. Errors: OOM; STORE (these bytes are not of this form). */
glimpse_error gl_sample_from_bytes(gl_slice bytes, glimpse_sample **sample);

#endif
