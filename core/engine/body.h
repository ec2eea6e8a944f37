/* body.h - reads the members of a request's body that the engine goes by. */
#ifndef GL_BODY_H
#define GL_BODY_H

#include "base/json.h"
#include "engine/request.h"

/* Checks the request's body, and reads it in the same walk as gl_body_read does. *body is its
 * value. Errors: BAD_JSON (no object, too), BAD_UTF8. */
glimpse_error gl_body_check(gl_request *request, gl_json *body);

/* Reads the request's body, which was checked: whether it asks for a stream and for its usage, its
 * model, and the tokens that its answer may have. */
void gl_body_read(gl_request *request, gl_json body);

#endif
