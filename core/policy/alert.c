/*
 * alert.c - see alert.h.
 *
 * "Sustained" means three things at once: the limit is passed over the whole window; it was passed
 * at every look for the time `hold`; and the requests that ended within the last `hold` pass it by
 * themselves, so that a burst which is over does not fire while it is still in the window.
 */
#include "policy/alert.h"

#include <string.h>

#include "problem.h"

/* A fifth: far enough from the limit that the noise of a window of some hundred requests, a few
 * percent, does not cross from one side to the other. */
#define AWAY 0.2

const char *glimpse_alert_name(glimpse_alert_kind kind)
{
    static const char *const names[GLIMPSE_ALERT_COUNT] = { "latency_p50", "latency_p95",
                                                            "hit_rate", "error_rate" };
    return (unsigned)kind < GLIMPSE_ALERT_COUNT ? names[kind] : "unknown";
}

glimpse_alert_severity glimpse_alert_severity_of(glimpse_alert_kind kind)
{
    if (kind == GLIMPSE_ALERT_ERROR_RATE) return GLIMPSE_ALERT_CRITICAL;
    return kind == GLIMPSE_ALERT_HIT_RATE ? GLIMPSE_ALERT_INFO : GLIMPSE_ALERT_WARNING;
}

const char *glimpse_alert_severity_name(glimpse_alert_severity severity)
{
    static const char *const names[] = { "info", "warning", "critical" };
    return (unsigned)severity < sizeof names / sizeof *names ? names[severity] : "unknown";
}

glimpse_error gl_alert_check(const glimpse_alerts *config, glimpse_problem *problem)
{
    if (!config->on) return GLIMPSE_OK;
    if (config->window_ms < 100 || config->window_ms > 3600 * 1000)
        return gl_refuse(problem, "alerts.window_ms", "must be from 100 ms to an hour");
    if (config->hold_ms < config->window_ms / GL_ALERT_SLICES ||
        config->hold_ms > config->window_ms)
        return gl_refuse(problem, "alerts.hold_ms",
                         "must be from a twentieth of the window to all of it");
    if (config->min_samples < 1 || config->min_samples > 1000000)
        return gl_refuse(problem, "alerts.min_samples", "must be from 1 to 1000000");
    if (config->latency_p50_ms > 3600 * 1000)
        return gl_refuse(problem, "alerts.latency_p50_ms", "must be at most an hour");
    if (config->latency_p95_ms > 3600 * 1000)
        return gl_refuse(problem, "alerts.latency_p95_ms", "must be at most an hour");
    if (!(config->hit_rate >= 0 && config->hit_rate <= 1))
        return gl_refuse(problem, "alerts.hit_rate", "must be from 0 to 1");
    if (!(config->repeated <= 1 && config->repeated > 0 && config->repeated >= config->hit_rate))
        return gl_refuse(problem, "alerts.repeated",
                         "must be above 0 and from alerts.hit_rate to 1");
    if (!(config->error_rate >= 0 && config->error_rate <= 1))
        return gl_refuse(problem, "alerts.error_rate", "must be from 0 to 1");
    return GLIMPSE_OK;
}

void gl_alert_init(gl_alert_watch *watch, const glimpse_alerts *config, gl_time now)
{
    memset(watch, 0, sizeof *watch);
    watch->config = *config;
    watch->began = watch->next = now;
    watch->slice = (gl_time)config->window_ms * GL_MS / GL_ALERT_SLICES;
    watch->hold = (gl_time)config->hold_ms * GL_MS;
    /* Three looks a slice: the hold is kept to within a sixtieth of the window. */
    watch->step = watch->slice / 3;
    watch->recent = (unsigned)(watch->hold / watch->slice);
    watch->epoch = now / watch->slice;
}

/* --- the window --- */

