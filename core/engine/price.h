/* price.h - estimates a request's cost. */
#ifndef GL_PRICE_H
#define GL_PRICE_H

#include "engine/request.h"

/* Sets the request's estimated tokens and its lane; its body was read (body.h). */
bool gl_price(gl_request *request);

#endif
