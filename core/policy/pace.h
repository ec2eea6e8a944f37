/*
 * pace.h - when the next request may go so that the endpoint need not refuse it: token buckets for
 * requests and tokens, set by the caller or learned from the endpoint's headers, and a time before
 * which nothing goes after the endpoint asked to wait. Pure.
 *
 * A bucket fills at limit / 60 a second (limits are per minute) and is corrected by each answer:
 * the headers told what remained when that request was counted; what was sent after it is
 * subtracted, what flowed in since is added. An answer to a request that was sent before the one
 * that told last is older news: it does not change the level.
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

/* What an answer said of one bucket; -1 where it said nothing, or nothing that can be used. */
typedef struct gl_rate_report {
    int64_t limit, remaining; /* limit per minute */
    int64_t reset_ms;         /* until it is full */
} gl_rate_report;

typedef struct gl_bucket {
    bool fixed;             /* set by the caller: headers do not change it */
    bool known;             /* there is a limit */
    double rate;            /* per second */
    double capacity, level; /* level may be below 0: more is out than there was */
    gl_time at;             /* level was true then */
    double learned_at;      /* what had been sent up to the request that last told the level */
    gl_time empty_until;    /* the endpoint said: nothing before; 0 = no such word */
} gl_bucket;

typedef struct gl_pace {
    gl_bucket buckets[GL_BUCKET_COUNT];
    double sent[GL_BUCKET_COUNT]; /* cost of all that ever went out: see gl_pace_mark */
    gl_time not_before;           /* the endpoint asked to wait */
    gl_time ramp_until;           /* until then, requests go one after the other */
    uint64_t ramp_step;           /* ns between them, on average */
} gl_pace;

/* What a request costs, and what had been sent when it went: its place in the order of things. */
typedef struct gl_pace_mark {
    double cost[GL_BUCKET_COUNT];
    double sent[GL_BUCKET_COUNT]; /* itself included */
    gl_time at;
} gl_pace_mark;

/* rpm and tpm: above 0 a limit, 0 no limit and no learning, below 0 learned. */
void gl_pace_init(gl_pace *pace, int64_t rpm, int64_t tpm, gl_time now);

/* When a request of so many tokens may go: now or earlier means now. */
gl_time gl_pace_when(gl_pace *pace, double tokens, gl_time now);

/* What the request that may not go yet waits for: the bucket that is the last to have enough;
 * GL_BUCKET_COUNT: the time before which the endpoint asked that nothing goes. */
gl_bucket_kind gl_pace_waits_for(const gl_pace *pace, double tokens, gl_time now);

/* It goes. */
void gl_pace_sent(gl_pace *pace, double tokens, gl_time now, gl_pace_mark *mark);

/* What the answer to it said. tokens_used is what it really cost, -1 when the answer did not say.
 */
void gl_pace_learn(gl_pace *pace, const gl_pace_mark *mark,
                   const gl_rate_report report[GL_BUCKET_COUNT], double tokens_used, gl_time now);

/* The endpoint asked to wait so long (ns). `waiting` requests are parked: they are let go over a
 * tenth of the wait, so that they do not wake together. */
void gl_pace_park(gl_pace *pace, uint64_t wait, uint64_t waiting, gl_time now);

/* For whoever watches: what may go now, and the limit; of a bucket that is known. */
uint64_t gl_pace_left(const gl_bucket *bucket, gl_time now);
uint64_t gl_pace_per_minute(const gl_bucket *bucket);

/* After a request went during that time: the next one's moment. */
void gl_pace_ramp(gl_pace *pace, gl_rng *rng, gl_time now);

#endif
