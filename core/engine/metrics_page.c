/*
 * metrics_page.c - glimpse_metrics_text: the engine's statistics and gauges as Prometheus text,
 * followed by the counts of metrics.c. Only reads, but for the switch of the loop's measurement.
 */
#include <glimpse/metrics.h>

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "engine/engine.h"
#include "loop_lag.h"
#include "metrics.h"

#define AT(member) offsetof(glimpse_stats, member)

/* The families that are one number of the statistics each. */
static const struct family {
    const char *name, *type, *help;
    size_t at;
} families[] = {
    { "glimpse_requests_submitted_total", "counter", "Requests taken.", AT(submitted) },
    { "glimpse_requests_live", "gauge", "Requests that have no result yet.", AT(live) },
    { "glimpse_requests_stale_total", "counter", "Results that came after t4.", AT(stale) },
    { "glimpse_requests_coalesced_total", "counter",
      "Requests that followed an identical one under way.", AT(coalesced) },
    { "glimpse_queue_depth", "gauge", "Requests that wait for admission.", AT(waiting) },
    { "glimpse_attempts_total", "counter", "Requests sent, retries included.", AT(attempts) },
    { "glimpse_attempts_connected_total", "counter", "Attempts that had a connection.",
      AT(connected) },
    { "glimpse_attempts_in_flight", "gauge", "Attempts running now.", AT(in_flight) },
    { "glimpse_attempts_in_flight_peak", "gauge", "The most attempts that ever ran at once.",
      AT(peak_in_flight) },
    { "glimpse_attempts_in_flight_limit", "gauge", "Attempts that may run at once now.",
      AT(window) },
    { "glimpse_retries_total", "counter", "Attempts after the first of a request.", AT(retries) },
    { "glimpse_key_stops_total", "counter",
      "Times the endpoint refused the key or its quota was used up.", AT(key_stops) },
    { "glimpse_circuit_opened_total", "counter", "Times the circuit opened.", AT(circuit_opened) },
    { "glimpse_circuit_refused_total", "counter", "Results that an open circuit ended.",
      AT(circuit_refused) },
    { "glimpse_cache_hits_total", "counter", "Answers found in the memory cache.", AT(cache.hits) },
    { "glimpse_cache_misses_total", "counter", "Answers not found in the memory cache.",
      AT(cache.misses) },
    { "glimpse_cache_evictions_total", "counter", "Answers pushed out of the memory cache.",
      AT(cache.evicted) },
    { "glimpse_cache_expirations_total", "counter", "Answers found too old.", AT(cache.expired) },
    { "glimpse_cache_entries", "gauge", "Answers in the memory cache.", AT(cache.entries) },
    { "glimpse_cache_entries_limit", "gauge", "The most answers it may hold now.",
      AT(cache.max_entries) },
    { "glimpse_cache_size_bytes", "gauge", "Memory of the answers in it.", AT(cache.bytes) },
    { "glimpse_cache_limit_bytes", "gauge", "The most memory they may take now.",
      AT(cache.max_bytes) },
    { "glimpse_store_hits_total", "counter", "Answers found in the persistent cache.",
      AT(store_hits) },
    { "glimpse_store_misses_total", "counter", "Answers not found in the persistent cache.",
      AT(store_misses) },
    { "glimpse_packs_total", "counter", "Requests that several drafts shared.", AT(packing.packs) },
    { "glimpse_packed_drafts_total", "counter", "Drafts that got their answer from one.",
      AT(packing.packed) },
};

static void write_families(const glimpse_stats *stats, gl_buf *out)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        const struct family *f = &families[i];
        uint64_t value;
        memcpy(&value, (const char *)stats + f->at, sizeof value);
        gl_text_family(out, f->name, f->type, f->help);
        gl_text_number(out, f->name, value);
    }
}

static void write_thresholds(const glimpse_thresholds *thresholds, gl_buf *out)
{
    static const char *const names[] = { "t1", "t2", "t3", "t4" };
    const int64_t ms[] = { thresholds->t1_ms, thresholds->t2_ms, thresholds->t3_ms,
                           thresholds->t4_ms };
    const char *name = "glimpse_threshold_seconds";
    gl_text_family(out, name, "gauge", "The thresholds in force, of the engine's own model.");
    for (size_t i = 0; i < 4; i++) {
        gl_buf_append_str(out, name);
        gl_buf_append_char(out, '{');
        gl_text_label(out, true, "threshold", gl_slice_str(names[i]));
        gl_buf_append_str(out, "} ");
        gl_text_seconds(out, (uint64_t)ms[i] * GL_MS);
        gl_buf_append_char(out, '\n');
    }
}

static void write_alert(gl_buf *out, const char *name, int kind, uint64_t number)
{
    glimpse_alert_severity severity = glimpse_alert_severity_of((glimpse_alert_kind)kind);
    gl_buf_printf(out, "%s{", name);
    gl_text_label(out, true, "alert", gl_slice_str(glimpse_alert_name((glimpse_alert_kind)kind)));
    gl_text_label(out, false, "severity", gl_slice_str(glimpse_alert_severity_name(severity)));
    gl_buf_printf(out, "} %" PRIu64 "\n", number);
}

