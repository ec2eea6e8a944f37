/* queue.c - see queue.h. */
#include "engine/queue.h"

#include <assert.h>

#include "base/siphash.h"

/* Interactive requests that may overtake one bulk request: enough that a person does not wait, few
 * enough that a job does not starve. */
#define OVERTAKE 8

void gl_queue_init(gl_queue *queue)
{
    *queue = (gl_queue){ .waiting = 0 };
}

void gl_queue_free(gl_queue *queue)
{
    for (size_t i = 0; i < queue->lane_count; i++) {
        gl_fair_free(&queue->lanes[i].queues[0]);
        gl_fair_free(&queue->lanes[i].queues[1]);
    }
}

size_t gl_queue_find_lane(const gl_queue *queue, gl_slice model)
{
    uint64_t wanted = gl_hash(0, model.data, model.len);
    for (size_t i = 0; i < queue->lane_count; i++)
        if (queue->lanes[i].model == wanted) return i;
    return queue->lane_count == GL_LANES_MAX ? GL_LANES_MAX - 1 : GL_LANES_MAX;
}

size_t gl_queue_lane(gl_queue *queue, gl_slice model)
{
    size_t found = gl_queue_find_lane(queue, model);
    if (found < GL_LANES_MAX) return found;
    gl_lane *lane = &queue->lanes[queue->lane_count];
    lane->model = gl_hash(0, model.data, model.len);
    gl_fair_init(&lane->queues[0]);
    gl_fair_init(&lane->queues[1]);
    return queue->lane_count++;
}

void gl_queue_push(gl_queue *queue, gl_request *request, bool front)
{
    gl_fair *fair = &queue->lanes[request->lane].queues[request->priority];
    request->flow = gl_fair_flow(fair, request->of_caller);
    gl_request_move(request, GL_STATE_WAITING, &request->flow->waiting, front);
    request->flow->count++;
    queue->waiting++;
    if (request->refused == 0) queue->untried++;
}

static void take_out(gl_fair *fair, gl_request *request)
{
    gl_node_remove(&request->node);
    request->flow->count--;
    if (gl_fair_left(fair, request->flow)) request->flow = NULL;
}

void gl_queue_set_priority(gl_queue *queue, gl_request *request, glimpse_priority priority)
{
    gl_fair *queues = queue->lanes[request->lane].queues;
    if (request->state == GL_STATE_WAITING) {
        take_out(&queues[request->priority], request);
        request->flow = gl_fair_flow(&queues[priority], request->of_caller);
        gl_list_push_back(&request->flow->waiting, &request->node);
        request->flow->count++;
    }
    request->priority = priority;
}

void gl_queue_leave(gl_queue *queue, gl_request *request)
{
    assert(request->state == GL_STATE_WAITING && gl_node_linked(&request->node));
    take_out(&queue->lanes[request->lane].queues[request->priority], request);
    queue->waiting--;
    if (request->refused == 0) queue->untried--;
}

void gl_queue_started(gl_queue *queue, const gl_request *request)
{
    gl_lane *lane = &queue->lanes[request->lane];
    queue->next = (request->lane + 1) % queue->lane_count;
    bool bulk = request->priority == GLIMPSE_PRIORITY_BULK;
    bool bulk_waits = lane->queues[GLIMPSE_PRIORITY_BULK].count != 0;
    if (request->flow != NULL)
        gl_fair_went(&lane->queues[request->priority], request->flow, request->tokens);
    lane->overtaken = bulk || !bulk_waits ? 0 : lane->overtaken + 1;
}

static double cost(gl_node *node)
{
    return GL_CONTAINER(node, gl_request, node)->tokens;
}

static glimpse_priority next_priority(const gl_lane *lane)
{
    size_t bulk = lane->queues[GLIMPSE_PRIORITY_BULK].count;
    size_t interactive = lane->queues[GLIMPSE_PRIORITY_INTERACTIVE].count;
    return interactive == 0 || (bulk != 0 && lane->overtaken >= OVERTAKE)
               ? GLIMPSE_PRIORITY_BULK
               : GLIMPSE_PRIORITY_INTERACTIVE;
}

gl_request *gl_queue_head(gl_lane *lane)
{
    gl_node *node = gl_fair_first(&lane->queues[next_priority(lane)], cost);
    return node != NULL ? GL_CONTAINER(node, gl_request, node) : NULL;
}

gl_request *gl_queue_look(const gl_lane *lane)
{
    gl_flow *flow = NULL;
    gl_node *node = gl_fair_next(&lane->queues[next_priority(lane)], &flow, NULL);
    return node != NULL ? GL_CONTAINER(node, gl_request, node) : NULL;
}

size_t gl_queue_waiting(const gl_queue *queue, uint64_t caller)
{
    size_t waiting = 0;
    for (size_t i = 0; i < queue->lane_count; i++)
        for (int priority = 0; priority < 2; priority++)
            waiting += gl_fair_waiting(&queue->lanes[i].queues[priority], caller);
    return waiting;
}

gl_request *gl_queue_any(gl_queue *queue)
{
    for (size_t i = 0; i < queue->lane_count; i++) {
        gl_request *request = gl_queue_head(&queue->lanes[i]);
        if (request != NULL) return request;
    }
    return NULL;
}

void gl_queue_each(const gl_queue *queue, size_t lane, bool (*look)(gl_request *request, void *arg),
                   void *arg)
{
    for (int priority = GLIMPSE_PRIORITY_INTERACTIVE; priority >= 0; priority--) {
        gl_flow *flow = NULL;
        gl_node *node = NULL;
        while ((node = gl_fair_next(&queue->lanes[lane].queues[priority], &flow, node)) != NULL)
            if (!look(GL_CONTAINER(node, gl_request, node), arg)) return;
    }
}
