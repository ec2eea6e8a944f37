/* ask_private.h - shared by the files that read a request. */
#ifndef MOCK_ASK_PRIVATE_H
#define MOCK_ASK_PRIVATE_H

#include "mock/ask.h"

/* The members with a meaning; the most used first. */
typedef enum mock_member {
    MOCK_MODEL,
    MOCK_MESSAGES,
    MOCK_STREAM,
    MOCK_STREAM_OPTIONS,
    MOCK_TEMPERATURE,
    MOCK_MAX_TOKENS,
    MOCK_MAX_COMPLETION_TOKENS,
    MOCK_MAX_OUTPUT_TOKENS,
    MOCK_MIN_TOKENS,
    MOCK_IGNORE_EOS,
    MOCK_N,
    MOCK_STOP,
    MOCK_TOP_P,
    MOCK_PRESENCE_PENALTY,
    MOCK_FREQUENCY_PENALTY,
    MOCK_SEED,
    MOCK_TOOLS,
    MOCK_TOOL_CHOICE,
    MOCK_PARALLEL_TOOL_CALLS,
    MOCK_RESPONSE_FORMAT,
    MOCK_LOGPROBS,
    MOCK_TOP_LOGPROBS,
    MOCK_PROMPT,
    MOCK_ECHO,
    MOCK_INPUT,
    MOCK_INSTRUCTIONS,
    MOCK_METADATA,
    MOCK_PREVIOUS_RESPONSE_ID,
    MOCK_TEXT,
    MOCK_INCLUDE,
    MOCK_DIMENSIONS,
    MOCK_ENCODING_FORMAT,
    MOCK_QUERY,
    MOCK_DOCUMENTS,
    MOCK_TOP_N,
    MOCK_RETURN_DOCUMENTS,
    MOCK_MEMBERS
} mock_member;

/* Appends an error of 400 and returns that. */
int mock_ask_refuse(gl_buf *error, const char *param, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* "Invalid type for 'param': expected `expected`, but got ... instead." Returns 400. */
int mock_ask_wrong_kind(gl_buf *error, const char *param, const char *expected, gl_json got);

/* "an integer", "a string", ...; static. */
const char *mock_ask_kind(gl_json value);

/* ask_tools.c: tools and how to choose among them; the form of the text. 200 or 400. */
int mock_ask_read_tools(mock_ask *ask, const gl_json *member, gl_buf *error);
int mock_ask_read_format(mock_ask *ask, const gl_json *member, gl_buf *error);

#endif