static void write_alerts(const glimpse_stats *stats, gl_buf *out)
{
    const char *name = "glimpse_alert_firing";
    gl_text_family(out, name, "gauge", "1 while this alert is on.");
    for (int i = 0; i < GLIMPSE_ALERT_COUNT; i++)
        write_alert(out, name, i, stats->alerts_firing[i]);
    name = "glimpse_alerts_fired_total";
    gl_text_family(out, name, "counter", "Times an alert came on.");
    for (int i = 0; i < GLIMPSE_ALERT_COUNT; i++) write_alert(out, name, i, stats->alerts_fired[i]);
}

static void write_labelled(const glimpse_stats *stats, gl_buf *out)
{
    static const char *const circuits[] = { "closed", "open", "probing" };
    const char *name = "glimpse_requests_total";
    gl_text_family(out, name, "counter", "Results told, by status.");
    for (int i = 0; i < GLIMPSE_STATUS_COUNT; i++)
        gl_text_labelled(out, name, "status", glimpse_status_name((glimpse_status)i),
                         stats->by_status[i]);
    name = "glimpse_requests_by_source_total";
    gl_text_family(out, name, "counter", "Results told, by where the answer came from.");
    for (int i = 0; i < GLIMPSE_SOURCE_COUNT; i++)
        gl_text_labelled(out, name, "source", glimpse_source_name((glimpse_source)i),
                         stats->by_source[i]);
    name = "glimpse_notices_total";
    gl_text_family(out, name, "counter", "Notices told to whoever asked for them.");
    for (int i = 0; i < GLIMPSE_NOTICE_COUNT; i++)
        gl_text_labelled(out, name, "kind", glimpse_notice_name((glimpse_notice_kind)i),
                         stats->notices[i]);
    name = "glimpse_tokens_total";
    gl_text_family(out, name, "counter", "Tokens of answers, where they say them.");
    gl_text_labelled(out, name, "type", "input", stats->prompt_tokens);
    gl_text_labelled(out, name, "type", "output", stats->completion_tokens);
    write_alerts(stats, out);
    name = "glimpse_key_stopped";
    gl_text_family(out, name, "gauge", "1 while nothing is sent because the key was refused.");
    gl_text_number(out, name, stats->key_stopped ? 1 : 0);
    name = "glimpse_circuit_state";
    gl_text_family(out, name, "gauge", "1 for the state in which the circuit is.");
    for (unsigned i = 0; i < 3; i++)
        gl_text_labelled(out, name, "state", circuits[i], stats->circuit == i ? 1 : 0);
}

/* --- limits ------------------------------------------------------------------------------------
 */

/* Gives the lane's model, unless an earlier lane goes by the same name; all models beyond share the
 * last lane. */
static bool lane_name(const glimpse_engine *engine, size_t lane, gl_slice *name)
{
    const gl_queue *queue = &engine->queue;
    unsigned model = queue->lanes[lane].name;
    if (lane == GL_LANES_MAX - 1) model = GL_MODEL_OTHER;
    for (size_t i = 0; i < lane; i++)
        if (queue->lanes[i].name == model) return false;
    *name = gl_metrics_model_name(&engine->metrics->asked, model);
    return true;
}

static void write_limits(const glimpse_engine *engine, const gl_gate *gate, gl_buf *out,
                         const char *name, bool left)
{
    static const char *const kinds[] = { "requests", "tokens", "project_tokens" };
    gl_time now = gl_clockwork_now(&engine->clock);
    for (size_t i = 0; i < engine->queue.lane_count; i++)
        for (int kind = 0; kind < GL_BUCKET_COUNT; kind++) {
            const gl_bucket *bucket = &gate->paces[i].buckets[kind];
            gl_slice model;
            if (!bucket->known || !lane_name(engine, i, &model)) continue;
            gl_buf_append_str(out, name);
            gl_buf_append_char(out, '{');
            gl_text_label(out, true, "kind", gl_slice_str(kinds[kind]));
            gl_text_label(out, false, "model", model);
            if (gate->name != NULL)
                gl_text_label(out, false, "endpoint", gl_slice_str(gate->name->text));
            gl_buf_append_str(out, "} ");
            gl_buf_append_u64(out, left ? gl_pace_left(bucket, now) : gl_pace_per_minute(bucket));
            gl_buf_append_char(out, '\n');
        }
}

/* --- the endpoints of a pool -------------------------------------------------------------------
 */