static void move_on(gl_alert_watch *watch, gl_time now)
{
    uint64_t epoch = now / watch->slice;
    if (epoch <= watch->epoch) return;
    if (epoch - watch->epoch >= GL_ALERT_SLICES) {
        memset(watch->slices, 0, sizeof watch->slices);
    } else {
        for (uint64_t e = watch->epoch + 1; e <= epoch; e++)
            memset(&watch->slices[e % GL_ALERT_SLICES], 0, sizeof watch->slices[0]);
    }
    watch->epoch = epoch;
}

static size_t bucket_of(uint64_t ms)
{
    const uint64_t most = (UINT64_C(1) << GL_ALERT_TOP_BITS) - 1;
    if (ms > most) ms = most;
    int top = 63 - __builtin_clzll(ms | 1);
    int shift = top > GL_ALERT_STEP_BITS ? top - GL_ALERT_STEP_BITS : 0;
    return ((size_t)shift << GL_ALERT_STEP_BITS) + (size_t)(ms >> shift);
}

/* Returns the least value of a bucket, so that no alert comes from rounding up. */
static uint64_t least_of(size_t bucket)
{
    const size_t steps = (size_t)1 << GL_ALERT_STEP_BITS;
    if (bucket < 2 * steps) return bucket;
    size_t shift = bucket / steps - 1;
    return (uint64_t)(bucket % steps + steps) << shift;
}

/* Returns true when this identity was answered lately. `keep` makes it the newest of its set; the
 * oldest of the set makes room. */
static bool saw(gl_alert_watch *watch, uint64_t identity, bool keep)
{
    uint32_t *set = watch->seen[identity % GL_ALERT_SETS];
    uint32_t print = (uint32_t)(identity >> 32);
    size_t at = 0;
    if (print == 0) print = 1; /* 0 marks an empty place */
    while (at < GL_ALERT_WAYS && set[at] != print) at++;
    bool found = at < GL_ALERT_WAYS;
    if (!found && !keep) return false;
    if (!found) at = GL_ALERT_WAYS - 1;
    memmove(&set[1], &set[0], at * sizeof set[0]);
    set[0] = print;
    return found;
}

/* Adds a latency. Each is measured against its own request's thresholds, because models differ in
 * theirs. */
static void add_wait(gl_alert_watch *watch, gl_alert_slice *slice, const gl_alert_request *request)
{
    const int64_t set[2] = { watch->config.latency_p50_ms, watch->config.latency_p95_ms };
    size_t bucket = bucket_of(request->latency / GL_MS);
    double ms = (double)least_of(bucket);
    watch->limits[0] = request->thresholds->t2_ms;
    watch->limits[1] = request->thresholds->t3_ms;
    slice->waited++;
    slice->buckets[bucket]++;
    for (int i = 0; i < 2; i++) {
        if (set[i] != 0) watch->limits[i] = set[i];
        if (set[i] < 0) continue;
        if (ms > (double)watch->limits[i]) slice->late[i]++;
        if (ms >= (double)watch->limits[i] * (1 - AWAY)) slice->slow[i]++;
    }
}

void gl_alert_add(gl_alert_watch *watch, const gl_alert_request *request, gl_time now)
{
    move_on(watch, now);
    gl_alert_slice *slice = &watch->slices[watch->epoch % GL_ALERT_SLICES];
    slice->ended++;
    if (request->failed) slice->failed++;
    if (request->waited) add_wait(watch, slice, request);
    if (!request->looked) return;
    slice->looked++;
    if (request->hit) slice->hits++;
    if (saw(watch, request->identity, request->answered)) slice->repeated++;
}

static void add_up(const gl_alert_watch *watch, unsigned slices, gl_alert_slice *sum)
{
    memset(sum, 0, sizeof *sum);
    for (unsigned i = 0; i < slices; i++) {
        const gl_alert_slice *slice =
            &watch->slices[(watch->epoch + GL_ALERT_SLICES - i) % GL_ALERT_SLICES];
        if (slice->ended == 0) continue;
        sum->ended += slice->ended;
        sum->failed += slice->failed;
        sum->looked += slice->looked;
        sum->hits += slice->hits;
        sum->repeated += slice->repeated;
        sum->waited += slice->waited;
        for (int k = 0; k < 2; k++) {
            sum->late[k] += slice->late[k];
            sum->slow[k] += slice->slow[k];
        }
        for (size_t b = 0; b < GL_ALERT_BUCKETS; b++) sum->buckets[b] += slice->buckets[b];
    }
}

