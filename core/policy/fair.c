/*
 * fair.c - see fair.h.
 *
 * Invariants: a flow in `flows` has a node, but between gl_fair_flow and the node that is added. A
 * new flow is `own` where that is free. A flow gets a turn's quantum once, so gl_fair_first may be
 * asked again and again.
 */
#include "policy/fair.h"

#include <math.h>

#include "base/alloc.h"

void gl_fair_init(gl_fair *fair)
{
    gl_list_init(&fair->flows);
    gl_map_init(&fair->by_caller);
    gl_node_init(&fair->own.turn);
    gl_list_init(&fair->own.waiting);
    fair->count = 0;
}

static gl_flow *of(gl_node *turn)
{
    return GL_CONTAINER(turn, gl_flow, turn);
}

static void end_flow(gl_fair *fair, gl_flow *flow)
{
    gl_node_remove(&flow->turn);
    fair->count--;
    if (flow == &fair->own) return;
    gl_map_remove(&fair->by_caller, flow->caller);
    gl_free(flow);
}

void gl_fair_free(gl_fair *fair)
{
    gl_node *turn;
    while ((turn = gl_list_first(&fair->flows)) != NULL) end_flow(fair, of(turn));
    gl_map_free(&fair->by_caller);
}

static void begin_flow(gl_fair *fair, gl_flow *flow, uint64_t caller)
{
    flow->caller = caller;
    flow->count = 0;
    flow->credit = 0;
    flow->visited = false;
    gl_list_push_back(&fair->flows, &flow->turn);
    fair->count++;
}

gl_flow *gl_fair_flow(gl_fair *fair, uint64_t caller)
{
    bool own = gl_node_linked(&fair->own.turn);
    if (own && fair->own.caller == caller) return &fair->own;
    gl_flow *flow = gl_map_get(&fair->by_caller, caller);
    if (flow != NULL) return flow;
    if (!own) {
        begin_flow(fair, &fair->own, caller);
        return &fair->own;
    }
    if (!gl_map_reserve(&fair->by_caller, fair->by_caller.count + 1)) return &fair->own;
    flow = gl_calloc(1, sizeof *flow);
    if (flow == NULL) return &fair->own;
    gl_list_init(&flow->waiting);
    gl_map_add(&fair->by_caller, caller, flow);
    begin_flow(fair, flow, caller);
    return flow;
}

static double least(double a, double b)
{
    return a < b ? a : b;
}

static double cost_of_first(gl_flow *flow, double (*cost)(gl_node *node))
{
    return least(cost(gl_list_first(&flow->waiting)), GL_FAIR_COST_MAX);
}

/* Nobody can go after a turn of each: as many turns at once as the next one needs. */
static void skip_turns(gl_fair *fair, double (*cost)(gl_node *node))
{
    double turns = GL_FAIR_COST_MAX;
    gl_node *turn;
    for (turn = fair->flows.head.next; turn != &fair->flows.head; turn = turn->next) {
        double lacks = cost_of_first(of(turn), cost) - of(turn)->credit;
        turns = least(turns, ceil(lacks / GL_FAIR_QUANTUM) - 1);
    }
    if (turns < 1) return;
    for (turn = fair->flows.head.next; turn != &fair->flows.head; turn = turn->next)
        of(turn)->credit += turns * GL_FAIR_QUANTUM;
}

gl_node *gl_fair_first(gl_fair *fair, double (*cost)(gl_node *node))
{
    if (fair->count == 0) return NULL;
    for (size_t passed = 0; fair->count > 1; passed++) {
        gl_flow *flow = of(fair->flows.head.next);
        if (passed == fair->count) skip_turns(fair, cost);
        if (!flow->visited) flow->credit += GL_FAIR_QUANTUM;
        flow->visited = true;
        if (cost_of_first(flow, cost) <= flow->credit) break;
        flow->visited = false;
        gl_node_remove(&flow->turn);
        gl_list_push_back(&fair->flows, &flow->turn);
    }
    return gl_list_first(&of(fair->flows.head.next)->waiting);
}

void gl_fair_went(gl_fair *fair, gl_flow *flow, double cost)
{
    if (fair->count > 1) flow->credit -= least(cost, GL_FAIR_COST_MAX);
}

bool gl_fair_left(gl_fair *fair, gl_flow *flow)
{
    if (!gl_list_empty(&flow->waiting)) return false;
    end_flow(fair, flow);
    if (fair->count == 1) of(fair->flows.head.next)->credit = 0; /* it is alone: no turns */
    return true;
}

size_t gl_fair_waiting(const gl_fair *fair, uint64_t caller)
{
    if (gl_node_linked(&fair->own.turn) && fair->own.caller == caller) return fair->own.count;
    const gl_flow *flow = gl_map_get(&fair->by_caller, caller);
    return flow != NULL ? flow->count : 0;
}

gl_node *gl_fair_next(const gl_fair *fair, gl_flow **flow, gl_node *node)
{
    if (*flow != NULL && node->next != &(*flow)->waiting.head) return node->next;
    gl_node *turn = *flow != NULL ? (*flow)->turn.next : fair->flows.head.next;
    if (turn == &fair->flows.head) return NULL;
    *flow = GL_CONTAINER(turn, gl_flow, turn);
    return (*flow)->waiting.head.next;
}
