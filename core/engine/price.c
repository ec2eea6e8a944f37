/*
 * price.c - estimates a request's cost before it is sent: the tokens that its lane's limits are
 * asked for, the lane, which is its model's, and the course of the model.
 */
#include "engine/price.h"

#include "engine/engine.h"

/* Four bytes a token is the usual estimate for English; the answer is taken to use all it may. */
#define BYTES_PER_TOKEN 4

bool gl_price(gl_request *request)
{
    glimpse_engine *engine = request->engine;
    request->tokens = (double)request->body.len / BYTES_PER_TOKEN + (double)request->answer_tokens;
    size_t known = engine->queue.lane_count;
    request->lane = (unsigned)gl_queue_lane(&engine->queue, request->named_model.text);
    request->operation = gl_metrics_operation(request->path);
    request->asked_model = gl_metrics_model(engine->metrics, request->named_model);
    bool first = request->lane >= known;
    if (first) engine->queue.lanes[request->lane].name = request->asked_model;
    gl_model_take(request, request->named_model, first);
    if (request->course == NULL)
        request->course =
            gl_gates_course(&engine->gates, request->lane, request->named_model, &engine->scratch);
    if (request->course == NULL) return false;
    if (request->course->pick == GLIMPSE_PICK_PREFIX)
        request->prompt = gl_pick_prompt(gl_json_checked(request->body));
    return true;
}
