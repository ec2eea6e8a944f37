/* limit.c - see limit.h. Pure. */
#include "mock/limit.h"

#include "base/slice.h"

#define ONE         INT64_C(60000000000) /* level units of one request or token */
#define TOKENS_MOST UINT64_C(64000000)   /* of one request: no debt overflows a level */

/* A second's worth, which in level units is the limit times a second's nanoseconds. */
static int64_t capacity(const mock_bucket *bucket)
{
    int64_t full = bucket->per_minute * (int64_t)GL_SECOND;
    return full > ONE ? full : ONE;
}

/* How long until the bucket holds so much, rounded up. */
static gl_time time_until(const mock_bucket *bucket, int64_t level)
{
    if (bucket->level >= level) return 0;
    int64_t missing = level - bucket->level;
    return (gl_time)((missing + bucket->per_minute - 1) / bucket->per_minute);
}

static mock_bucket refilled(const mock_bucket *bucket, gl_time now)
{
    mock_bucket after = *bucket;
    if (bucket->per_minute == 0) return after;
    gl_time passed = gl_time_since(now, bucket->at);
    if (passed >= time_until(bucket, capacity(bucket)))
        after.level = capacity(bucket);
    else
        after.level += (int64_t)passed * bucket->per_minute;
    after.at = now;
    return after;
}

static gl_time bucket_wait(const mock_bucket *bucket, int64_t cost)
{
    if (bucket->per_minute == 0) return 0;
    return time_until(bucket, cost < capacity(bucket) ? cost : capacity(bucket));
}

void mock_limits_init(mock_limits *limits, int64_t rpm, int64_t tpm, gl_time now)
{
    *limits = (mock_limits){ .requests = { .per_minute = rpm, .at = now },
                             .tokens = { .per_minute = tpm, .at = now } };
    limits->requests.level = capacity(&limits->requests);
    limits->tokens.level = capacity(&limits->tokens);
}

mock_limited mock_limits_take(mock_limits *limits, uint64_t tokens, gl_time now, gl_time *wait)
{
    int64_t cost = (int64_t)(tokens < TOKENS_MOST ? tokens : TOKENS_MOST) * ONE;
    limits->requests = refilled(&limits->requests, now);
    limits->tokens = refilled(&limits->tokens, now);
    gl_time requests_wait = bucket_wait(&limits->requests, ONE);
    gl_time tokens_wait = bucket_wait(&limits->tokens, cost);
    *wait = requests_wait > tokens_wait ? requests_wait : tokens_wait;
    if (*wait != 0) return requests_wait == *wait ? MOCK_LIMITED_REQUESTS : MOCK_LIMITED_TOKENS;
    if (limits->requests.per_minute != 0) limits->requests.level -= ONE;
    if (limits->tokens.per_minute != 0) limits->tokens.level -= cost;
    return MOCK_LIMITED_NOT;
}

uint64_t mock_bucket_remaining(const mock_bucket *bucket, gl_time now)
{
    int64_t level = refilled(bucket, now).level;
    return level > 0 ? (uint64_t)(level / ONE) : 0;
}

gl_time mock_bucket_reset(const mock_bucket *bucket, gl_time now)
{
    mock_bucket after = refilled(bucket, now);
    return bucket->per_minute != 0 ? time_until(&after, capacity(bucket)) : 0;
}

/* --- headers ---------------------------------------------------------------------------------- */

void mock_limit_write_duration(gl_time duration, gl_buf *out)
{
    uint64_t ms = duration / GL_MS + (duration % GL_MS != 0);
    if (ms != 0 && ms < 1000) {
        gl_buf_append_u64(out, ms);
        gl_buf_append_str(out, "ms");
        return;
    }
    uint64_t hours = ms / 3600000, minutes = ms / 60000 % 60;
    if (hours != 0) {
        gl_buf_append_u64(out, hours);
        gl_buf_append_char(out, 'h');
    }
    if (hours != 0 || minutes != 0) {
        gl_buf_append_u64(out, minutes);
        gl_buf_append_char(out, 'm');
    }
    gl_buf_append_u64(out, ms / 1000 % 60);
    unsigned fraction = (unsigned)(ms % 1000), digits = 3;
    for (; fraction != 0 && fraction % 10 == 0; fraction /= 10) digits--;
    if (fraction != 0) gl_buf_printf(out, ".%0*u", (int)digits, fraction);
    gl_buf_append_char(out, 's');
}

static void write_bucket(const mock_bucket *bucket, const char *what, gl_time now, gl_buf *out)
{
    if (bucket->per_minute == 0) return;
    gl_buf_printf(out, "\r\nx-ratelimit-limit-%s: ", what);
    gl_buf_append_i64(out, bucket->per_minute);
    gl_buf_printf(out, "\r\nx-ratelimit-remaining-%s: ", what);
    gl_buf_append_u64(out, mock_bucket_remaining(bucket, now));
    gl_buf_printf(out, "\r\nx-ratelimit-reset-%s: ", what);
    mock_limit_write_duration(mock_bucket_reset(bucket, now), out);
}

void mock_limits_write(const mock_limits *limits, gl_time now, gl_buf *out)
{
    write_bucket(&limits->requests, "requests", now, out);
    write_bucket(&limits->tokens, "tokens", now, out);
}

void mock_limit_write_wait(gl_time wait, gl_buf *out)
{
    gl_buf_append_str(out, "\r\nretry-after-ms: ");
    gl_buf_append_u64(out, wait / GL_MS + (wait % GL_MS != 0));
    gl_buf_append_str(out, "\r\nretry-after: ");
    gl_buf_append_u64(out, wait / GL_SECOND + (wait % GL_SECOND != 0));
}
