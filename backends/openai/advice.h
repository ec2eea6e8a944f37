/*
 * advice.h - what a person may do about a refusal, in a few words behind the endpoint's own. Pure.
 */
#ifndef GL_OPENAI_ADVICE_H
#define GL_OPENAI_ADVICE_H

#include <stddef.h>

#include "openai/complaint.h"

/* About a parameter that this server or model does not take, as the complaint and its message name
 * it; NULL where we know none. Static. */
const char *gl_advice_parameter(int status, const gl_complaint *complaint, const char *message);

/* About a path that nobody answers at: the URL that was asked, and what looks wrong with it. */
void gl_advice_address(const char *base_url, const char *path, char *out, size_t size);

/* About a redirect to this target (NULL: not told): the base URL to use instead, without what may
 * be secret in it. out is the whole message. */
void gl_advice_redirect(int status, const char *target, const char *path, char *out, size_t size);

#endif
