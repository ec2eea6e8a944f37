/*
 * salt.h - keeps callers apart in an endpoint's own cache of prompts (vLLM's prefix cache, OpenAI's
 * prompt cache), whose speed tells what others asked: the body gets a value that stands for its
 * scope. Pure but for memory.
 */
#ifndef GATEWAY_SALT_H
#define GATEWAY_SALT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/json.h"

/* The members that an endpoint knows, as a sum; one that knows none of them may refuse a body that
 * has one. */
enum { GATEWAY_CACHE_SALT = 1, GATEWAY_PROMPT_CACHE_KEY = 2 };

/* Appends the body with these members. Their values are an HMAC of the scope, and of the value that
 * the caller gave, under the secret: a caller divides its own part further, and reaches no other.
 * false: out of memory. */
bool gateway_salt_write(gl_json root, unsigned members, gl_slice secret, const char *scope,
                        gl_buf *out);

/* A value in digits, with its NUL. */
#define GATEWAY_SALT_SIZE 33

/* Makes such a value of one that the caller gave. false: out of memory. */
bool gateway_salt_value(gl_slice secret, const char *scope, gl_slice own,
                        char text[GATEWAY_SALT_SIZE]);

#endif
