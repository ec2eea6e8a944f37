/*
 * waiting.c - the queue, as a caller sees it: how many may wait for their turn, and how long. The
 * queue itself is the engine's; this file asks it.
 */
#include <event2/event.h>

#include "gateway/queue.h"
#include "gateway/state.h"

static void arm(gateway *gate)
{
    gl_node *first = gl_list_first(&gate->waiting);
    if (first == NULL) return;
    const gateway_exchange *exchange = GL_CONTAINER(first, gateway_exchange, waits);
    uint64_t now = glimpse_monotonic_ns();
    uint64_t due = exchange->began_ns + (uint64_t)gate->config.queue_timeout_ms * 1000000;
    uint64_t left_us = due > now ? (due - now) / 1000 + 1 : 1;
    const struct timeval in = { (time_t)(left_us / 1000000), (suseconds_t)(left_us % 1000000) };
    event_add(&gate->wait_due, &in);
}

/* Each is looked at once, when it is due: one that has had its turn by then is left alone. */
static void due(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    gateway *gate = arg;
    uint64_t longest = (uint64_t)gate->config.queue_timeout_ms * 1000000;
    gl_node *node;
    while ((node = gl_list_first(&gate->waiting)) != NULL) {
        gateway_exchange *exchange = GL_CONTAINER(node, gateway_exchange, waits);
        if (glimpse_monotonic_ns() - exchange->began_ns < longest) break;
        gl_node_remove(node);
        if (!glimpse_request_waits(gate->config.engine, exchange->id)) continue;
        exchange->waited_out = true;
        exchange->held_ns = glimpse_request_held_ns(gate->config.engine, exchange->id);
        glimpse_cancel(gate->config.engine, exchange->id);
    }
    arm(gate);
}

void gateway_wait_init(gateway *gate)
{
    gl_list_init(&gate->waiting);
    evtimer_assign(&gate->wait_due, gate->config.base, due, gate);
}

void gateway_wait_add(gateway_exchange *exchange)
{
    gateway *gate = exchange->gate;
    if (gate->config.queue_timeout_ms <= 0) return;
    bool first = gl_list_empty(&gate->waiting);
    gl_list_push_back(&gate->waiting, &exchange->waits);
    if (first && !evtimer_pending(&gate->wait_due, NULL)) arm(gate);
}

/* Gives what waits, and how long it will; no endpoint takes it before held_ns has passed. */
static bool look(const gateway *gate, int64_t held_ns, uint64_t *waiting, int64_t *wait_s)
{
    glimpse_stats stats;
    glimpse_stats_init(&stats);
    if (glimpse_engine_stats(gate->config.engine, &stats) != GLIMPSE_OK) return false;
    const gateway_load load = { .waiting = stats.waiting,
                                .window = stats.window,
                                .typical_us = stats.latency_p50_us,
                                .blocked_ns = held_ns > stats.waits_ns ? held_ns : stats.waits_ns };
    *waiting = stats.waiting;
    *wait_s = gateway_projected_wait_s(&load);
    return true;
}

int64_t gateway_wait_s(const gateway *gate, int64_t held_ns)
{
    uint64_t waiting;
    int64_t wait_s;
    return look(gate, held_ns, &waiting, &wait_s) ? wait_s : 1;
}

bool gateway_queue_is_full(const gateway *gate, int64_t *retry_after_s)
{
    uint64_t waiting;
    if (gate->count < gate->config.queue) return false; /* so many cannot wait */
    if (!look(gate, 0, &waiting, retry_after_s) || waiting < gate->config.queue) return false;
    /* Where none may wait, one that can go at once does. */
    return waiting != 0 || glimpse_engine_room(gate->config.engine) == 0;
}

bool gateway_caller_waits_enough(const gateway *gate, const gateway_caller *caller)
{
    size_t most = (size_t)caller->key->queue;
    if (most == 0) most = gate->config.queue / 2 > 0 ? gate->config.queue / 2 : 1;
    if ((size_t)caller->allowance.under_way < most) return false;
    return glimpse_engine_waiting(gate->config.engine, caller->name) >= most;
}
