/*
 * outage.c - keeps and logs why an endpoint's circuit is open.
 */
#include "engine/outage.h"

#include <stdio.h>

#include "base/utf8.h"
#include "engine/engine.h"

static void log_circuit(const glimpse_engine *engine, const gl_gate *gate, const char *event)
{
    if (!gl_log_wants(&engine->log, GLIMPSE_LOG_WARN)) return;
    glimpse_log_field fields[] = {
        { "error", gate->outage.code, 0 },
        { "http_status", NULL, gate->outage.http_status },
        { "opened", NULL, (int64_t)gate->breaker.opened },
        { "endpoint", gate->name != NULL ? gate->name->text : "", 0 }, /* of a pool alone */
    };
    gl_log_emit(&engine->log, GLIMPSE_LOG_WARN, event, fields,
                sizeof fields / sizeof *fields - (gate->name == NULL));
}

static void log_probe(const glimpse_engine *engine, const gl_gate *gate, gl_time now)
{
    if (!gl_log_wants(&engine->log, GLIMPSE_LOG_INFO)) return;
    glimpse_log_field fields[] = {
        { "error", gate->outage.code, 0 },
        { "http_status", NULL, gate->outage.http_status },
        { "probes", NULL, (int64_t)gate->outage.probes },
        { "open_ms", NULL, (int64_t)(gl_time_since(now, gate->outage.since) / GL_MS) },
        { "endpoint", gate->name != NULL ? gate->name->text : "", 0 },
    };
    gl_log_emit(&engine->log, GLIMPSE_LOG_INFO, "circuit_probe_failed", fields,
                sizeof fields / sizeof *fields - (gate->name == NULL));
}

static void copy_words(char *to, size_t size, const char *from)
{
    size_t len = gl_utf8_clip(from, strlen(from), size - 1);
    memcpy(to, from, len);
    to[len] = '\0';
}

/* Before a first connection there is nothing to protect, so the options' waits hold: the probes
 * come after the waits of one request's attempts, whichever request makes them. */
static void keep_trying(glimpse_engine *engine, gl_gate *gate, gl_time now)
{
    const gl_outage *outage = &gate->outage;
    if (gate->connected != 0 || outage->tries >= engine->backoff.max_attempts) return;
    uint64_t wait = gl_backoff_delay(&engine->backoff, outage->tries - 1, &engine->rng);
    gl_breaker_wait(&gate->breaker, wait, now);
}

bool gl_outage_is_hopeless(const glimpse_engine *engine, const gl_gate *gate)
{
    const gl_outage *outage = &gate->outage;
    if (gate->breaker.state == GL_CIRCUIT_CLOSED || gate->connected != 0) return false;
    return engine->config.breaker != GLIMPSE_BREAKER_WAIT ||
           outage->tries >= engine->backoff.max_attempts ||
           gl_backoff_retryable(outage->error, outage->http_status) == 0;
}

void gl_outage_changed(gl_request *request, gl_breaker_change change, int http_status)
{
    glimpse_engine *engine = request->engine;
    const glimpse_result *result = request->caller.result;
    gl_gate *gate = request->attempt.gate;
    gl_outage *outage = &gate->outage;
    if (change == GL_BREAKER_OPENED || change == GL_BREAKER_PROBE_FAILED) {
        /* A circuit that opened for late answers has no error of its own. */
        outage->error = result->error != GLIMPSE_OK ? result->error : GLIMPSE_ERR_TIMEOUT;
        outage->by = request->caller.id;
        outage->http_status = result->error != GLIMPSE_OK ? http_status : 0;
        copy_words(outage->code, sizeof outage->code,
                   result->error != GLIMPSE_OK ? glimpse_result_error_code(result)
                                               : glimpse_error_name(GLIMPSE_ERR_TIMEOUT));
        copy_words(outage->message, sizeof outage->message,
                   result->error != GLIMPSE_OK ? glimpse_result_error_message(result)
                                               : "answers come later than t4");
    }
    gl_time now = gl_clockwork_now(&engine->clock);
    if (change == GL_BREAKER_OPENED) {
        engine->stats.circuit_opened++;
        outage->since = now;
        outage->probes = 0;
        outage->tries = request->attempt.number - request->spared;
    } else if (change == GL_BREAKER_PROBE_FAILED) {
        outage->probes++;
        outage->tries++;
        log_probe(engine, gate, now);
    }
    if (change == GL_BREAKER_OPENED || change == GL_BREAKER_PROBE_FAILED)
        keep_trying(engine, gate, now);
    if (change == GL_BREAKER_OPENED) log_circuit(engine, gate, "circuit_opened");
    if (change == GL_BREAKER_CLOSED) log_circuit(engine, gate, "circuit_closed");
    if (change != GL_BREAKER_SAME) gl_clockwork_schedule(&engine->clock);
}
