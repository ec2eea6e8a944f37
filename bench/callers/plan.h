/* plan.h - what a crowd of callers does: the settings of one run. */
#ifndef CALLERS_PLAN_H
#define CALLERS_PLAN_H

#include <stdint.h>

/* Shares are in percent. */
typedef struct plan {
    int port;           /* of the gateway, on 127.0.0.1 */
    int mock_port;      /* of the mock behind it; 0: it is not asked */
    const char *key;    /* of the caller; NULL: none */
    const char *header; /* a further line; NULL: none */
    const char *secret; /* what no answer may hold; NULL: nothing */
    uint64_t callers;   /* at once, each with one request under way; with a rate the most */
    uint64_t rate;      /* requests a second; 0: each caller asks again at once */
    uint64_t requests;  /* in all */
    uint64_t seconds;   /* 0: until all are sent */
    uint64_t first;     /* number of the first request */
    uint64_t seed;
    unsigned stream, leave; /* share of these */
    unsigned close;       /* share of those that ask for their connection to end with the answer */
    unsigned middle;      /* of the streams whose caller leaves: share of those in its middle */
    unsigned shared;      /* share of those that repeat a text of the last hundred */
    uint64_t least_us;    /* who leaves before the answer does so as long after asking, */
    uint64_t patience_us; /* at most so long */
    unsigned words;       /* of a text, beyond its number */
    int64_t pid, warm;    /* whose memory is looked at, from so many seconds on; 0: nobody's */
} plan;

#endif
