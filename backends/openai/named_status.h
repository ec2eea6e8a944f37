/*
 * named_status.h - the HTTP status that an error within a 200 would have had, by the names it goes
 * by. Pure. The table is that of docs/internals/named_status.md.
 */
#ifndef GL_OPENAI_NAMED_STATUS_H
#define GL_OPENAI_NAMED_STATUS_H

#include <stdbool.h>

/* The error's `code` (a number as its digits) and `type`; NULL or "" where it has none. The code
 * says more than the type, but for 500. 0: neither is a name that stands for a status. */
int gl_named_status(const char *code, const char *type);

/* Whether they say that the account has no money, or may not spend what it has: a failure which no
 * waiting cures, whatever its status. */
bool gl_named_quota(const char *code, const char *type);

/* The same of an endpoint's message, for those who give it no name. Words behind a quotation mark
 * are the request's own and do not count. */
bool gl_worded_quota(const char *message);

/* Whether the message complains of a request that is longer than the model's context. Servers say
 * so with any status (llama-server: 500); the same request is too long each time. Quotes do not
 * count here either. */
bool gl_worded_too_long(const char *message);

#endif
