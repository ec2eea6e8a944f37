/*
 * model.c - the engine's knowledge of a model: its thresholds, the time limits of an attempt, the
 * parameters of a draft. A model is a lane of the queue, of which there are 16: models beyond
 * share the knowledge of the last one.
 *
 * A value that the configuration sets comes first, then the model's profile (<glimpse/profile.h>);
 * with thresholds_auto the thresholds begin there and follow the model's latencies
 * (policy/calibrate.h). Owns the calibrations, one allocation a model, made at its first answer.
 */
#include "engine/model.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/json.h"
#include "engine/engine.h"
#include "policy/calibrate.h"
#include "policy/latency.h"
#include "policy/profile.h"
#include "sampler.h"

/* Fills in the configuration's own settings, and the profile's where there are none. */
static void read_profile(const glimpse_engine *engine, gl_slice name, gl_model *model)
{
    const glimpse_config *config = &engine->config;
    glimpse_profile profile;
    glimpse_profile_init(&profile);
    if (name.len == 0)
        gl_profile_default(&profile);
    else
        glimpse_profiles_find(engine->profiles, name.data, name.len, &profile);
    *model = (gl_model){ config->thresholds, config->first_byte_timeout_ms, config->idle_timeout_ms,
                         config->timeout_ms, model->calibration };
    if (gl_thresholds_inherit(&model->thresholds)) model->thresholds = profile.thresholds;
    if (model->first_byte_timeout_ms == GLIMPSE_INHERIT)
        model->first_byte_timeout_ms = profile.first_byte_timeout_ms;
    if (model->idle_timeout_ms == GLIMPSE_INHERIT) model->idle_timeout_ms = profile.idle_timeout_ms;
    if (model->timeout_ms == GLIMPSE_INHERIT) model->timeout_ms = profile.timeout_ms;
}

glimpse_thresholds gl_model_before(const glimpse_engine *engine)
{
    static const glimpse_thresholds usual = GLIMPSE_THRESHOLDS_DEFAULT;
    const glimpse_thresholds *set = &engine->config.thresholds;
    return gl_thresholds_inherit(set) ? usual : *set;
}

void gl_models_init(glimpse_engine *engine)
{
    for (size_t i = 0; i < GL_LANES_MAX; i++)
        read_profile(engine, gl_slice_of("", 0), &engine->models[i]);
}

void gl_models_free(glimpse_engine *engine)
{
    for (size_t i = 0; i < GL_LANES_MAX; i++) gl_free(engine->models[i].calibration);
}

static const glimpse_thresholds *in_force(const gl_model *model)
{
    return model->calibration != NULL ? &model->calibration->now : &model->thresholds;
}

static void give(gl_request *request, const gl_model *model)
{
    if (!request->caller.own_thresholds && !request->carries)
        request->caller.thresholds = *in_force(model);
}

void gl_model_take(gl_request *request, gl_json name, bool first)
{
    glimpse_engine *engine = request->engine;
    gl_model *model = &engine->models[request->lane];
    if (first) {
        gl_buf *scratch = &engine->scratch;
        gl_buf_reset(scratch);
        gl_json_string_append(name, scratch, NULL);
        read_profile(engine, gl_buf_slice(scratch), model);
    }
    give(request, model);
    for (gl_node *node = request->followers.head.next; node != &request->followers.head;
         node = node->next) {
        gl_request *follower = GL_CONTAINER(node, gl_request, node);
        give(follower, model);
        gl_clockwork_set_timer(follower);
    }
}

void gl_model_follow(gl_request *request)
{
    const gl_request *leader = request->leader;
    if (leader->state != GL_STATE_LOOKING) give(request, &request->engine->models[leader->lane]);
}

void gl_model_parameters(glimpse_engine *engine, gl_prompt *prompt)
{
    gl_parameters *known = &engine->parameters;
    size_t len = strlen(prompt->model);
    if (len == 0 || len >= sizeof known->model || strcmp(known->model, prompt->model) != 0) {
        glimpse_profile profile;
        glimpse_profile_init(&profile);
        glimpse_profiles_find(engine->profiles, prompt->model, 0, &profile);
        known->max_completion_tokens = strcmp(profile.max_tokens_as, "max_completion_tokens") == 0;
        known->omit = gl_profile_omits(&profile);
        known->model[0] = '\0';
        if (len < sizeof known->model) memcpy(known->model, prompt->model, len + 1);
    }
    prompt->max_completion_tokens = known->max_completion_tokens;
    prompt->omit = known->omit | engine->config.omit;
}

/* --- observed latencies
 * ------------------------------------------------------------------------- */

static void log_moved(const glimpse_engine *engine, const glimpse_thresholds *now)
{
    glimpse_log_field fields[] = { { "t1_ms", NULL, now->t1_ms },
                                   { "t2_ms", NULL, now->t2_ms },
                                   { "t3_ms", NULL, now->t3_ms },
                                   { "t4_ms", NULL, now->t4_ms } };
    gl_log_emit(&engine->log, GLIMPSE_LOG_INFO, "thresholds", fields,
                sizeof fields / sizeof *fields);
}

void gl_model_saw(const gl_request *request, uint64_t elapsed, gl_time now)
{
    glimpse_engine *engine = request->engine;
    gl_model *model = &engine->models[request->lane];
    if (!engine->config.thresholds_auto || request->carries || engine->sampler->vtable.local)
        return;
    if (model->calibration == NULL) {
        model->calibration = gl_malloc(sizeof *model->calibration);
        if (model->calibration == NULL) return; /* out of memory: the next answer tries again */
        gl_calibrate_init(model->calibration, &model->thresholds, now);
    }
    if (gl_calibrate_saw(model->calibration, elapsed, now) &&
        gl_log_wants(&engine->log, GLIMPSE_LOG_INFO))
        log_moved(engine, &model->calibration->now);
}

glimpse_error glimpse_engine_thresholds(const glimpse_engine *engine, const char *model,
                                        glimpse_thresholds *thresholds)
{
    if (engine == NULL || thresholds == NULL) return GLIMPSE_ERR_INVALID;
    if (model == NULL) model = engine->model;
    gl_buf name; /* the raw JSON value of a body */
    gl_buf_init(&name, SIZE_MAX / 2);
    gl_json_write_string(&name, gl_slice_str(model));
    size_t lane = gl_queue_find_lane(&engine->queue, gl_buf_slice(&name));
    glimpse_error error = name.failed ? GLIMPSE_ERR_OOM : GLIMPSE_OK;
    gl_buf_free(&name);
    gl_model unseen = { .calibration = NULL };
    if (lane == GL_LANES_MAX) read_profile(engine, gl_slice_str(model), &unseen);
    *thresholds = *in_force(lane < GL_LANES_MAX ? &engine->models[lane] : &unseen);
    return error;
}
