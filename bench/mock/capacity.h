/*
 * capacity.h - bounds the requests served at once. A request without a place waits, first come
 * first served, and its latency begins when it gets one: so a higher load means longer waits from a
 * knee on, as with a real endpoint. Knows connections only by their ticket.
 */
#ifndef MOCK_CAPACITY_H
#define MOCK_CAPACITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/time.h"

typedef struct mock_ticket {
    gl_node node;    /* mock_capacity.queue, while it waits */
    gl_time latency; /* its latency, once it is served */
    enum { MOCK_TICKET_NONE, MOCK_TICKET_SERVED, MOCK_TICKET_QUEUED } state;
} mock_ticket;

typedef struct mock_capacity {
    uint64_t places, longest; /* served at once, waiting at most; 0 = any number */
    uint64_t served, queued;  /* now */
    uint64_t queue_peak;      /* most that waited at once */
    uint64_t queued_requests; /* requests that had to wait */
    gl_list queue;
} mock_capacity;

void mock_capacity_init(mock_capacity *capacity, uint64_t places, uint64_t longest);
void mock_ticket_init(mock_ticket *ticket);

/* Returns true when one more could neither be served nor wait. */
bool mock_capacity_full(const mock_capacity *capacity);

/* true: it is served from now on. false: it waits until a mock_capacity_leave returns it. */
bool mock_capacity_enter(mock_capacity *capacity, mock_ticket *ticket, gl_time latency);

/* Returns the next waiting request, which is served from now on, when there is a place for it; or
 * NULL. Call it until NULL when places were added. */
mock_ticket *mock_capacity_next(mock_capacity *capacity);

/* Call when a request is answered or gone. Returns the one that is served in its place from now on,
 * or NULL. */
mock_ticket *mock_capacity_leave(mock_capacity *capacity, mock_ticket *ticket);

#endif
