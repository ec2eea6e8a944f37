/*
 * key_stop.c - the stop: an endpoint refused this key, or its money is used up, so every further
 * request would fail there too, or earn a ban.
 *
 * Owns the endpoint's words until the stop ends: by the caller, or by the answer to a request that
 * tries the key again. steps.c ends the requests that no other endpoint takes; an attempt that is
 * out ends by itself and is not tried again there.
 */
#include "engine/key_stop.h"

#include "base/alloc.h"
#include "engine/engine.h"

#define LONGEST_WAIT (600 * GL_SECOND)
#define PROBE_ALONE  (10 * GL_SECOND)

static void log_stop(const glimpse_engine *engine, const gl_gate *gate, glimpse_error error,
                     const char *event)
{
    glimpse_log_field fields[] = {
        { "error", glimpse_error_name(error), 0 },
        { "code", gate->stop.code, 0 },
        { "http_status", NULL, gate->stop.http_status },
        { "waiting", NULL, (int64_t)engine->queue.waiting },
        { "in_flight", NULL, gate->limit.in_flight },
        { "endpoint", gate->name != NULL ? gate->name->text : "", 0 },
    };
    size_t count = sizeof fields / sizeof *fields;
    gl_log_emit(&engine->log, GLIMPSE_LOG_ERROR, event, fields,
                gate->name != NULL ? count : count - 1);
}

static void begin(glimpse_engine *engine, gl_gate *gate, const gl_failure *failure,
                  const char *message)
{
    gl_key_stop *stop = &gate->stop;
    gl_key_stop_end(stop);
    stop->on = true;
    /* A request that the stop ends was in no stream, so its error cannot be one of a stream. */
    bool own = failure->error == GLIMPSE_ERR_QUOTA || failure->error == GLIMPSE_ERR_PROXY;
    stop->error = own ? failure->error : GLIMPSE_ERR_HTTP;
    stop->http_status = failure->http_status;
    /* Without memory for the endpoint's words, the table's stand in. */
    stop->code =
        gl_strdup(failure->code != NULL ? failure->code : glimpse_error_name(failure->error));
    stop->message = gl_strdup(message != NULL ? message : glimpse_error_sentence(failure->error));
    stop->order = engine->starts;
    engine->stats.key_stops++;
    log_stop(engine, gate, failure->error, "key_stopped");
}

/* The time before the first try; 0: there is none. */
static uint64_t first_wait(const glimpse_engine *engine)
{
    int64_t ms = engine->config.key_probe_ms;
    if (ms == GLIMPSE_INHERIT) ms = engine->gates.pool != NULL ? 60 * 1000 : 0;
    return (uint64_t)ms * GL_MS;
}

void gl_key_stop_refused(const gl_request *request, const gl_failure *failure, const char *message,
                         gl_time now)
{
    glimpse_engine *engine = request->engine;
    gl_gate *gate = request->attempt.gate;
    gl_key_stop *stop = &gate->stop;
    bool tried = stop->on && request->attempt.order >= stop->order;
    if (stop->on && !tried) return; /* it was in flight when another was refused */
    if (tried) {
        stop->wait = stop->wait < LONGEST_WAIT / 2 ? stop->wait * 2 : LONGEST_WAIT;
    } else {
        begin(engine, gate, failure, message);
        stop->wait = first_wait(engine);
    }
    stop->tried = false;
    stop->until = stop->wait != 0 ? now + stop->wait : GL_TIME_NEVER;
}

bool gl_key_stop_answered(const gl_request *request)
{
    gl_gate *gate = request->attempt.gate;
    if (!gate->stop.on || request->attempt.order < gate->stop.order) return false;
    log_stop(request->engine, gate, gate->stop.error, "key_resumed");
    gl_key_stop_end(&gate->stop);
    return true;
}

void gl_key_stop_probing(gl_key_stop *stop, gl_time now)
{
    stop->tried = true;
    stop->until = now + PROBE_ALONE;
}

void gl_key_stop_end(gl_key_stop *stop)
{
    gl_free(stop->code);
    gl_free(stop->message);
    *stop = (gl_key_stop){ .on = false };
}

void glimpse_engine_resume(glimpse_engine *engine)
{
    for (size_t i = 0; i < engine->gates.count; i++) gl_key_stop_end(&engine->gates.list[i]->stop);
    gl_clockwork_schedule(&engine->clock);
}
