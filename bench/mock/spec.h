/* spec.h - reads the small texts that configure the server. */
#ifndef MOCK_SPEC_H
#define MOCK_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

/* Takes the part of *rest before the first `separator`, or all of it; *rest becomes the part behind
 * it. */
gl_slice mock_spec_next(gl_slice *rest, char separator);

/* Reads a plain decimal number (12, 0.5, .5) at the front of text; *unit gets the text behind it.
 * false: no number there, or more than 15 digits. */
bool mock_spec_number(gl_slice text, double *number, gl_slice *unit);

/* A whole number and nothing else, of at most 18 digits. */
bool mock_spec_count(gl_slice text, uint64_t *count);

/* A duration with its unit, us, ms or s, or a bare 0; in nanoseconds, at most an hour. */
bool mock_spec_duration(gl_slice text, double *ns);

#endif
