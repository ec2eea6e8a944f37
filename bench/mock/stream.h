/*
 * stream.h - an answer as the stream that a client gets in its place, in chunked coding or
 * bare. Chat and completions: an event with the role, one for each token, one with the finish
 * reason, the usage if it was asked for, [DONE]; a response: its named events. Pure.
 */
#ifndef MOCK_STREAM_H
#define MOCK_STREAM_H

#include "base/buf.h"
#include "mock/answer.h"
#include "mock/fault.h"

/* A stream that was written: its steps, in each of which every choice says one token, and where
 * in out they end. What stands before the first token, or between two, belongs to the later one's
 * step. */
typedef struct mock_streamed {
    size_t steps; /* at least 1 */
    size_t tail; /* where its last event begins, counted from where the stream does; 0: it is cut */
} mock_streamed;

/* Appends the stream of this answer to out, and to `ends` a uint32_t for each step: where it ends,
 * counted from where the stream does. chunked: in chunked coding, with its last chunk. TRUNCATE
 * ends it behind half of the steps, MALFORMED cuts the JSON of the one there. */
mock_streamed mock_stream_write(const mock_answer *answer, bool chunked, mock_fault fault,
                                gl_buf *out, gl_buf *ends);

#endif