/* --- one kind of alert, over some slices --- */

typedef enum verdict {
    NOTHING, /* too few requests to judge */
    WELL,    /* well within the limit */
    NEAR,    /* within the limit, or not far enough */
    PAST
} verdict;

typedef struct reading {
    uint64_t samples;
    double value, repeated, late;
    verdict verdict;
} reading;

static double part_of(uint64_t some, uint64_t all)
{
    return all != 0 ? (double)some / (double)all : 0;
}

/* Returns the rank, from the fastest, of the request that so many percent do not exceed. */
static uint64_t rank_of(uint64_t all, uint64_t percent)
{
    return (all * percent + 99) / 100;
}

static double quantile(const gl_alert_slice *sum, uint64_t percent)
{
    uint64_t want = rank_of(sum->waited, percent), seen = 0;
    for (size_t b = 0; b < GL_ALERT_BUCKETS; b++) {
        seen += sum->buckets[b];
        if (seen >= want && seen != 0) return (double)least_of(b);
    }
    return 0;
}

static double limit_of(const gl_alert_watch *watch, glimpse_alert_kind kind)
{
    if (kind == GLIMPSE_ALERT_HIT_RATE) return watch->config.hit_rate;
    if (kind == GLIMPSE_ALERT_ERROR_RATE) return watch->config.error_rate;
    return (double)watch->limits[kind == GLIMPSE_ALERT_LATENCY_P50 ? 0 : 1];
}

/* The quantile is past the limit when more requests are late than stand above its rank. Counting
 * the late ones judges it although each request has a limit of its own. */
static reading read_latency(const gl_alert_slice *sum, int which, uint64_t percent)
{
    uint64_t above = sum->waited - rank_of(sum->waited, percent);
    return (reading){ .samples = sum->waited,
                      .value = quantile(sum, percent),
                      .late = part_of(sum->late[which], sum->waited),
                      .verdict = sum->late[which] > above   ? PAST
                                 : sum->slow[which] > above ? NEAR
                                                            : WELL };
}

static reading read_sum(const gl_alert_watch *watch, glimpse_alert_kind kind,
                        const gl_alert_slice *sum, double limit)
{
    reading is = { .verdict = NOTHING };
    switch (kind) {
    case GLIMPSE_ALERT_LATENCY_P50:
        return read_latency(sum, 0, 50);
    case GLIMPSE_ALERT_LATENCY_P95:
        return read_latency(sum, 1, 95);
    case GLIMPSE_ALERT_HIT_RATE:
        is.samples = sum->looked;
        is.value = part_of(sum->hits, sum->looked);
        is.repeated = part_of(sum->repeated, sum->looked);
        if (is.repeated >= watch->config.repeated && is.value < limit)
            is.verdict = PAST;
        else if (is.repeated < watch->config.repeated * (1 - AWAY) ||
                 is.value >= limit / (1 - AWAY))
            is.verdict = WELL;
        else
            is.verdict = NEAR;
        break;
    default:
        is.samples = sum->ended;
        is.value = part_of(sum->failed, sum->ended);
        is.verdict = is.value > limit ? PAST : is.value < limit * (1 - AWAY) ? WELL : NEAR;
        break;
    }
    return is;
}

/* --- the alert --- */

static bool worse(glimpse_alert_kind kind, double value, double than)
{
    return kind == GLIMPSE_ALERT_HIT_RATE ? value < than : value > than;
}

static void tell(const gl_alert_watch *watch, glimpse_alert_kind kind, const reading *is,
                 gl_time lasted, glimpse_alert *out)
{
    *out = (glimpse_alert){
        .kind = kind,
        .firing = gl_alert_fires(&watch->rules[kind]),
        .value = is->value,
        .repeated = is->repeated,
        .late = is->late,
        .samples = is->samples,
        .window_ms = watch->config.window_ms,
        .lasted_ms = (int64_t)(lasted / GL_MS),
    };
}

