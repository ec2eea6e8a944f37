/* price.h - what a request will cost. */
#ifndef GL_PRICE_H
#define GL_PRICE_H

#include "engine/request.h"

/* What it will cost and in which lane it waits; its body is checked JSON. */
void gl_price(gl_request *request, gl_time now);

#endif
