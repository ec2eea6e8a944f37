/*
 * credential.h - the key that a request presents: Authorization: Bearer, x-api-key or api-key.
 * Pure.
 */
#ifndef GATEWAY_CREDENTIAL_H
#define GATEWAY_CREDENTIAL_H

#include <stdbool.h>

#include "base/slice.h"

/* Takes one header of the request, in any order; *key begins with len 0 and gets the key, borrowed
 * from the header. false: this header's key differs from the one before. */
bool gateway_credential_take(gl_slice name, gl_slice value, gl_slice *key);

#endif
