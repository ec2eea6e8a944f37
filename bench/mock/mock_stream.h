/*
 * mock_stream.h - a chat completion as the stream that a client would get in its place, in chunked
 * coding: a chunk with the role, one for each token, one with the finish reason, the usage if it
 * was asked for, [DONE]. Pure.
 */
#ifndef MOCK_STREAM_H
#define MOCK_STREAM_H

#include "base/buf.h"
#include "base/slice.h"
#include "mock/mock_fault.h"

/* Appends the stream of this completion, a body that mock_answer_chat wrote, and returns its
 * number of tokens, words with the blank before them: at least 1. TRUNCATE ends it behind half of
 * them, MALFORMED cuts the JSON of the one there. */
size_t mock_stream_write(gl_slice completion, bool usage, mock_fault fault, gl_buf *out);

/* Where in out, from `at` on, so many events have ended. */
size_t mock_stream_skip(gl_slice out, size_t at, size_t events);

#endif
