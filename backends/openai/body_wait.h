/*
 * body_wait.h - what the body of a failure asks to wait, for servers that say it in no header.
 * Pure.
 */
#ifndef GL_OPENAI_BODY_WAIT_H
#define GL_OPENAI_BODY_WAIT_H

#include <stdint.h>

#include "base/json.h"

/* Milliseconds that a member of the failure's value asks for: Google's RetryInfo (retryDelay),
 * retry_after, retry_after_ms, retry_after_seconds and their like, in it or in what describes the
 * error. -1: none does. */
int64_t gl_body_wait(gl_json failure);

/* The same of an endpoint's message: "Please retry in 3.2s", "try again after 2 minutes". */
int64_t gl_worded_wait(const char *message);

#endif
