/* mock_response.h - for tests: what the mock answers to a body, without a server. */
#ifndef MOCK_RESPONSE_H
#define MOCK_RESPONSE_H

#include "base/json.h"
#include "mock/model.h"

typedef struct mock_response {
    mock_model model; /* set before it is asked */
    mock_answer answer;
    gl_buf body; /* the answer, or the error */
    int status;
    gl_json root; /* of the body */
} mock_response;

void mock_response_init(mock_response *response);
void mock_response_free(mock_response *response);

/* Asks; fails the test when the body is no JSON. The request has to stay as it is until the next
 * one. Returns the status. */
int mock_response_ask(mock_response *response, mock_form form, const char *request);

/* What stands at a path, "choices.0.message.content": a JSON value of the last body. */
gl_json mock_response_at(const mock_response *response, const char *path);
gl_json mock_response_in(gl_json root, const char *path);

/* Fails the test unless the value there has this JSON text. */
void mock_response_is(const mock_response *response, const char *path, const char *json);

#endif
