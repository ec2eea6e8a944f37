/*
 * stats.c - the snapshot of an engine's counters and gauges, and the sums of its answers.
 */
#include "engine/stats.h"

#include "base/count.h"
#include "base/layout.h"
#include "engine/admission.h"
#include "engine/engine.h"

static const glimpse_stats none = {
    .size = sizeof(glimpse_stats),
    .packing = { .size = sizeof(glimpse_packing_stats) },
    .cache = { .size = sizeof(glimpse_cache_stats) },
};

static const gl_layout layout = {
    sizeof(glimpse_stats),
    { { offsetof(glimpse_stats, packing), sizeof(glimpse_packing_stats) },
      { offsetof(glimpse_stats, cache), sizeof(glimpse_cache_stats) } },
    2,
};

void glimpse_stats_defaults(glimpse_stats *stats)
{
    gl_layout_write(&layout, stats, &none);
}

void gl_stats_add_usage(glimpse_stats *stats, const glimpse_usage *usage)
{
    stats->prompt_tokens = gl_sum_add(stats->prompt_tokens, usage->prompt_tokens);
    stats->completion_tokens = gl_sum_add(stats->completion_tokens, usage->completion_tokens);
}

static int64_t quantile(const glimpse_engine *engine, double q)
{
    return (int64_t)gl_histogram_quantile(engine->latencies, q);
}

/* Returns the gate that speaks for all: one that takes requests where there is one, else the first
 * whose circuit is open. */
static const gl_gate *spokesman(const glimpse_engine *engine)
{
    const gl_gates *gates = &engine->gates;
    const gl_gate *found = gates->list[0];
    for (size_t i = gates->count; i-- > 0;)
        if (gates->list[i]->breaker.state != GL_CIRCUIT_CLOSED) found = gates->list[i];
    for (size_t i = 0; i < gates->count; i++)
        if (!gl_gate_is_shut(gates->list[i])) return gates->list[i];
    return found;
}

static void add_windows(const glimpse_engine *engine, glimpse_stats *stats, gl_time now)
{
    stats->unreachable = true;
    for (size_t i = 0; i < engine->gates.count; i++) {
        const gl_gate *gate = engine->gates.list[i];
        stats->window += (uint64_t)gl_limit_places(&gate->limit);
        stats->window_mean += gl_limit_mean(&gate->limit, now);
        stats->window_least += gate->limit.least;
        stats->window_most += (uint64_t)gate->limit.most;
        if (gate->refused_status != 0) stats->window_status = gate->refused_status;
        stats->unreachable &= gl_outage_is_hopeless(engine, gate);
    }
}

static void take(const glimpse_engine *engine, glimpse_stats *stats)
{
    *stats = engine->stats;
    gl_time now = gl_clockwork_now(&engine->clock);
    const gl_gate *gate = spokesman(engine);
    stats->live = engine->requests.count;
    stats->key_stopped = gl_gates_stopped(&engine->gates, now);
    stats->waiting = engine->queue.waiting;
    stats->in_flight = engine->out;
    stats->peak_in_flight = engine->peak;
    add_windows(engine, stats, now);
    gl_hold hold = gl_admission_hold(engine, now);
    stats->waits_for = hold.what;
    if (hold.what != GLIMPSE_WAIT_NONE) stats->waits_ns = (int64_t)gl_time_since(hold.until, now);
    stats->waits_per_minute = hold.per_minute;
    stats->waits_set = hold.set;
    stats->circuit = (glimpse_circuit)gate->breaker.state; /* the enums have the same values */
    if (stats->circuit != GLIMPSE_CIRCUIT_CLOSED) {
        stats->circuit_error = gate->outage.error;
        stats->circuit_message = gate->outage.message;
        stats->circuit_http_status = gate->outage.http_status;
        stats->circuit_probes = gate->outage.probes;
        stats->circuit_open_ns = (int64_t)gl_time_since(now, gate->outage.since);
    }
    glimpse_engine_thresholds(engine, NULL,
                              &stats->thresholds); /* fails for want of memory alone */
    stats->latency_p50_us = quantile(engine, 0.50);
    stats->latency_p75_us = quantile(engine, 0.75);
    stats->latency_p95_us = quantile(engine, 0.95);
    stats->latency_p99_us = quantile(engine, 0.99);
    stats->latency_max_us = (int64_t)gl_histogram_max(engine->latencies);
    gl_alerts_stats(engine, stats);
    if (engine->cache != NULL) glimpse_cache_get_stats(engine->cache, &stats->cache);
}

