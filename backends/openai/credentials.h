/*
 * credentials.h - which words of what is sent are secrets: of a key, of header lines, of a proxy's
 * URL. The table is in docs/internals/secrets.md. Pure.
 *
 * All return GLIMPSE_OK, GLIMPSE_ERR_OOM, or GLIMPSE_ERR_INVALID when there are more secrets than
 * GL_SECRETS_MAX.
 */
#ifndef GL_OPENAI_CREDENTIALS_H
#define GL_OPENAI_CREDENTIALS_H

#include "openai/secrets.h"

/* The key itself, in one piece. */
glimpse_error gl_credentials_key(gl_secrets *secrets, const char *key);

/* "Name: value": the words of the value, if the name says that they are secret. */
glimpse_error gl_credentials_header(gl_secrets *secrets, const char *line);

/* User and password of a proxy's URL, as they are written there, decoded, and as Basic joins them.
 * NULL: no proxy. */
glimpse_error gl_credentials_proxy(gl_secrets *secrets, const char *url);

/* Whether a header's name has a word for a secret: Authorization, X-Auth-Token, apikey. */
bool gl_credentials_name(gl_slice name);

/* Whether a word is long enough for a secret, and not one that an answer may hold: a word as people
 * write it, or a number. */
bool gl_credentials_look(gl_slice word);

#endif
