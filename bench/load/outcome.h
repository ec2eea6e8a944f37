/*
 * outcome.h - one request of a load test, as the driver gives it to the recorder after its end.
 * Times are of CLOCK_MONOTONIC.
 */
#ifndef LOAD_OUTCOME_H
#define LOAD_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

#include <glimpse/result.h>

#include "base/time.h"

/* The source of the answer, as a glimpse_source; and one more: the request failed and never left
 * the client. */
#define LOAD_SOURCE_UNSENT GLIMPSE_SOURCE_COUNT
#define LOAD_SOURCES       (GLIMPSE_SOURCE_COUNT + 1)

typedef struct load_outcome {
    gl_time intended; /* scheduled time; in a closed loop the time of sending */
    gl_time sent;     /* when it was submitted: lateness = sent - intended */
    gl_time left;     /* when it went out, the first time; GL_TIME_NEVER: it never did */
    gl_time started;  /* when its last attempt began; `sent` where there was none */
    gl_time waited;   /* for admission (--concurrency, rate limits) and between retries, ns */
    gl_time done;     /* time of its last byte; of the delivery, if no byte was read */

    /* Since `started`; -1 where there is none: the first byte; of a stream the first piece, the
     * first text or reasoning, the first text of the answer. */
    int64_t first_byte_ns, first_chunk_ns, first_token_ns, first_answer_ns;
    /* The longest between two arrivals of this stream; -1: there is none. */
    int64_t chunk_gap_max_ns;
    /* When text or reasoning arrived, since the last attempt's start; borrowed. */
    const int64_t *arrivals;
    size_t arrival_count;
    /* The same stretch on both sides, -1 where the server does not report it: from the last
     * attempt's connection to the first byte of its answer, and from the server's receipt of the
     * request to its sending of that byte. */
    int64_t client_ns, server_ns;

    glimpse_status status;
    glimpse_error error;
    glimpse_source source;
    int attempts;   /* requests sent for it */
    int thresholds; /* thresholds t1 to t4 that it crossed, 0 to 4 */
    bool repeated;  /* the same request was made before: a cache could answer it */
    int64_t prompt_tokens, completion_tokens; /* -1: not reported */

    size_t kind;                          /* index of the workload's class */
    uint32_t input_tokens, output_tokens; /* the asked lengths; 0: none */
    const char *request_id; /* the endpoint's name for it (x-request-id); borrowed, NULL or "": none
                             */
    const char *wrong;      /* why a 200 is no answer of its endpoint; NULL: it is one. Static */
} load_outcome;

/* Returns the time from the first token to the last byte, divided by the tokens behind the first,
 * ns; -1 where the usage is missing, or there was one token. */
int64_t load_outcome_tpot(const load_outcome *outcome);

/* Neither aligned nor not_aligned. */
bool load_outcome_failed(const load_outcome *outcome);

/* Answered by a cache or by an identical request: nothing was sent for it. */
bool load_outcome_hit(const load_outcome *outcome);

/* A glimpse_source, or LOAD_SOURCE_UNSENT; its name is "live", ..., "unsent". */
int load_outcome_source(const load_outcome *outcome);
const char *load_source_name(int source);

#endif