glimpse_error glimpse_engine_stats(const glimpse_engine *engine, glimpse_stats *stats)
{
    glimpse_stats whole;
    if (engine == NULL || stats == NULL) return GLIMPSE_ERR_INVALID;
    take(engine, &whole);
    return gl_layout_write(&layout, stats, &whole) ? GLIMPSE_OK : GLIMPSE_ERR_INVALID;
}

/* --- endpoints --- */

static const glimpse_endpoint_stats no_endpoint = { .size = sizeof(glimpse_endpoint_stats),
                                                    .name = "" };
static const gl_layout endpoint_layout = { .size = sizeof(glimpse_endpoint_stats) };

void glimpse_endpoint_stats_defaults(glimpse_endpoint_stats *stats)
{
    gl_layout_write(&endpoint_layout, stats, &no_endpoint);
}

glimpse_error glimpse_engine_endpoint(const glimpse_engine *engine, size_t index,
                                      glimpse_endpoint_stats *stats)
{
    gl_time when;
    if (engine == NULL || stats == NULL || index >= engine->gates.count) return GLIMPSE_ERR_INVALID;
    const gl_gate *gate = engine->gates.list[index];
    const gl_key_stop *stop = &gate->stop;
    bool shut = gate->breaker.state != GL_CIRCUIT_CLOSED;
    gl_time now = gl_clockwork_now(&engine->clock);
    glimpse_endpoint_stats whole = no_endpoint;
    whole.name = gate->name != NULL ? gate->name->text : "";
    whole.key_stopped = stop->on;
    whole.open = !gl_key_stop_holds(stop, now) && gl_breaker_may_start(&gate->breaker, now, &when);
    whole.circuit = (glimpse_circuit)gate->breaker.state;
    whole.in_flight = (uint64_t)gate->limit.in_flight;
    whole.window = (uint64_t)gl_limit_places(&gate->limit);
    whole.attempts = gate->sent;
    whole.answered = gate->answers;
    whole.failed = gate->failures;
    whole.circuit_opened = gate->breaker.opened;
    if (stop->on) {
        whole.problem = stop->code != NULL ? stop->code : glimpse_error_name(stop->error);
        whole.http_status = stop->http_status;
    } else if (shut) {
        whole.problem = gate->outage.code;
        whole.http_status = gate->outage.http_status;
    }
    return gl_layout_write(&endpoint_layout, stats, &whole) ? GLIMPSE_OK : GLIMPSE_ERR_INVALID;
}

/* --- room --- */

size_t glimpse_engine_room(const glimpse_engine *engine)
{
    gl_time now = gl_clockwork_now(&engine->clock);
    if (gl_gates_stopped(&engine->gates, now)) return 0;
    bool open = !gl_gate_is_shut(spokesman(engine));
    bool waits = !open && engine->config.breaker == GLIMPSE_BREAKER_WAIT;
    uint64_t taken = engine->queue.waiting + engine->lookups, window = 0, in_flight = 0;
    for (size_t i = 0; i < engine->gates.count; i++) {
        const gl_gate *gate = engine->gates.list[i];
        in_flight += (uint64_t)gate->limit.in_flight;
        if (gl_key_stop_holds(&gate->stop, now) || (open && gl_gate_is_shut(gate))) continue;
        /* Requests that wait for a circuit to close hold up nothing, and their deadlines pass
         * meanwhile. Taken one by one, a long job would pass as many deadlines as it has lines. */
        window += waits ? (uint64_t)gate->limit.most : (uint64_t)gl_limit_places(&gate->limit);
        taken += (uint64_t)gate->limit.in_flight;
    }
    if (taken < window) return (size_t)(window - taken);
    /* When all waiting requests were refused before, one more may be read: the refused ones may be
     * the cause. */
    return !open && engine->queue.untried == 0 && in_flight == 0 ? 1 : 0;
}
