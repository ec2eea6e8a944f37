/*
 * limit.h - rate limits of requests and tokens a minute, as token buckets, and OpenAI's headers
 * about them. Time is an argument.
 *
 * A bucket holds a sixtieth of its limit (at least one request) and is refilled by a sixtieth a
 * second, so that limit/60 a second is both the burst and the lasting rate. All in whole numbers: a
 * run adds up to the last unit. A request that costs more than the bucket holds goes when the
 * bucket is full, and leaves it in debt.
 */
#ifndef MOCK_LIMIT_H
#define MOCK_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/time.h"

#define MOCK_LIMIT_MAX INT64_C(1000000000) /* a minute */

typedef struct mock_bucket {
    int64_t per_minute; /* 0 = no limit */
    int64_t level;      /* in units of 1/60e9: per_minute = 1 gives one unit in a nanosecond */
    gl_time at;         /* the level's time */
} mock_bucket;

typedef enum mock_limited {
    MOCK_LIMITED_NOT,
    MOCK_LIMITED_REQUESTS,
    MOCK_LIMITED_TOKENS
} mock_limited;

typedef struct mock_limits {
    mock_bucket requests, tokens;
} mock_limits;

/* Full buckets; 0 = no limit. At most MOCK_LIMIT_MAX. */
void mock_limits_init(mock_limits *limits, int64_t rpm, int64_t tpm, gl_time now);

static inline bool mock_limits_any(const mock_limits *limits)
{
    return limits->requests.per_minute != 0 || limits->tokens.per_minute != 0;
}

/* Takes one request of so many tokens out of both buckets; or names the bucket without room, takes
 * nothing and sets *wait to the time until it has room. */
mock_limited mock_limits_take(mock_limits *limits, uint64_t tokens, gl_time now, gl_time *wait);

/* Returns the present level of a bucket, in whole ones, and the time until it is full. */
uint64_t mock_bucket_remaining(const mock_bucket *bucket, gl_time now);
gl_time mock_bucket_reset(const mock_bucket *bucket, gl_time now);

/* Writes "\r\nx-ratelimit-limit-requests: 6000\r\nx-ratelimit-remaining-requests: 99..." for each
 * limit. The limit is that of a minute, remaining and reset are the bucket's. */
void mock_limits_write(const mock_limits *limits, gl_time now, gl_buf *out);

/* "\r\nretry-after-ms: 20\r\nretry-after: 1", rounded up. */
void mock_limit_write_wait(gl_time wait, gl_buf *out);

/* Writes a duration as in these headers, in whole milliseconds, rounded up: 12ms, 1s, 1.5s, 6m0s,
 * 1h2m3.005s. */
void mock_limit_write_duration(gl_time duration, gl_buf *out);

#endif
