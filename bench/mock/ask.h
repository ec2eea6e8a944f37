/*
 * ask.h - a request for a model, as one value for all endpoints. Pure: its slices are of the body
 * that was read.
 */
#ifndef MOCK_ASK_H
#define MOCK_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/slice.h"

#define MOCK_CHOICES_MAX 128 /* `n`, by the API's reference */
#define MOCK_STOPS_MAX   4   /* `stop`, by the API's reference */
#define MOCK_TOKENS_MAX                                                                            \
    200000 /* of all choices, where they are filled up: more than models say                       \
            */

typedef enum mock_form {
    MOCK_FORM_CHAT,
    MOCK_FORM_COMPLETION,
    MOCK_FORM_RESPONSE,
    MOCK_FORM_EMBEDDING,
    MOCK_FORM_RERANK
} mock_form;

/* The form of the text: words, any JSON object, JSON that a schema allows. */
typedef enum mock_format { MOCK_FORMAT_TEXT, MOCK_FORMAT_OBJECT, MOCK_FORMAT_SCHEMA } mock_format;

typedef enum mock_tool_mode {
    MOCK_TOOL_NONE,     /* also where there are no tools */
    MOCK_TOOL_AUTO,     /* the model chooses between text and calls */
    MOCK_TOOL_REQUIRED, /* one at least */
    MOCK_TOOL_NAMED     /* the one of ask.tool */
} mock_tool_mode;

typedef struct mock_ask {
    mock_form form;
    gl_json model;
    gl_json prompt;     /* messages, prompt, input: the model's input */
    gl_json last;       /* the last message's content */
    gl_json last_user;  /* the content of the last message of a user */
    size_t turn;        /* messages of the assistant so far */
    bool after_tool;    /* the last message is the result of a tool */
    bool stream, usage; /* usage: a last event of the stream with it */
    bool echo;          /* of a completion: the prompt is repeated before the text */
    size_t choices;     /* asked for, for each prompt */
    int64_t max_tokens; /* -1 = any number */
    int64_t min_tokens;
    bool ignore_eos; /* goes on to max_tokens */
    gl_json stop[MOCK_STOPS_MAX];
    size_t stops;
    gl_json tools;
    mock_tool_mode tool_mode;
    gl_json tool; /* the name of MOCK_TOOL_NAMED */
    bool one_call;
    mock_format format;
    gl_json schema;
    bool logprobs;
    int64_t top_logprobs;
    /* Members of a response that repeat the request's. */
    gl_json instructions, metadata, previous, tool_choice, text_format;
    double temperature, top_p;
    /* Of embeddings and rerank. */
    int64_t dimensions; /* 0 = the model's */
    bool base64;
    gl_json query;
    int64_t top_n; /* -1 = all */
    bool no_documents;
} mock_ask;

/* Reads the body of a request to an endpoint of this form. Returns 200, or 400 with an error in
 * OpenAI's form appended to `error`. */
int mock_ask_read(mock_ask *ask, mock_form form, gl_slice body, gl_buf *error);

/* Appends a content's text: a string, or the text of its parts with a line end between them. */
void mock_ask_text(gl_json content, gl_buf *text);

/* Finds a tool's schema and name: within "function" in chat, flat in a response. NONE in *name: it
 * is no function. */
void mock_ask_tool(gl_json tool, gl_json *name, gl_json *parameters);

#endif
