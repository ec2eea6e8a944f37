/*
 * evidence.h - the verdict on the end of one attempt: whether it speaks of the endpoint, of the
 * request itself, or only of the connection it went out on. Pure.
 *
 * The circuit and the count of a request's attempts take this verdict. steps.c decides one case: an
 * attempt that found no descriptor is spared while others are in flight. A spared attempt never
 * reaches the retry budget. The table is that of docs/internals/circuit.md,
 * which test/unit/evidence.c reads.
 */
#ifndef GL_POLICY_EVIDENCE_H
#define GL_POLICY_EVIDENCE_H

#include <glimpse/result.h>
#include <stdbool.h>

/* The facts about an attempt that ended. */
typedef struct gl_evidence {
    glimpse_error error; /* GLIMPSE_OK: an answer */
    int http_status;     /* of the failure; 0: no status came */
    bool sent;           /* the request went out */
    bool reused;         /* on a connection that had carried another request before */
    bool came;           /* a byte of a response came */
    bool begun;          /* an answer began, which may have to be paid for */
    bool probe;          /* it tested whether the endpoint is back */
    bool again;          /* it was itself sent again at once */
    bool refused;        /* an earlier attempt of its request failed as in an outage */
    bool others;         /* and a request that was sent after that has been answered */
} gl_evidence;

typedef enum gl_endpoint_is {
    GL_ENDPOINT_UNKNOWN, /* the attempt says nothing of it */
    GL_ENDPOINT_UP,
    GL_ENDPOINT_DOWN
} gl_endpoint_is;

typedef struct gl_verdict {
    gl_endpoint_is endpoint; /* verdict for the circuit */
    bool spared;             /* the attempt is not counted against its request */
    bool again;              /* send again at once, on a new connection; spared, too */
    bool refused;            /* remember this refusal with the request */
} gl_verdict;

gl_verdict gl_evidence_judge(const gl_evidence *evidence);

#endif
