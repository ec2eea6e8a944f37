/*
 * sim.h - a sampler that plays a script in the loop's time: latency, errors, hangs. For tests and
 * benchmarks; on the simulated loop a day passes in no time and a seed replays a run exactly.
 */
#ifndef GL_SIM_H
#define GL_SIM_H

#include <glimpse/sampler.h>

#include "base/rng.h"
#include "base/time.h"
#include "loop.h"

/*
 * The script of one attempt. Times are nanoseconds after its start. Events after `end` never
 * happen; GL_TIME_NEVER hangs until it is cancelled. All zero: answered inside start.
 */
typedef struct gl_sim_plan {
    gl_time connected, first_byte, end;
    gl_time bytes_every; /* after the first byte, more of it each time this passes; 0 = no more */

    glimpse_error error;    /* GLIMPSE_OK: an answer */
    int http_status;        /* 0 with GLIMPSE_OK or error HTTP: 200 or 500 */
    int64_t retry_after_ms; /* 0 or below: the server asked for no wait */
    bool in_pieces;         /* a stream's text comes with `bytes_every`, also of one that fails */
    const char *text;       /* lives until the end; NULL: the request's own words come back */
    int named_status;       /* the status that an error within a 200 names; 0: none */
    const char *code;       /* the endpoint's error code, or NULL */
    bool should_not_retry;  /* the server says x-should-retry: false */
    bool complete;          /* may be cached */
    bool reused;            /* on a connection that had carried another */
    glimpse_rate_limit requests, tokens; /* rate limits in the headers; no limit, no reset: none */
} gl_sim_plan;

typedef struct gl_sim_config {
    /* REQUIRED. Called at each start; number is the number of the attempt in its request, from 1;
     * body is the request's, borrowed. */
    gl_sim_plan (*plan)(void *arg, int number, const char *body, size_t len);
    void *arg;
    const char *scope; /* borrowed as long as the sampler; may be NULL */
} gl_sim_config;

typedef struct gl_sim_counts {
    uint64_t started, done, cancelled;
    uint64_t running, peak; /* now, and most at once */
} gl_sim_counts;

typedef struct gl_sim gl_sim;

/* The sampler's one reference is the caller's; *sim lives as long as the sampler, and may be NULL
 * when its counts are not needed. The loop outlives both. Errors: OOM. */
glimpse_error gl_sim_sampler_new(gl_loop *loop, const gl_sim_config *config,
                                 glimpse_sampler **sampler, gl_sim **sim);

const gl_sim_counts *gl_sim_counts_of(const gl_sim *sim);

/* A complete answer, or a failure, after this time. A failure without an HTTP status has no first
 * byte, and one of kind CONNECT, DNS or TLS is never connected. */
gl_sim_plan gl_sim_answer(gl_time end, const char *text);
gl_sim_plan gl_sim_failure(gl_time end, glimpse_error error, int http_status);

/*
 * Seeded weather: gl_sim_random_plan is a plan callback whose arg is a gl_sim_random. Shares are of
 * a million attempts; the others are complete answers that echo the request. Latency is lognormal
 * with this median and 95th percentile; equal ones, or a median of 0, make it constant.
 */
typedef struct gl_sim_random {
    gl_rng rng;
    gl_time median, p95;
    uint32_t http_429, http_500, reset, hang;
} gl_sim_random;
gl_sim_plan gl_sim_random_plan(void *random, int number, const char *body, size_t len);

#endif