static void write_of_endpoint(const glimpse_endpoint_stats *stats, const char *name,
                              const char *outcome, uint64_t value, gl_buf *out)
{
    gl_buf_append_str(out, name);
    gl_buf_append_char(out, '{');
    gl_text_label(out, true, "endpoint", gl_slice_str(stats->name));
    if (outcome != NULL) gl_text_label(out, false, "outcome", gl_slice_str(outcome));
    gl_buf_append_str(out, "} ");
    gl_buf_append_u64(out, value);
    gl_buf_append_char(out, '\n');
}

static void write_endpoint(const glimpse_endpoint_stats *stats, size_t family, const char *name,
                           gl_buf *out)
{
    const uint64_t gauges[] = { 0, stats->in_flight, stats->window,
                                stats->circuit != GLIMPSE_CIRCUIT_CLOSED, stats->key_stopped };
    if (family != 0) {
        write_of_endpoint(stats, name, NULL, gauges[family], out);
        return;
    }
    write_of_endpoint(stats, name, "answered", stats->answered, out);
    write_of_endpoint(stats, name, "failed", stats->failed, out);
}

static void write_endpoints(const glimpse_engine *engine, gl_buf *out)
{
    static const char *const of_pool[][3] = {
        { "glimpse_endpoint_attempts_total", "counter",
          "Attempts at an endpoint, by how they ended." },
        { "glimpse_endpoint_in_flight", "gauge", "Attempts at an endpoint now." },
        { "glimpse_endpoint_window", "gauge", "How many there may be." },
        { "glimpse_endpoint_circuit_open", "gauge", "1 while an endpoint is only probed." },
        { "glimpse_endpoint_key_stopped", "gauge", "1 while an endpoint's key is refused." },
    };
    if (engine->gates.pool == NULL) return;
    for (size_t f = 0; f < sizeof of_pool / sizeof *of_pool; f++) {
        glimpse_endpoint_stats stats;
        glimpse_endpoint_stats_init(&stats);
        gl_text_family(out, of_pool[f][0], of_pool[f][1], of_pool[f][2]);
        for (size_t i = 0; glimpse_engine_endpoint(engine, i, &stats) == GLIMPSE_OK; i++)
            write_endpoint(&stats, f, of_pool[f][0], out);
    }
}

static void write_gauges(const glimpse_engine *engine, gl_buf *out)
{
    const char *name = "glimpse_retry_budget_remaining";
    gl_text_family(out, name, "gauge", "Retries that may be sent now.");
    gl_text_number(out, name, gl_budget_left(&engine->budget, gl_clockwork_now(&engine->clock)));
    name = "glimpse_rate_limit_remaining";
    gl_text_family(out, name, "gauge", "What a rate limit lets through now.");
    for (size_t i = 0; i < engine->gates.count; i++)
        write_limits(engine, engine->gates.list[i], out, name, true);
    name = "glimpse_rate_limit_per_minute";
    gl_text_family(out, name, "gauge", "A rate limit, set or learned from the answers.");
    for (size_t i = 0; i < engine->gates.count; i++)
        write_limits(engine, engine->gates.list[i], out, name, false);
}

/* --- the public call ---------------------------------------------------------------------------
 */

glimpse_error glimpse_metrics_text(const glimpse_engine *engine, char **text, size_t *len)
{
    glimpse_stats stats;
    gl_buf out;
    if (engine == NULL || text == NULL) return GLIMPSE_ERR_INVALID;
    *text = NULL;
    glimpse_stats_init(&stats);
    glimpse_engine_stats(engine, &stats);
    gl_buf_init(&out, SIZE_MAX / 2);
    gl_buf_reserve(&out, 16384); /* size of the page of an engine with one model */
    gl_text_family(&out, "glimpse_build_info", "gauge", "1, and which libglimpse this is.");
    gl_text_labelled(&out, "glimpse_build_info", "version", glimpse_version(), 1);
    write_labelled(&stats, &out);
    write_thresholds(&stats.thresholds, &out);
    write_families(&stats, &out);
    write_gauges(engine, &out);
    write_endpoints(engine, &out);
    gl_metrics_write(engine->metrics, &out);
    if (!gl_buf_terminate(&out)) {
        gl_buf_free(&out);
        return GLIMPSE_ERR_OOM;
    }
    *text = out.data;
    if (len != NULL) *len = out.len;
    return GLIMPSE_OK;
}

static void lagged(uint64_t late_ns, void *arg)
{
    glimpse_engine *engine = arg;
    gl_metrics_lagged(engine->metrics, late_ns);
}

glimpse_error glimpse_engine_watch_loop(glimpse_engine *engine, int64_t every_ms)
{
    if (engine == NULL || every_ms < 0 || every_ms > GL_LOOP_LAG_MS_MAX) return GLIMPSE_ERR_INVALID;
    glimpse_loop_lag *lag = NULL;
    if (every_ms > 0) {
        lag = gl_loop_lag_new(engine->clock.loop, every_ms, lagged, engine);
        if (lag == NULL) return GLIMPSE_ERR_OOM;
    }
    glimpse_loop_lag_free(engine->lag);
    engine->lag = lag;
    return GLIMPSE_OK;
}
