/*
 * admission.h - decides which waiting request goes next, where to, and when: step 4 of a request.
 * The queue says who is next, the gates of its course say when, policy/pick says which of them; the
 * budget of retries is common to all.
 */
#ifndef GL_ADMISSION_H
#define GL_ADMISSION_H

#include <glimpse/engine.h>
#include <glimpse/stats.h>

#include "engine/gates.h"
#include "engine/queue.h"

/* Returns the request that may go now, and the gate that it goes to; it stays in its queue. NULL:
 * none may go; ask again at *when (NEVER: when an attempt has ended). */
gl_request *gl_admission_next(glimpse_engine *engine, gl_gate **gate, gl_time now, gl_time *when);

/* Returns a waiting request that is to be refused, because all keys on its course are stopped;
 * NULL: there is none. */
gl_request *gl_admission_stopped(const glimpse_engine *engine, gl_time now);

/* The same, or because circuits are open and the engine's options do not wait for them. */
gl_request *gl_admission_refused(const glimpse_engine *engine, gl_time now);

/* Call when a request goes, after it has left its queue. */
void gl_admission_started(gl_request *request, gl_gate *gate, gl_time now);

/* Call when the endpoint of the request's attempt has failed it for a reason of the endpoint's own,
 * and may be asked again after the wait, in ns (NEVER: not for this request). Returns true when
 * another one on its course takes it before; else *wait is the time until the first of those that
 * have failed it may be asked again, and all of them may. */
bool gl_admission_elsewhere(gl_request *request, uint64_t *wait, gl_time now);

/* Returns for how long no endpoint of the request's course may be asked, ns: all asked to wait, are
 * at their rate limit, or are out. Full windows do not count. */
uint64_t gl_admission_held(const gl_request *request, gl_time now);

/* The reason for which requests wait, where it is the endpoint's own wait or a rate limit. */
typedef struct gl_hold {
    glimpse_wait what;
    gl_time until;       /* when the next may go */
    uint64_t per_minute; /* the limit; 0: it is not known */
    bool set;            /* the limit is the caller's own setting */
} gl_hold;
gl_hold gl_admission_hold(const glimpse_engine *engine, gl_time now);

#endif
