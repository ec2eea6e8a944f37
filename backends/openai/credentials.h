/*
 * credentials.h - finds the secrets in sent texts: a key, header lines, a proxy's URL. The table is
 * in docs/internals/secrets.md. Pure.
 *
 * All return GLIMPSE_OK, GLIMPSE_ERR_OOM, or GLIMPSE_ERR_INVALID when there are more secrets than
 * GL_SECRETS_MAX.
 */
#ifndef GL_OPENAI_CREDENTIALS_H
#define GL_OPENAI_CREDENTIALS_H

#include "openai/secrets.h"

/* The key itself, in one piece. */
glimpse_error gl_credentials_key(gl_secrets *secrets, const char *key);

/* "Name: value": adds the words of the value, if the name marks them as secret. */
glimpse_error gl_credentials_header(gl_secrets *secrets, const char *line);

/* User and password of a proxy's URL, as they are written there, decoded, and as Basic joins them.
 * NULL: no proxy. */
glimpse_error gl_credentials_proxy(gl_secrets *secrets, const char *url);

/* Returns true when a header's name has a word for a secret: Authorization, X-Auth-Token,
 * apikey. */
bool gl_credentials_name(gl_slice name);

/* Returns true when a word is long enough for a secret, and neither a written word nor a number,
 * which an answer may hold. */
bool gl_credentials_look(gl_slice word);

#endif
