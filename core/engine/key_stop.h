/* key_stop.h - an endpoint's words when it refused the key. Nothing is sent there while the stop is
 * on, but for one request after a time, which tries the key again: see glimpse_engine_resume. */
#ifndef GL_KEY_STOP_H
#define GL_KEY_STOP_H

#include <glimpse/engine.h>

#include "engine/request.h"
#include "policy/backoff.h"

typedef struct gl_key_stop {
    bool on;
    bool tried; /* a request tries the key now, and the others wait for the outcome */
    glimpse_error error;
    int http_status;
    char *code, *message; /* the endpoint's, owned; NULL: no memory for them */
    uint64_t order;       /* the engine's attempts that had started when it began */
    uint64_t wait;        /* before the key is tried again, ns */
    gl_time until;        /* when it is tried again; GL_TIME_NEVER: not by itself */
} gl_key_stop;

/* Call when the key was refused. Begins the stop: keeps the endpoint's words, and logs them. Where
 * it is on already and the request tried the key again, the next try comes after twice the time. */
void gl_key_stop_refused(const gl_request *request, const gl_failure *failure, const char *message,
                         gl_time now);

/* Call when an attempt was answered. Ends the stop if the attempt tried the key again; returns true
 * when it did. */
bool gl_key_stop_answered(const gl_request *request);

/* Call when an attempt goes while the stop is on: it tries the key again. Beside one that hangs
 * another goes after 10 s. */
void gl_key_stop_probing(gl_key_stop *stop, gl_time now);

void gl_key_stop_end(gl_key_stop *stop);

/* Returns true while requests are refused. */
static inline bool gl_key_stop_refuses(const gl_key_stop *stop, gl_time now)
{
    return stop->on && !stop->tried && now < stop->until;
}

/* Returns true while nothing is sent, not even to try the key. */
static inline bool gl_key_stop_holds(const gl_key_stop *stop, gl_time now)
{
    return stop->on && now < stop->until;
}

#endif
