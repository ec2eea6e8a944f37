/*
 * multipart.h - reads a multipart/form-data body (RFC 7578), as of POST /v1/files. Pure.
 *
 * The whole body is there. Boundaries are looked for as lines of their own only; a part's head is
 * read for its name and filename, quoted or bare.
 */
#ifndef MOCK_MULTIPART_H
#define MOCK_MULTIPART_H

#include <stdbool.h>

#include "base/slice.h"

typedef struct mock_multipart {
    gl_slice boundary, rest; /* rest: behind the last boundary line found */
    bool ended;              /* the closing boundary was seen */
} mock_multipart;

typedef struct mock_part {
    gl_slice name, filename; /* filename.data NULL: none given */
    gl_slice data;
} mock_part;

/* content_type: the header's value. false: no multipart/form-data with a boundary of 1 to 70
 * characters, or the body does not begin with it. */
bool mock_multipart_begin(mock_multipart *reader, gl_slice content_type, gl_slice body);

/* Gives the next part. false: there is none; reader->ended is true when the body was complete. */
bool mock_multipart_next(mock_multipart *reader, mock_part *part);

#endif
