/*
 * evidence.h - what the end of one attempt says, and of whom: the endpoint, the line that was
 * asked, or only the connection it went out on. Pure.
 *
 * The one place where that is decided: the circuit, the count of a request's attempts and the retry
 * budget get what the verdict says and look at no error themselves. The table is that of
 * docs/internals/circuit.md, which test/unit/evidence.c reads.
 */
#ifndef GL_POLICY_EVIDENCE_H
#define GL_POLICY_EVIDENCE_H

#include <glimpse/result.h>
#include <stdbool.h>

/* What is known of an attempt that ended. */
typedef struct gl_evidence {
    glimpse_error error; /* GLIMPSE_OK: an answer */
    int http_status;     /* a failure is judged by; 0: none came */
    bool sent;           /* the request went out */
    bool reused;         /* on a connection that had carried another before it */
    bool came;           /* a byte of a response */
    bool begun;          /* of an answer, which may have to be paid for */
    bool probe;          /* it was to find out whether the endpoint is back */
    bool again;          /* it was itself asked again at once */
    bool refused;        /* an earlier attempt of its request failed as one of an outage does */
    bool others;         /* and a request that was sent after that has been answered */
} gl_evidence;

typedef enum gl_endpoint_is {
    GL_ENDPOINT_UNKNOWN, /* nothing was said of it */
    GL_ENDPOINT_UP,
    GL_ENDPOINT_DOWN
} gl_endpoint_is;

typedef struct gl_verdict {
    gl_endpoint_is endpoint; /* for the circuit */
    bool spared;             /* it costs its request none of its attempts */
    bool again;              /* at once, on a new connection; spared, too */
    bool refused;            /* to be remembered of its request */
} gl_verdict;

gl_verdict gl_evidence_judge(const gl_evidence *evidence);

#endif
