/* outage.h - why the circuit is open. */
#ifndef GL_OUTAGE_H
#define GL_OUTAGE_H

#include <glimpse/engine.h>

#include "engine/request.h"
#include "policy/breaker.h"

typedef struct gl_outage {
    glimpse_error error;
    int http_status;
    char code[64], message[192];
    glimpse_id by;   /* the request whose failure it is */
    gl_time since;   /* it opened */
    uint64_t probes; /* that failed since */
    int tries;       /* attempts of the request that opened it, and the probes */
} gl_outage;

/* What the breaker made of an attempt's end, whose error, if it failed, the result has: keeps why
 * the circuit is open, logs it, has the turn run. */
void gl_outage_changed(gl_request *request, gl_breaker_change change, int http_status);

/* The circuit is open, not one connection was ever made, and there were as many tries, with the
 * waits between them, as one request has attempts. */
bool gl_outage_is_hopeless(const glimpse_engine *engine);

#endif
