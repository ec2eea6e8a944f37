/* pace.c - see pace.h. */
#include "policy/pace.h"

/* The reserve in a learned bucket: requests arrive some milliseconds sooner or later than they were
 * sent, and 2 % of a second's rate, at least one, absorbs that. */
#define RESERVE_SHARE 0.02

static void refill(gl_bucket *bucket, gl_time now)
{
    if (now <= bucket->at) return; /* also for a clock that went back */
    bucket->level += bucket->rate * (double)(now - bucket->at) / (double)GL_SECOND;
    if (bucket->level > bucket->capacity) bucket->level = bucket->capacity;
    bucket->at = now;
}

static void fix(gl_bucket *bucket, int64_t per_minute, gl_time now)
{
    bucket->fixed = per_minute >= 0;
    bucket->known = per_minute > 0;
    bucket->rate = per_minute > 0 ? (double)per_minute / 60 : 0;
    /* The bucket holds one second's rate: how the endpoint counts within a minute is not known. */
    bucket->capacity = bucket->level = bucket->rate > 1 ? bucket->rate : 1;
    bucket->at = now;
}

uint64_t gl_pace_left(const gl_bucket *bucket, gl_time now)
{
    gl_bucket looked_at = *bucket;
    refill(&looked_at, now);
    if (looked_at.empty_until > now || looked_at.level < 0) return 0;
    return (uint64_t)looked_at.level;
}

uint64_t gl_pace_per_minute(const gl_bucket *bucket)
{
    return (uint64_t)(bucket->rate * 60 + 0.5);
}

void gl_pace_init(gl_pace *pace, int64_t rpm, int64_t tpm, gl_time now)
{
    *pace = (gl_pace){ .not_before = 0 };
    fix(&pace->buckets[GL_BUCKET_REQUESTS], rpm, now);
    fix(&pace->buckets[GL_BUCKET_TOKENS], tpm, now);
    pace->buckets[GL_BUCKET_PROJECT_TOKENS].fixed = tpm >= 0; /* the caller's setting covers it */
}

static gl_time bucket_when(gl_bucket *bucket, double cost, gl_time now)
{
    if (!bucket->known) return now;
    if (bucket->empty_until > now) return bucket->empty_until;
    refill(bucket, now);
    double need = cost;
    if (!bucket->fixed) {
        double reserve = bucket->rate * RESERVE_SHARE;
        need += reserve > 1 ? reserve : 1;
    }
    /* A request that never fits goes when the bucket is full. */
    if (need > bucket->capacity) need = bucket->capacity;
    if (bucket->level >= need || bucket->rate <= 0) return now;
    double wait = (need - bucket->level) / bucket->rate * (double)GL_SECOND;
    return wait < 3600.0 * (double)GL_SECOND ? now + (gl_time)wait + 1 : now + 3600 * GL_SECOND;
}

/* Returns when the request may go, and in *what the last bucket to have enough. */
static gl_time when_and_what(gl_pace *pace, double tokens, gl_time now, gl_bucket_kind *what)
{
    gl_time when = pace->not_before > now ? pace->not_before : now;
    *what = GL_BUCKET_COUNT;
    for (int i = 0; i < GL_BUCKET_COUNT; i++) {
        gl_time its = bucket_when(&pace->buckets[i], i == GL_BUCKET_REQUESTS ? 1 : tokens, now);
        if (its <= when) continue;
        when = its; /* the tightest */
        *what = (gl_bucket_kind)i;
    }
    return when;
}

gl_time gl_pace_when(gl_pace *pace, double tokens, gl_time now)
{
    gl_bucket_kind what;
    return when_and_what(pace, tokens, now, &what);
}

gl_bucket_kind gl_pace_waits_for(const gl_pace *pace, double tokens, gl_time now)
{
    gl_pace looked_at = *pace;
    gl_bucket_kind what;
    when_and_what(&looked_at, tokens, now, &what);
    return what;
}

void gl_pace_sent(gl_pace *pace, double tokens, gl_time now, gl_pace_mark *mark)
{
    pace->sent_requests += 1;
    pace->sent_tokens += tokens;
    *mark = (gl_pace_mark){ tokens, pace->sent_requests, pace->sent_tokens, now };
    for (int i = 0; i < GL_BUCKET_COUNT; i++) {
        double cost = i == GL_BUCKET_REQUESTS ? 1 : tokens;
        refill(&pace->buckets[i], now);
        pace->buckets[i].level -= cost;
    }
}

/* Takes over an answer's report. `sent` had gone out up to its request, and `sent_after` since. */
static void learn(gl_bucket *bucket, const gl_rate_report *report, double sent, double sent_after,
                  gl_time sent_at, gl_time now)
{
    if (report->remaining < 0) return;
    bucket->known = true;
    if (report->limit > 0) bucket->rate = (double)report->limit / 60;
    double remaining = (double)report->remaining;
    /* The largest level that ever remained surely fits; a limit per minute may be kept in smaller
     * buckets. Plus one: this request was taken out of it. */
    if (remaining + 1 > bucket->capacity) bucket->capacity = remaining + 1;
    /* Refusals overtake answers: an answer that comes after those of later requests would count
     * them as taken out of the bucket, though they were refused. */
    if (sent < bucket->learned_at) return;
    bucket->learned_at = sent;
    bucket->level = remaining - sent_after +
                    bucket->rate * (double)gl_time_since(now, sent_at) / (double)GL_SECOND;
    if (bucket->level > bucket->capacity) bucket->level = bucket->capacity;
    bucket->at = now;
    /* Without a rate, the endpoint's own reset time is the only one there is. */
    bucket->empty_until = bucket->rate <= 0 && report->remaining == 0 && report->reset_ms > 0
                              ? gl_time_add_ms(now, report->reset_ms)
                              : 0;
}

void gl_pace_learn(gl_pace *pace, const gl_pace_mark *mark,
                   const gl_rate_report report[GL_BUCKET_COUNT], double tokens_used, gl_time now)
{
    for (int i = 0; i < GL_BUCKET_COUNT; i++) {
        gl_bucket *bucket = &pace->buckets[i];
        bool requests = i == GL_BUCKET_REQUESTS;
        double sent = requests ? mark->sent_requests : mark->sent_tokens;
        double all = requests ? pace->sent_requests : pace->sent_tokens;
        if (!bucket->fixed) {
            learn(bucket, &report[i], sent, all - sent, mark->at, now);
        } else if (!requests && tokens_used >= 0) {
            bucket->level += mark->tokens - tokens_used; /* corrects the estimate */
            if (bucket->level > bucket->capacity) bucket->level = bucket->capacity;
        }
    }
}

void gl_pace_park(gl_pace *pace, uint64_t wait, uint64_t waiting, gl_time now)
{
    gl_time until = wait < GL_TIME_NEVER - 1 - now ? now + wait : GL_TIME_NEVER - 1;
    if (until <= pace->not_before) return;
    pace->not_before = until;
    pace->ramp_until = until < GL_TIME_NEVER - wait / 10 - 1 ? until + wait / 10 : until;
    pace->ramp_step = wait / 10 / (waiting > 0 ? waiting : 1);
}

void gl_pace_ramp(gl_pace *pace, gl_rng *rng, gl_time now)
{
    if (now >= pace->ramp_until) return;
    pace->not_before = now + (gl_time)(2 * gl_rng_uniform(rng) * (double)pace->ramp_step);
}
