/*
 * advice.h - advice to a person after a refusal, in a few words behind the endpoint's own. Pure.
 */
#ifndef GL_OPENAI_ADVICE_H
#define GL_OPENAI_ADVICE_H

#include <stddef.h>

#include "openai/complaint.h"

/* Advice about a parameter that this server or model does not take, as the complaint and its
 * message name it; NULL where we know none. Static. */
const char *gl_advice_parameter(int status, const gl_complaint *complaint, const char *message);

/* Advice about a path without an endpoint: the URL, and the suspicious part of it. */
void gl_advice_address(const char *base_url, const char *path, char *out, size_t size);

/* The message about a redirect to this target (NULL: not named): the base URL to use instead,
 * without its possible secrets. out is the whole message. */
void gl_advice_redirect(int status, const char *target, const char *path, char *out, size_t size);

#endif
