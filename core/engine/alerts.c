/*
 * alerts.c - the engine's side of its alerts: classes each request that ended, has policy/alert.c
 * judge, and reports changes by callback and log.
 *
 * The alerts are judged after deliveries. A timer of their own runs only while an alert fires or is
 * about to: a healthy engine sets no timer, and an idle one is looked at until its window is empty
 * and no alert fires. The timer does not count as work, so it does not keep event_base_dispatch
 * from returning. Nothing is allocated after gl_alerts_init.
 */
#include "engine/alerts.h"

#include <stdio.h>

#include "base/alloc.h"
#include "engine/engine.h"
#include "policy/alert.h"
#include "sampler.h"

struct gl_alerts {
    gl_alert_watch watch;
    gl_timer *timer;
    bool noted; /* a request was noted since the last look */
};

/* --- classing a request --- */

static uint64_t identity_of(const gl_request *request)
{
    uint64_t identity;
    memcpy(&identity, request->identity.bytes, sizeof identity);
    return identity;
}

/* A request that was refused at once, without being sent, did not wait. */
static bool somebody_waited(const glimpse_result *result)
{
    if (result->source == GLIMPSE_SOURCE_CACHE) return false;
    return result->error == GLIMPSE_OK || result->attempts > 0 ||
           result->error == GLIMPSE_ERR_DEADLINE;
}

static bool is_failure(const glimpse_engine *engine, const glimpse_result *result)
{
    if (engine->config.alert_failed != NULL) return engine->config.alert_failed(result);
    return result->status == GLIMPSE_STATUS_RATE_LIMITED ||
           result->status == GLIMPSE_STATUS_SERVER_ERROR || result->status == GLIMPSE_STATUS_ERROR;
}

void gl_alerts_note(const gl_request *request)
{
    glimpse_engine *engine = request->engine;
    const glimpse_result *result = request->caller.result;
    /* A lookup of the cache alone is no request; nor is a recorded answer. */
    if (engine->alerts == NULL || result->status == GLIMPSE_STATUS_CANCELLED ||
        result->error == GLIMPSE_ERR_NOT_CACHED || engine->sampler->vtable.recorded)
        return;
    bool good = result->error == GLIMPSE_OK;
    gl_alert_request is = {
        .waited = somebody_waited(result),
        .latency = (uint64_t)result->timings.total_ns,
        .thresholds = &request->caller.thresholds,
        .failed = is_failure(engine, result),
        .looked = request->has_key && request->cache_control == GLIMPSE_CACHE_USE &&
                  !engine->sampler->vtable.local,
        .hit = good && (result->source == GLIMPSE_SOURCE_CACHE ||
                        result->source == GLIMPSE_SOURCE_COALESCED),
        .answered = good,
    };
    if (is.looked) is.identity = identity_of(request);
    gl_alert_add(&engine->alerts->watch, &is, request->caller.submitted + is.latency);
    engine->alerts->noted = true;
}

/* --- reporting --- */

static void log_alert(const glimpse_engine *engine, const glimpse_alert *alert)
{
    if (!gl_log_wants(&engine->log, GLIMPSE_LOG_WARN)) return;
    bool ms = alert->kind <= GLIMPSE_ALERT_LATENCY_P95;
    double unit = ms ? 1 : 1000;
    glimpse_log_field fields[] = {
        { "alert", glimpse_alert_name(alert->kind), 0 },
        { "state", alert->firing ? "firing" : "over", 0 },
        { "severity", glimpse_alert_severity_name(alert->severity), 0 },
        { ms ? "value_ms" : "value_permille", NULL, (int64_t)(alert->value * unit + 0.5) },
        { ms ? "limit_ms" : "limit_permille", NULL, (int64_t)(alert->limit * unit + 0.5) },
        { "samples", NULL, (int64_t)alert->samples },
        { "window_ms", NULL, alert->window_ms },
        { "lasted_ms", NULL, alert->lasted_ms },
    };
    gl_log_emit(&engine->log, GLIMPSE_LOG_WARN, "alert", fields, sizeof fields / sizeof *fields);
}

static void put_value(char *out, size_t size, glimpse_alert_kind kind, double value)
{
    if (kind <= GLIMPSE_ALERT_LATENCY_P95)
        snprintf(out, size, "%.0f ms", value);
    else
        snprintf(out, size, "%.1f %%", 100 * value);
}

