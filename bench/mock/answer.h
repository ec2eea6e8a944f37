/*
 * answer.h - an answer as one value, before it is written: the request, the choices, the text and
 * calls of each, their ends, the usage. model.c makes it, write.c and stream.c write it in the form
 * of its endpoint.
 */
#ifndef MOCK_ANSWER_H
#define MOCK_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/slice.h"
#include "mock/ask.h"
#include "mock/digest.h"
#include "mock/usage.h"

/* A part of answer.words, which moves as it grows. */
typedef struct mock_span {
    size_t at, len;
} mock_span;

typedef enum mock_finish {
    MOCK_FINISH_STOP,
    MOCK_FINISH_LENGTH,
    MOCK_FINISH_TOOL_CALLS,
    MOCK_FINISH_FILTER
} mock_finish;

typedef struct mock_tool_call {
    gl_json name;        /* a JSON string, of the request or of a script */
    mock_span arguments; /* JSON text, unless it was cut */
} mock_tool_call;

typedef struct mock_choice {
    mock_span echo; /* of a completion: the echoed prompt */
    mock_span reasoning, text;
    size_t first_call, calls; /* of answer.call */
    mock_finish finish;
} mock_choice;

struct mock_line;

typedef struct mock_answer {
    mock_ask ask; /* its slices are of the request's body */
    unsigned char digest[MOCK_DIGEST];
    gl_buf words; /* all texts, in UTF-8 */
    mock_choice *choice;
    size_t count, capacity;
    mock_tool_call *call;
    size_t calls, call_capacity;
    mock_usage usage;
    mock_span data;               /* of embeddings and rerank: the JSON list that is the answer */
    const struct mock_line *line; /* of a script that fits: script.h */
    size_t piece_tokens;          /* in each piece of a stream; 0 = one. It outlives the answer */
    bool failed;                  /* out of memory */
} mock_answer;

void mock_answer_init(mock_answer *answer, size_t max);
void mock_answer_free(mock_answer *answer);

/* Empties it; memory is kept, unless it is more than a usual answer needs. */
void mock_answer_reset(mock_answer *answer);

/* Adds an empty choice. NULL: out of memory. */
mock_choice *mock_answer_add(mock_answer *answer);

/* Adds a call to the choice that was added last. */
void mock_answer_add_call(mock_answer *answer, gl_json name, mock_span arguments);

static inline gl_slice mock_answer_slice(const mock_answer *answer, mock_span span)
{
    return span.len != 0 ? gl_slice_of(answer->words.data + span.at, span.len) : gl_slice_of("", 0);
}

/* The tokens of all choices, into answer.usage. */
void mock_answer_count(mock_answer *answer);

/* "stop", "length", "tool_calls", "content_filter"; static. */
const char *mock_finish_name(mock_finish finish);

/* --- a choice, token by token ----------------------------------------------------------------- */

typedef enum mock_piece_kind {
    MOCK_PIECE_REASONING,
    MOCK_PIECE_TEXT,
    MOCK_PIECE_CALL, /* a call begins; it has no text */
    MOCK_PIECE_ARGUMENTS,
    MOCK_PIECE_END
} mock_piece_kind;

typedef struct mock_piece {
    mock_piece_kind kind;
    gl_slice text; /* one token, or as many as the cursor is set to */
    size_t call;   /* number of the call in the choice */
} mock_piece;

typedef struct mock_cursor {
    const mock_answer *answer;
    const mock_choice *choice;
    mock_piece_kind kind;
    size_t call;
    size_t tokens; /* in a piece; 0 = one */
    gl_slice rest;
} mock_cursor;

mock_cursor mock_cursor_of(const mock_answer *answer, const mock_choice *choice);

/* Returns the next piece; at the end MOCK_PIECE_END, again and again. */
mock_piece mock_cursor_next(mock_cursor *cursor);

#endif