/* Advances one rule; returns true when an alert has to be reported. `whole` covers the window,
 * `late` the last `hold`: without enough requests in that time nothing fires, and a rising alert
 * stays. */
static bool step(gl_alert_watch *watch, glimpse_alert_kind kind, const reading *whole, verdict late,
                 gl_time now, glimpse_alert *out)
{
    gl_alert_rule *rule = &watch->rules[kind];
    bool rises = whole->verdict == PAST && (late == PAST || late == NOTHING);
    bool falls = whole->verdict == WELL || whole->verdict == NOTHING;
    bool held = gl_time_since(now, rule->since) >= watch->hold;
    switch (rule->phase) {
    case GL_ALERT_QUIET:
        if (!rises) return false;
        rule->phase = GL_ALERT_RISING;
        rule->since = now;
        return false;
    case GL_ALERT_RISING:
        if (!rises) rule->phase = GL_ALERT_QUIET;
        if (!rises || !held || late != PAST) return false;
        rule->phase = GL_ALERT_FIRING;
        rule->fired_at = now;
        if (rule->fired++ == 0) {
            rule->first = now - watch->began;
            rule->worst = whole->value;
        }
        if (worse(kind, whole->value, rule->worst)) rule->worst = whole->value;
        tell(watch, kind, whole, now - rule->since, out);
        return true;
    case GL_ALERT_FIRING:
        if (worse(kind, whole->value, rule->worst) && whole->verdict == PAST)
            rule->worst = whole->value;
        if (!falls) return false;
        rule->phase = GL_ALERT_FALLING;
        rule->since = now;
        return false;
    case GL_ALERT_FALLING:
        if (!falls) rule->phase = GL_ALERT_FIRING;
        if (!falls || !held) return false;
        rule->phase = GL_ALERT_QUIET;
        rule->sum += now - rule->fired_at;
        tell(watch, kind, whole, now - rule->fired_at, out);
        return true;
    }
    return false;
}

size_t gl_alert_look(gl_alert_watch *watch, gl_time now, glimpse_alert out[GLIMPSE_ALERT_COUNT])
{
    gl_alert_slice sum, late;
    size_t changes = 0;
    if (now < watch->next) return 0;
    watch->next = now + watch->step;
    move_on(watch, now);
    add_up(watch, GL_ALERT_SLICES, &sum);
    add_up(watch, watch->recent, &late);
    uint64_t least = (uint64_t)watch->config.min_samples;
    uint64_t least_late = (least * watch->recent + GL_ALERT_SLICES - 1) / GL_ALERT_SLICES;
    for (int i = 0; i < GLIMPSE_ALERT_COUNT; i++) {
        glimpse_alert_kind kind = (glimpse_alert_kind)i;
        double limit = limit_of(watch, kind);
        reading whole = read_sum(watch, kind, &sum, limit);
        reading recent = read_sum(watch, kind, &late, limit);
        if (whole.samples < least) whole.verdict = NOTHING;
        if (recent.samples < least_late) recent.verdict = NOTHING;
        if (!step(watch, kind, &whole, recent.verdict, now, &out[changes])) continue;
        out[changes++].limit = limit;
    }
    return changes;
}

gl_time gl_alert_due(const gl_alert_watch *watch)
{
    for (int i = 0; i < GLIMPSE_ALERT_COUNT; i++)
        if (watch->rules[i].phase != GL_ALERT_QUIET) return watch->next;
    return GL_TIME_NEVER;
}

bool gl_alert_fires(const gl_alert_rule *rule)
{
    return rule->phase == GL_ALERT_FIRING || rule->phase == GL_ALERT_FALLING;
}

uint64_t gl_alert_total(const gl_alert_rule *rule, gl_time now)
{
    return rule->sum + (gl_alert_fires(rule) ? gl_time_since(now, rule->fired_at) : 0);
}
