/*
 * outcome.h - one request of a load test, as the driver hands it to the recorder when it has ended.
 * Times are of CLOCK_MONOTONIC.
 */
#ifndef LOAD_OUTCOME_H
#define LOAD_OUTCOME_H

#include <stdbool.h>

#include <glimpse/result.h>

#include "base/time.h"

typedef struct load_outcome {
    gl_time intended; /* when the schedule wanted it sent; of a closed loop: when it was sent */
    gl_time sent;     /* when it was submitted: lateness = sent - intended */
    gl_time waited;   /* for admission (--concurrency, rate limits) and between retries, ns */
    gl_time done;     /* when its last byte was read; when it was told, if nothing was read */

    /* Since `sent`; -1 where there is none: the first byte, the first text of a stream, the mean
     * gap between texts. */
    int64_t first_byte_ns, first_token_ns, token_gap_ns;
    /* The same stretch on both sides, -1 where the server does not tell: from the last attempt's
     * connection to the first byte of its answer, and from when the server had the request to when
     * it sent that. */
    int64_t client_ns, server_ns;

    glimpse_status status;
    glimpse_error error;
    glimpse_source source;
    int attempts;   /* sent for it */
    int thresholds; /* of t1 to t4 that it crossed, 0 to 4 */
    bool repeated;  /* the generator had made this very request before: a cache could answer it */
    int64_t prompt_tokens, completion_tokens; /* -1: not said */

    size_t kind;                          /* of the workload's classes */
    uint32_t input_tokens, output_tokens; /* that were asked for; 0: nothing was said of them */
    const char *wrong; /* why a 200 is no answer of its endpoint; NULL: it is one. Static */
} load_outcome;

#endif
