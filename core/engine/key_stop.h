/* key_stop.h - an endpoint's words when it refused the key. Nothing is sent there while the stop is
 * on: see glimpse_engine_resume. */
#ifndef GL_KEY_STOP_H
#define GL_KEY_STOP_H

#include <glimpse/engine.h>

#include "engine/request.h"
#include "policy/backoff.h"

typedef struct gl_key_stop {
    bool on;
    glimpse_error error;
    int http_status;
    char *code, *message; /* the endpoint's, owned; NULL: no memory for them */
} gl_key_stop;

/* Begins the stop: keeps the endpoint's words, and logs them. */
void gl_key_stop_begin(glimpse_engine *engine, gl_gate *gate, const gl_failure *failure,
                       const char *message);
void gl_key_stop_end(gl_key_stop *stop);

#endif
