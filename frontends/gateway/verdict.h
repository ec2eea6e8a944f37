/*
 * verdict.h - from the outcome of a request in the engine to the status and the code that its
 * caller gets. Pure; the table is in docs/internals/serve.md.
 */
#ifndef GATEWAY_VERDICT_H
#define GATEWAY_VERDICT_H

#include <glimpse/result.h>

/* The facts of an outcome. */
typedef struct gateway_outcome {
    glimpse_error error;   /* GLIMPSE_OK: an answer came */
    glimpse_status status; /* of the result */
    int http_status;       /* of the endpoint's last answer; 0: none came */
    bool sent;             /* the endpoint had the request */
    bool circuit_open;     /* nothing was sent, or not again, because the endpoint is down */
    bool spent;            /* it was tried as often as it may be */
} gateway_outcome;

typedef struct gateway_verdict {
    int status;
    const char *code;        /* of an error of ours; NULL: the endpoint's body goes to the caller */
    bool no_retry;           /* x-should-retry: false */
    const char *proxy_error; /* RFC 9209's type of the error; NULL: there is none */
} gateway_verdict;

gateway_verdict gateway_judge(const gateway_outcome *outcome);

/* The type of an error in OpenAI's envelope, by its status and code. */
const char *gateway_error_type(int status, const char *code);

#endif
