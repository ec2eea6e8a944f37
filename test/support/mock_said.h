/* mock_said.h - for tests: what the mock answers to a body, without a server. */
#ifndef MOCK_SAID_H
#define MOCK_SAID_H

#include "base/json.h"
#include "mock/model.h"

typedef struct mock_said {
    mock_model model; /* set before it is asked */
    mock_answer answer;
    gl_buf body; /* the answer, or the error */
    int status;
    gl_json root; /* of the body */
} mock_said;

void mock_said_init(mock_said *said);
void mock_said_free(mock_said *said);

/* Asks; fails the test when the body is no JSON. The request has to stay as it is until the next
 * one. Returns the status. */
int mock_said_ask(mock_said *said, mock_form form, const char *request);

/* What stands at a path, "choices.0.message.content": a JSON value of the last body. */
gl_json mock_said_at(const mock_said *said, const char *path);
gl_json mock_said_in(gl_json root, const char *path);

/* Fails the test unless the value there has this JSON text. */
void mock_said_is(const mock_said *said, const char *path, const char *json);

#endif
