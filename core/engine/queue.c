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
    gl_list_init(&lane->queues[0]);
    gl_list_init(&lane->queues[1]);
    return queue->lane_count++;
}

void gl_queue_push(gl_queue *queue, gl_request *request, bool front)
{
    gl_list *list = &queue->lanes[request->lane].queues[request->priority];
    gl_request_move(request, GL_STATE_WAITING, list, front);
    queue->waiting++;
    if (request->refused == 0) queue->untried++;
}

void gl_queue_set_priority(gl_queue *queue, gl_request *request, glimpse_priority priority)
{
    request->priority = priority;
    if (request->state != GL_STATE_WAITING) return;
    gl_node_remove(&request->node);
    gl_list_push_back(&queue->lanes[request->lane].queues[priority], &request->node);
}

void gl_queue_leave(gl_queue *queue, gl_request *request)
{
    assert(request->state == GL_STATE_WAITING && gl_node_linked(&request->node));
    gl_node_remove(&request->node);
    queue->waiting--;
    if (request->refused == 0) queue->untried--;
}

void gl_queue_started(gl_queue *queue, const gl_request *request)
{
    gl_lane *lane = &queue->lanes[request->lane];
    queue->next = (request->lane + 1) % queue->lane_count;
    bool bulk = request->priority == GLIMPSE_PRIORITY_BULK;
    bool bulk_waits = gl_list_first(&lane->queues[GLIMPSE_PRIORITY_BULK]) != NULL;
    lane->overtaken = bulk || !bulk_waits ? 0 : lane->overtaken + 1;
}

static gl_request *first(const gl_list *list)
{
    gl_node *node = gl_list_first(list);
    return node != NULL ? GL_CONTAINER(node, gl_request, node) : NULL;
}

gl_request *gl_queue_head(const gl_lane *lane)
{
    gl_request *bulk = first(&lane->queues[GLIMPSE_PRIORITY_BULK]);
    gl_request *interactive = first(&lane->queues[GLIMPSE_PRIORITY_INTERACTIVE]);
    if (interactive == NULL || (bulk != NULL && lane->overtaken >= OVERTAKE)) return bulk;
    return interactive;
}

gl_request *gl_queue_any(const gl_queue *queue)
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
        const gl_list *list = &queue->lanes[lane].queues[priority];
        for (gl_node *node = list->head.next; node != &list->head; node = node->next)
            if (!look(GL_CONTAINER(node, gl_request, node), arg)) return;
    }
}
