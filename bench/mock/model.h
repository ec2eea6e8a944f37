/*
 * model.h - the model: makes an answer, as a value, from the body of a request. Its text depends on
 * the request and on the model's settings alone.
 */
#ifndef MOCK_MODEL_H
#define MOCK_MODEL_H

#include "mock/answer.h"
#include "mock/models.h"
#include "mock/script.h"

#define MOCK_REASONING_MAX MOCK_TOKENS_MAX

typedef struct mock_model {
    mock_models names;
    uint64_t reasoning; /* reasoning tokens before the text */
    mock_script script; /* answers for requests that fit */
} mock_model;

/* Reads the body, which must stay unchanged as long as the answer is used, and makes the answer.
 * digest: MOCK_DIGEST bytes over path and body. Returns 200, or the status of the error that is
 * appended. The caller writes an error that a script wants: answer->line. */
int mock_model_answer(mock_model *model, mock_form form, gl_slice body, const unsigned char *digest,
                      mock_answer *answer, gl_buf *error);

#endif
