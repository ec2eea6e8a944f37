/*
 * price.c - estimates a request's cost before it is sent: the tokens that its lane's limits are
 * asked for, and the lane, which is its model's. Reads the body once.
 */
#include "engine/price.h"

#include "base/json.h"
#include "engine/engine.h"

/* Four bytes a token is the usual estimate for English; the answer is taken to use all it may. */
#define BYTES_PER_TOKEN 4

void gl_price(gl_request *request, gl_time now)
{
    glimpse_engine *engine = request->engine;
    static const char *const names[] = { "model", "max_tokens", "max_completion_tokens" };
    gl_json found[3];
    int64_t most = 0, newer;
    gl_json_get_many(gl_json_checked(request->body), names, found, 3);
    if (!gl_json_int64(found[1], &most) || most < 0) most = engine->config.max_tokens;
    if (gl_json_int64(found[2], &newer) && newer >= 0) most = newer;
    request->tokens = (double)request->body.len / BYTES_PER_TOKEN + (double)most;
    size_t known = engine->admission.lane_count;
    request->lane = gl_admission_lane(&engine->admission, found[0].text, now);
    request->operation = gl_metrics_operation(request->path);
    request->asked_model = gl_metrics_model(engine->metrics, found[0]);
    bool first = request->lane >= known;
    if (first) engine->admission.lanes[request->lane].name = request->asked_model;
    gl_model_take(request, found[0], first);
}
