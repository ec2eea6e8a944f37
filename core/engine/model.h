/* model.h - what is known of a model: its thresholds, its time limits, how it wants the parameters
 * of a draft. */
#ifndef GL_MODEL_H
#define GL_MODEL_H

#include <glimpse/engine.h>

#include "base/json.h"
#include "engine/request.h"
#include "policy/prompt.h"

typedef struct gl_model {
    glimpse_thresholds thresholds;
    int64_t first_byte_timeout_ms, idle_timeout_ms, timeout_ms;
    struct gl_calibrate *calibration; /* NULL: nothing was observed yet, or it is not wanted */
} gl_model;

/* Of the model that was written last; "": of none. */
typedef struct gl_parameters {
    char model[128];
    bool max_completion_tokens;
    unsigned omit; /* glimpse_omit */
} gl_parameters;

void gl_models_init(glimpse_engine *engine);

/* The thresholds of a request whose model is not known yet. */
glimpse_thresholds gl_model_before(const glimpse_engine *engine);
void gl_models_free(glimpse_engine *engine);

/* Its lane is known: it takes what is known of its model, whose name in the body this is, and so do
 * those that follow it already. `first`: the lane is new. */
void gl_model_take(gl_request *request, gl_json name, bool first);

/* It follows a leader of the same model; one that is still looked up has no lane yet. */
void gl_model_follow(gl_request *request);

/* How the draft's model wants its parameters. */
void gl_model_parameters(glimpse_engine *engine, gl_prompt *prompt);

/* Its attempt was answered after so long, ns. */
void gl_model_saw(const gl_request *request, uint64_t elapsed, gl_time now);

#endif
