/* outage.h - why an endpoint's circuit is open. */
#ifndef GL_OUTAGE_H
#define GL_OUTAGE_H

#include <glimpse/engine.h>

#include "engine/request.h"
#include "policy/breaker.h"

typedef struct gl_outage {
    glimpse_error error;
    int http_status;
    char code[64], message[192];
    glimpse_id by;   /* the request whose failure opened the circuit */
    gl_time since;   /* when it opened */
    uint64_t probes; /* failed probes since */
    int tries;       /* attempts of the request that opened it, plus the probes */
} gl_outage;

/* Call after an attempt with the breaker's verdict; the request's result has the attempt's error.
 * Keeps why the circuit is open, logs it, schedules the turn. */
void gl_outage_changed(gl_request *request, gl_breaker_change change, int http_status);

/* Returns true when the circuit is open, no connection was ever made, and the tries are as many,
 * with the waits between them, as one request has attempts. */
bool gl_outage_is_hopeless(const glimpse_engine *engine, const gl_gate *gate);

#endif
