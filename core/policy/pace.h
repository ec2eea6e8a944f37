/*
 * pace.h - says when the next request may go so that the endpoint need not refuse it: token buckets
 * for requests and tokens, set by the caller or learned from the endpoint's headers, and a time
 * before which nothing goes after the endpoint asked to wait. Pure.
 *
 * A bucket fills at limit / 60 a second (limits are per minute), and each answer corrects it. The
 * headers report the level at the moment when the endpoint counted that request; the requests sent
 * after it are subtracted, the inflow since is added. A report on a request that was sent before
 * the last reported one is older news: it does not change the level.
 */
#ifndef GL_POLICY_PACE_H
#define GL_POLICY_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/time.h"

typedef enum gl_bucket_kind {
    GL_BUCKET_REQUESTS,
    GL_BUCKET_TOKENS,
    GL_BUCKET_PROJECT_TOKENS,
    GL_BUCKET_COUNT
} gl_bucket_kind;

/* One answer's report on one bucket; -1 where it has no value, or none that can be used. */
typedef struct gl_rate_report {
    int64_t limit, remaining; /* limit per minute */
    int64_t reset_ms;         /* time until the bucket is full */
} gl_rate_report;

typedef struct gl_bucket {
    bool fixed;             /* set by the caller: headers do not change it */
    bool known;             /* there is a limit */
    double rate;            /* per second */
    double capacity, level; /* a level below 0: more is out than there was */
    gl_time at;             /* moment of the level */
    double learned_at;      /* the sum sent up to the last reported request */
    gl_time empty_until;    /* by the endpoint's report nothing goes before; 0 = no report */
} gl_bucket;

typedef struct gl_pace {
    gl_bucket buckets[GL_BUCKET_COUNT];
    double sent_requests, sent_tokens; /* sums of the cost of all requests that ever went out: see
                                          gl_pace_mark */
    gl_time not_before;                /* end of the wait that the endpoint asked for */
    gl_time ramp_until;                /* until then, requests go one after the other */
    uint64_t ramp_step;                /* ns between them, on average */
} gl_pace;

/* A request's cost, and the sums sent when it went, which are its place in the order of
 * requests. */
typedef struct gl_pace_mark {
    double tokens;                     /* its cost; of requests it is one */
    double sent_requests, sent_tokens; /* itself included */
    gl_time at;
} gl_pace_mark;

/* rpm and tpm: above 0 a limit; 0 no limit and no learning; below 0 learned. */
void gl_pace_init(gl_pace *pace, int64_t rpm, int64_t tpm, gl_time now);

/* Returns when a request of so many tokens may go: now or earlier means now. */
gl_time gl_pace_when(gl_pace *pace, double tokens, gl_time now);

/* Returns the bucket that holds the request up longest; GL_BUCKET_COUNT: the wait that the endpoint
 * asked for. */
gl_bucket_kind gl_pace_waits_for(const gl_pace *pace, double tokens, gl_time now);

/* Call when a request goes. */
void gl_pace_sent(gl_pace *pace, double tokens, gl_time now, gl_pace_mark *mark);

/* Takes over an answer's reports. tokens_used is the real cost, -1 when the answer did not report
 * it. */
void gl_pace_learn(gl_pace *pace, const gl_pace_mark *mark,
                   const gl_rate_report report[GL_BUCKET_COUNT], double tokens_used, gl_time now);

/* The endpoint asked to wait so long (ns). `waiting` requests are parked: they go spread over a
 * tenth of the wait, so that they do not wake together. */
void gl_pace_park(gl_pace *pace, uint64_t wait, uint64_t waiting, gl_time now);

/* For monitoring: requests that may go now, and the limit, of a bucket that is known. */
uint64_t gl_pace_left(const gl_bucket *bucket, gl_time now);
uint64_t gl_pace_per_minute(const gl_bucket *bucket);

/* Call after a request went during that time: sets the moment of the next. */
void gl_pace_ramp(gl_pace *pace, gl_rng *rng, gl_time now);

#endif
