/*
 * thresholds.c - t1 to t4 of a model: the engine's, or with thresholds_auto what has been observed
 * of the model (policy/calibrate.h). A model is a lane of the admission, of which there are at most
 * 16: models beyond share the last one's. Owns the calibrations, one allocation a model, made when
 * its first answer comes.
 */
#include "engine.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "policy/calibrate.h"
#include "sampler.h"

static const glimpse_thresholds *of_lane(const glimpse_engine *engine, size_t lane)
{
    const gl_calibrate *calibrate = engine->calibrations[lane];
    return calibrate != NULL ? &calibrate->now : &engine->config.thresholds;
}

void gl_thresholds_take(gl_request *request)
{
    const glimpse_engine *engine = request->engine;
    if (engine->config.thresholds_auto && !request->own_thresholds && !request->carries)
        request->thresholds = *of_lane(engine, request->lane);
}

static void log_moved(const glimpse_engine *engine, const glimpse_thresholds *now)
{
    glimpse_log_field fields[] = { { "t1_ms", NULL, now->t1_ms },
                                   { "t2_ms", NULL, now->t2_ms },
                                   { "t3_ms", NULL, now->t3_ms },
                                   { "t4_ms", NULL, now->t4_ms } };
    gl_log_emit(&engine->log, GLIMPSE_LOG_INFO, "thresholds", fields,
                sizeof fields / sizeof *fields);
}

void gl_thresholds_saw(const gl_request *request, uint64_t elapsed, gl_time now)
{
    glimpse_engine *engine = request->engine;
    if (!engine->config.thresholds_auto || request->carries || engine->sampler->vtable.local)
        return;
    gl_calibrate **calibrate = &engine->calibrations[request->lane];
    if (*calibrate == NULL) {
        *calibrate = gl_malloc(sizeof **calibrate);
        if (*calibrate == NULL) return; /* the next answer tries again */
        gl_calibrate_init(*calibrate, &engine->config.thresholds, now);
    }
    if (gl_calibrate_saw(*calibrate, elapsed, now) && gl_log_wants(&engine->log, GLIMPSE_LOG_INFO))
        log_moved(engine, &(*calibrate)->now);
}

void gl_thresholds_free(glimpse_engine *engine)
{
    for (size_t i = 0; i < GL_LANES_MAX; i++) gl_free(engine->calibrations[i]);
}

glimpse_error glimpse_engine_thresholds(const glimpse_engine *engine, const char *model,
                                        glimpse_thresholds *thresholds)
{
    if (engine == NULL || thresholds == NULL) return GLIMPSE_ERR_INVALID;
    *thresholds = engine->config.thresholds;
    if (!engine->config.thresholds_auto) return GLIMPSE_OK;
    gl_buf name; /* as it stands in a body */
    gl_buf_init(&name, SIZE_MAX / 2);
    gl_json_write_string(&name, gl_slice_str(model != NULL ? model : engine->model));
    size_t lane = gl_admission_find_lane(&engine->admission, gl_buf_slice(&name));
    glimpse_error error = name.failed ? GLIMPSE_ERR_OOM : GLIMPSE_OK;
    gl_buf_free(&name);
    if (error == GLIMPSE_OK && lane < GL_LANES_MAX) *thresholds = *of_lane(engine, lane);
    return error;
}
