/* error.h - the bodies of errors, in OpenAI's form. Pure. */
#ifndef MOCK_ERROR_H
#define MOCK_ERROR_H

#include "base/buf.h"

/* Appends {"error":{...}} and returns status. param and code may be NULL. */
int mock_answer_error(int status, const char *param, const char *code, const char *message,
                      gl_buf *out);

/* A 429 of this type ("requests", "tokens", "insufficient_quota") and code. Returns 429. */
int mock_answer_limit(const char *type, const char *code, const char *message, gl_buf *out);

#endif
