/*
 * named_status.h - finds the HTTP status that an error within a 200 would have had, by its names.
 * Pure. The table is that of docs/internals/named_status.md.
 */
#ifndef GL_OPENAI_NAMED_STATUS_H
#define GL_OPENAI_NAMED_STATUS_H

#include <stdbool.h>

/* The error's `code` (a number as its digits) and `type`; NULL or "" where it has none. The code
 * goes before the type, except 500. 0: neither name stands for a status. */
int gl_named_status(const char *code, const char *type);

/* Returns true when they mean that the account has no money, or may not spend it: a failure that no
 * waiting cures, with any status. */
bool gl_named_quota(const char *code, const char *type);

/* Reads the same in an endpoint's message, for servers that send no name. Words behind a quotation
 * mark are the request's own and do not count. */
bool gl_worded_quota(const char *message);

/* Returns true when the message complains of a request that is longer than the model's context.
 * Servers send it with any status (llama-server: 500); the same request is too long each time.
 * Quotes do not count here either. */
bool gl_worded_too_long(const char *message);

#endif
