/* capacity.c - see capacity.h. Pure. */
#include "mock/capacity.h"

void mock_capacity_init(mock_capacity *capacity, uint64_t places, uint64_t longest)
{
    *capacity = (mock_capacity){ .places = places, .longest = longest };
    gl_list_init(&capacity->queue);
}

void mock_ticket_init(mock_ticket *ticket)
{
    *ticket = (mock_ticket){ .state = MOCK_TICKET_NONE };
    gl_node_init(&ticket->node);
}

bool mock_capacity_full(const mock_capacity *capacity)
{
    return capacity->places != 0 && capacity->longest != 0 &&
           capacity->served >= capacity->places && capacity->queued >= capacity->longest;
}

static bool has_place(const mock_capacity *capacity)
{
    return capacity->places == 0 || capacity->served < capacity->places;
}

bool mock_capacity_enter(mock_capacity *capacity, mock_ticket *ticket, gl_time latency)
{
    ticket->latency = latency;
    if (has_place(capacity)) {
        capacity->served++;
        ticket->state = MOCK_TICKET_SERVED;
        return true;
    }
    capacity->queued++;
    capacity->queued_requests++;
    if (capacity->queued > capacity->queue_peak) capacity->queue_peak = capacity->queued;
    ticket->state = MOCK_TICKET_QUEUED;
    gl_list_push_back(&capacity->queue, &ticket->node);
    return false;
}

mock_ticket *mock_capacity_next(mock_capacity *capacity)
{
    gl_node *node = has_place(capacity) ? gl_list_first(&capacity->queue) : NULL;
    if (node == NULL) return NULL;
    mock_ticket *next = GL_CONTAINER(node, mock_ticket, node);
    gl_node_remove(node);
    capacity->queued--;
    capacity->served++;
    next->state = MOCK_TICKET_SERVED;
    return next;
}

mock_ticket *mock_capacity_leave(mock_capacity *capacity, mock_ticket *ticket)
{
    bool served = ticket->state == MOCK_TICKET_SERVED;
    if (ticket->state == MOCK_TICKET_QUEUED) {
        gl_node_remove(&ticket->node);
        capacity->queued--;
    }
    ticket->state = MOCK_TICKET_NONE;
    if (!served) return NULL;
    capacity->served--;
    return mock_capacity_next(capacity);
}
