/* stream_private.h - shared by the files that write a stream: a stream under way. */
#ifndef MOCK_STREAM_PRIVATE_H
#define MOCK_STREAM_PRIVATE_H

#include "mock/stream.h"

typedef struct stream {
    const mock_answer *answer;
    bool chunked;
    mock_fault fault;
    gl_buf *out, *ends;
    size_t start;          /* where in out it begins */
    size_t chunk, event;   /* where the current ones begin */
    size_t head, head_len; /* the beginning that all events of a chat share, within out */
    size_t steps, half;    /* half: the step of a fault; 0 = none */
    size_t tail;
    bool cut;          /* it ended too early */
    uint64_t sequence; /* of a response's events */
} stream;

/* A chunk holds the events of one step. */
void mock_stream_open(stream *s);
void mock_stream_close(stream *s);

/* Ends the open step; false: the stream ends with it. */
bool mock_stream_step(stream *s);

/* Writes "data: " and, where it has a name, that before it; the caller appends; then the end. */
void mock_stream_event(stream *s, const char *name);
void mock_stream_event_end(stream *s);

/* Call when the events behind the last token are written; the last of them begins at `event`. */
void mock_stream_end(stream *s);

/* stream_response.c: all of a response's events. */
void mock_stream_response(stream *s);

#endif
