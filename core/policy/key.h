/*
 * key.h - the key of a request: SHA-256 over a canonical form of its body, written from the JSON
 * text itself. Specified in docs/internals/key.md.
 *
 *   [messages,model,temperature,max_tokens]          when nothing else is in the body
 *   [messages,model,temperature,max_tokens,{rest}]   members that change nothing left out
 *
 * Pure but for its scratch memory, which it keeps from one call to the next.
 */
#ifndef GL_POLICY_KEY_H
#define GL_POLICY_KEY_H

#include <glimpse/cache.h>

#include "base/json.h"

typedef struct gl_keyer gl_keyer;

gl_keyer *gl_keyer_new(void); /* NULL: out of memory */
void gl_keyer_free(gl_keyer *keyer);

/* Gives the canonical form of a checked object, in the keyer's memory until the next call. Errors:
 * BAD_JSON (no object), OOM. */
glimpse_error gl_keyer_canonical(gl_keyer *keyer, gl_json body, gl_slice *form);
glimpse_error gl_keyer_key(gl_keyer *keyer, gl_json body, glimpse_key *key);

/* The same of a text, which is checked first. Errors: BAD_UTF8 too. */
glimpse_error gl_keyer_key_of_text(gl_keyer *keyer, gl_slice text, glimpse_key *key);

/* Gives the identity under which an answer is stored: of the key, the endpoint (base URL,
 * organization, project: the sampler's scope), the path, the caller's own scope, and the headers of
 * the request that may change its answer. Without a caller and headers (data NULL) it is the
 * identity of the three others alone, which no scope of a caller's gives. Errors: OOM. */
glimpse_error gl_keyer_identity(gl_keyer *keyer, const glimpse_key *key, gl_slice scope,
                                gl_slice path, gl_slice caller, gl_slice headers,
                                glimpse_key *identity);

#endif
