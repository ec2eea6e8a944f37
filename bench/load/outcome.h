/*
 * outcome.h - one request of a load test, as the driver hands it to the recorder when it has ended.
 * Times are of CLOCK_MONOTONIC.
 */
#ifndef LOAD_OUTCOME_H
#define LOAD_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

#include <glimpse/result.h>

#include "base/time.h"

/* What answered, as a glimpse_source; and one more: the request failed and never left the client.
 */
#define LOAD_SOURCE_UNSENT GLIMPSE_SOURCE_COUNT
#define LOAD_SOURCES       (GLIMPSE_SOURCE_COUNT + 1)

typedef struct load_outcome {
    gl_time intended; /* when the schedule wanted it sent; of a closed loop: when it was sent */
    gl_time sent;     /* when it was submitted: lateness = sent - intended */
    gl_time left;     /* when it went out, the first time; GL_TIME_NEVER: it never did */
    gl_time started;  /* when its last attempt began; `sent` where there was none */
    gl_time waited;   /* for admission (--concurrency, rate limits) and between retries, ns */
    gl_time done;     /* when its last byte was read; when it was told, if nothing was read */

    /* Since `started`; -1 where there is none: the first byte; of a stream the first piece, the
     * first text or reasoning, the first text of the answer. */
    int64_t first_byte_ns, first_chunk_ns, first_token_ns, first_answer_ns;
    /* The longest between two arrivals of this stream; -1: there is none. */
    int64_t chunk_gap_max_ns;
    /* When text or reasoning arrived, since the last attempt's start; borrowed. */
    const int64_t *arrivals;
    size_t arrival_count;
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

/* From the first token to the last byte, by the tokens behind the first, ns; -1 where the usage
 * does not say how many, or there was one. */
int64_t load_outcome_tpot(const load_outcome *outcome);

/* Neither aligned nor not_aligned. */
bool load_outcome_failed(const load_outcome *outcome);

/* Answered by a cache or by an identical request: nothing was sent for it. */
bool load_outcome_hit(const load_outcome *outcome);

/* A glimpse_source, or LOAD_SOURCE_UNSENT; its name is "live", ..., "unsent". */
int load_outcome_source(const load_outcome *outcome);
const char *load_source_name(int source);

#endif
