/*
 * lookup.c - the answer that is there already: 2 on the way of a request.
 *
 * Called by engine.c when a request arrives. Never sends anything.
 */
#include "engine.h"

#include "sampler.h"

bool gl_lookup_memory(gl_request *request, gl_time now)
{
    glimpse_engine *engine = request->engine;
    if (engine->cache == NULL || engine->sampler->vtable.local) return false;
    glimpse_sample *sample = glimpse_cache_get(engine->cache, &request->identity, now);
    if (sample == NULL) return false;
    glimpse_result *result = request->result;
    result->sample = sample;
    result->response = glimpse_sample_ref(sample);
    result->source = GLIMPSE_SOURCE_CACHE;
    result->status = GLIMPSE_STATUS_ALIGNED;
    if (gl_log_wants(&engine->log, GLIMPSE_LOG_DEBUG)) {
        glimpse_log_field field = { "id", NULL, (int64_t)request->id };
        gl_log_emit(&engine->log, GLIMPSE_LOG_DEBUG, "cache_hit", &field, 1);
    }
    return true;
}
