/*
 * stream.h - writes an answer as a stream, in chunked coding or bare. Chat and completions: an
 * event with the role, one for each token, one with the finish reason, the usage if it was asked
 * for, [DONE]; a response: its named events. Pure.
 */
#ifndef MOCK_STREAM_H
#define MOCK_STREAM_H

#include "base/buf.h"
#include "mock/answer.h"
#include "mock/fault.h"

/* A written stream: its steps, in each of which every choice has one token, and their ends in out.
 * Events before the first token, or between two, belong to the later one's step. */
typedef struct mock_streamed {
    size_t steps; /* at least 1 */
    size_t tail;  /* where its last event begins, from the stream's beginning; 0: it is cut */
} mock_streamed;

/* Appends the stream of this answer to out, and to `ends` a uint32_t for each step: its end, from
 * the stream's beginning. chunked: in chunked coding, with its last chunk. TRUNCATE ends it behind
 * half of the steps, MALFORMED cuts the JSON of the one there. */
mock_streamed mock_stream_write(const mock_answer *answer, bool chunked, mock_fault fault,
                                gl_buf *out, gl_buf *ends);

#endif
