/*
 * key_stop.c - the stop: the endpoint refused this key, or its money is used up, so every further
 * request would fail too, or earn a ban.
 *
 * Owns the endpoint's words until the caller resumes. steps.c ends the requests that wait, pack or
 * back off; an attempt that is out ends by itself and is not tried again.
 */
#include "engine/key_stop.h"

#include "base/alloc.h"
#include "engine/engine.h"

void gl_key_stop_begin(glimpse_engine *engine, gl_gate *gate, const gl_failure *failure,
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
    engine->stats.key_stops++;
    glimpse_log_field fields[] = {
        { "error", glimpse_error_name(failure->error), 0 },
        { "code", stop->code, 0 },
        { "http_status", NULL, failure->http_status },
        { "waiting", NULL, (int64_t)engine->queue.waiting },
        { "in_flight", NULL, gate->limit.in_flight },
    };
    gl_log_emit(&engine->log, GLIMPSE_LOG_ERROR, "key_stopped", fields,
                sizeof fields / sizeof *fields);
}

void gl_key_stop_end(gl_key_stop *stop)
{
    gl_free(stop->code);
    gl_free(stop->message);
    *stop = (gl_key_stop){ .on = false };
}

void glimpse_engine_resume(glimpse_engine *engine)
{
    gl_key_stop_end(&engine->gate->stop);
}
