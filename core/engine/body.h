/* body.h - reads the members of a request's body that the engine goes by. */
#ifndef GL_BODY_H
#define GL_BODY_H

#include "base/json.h"
#include "engine/request.h"

/* Checks the request's body, and reads in the same walk whether it asks for a stream and for its
 * usage, its model, and the tokens that its answer may have. *body is its value. Errors: BAD_JSON
 * (no object, too), BAD_UTF8; a body that the engine wrote has none. */
glimpse_error gl_body_read(gl_request *request, gl_json *body);

#endif
