/* model.h - the engine's knowledge of a model: its thresholds, its time limits, how it wants the
 * parameters of a draft. */
#ifndef GL_MODEL_H
#define GL_MODEL_H

#include <glimpse/engine.h>

#include "base/json.h"
#include "engine/request.h"
#include "policy/prompt.h"

typedef struct gl_model {
    glimpse_thresholds thresholds;
    int64_t first_byte_timeout_ms, idle_timeout_ms, timeout_ms;
    struct gl_calibrate *calibration; /* NULL: no answer yet, or thresholds_auto is off */
} gl_model;

/* Parameters of the model that a draft was last written for; model "": none yet. */
typedef struct gl_parameters {
    char model[128];
    bool max_completion_tokens;
    unsigned omit; /* a sum of glimpse_omit */
} gl_parameters;

void gl_models_init(glimpse_engine *engine);

/* Returns the thresholds of a request whose model is not known yet. */
glimpse_thresholds gl_model_before(const glimpse_engine *engine);
void gl_models_free(glimpse_engine *engine);

/* Call when the request's lane is known. The request and its followers take the thresholds and
 * limits of its model, whose name in the body is `name`. `first`: the lane is new. */
void gl_model_take(gl_request *request, gl_json name, bool first);

/* Gives a follower its leader's thresholds; a leader that is still LOOKING has no lane yet. */
void gl_model_follow(gl_request *request);

/* Sets how the draft's model wants its parameters. */
void gl_model_parameters(glimpse_engine *engine, gl_prompt *prompt);

/* Reports that an attempt was answered after so long, ns. */
void gl_model_saw(const gl_request *request, uint64_t elapsed, gl_time now);

#endif
