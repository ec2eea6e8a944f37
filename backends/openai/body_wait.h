/*
 * body_wait.h - the wait that the body of a failure asks for, for servers that send no header.
 * Pure.
 */
#ifndef GL_OPENAI_BODY_WAIT_H
#define GL_OPENAI_BODY_WAIT_H

#include <stdint.h>

#include "base/json.h"

/* Returns the milliseconds in a member of the failure's value: Google's RetryInfo (retryDelay),
 * retry_after, retry_after_ms, retry_after_seconds and the like, in the value or in the members
 * that describe the error. -1: there is none. */
int64_t gl_body_wait(gl_json failure);

/* Reads the wait of an endpoint's message: "Please retry in 3.2s", "try again after 2 minutes". */
int64_t gl_worded_wait(const char *message);

#endif
