/*
 * fair.h - whose turn it is among the callers whose requests wait in one queue: deficit round robin
 * by tokens (Shreedhar and Varghese, 1996). A caller that sends a thousand requests, or few large
 * ones, gets no more tokens of an endpoint than one that sends a few small ones. Pure: it knows
 * nodes, and asks for their costs.
 *
 * Each caller with something in the queue is a flow, and has a list of its own in the order of
 * arrival. Flows take turns. A turn adds a quantum to what the flow may spend, and what it cannot
 * spend yet stays, until the queue has nothing more of it. A queue with one flow is a plain list,
 * and no cost is ever asked for.
 */
#ifndef GL_POLICY_FAIR_H
#define GL_POLICY_FAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"

/* Tokens that a turn adds: those of a short request, so that a turn is one request or two. */
#define GL_FAIR_QUANTUM 512.0
/* No request counts as more: one that asks for the longest answer there is gets its turn too. */
#define GL_FAIR_COST_MAX 262144.0

typedef struct gl_flow {
    gl_node turn;    /* in the queue's `flows` */
    gl_list waiting; /* the caller's nodes, first come first */
    uint64_t caller;
    size_t count;  /* of its nodes, kept by those that add and take them */
    double credit; /* tokens that it may spend */
    bool visited;  /* it has had the quantum of its turn */
} gl_flow;

/* One queue. */
typedef struct gl_fair {
    gl_list flows; /* the front one has its turn */
    size_t count;
    gl_map by_caller; /* all of them but `own` */
    gl_flow own;      /* the first caller in an empty queue has this one: it needs no memory */
} gl_fair;

void gl_fair_init(gl_fair *fair);
void gl_fair_free(gl_fair *fair);

/* Returns the flow of a caller, to whose `waiting` a node is added next. Never NULL: without memory
 * it is the flow of another caller, with which this one then shares. */
gl_flow *gl_fair_flow(gl_fair *fair, uint64_t caller);

/* Returns the node whose turn it is; it stays. NULL: the queue is empty. `cost` says the tokens of
 * a node. */
gl_node *gl_fair_first(gl_fair *fair, double (*cost)(gl_node *node));

/* Call when the node whose turn it was has gone. */
void gl_fair_went(gl_fair *fair, gl_flow *flow, double cost);

/* Call after a node was taken out of its flow: ends a flow without any. true: it has ended. */
bool gl_fair_left(gl_fair *fair, gl_flow *flow);

/* Returns how many nodes of a caller wait. */
size_t gl_fair_waiting(const gl_fair *fair, uint64_t caller);

/* Walks all nodes of the queue, flow by flow: *flow NULL and node NULL begin. NULL: no more. */
gl_node *gl_fair_next(const gl_fair *fair, gl_flow **flow, gl_node *node);

#endif
