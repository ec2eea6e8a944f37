/* queue.h - how long a request that finds the queue full would have to wait. Pure. */
#ifndef GATEWAY_QUEUE_H
#define GATEWAY_QUEUE_H

#include <stdint.h>

typedef struct gateway_load {
    uint64_t waiting;   /* requests that wait for their turn */
    uint64_t window;    /* that may be in flight at once; 0 counts as 1 */
    int64_t typical_us; /* of a request, its median; 0: not known */
    int64_t blocked_ns; /* until the next may go at all; 0: now */
} gateway_load;

/* Returns whole seconds, 1 to 600 (an SDK's own patience): the time until as many have gone as wait
 * now. */
int64_t gateway_projected_wait_s(const gateway_load *load);

#endif
