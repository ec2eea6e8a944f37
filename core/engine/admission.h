/*
 * admission.h - decides which waiting request goes next, and when: step 4 of a request. The queue
 * says who is next, the gate says when; the budget of retries is common to all.
 */
#ifndef GL_ADMISSION_H
#define GL_ADMISSION_H

#include <glimpse/engine.h>
#include <glimpse/stats.h>

#include "engine/gate.h"
#include "engine/queue.h"

/* Returns the request that may go now; it stays in its queue, and its attempt names the gate. NULL:
 * none may go; ask again at *when (NEVER: when an attempt has ended). */
gl_request *gl_admission_next(glimpse_engine *engine, gl_time now, gl_time *when);

/* Call when a request goes, after it has left its queue. */
void gl_admission_started(gl_request *request, gl_time now);

/* The reason for which requests wait, where it is the endpoint's own wait or a rate limit. */
typedef struct gl_hold {
    glimpse_wait what;
    gl_time until;       /* when the next may go */
    uint64_t per_minute; /* the limit; 0: it is not known */
    bool set;            /* the limit is the caller's own setting */
} gl_hold;
gl_hold gl_admission_hold(const glimpse_engine *engine, gl_time now);

#endif
