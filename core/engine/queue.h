/*
 * queue.h - the requests that wait for admission, in the order in which they are offered to the
 * gates.
 *
 * Owns the queues of WAITING requests: for each model a lane, because endpoints count per model: 16
 * lanes, the last of which all further models share. Within a lane interactive requests go before
 * bulk ones, but for every ninth; of one priority, callers take turns by tokens (policy/fair.h).
 * Knows no endpoint, no limit and no time.
 */
#ifndef GL_QUEUE_H
#define GL_QUEUE_H

#include "base/slice.h"
#include "engine/request.h"
#include "policy/fair.h"

/* Models with a lane of their own; all further models share the last lane. */
#define GL_LANES_MAX 16

typedef struct gl_lane {
    uint64_t model;    /* hash of its name */
    unsigned name;     /* the number of the model's name in the metrics; a shared lane has its first
                          model's */
    gl_fair queues[2]; /* indexed by glimpse_priority */
    unsigned overtaken; /* interactive requests that went while bulk requests waited, since a bulk
                           request last went */
} gl_lane;

typedef struct gl_queue {
    gl_lane lanes[GL_LANES_MAX];
    size_t lane_count, next; /* next: the lane that is asked first */
    size_t waiting, untried; /* untried: waiting, and never refused as in an outage */
} gl_queue;

void gl_queue_init(gl_queue *queue);
void gl_queue_free(gl_queue *queue);

/* Returns the model's lane, and makes one if there is room for another. `model` is the raw JSON
 * value of the body. */
size_t gl_queue_lane(gl_queue *queue, gl_slice model);

/* Returns the model's lane without making one; GL_LANES_MAX: the model has none yet. */
size_t gl_queue_find_lane(const gl_queue *queue, gl_slice model);

/* Appends a request to those of its caller in its lane; puts it in front of them if it has waited
 * before. */
void gl_queue_push(gl_queue *queue, gl_request *request, bool front);

/* Changes a request's priority. A waiting request goes to the end of those of its caller that have
 * its new priority. */
void gl_queue_set_priority(gl_queue *queue, gl_request *request, glimpse_priority priority);

/* Takes a WAITING request out of its queue. gl_request_move must be called next, for the state. */
void gl_queue_leave(gl_queue *queue, gl_request *request);

/* Call when a request goes, after it has left: another lane is asked first from now on. */
void gl_queue_started(gl_queue *queue, const gl_request *request);

/* Returns the request of a lane that is to go next; NULL: none waits there. */
gl_request *gl_queue_head(gl_lane *lane);

/* The same for a look from outside, where the callers' turns stay as they are: of several callers,
 * the first request of one of them. */
gl_request *gl_queue_look(const gl_lane *lane);

/* Returns how many requests of a caller wait. */
size_t gl_queue_waiting(const gl_queue *queue, uint64_t caller);

/* Returns any waiting request; NULL when none waits. */
gl_request *gl_queue_any(gl_queue *queue);

/* Calls `look` with each waiting request of a lane, interactive ones first, caller by caller, until
 * it returns false. */
void gl_queue_each(const gl_queue *queue, size_t lane, bool (*look)(gl_request *request, void *arg),
                   void *arg);

#endif
