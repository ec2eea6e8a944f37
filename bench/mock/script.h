/*
 * script.h - answers from a file: each for the requests that fit. docs/internals/mock_answers.md
 * has the form, docs/examples/mock_script.json an example.
 */
#ifndef MOCK_SCRIPT_H
#define MOCK_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/time.h"
#include "mock/ask.h"
#include "mock/fault.h"

/* One answer of a script. Its slices are of the file's text. */
typedef struct mock_line {
    gl_json content;    /* a string, or JSON that is written as text; NONE: the usual text */
    gl_json reasoning;  /* a string */
    gl_json tool_calls; /* a list of { name, arguments } or of OpenAI's */
    gl_json finish;     /* a string; NONE: the usual one */
    int status;         /* an error's; 0: none */
    gl_json error;      /* its members: message, type, param, code */
    bool has_latency, has_mishap;
    gl_time latency, retry_after;
    mock_mishap mishap;
} mock_line;

/* A part of script.words, which moves as it grows. */
typedef struct mock_script_span {
    size_t at, len;
} mock_script_span;

typedef struct mock_script_rule {
    mock_script_span contains, model; /* empty: any; model may end with '*' */
    uint64_t from, to;                /* calls, from 1 */
    uint64_t times, used;             /* times 0: any number */
    bool turns; /* lines go by the turn of the conversation; else there is one */
    size_t first_line, lines;
} mock_script_rule;

typedef struct mock_script {
    gl_buf text;  /* the file */
    gl_buf words; /* the strings of conditions, and scratch behind them */
    size_t kept;  /* of words */
    mock_script_rule *rule;
    size_t rules, rule_capacity;
    mock_line *line;
    size_t lines, line_capacity;
    uint64_t calls; /* requests looked up so far */
} mock_script;

/* Reads the file; NULL or "" makes a script without rules. false: problem names the error,
 * beginning with "script:", and there is nothing to free. */
bool mock_script_read(mock_script *script, const char *path, char *problem, size_t problem_size);

/* The same from a text, which is copied. */
bool mock_script_parse(mock_script *script, gl_slice text, const char *name, char *problem,
                       size_t problem_size);
void mock_script_free(mock_script *script);

/* The line for the next request; NULL: no rule fits it. Counts the call, and the rule's use. */
const mock_line *mock_script_next(mock_script *script, const mock_ask *ask);

/* Resets all counts to the beginning. */
void mock_script_rewind(mock_script *script);

/* The name and arguments of one of a line's tool calls; arguments are an object, a string or NONE.
 */
void mock_line_call(gl_json call, gl_json *name, gl_json *arguments);

/* Appends the error of a line with a status, and returns the status. */
int mock_line_error(const mock_line *line, gl_buf *out);

#endif