static void write_message(const glimpse_alert *alert, char *out, size_t size)
{
    char value[32], limit[32], of_which[64] = "", lasted[64] = "";
    put_value(value, sizeof value, alert->kind, alert->value);
    put_value(limit, sizeof limit, alert->kind, alert->limit);
    if (alert->kind == GLIMPSE_ALERT_HIT_RATE)
        snprintf(of_which, sizeof of_which, ", %.1f %% of which repeated an earlier one",
                 100 * alert->repeated);
    if (alert->kind <= GLIMPSE_ALERT_LATENCY_P95)
        snprintf(of_which, sizeof of_which, ", %.1f %% of which were above the limit",
                 100 * alert->late);
    if (!alert->firing)
        snprintf(lasted, sizeof lasted, "; it fired for %.1f s", (double)alert->lasted_ms / 1e3);
    snprintf(out, size, "%s is %s over the last %.4g s (%llu requests%s); the limit is %s%s",
             glimpse_alert_name(alert->kind), value, (double)alert->window_ms / 1e3,
             (unsigned long long)alert->samples, of_which, limit, lasted);
}

static void tell(glimpse_engine *engine, glimpse_alert *alert)
{
    char message[256];
    alert->severity = glimpse_alert_severity_of(alert->kind);
    write_message(alert, message, sizeof message);
    alert->message = message;
    log_alert(engine, alert);
    if (engine->config.on_alert != NULL) engine->config.on_alert(alert, engine->config.alert_arg);
}

/* --- looking --- */

static void look(glimpse_engine *engine)
{
    gl_alerts *alerts = engine->alerts;
    glimpse_alert changed[GLIMPSE_ALERT_COUNT];
    size_t count = gl_alert_look(&alerts->watch, gl_clockwork_now(&engine->clock), changed);
    gl_timer_set(alerts->timer, gl_alert_due(&alerts->watch));
    for (size_t i = 0; i < count && !engine->closing.on; i++) tell(engine, &changed[i]);
}

void gl_alerts_look(glimpse_engine *engine)
{
    gl_alerts *alerts = engine->alerts;
    if (alerts == NULL || !alerts->noted || engine->closing.on) return;
    alerts->noted = false;
    look(engine);
}

void glimpse_engine_note_failure(glimpse_engine *engine)
{
    static const gl_alert_request failure = { .failed = true };
    if (engine == NULL || engine->alerts == NULL || engine->closing.on) return;
    gl_clockwork_enter(&engine->clock);
    gl_alert_add(&engine->alerts->watch, &failure, gl_clockwork_now(&engine->clock));
    look(engine);
    gl_clockwork_leave(&engine->clock);
}

static void fired(void *arg)
{
    glimpse_engine *engine = arg;
    if (engine->closing.on) return;
    gl_clockwork_enter(&engine->clock);
    look(engine);
    gl_clockwork_leave(&engine->clock);
}

/* --- life --- */

bool gl_alerts_init(glimpse_engine *engine)
{
    if (!engine->config.alerts.on) return true;
    gl_alerts *alerts = gl_malloc(sizeof *alerts);
    if (alerts == NULL) return false;
    alerts->noted = false;
    alerts->timer = gl_timer_new(engine->clock.loop, fired, engine);
    engine->alerts = alerts;
    if (alerts->timer == NULL) return false;
    gl_timer_background(alerts->timer);
    gl_alert_init(&alerts->watch, &engine->config.alerts, gl_clockwork_now(&engine->clock));
    return true;
}

void gl_alerts_end(glimpse_engine *engine)
{
    if (engine->alerts == NULL) return;
    gl_timer_free(engine->alerts->timer);
    gl_free(engine->alerts);
    engine->alerts = NULL;
}

void gl_alerts_stats(const glimpse_engine *engine, glimpse_stats *stats)
{
    const gl_alerts *alerts = engine->alerts;
    if (alerts == NULL) return;
    gl_time now = gl_clockwork_now(&engine->clock);
    for (int i = 0; i < GLIMPSE_ALERT_COUNT; i++) {
        const gl_alert_rule *rule = &alerts->watch.rules[i];
        stats->alerts_firing[i] = gl_alert_fires(rule);
        stats->alerts_fired[i] = rule->fired;
        stats->alerts_first_ns[i] = (int64_t)rule->first;
        stats->alerts_firing_ns[i] = (int64_t)gl_alert_total(rule, now);
        stats->alerts_worst[i] = rule->worst;
    }
}
