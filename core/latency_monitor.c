/*
 * latency_monitor.c - glimpse_latency_monitor: the notices t1 to t4 for anything asynchronous.
 *
 * Owns the watches: each is in a list, in the map by its id, and, until its t4 was given, in the
 * heap by the time of its next notice; one timer is set to the head of the heap. policy/latency
 * says when a notice is due, and words it.
 *
 * A callback may start and stop watches and free the monitor: its watch is set to its next time
 * before the callback runs and is not touched afterwards, and a free takes effect when it returns.
 */
#include <glimpse/latency.h>

#include "base/alloc.h"
#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "loop.h"
#include "policy/latency.h"
#include "problem.h"

/* Notices a turn, so that ten thousand due at once do not keep the sockets waiting. */
#define NOTICES_A_TURN 256

typedef struct watch {
    gl_heap_entry due;
    gl_node node;
    uint64_t id;
    gl_time start;
    int next; /* the threshold that comes next, 0 to 4 */
    glimpse_latency_fn on_notice;
    void *arg;
} watch;

struct glimpse_latency_monitor {
    gl_loop *loop;
    gl_timer *timer;
    glimpse_thresholds thresholds;
    gl_heap due;
    gl_map by_id;
    gl_list watches;
    uint64_t last_id;
    bool telling, freed;
};

static void destroy(glimpse_latency_monitor *monitor)
{
    gl_node *node;
    while ((node = gl_list_pop_front(&monitor->watches)) != NULL)
        gl_free(GL_CONTAINER(node, watch, node));
    gl_heap_free(&monitor->due);
    gl_map_free(&monitor->by_id);
    gl_timer_free(monitor->timer);
    gl_loop_free(monitor->loop);
    gl_free(monitor);
}

static void tell(glimpse_latency_monitor *monitor, watch *late, gl_time now)
{
    int n = late->next++;
    gl_heap_set(&monitor->due, &late->due,
                gl_latency_due(&monitor->thresholds, late->start, late->next));
    glimpse_notice notice;
    gl_latency_notice(n, now - late->start, &notice);
    late->on_notice(late->id, &notice, late->arg);
}

static void fired(void *arg)
{
    glimpse_latency_monitor *monitor = arg;
    gl_time now = gl_loop_now(monitor->loop);
    monitor->telling = true;
    for (int n = 0; n < NOTICES_A_TURN; n++) {
        gl_heap_entry *first = gl_heap_top(&monitor->due);
        if (first == NULL || first->when > now) break;
        tell(monitor, GL_CONTAINER(first, watch, due), now);
        if (monitor->freed) {
            destroy(monitor);
            return;
        }
    }
    monitor->telling = false;
    gl_timer_set(monitor->timer, gl_heap_next(&monitor->due));
}

glimpse_error glimpse_latency_monitor_new(struct event_base *base,
                                          const glimpse_thresholds *thresholds,
                                          glimpse_latency_monitor **monitor,
                                          glimpse_problem *problem)
{
    static const glimpse_thresholds defaults = GLIMPSE_THRESHOLDS_DEFAULT;
    gl_problem_clear(problem);
    if (monitor == NULL) return gl_refuse(problem, "monitor", "is NULL");
    *monitor = NULL;
    if (thresholds == NULL) thresholds = &defaults;
    if (base == NULL) return gl_refuse(problem, "base", "is NULL");
    if (glimpse_thresholds_check(thresholds, problem) != GLIMPSE_OK) return GLIMPSE_ERR_INVALID;
    glimpse_latency_monitor *made = gl_calloc(1, sizeof *made);
    if (made == NULL) return gl_problem_of(problem, GLIMPSE_ERR_OOM);
    made->thresholds = *thresholds;
    gl_heap_init(&made->due);
    gl_map_init(&made->by_id);
    gl_list_init(&made->watches);
    made->loop = gl_loop_new(base);
    if (made->loop != NULL) made->timer = gl_timer_new(made->loop, fired, made);
    if (made->timer == NULL) {
        destroy(made);
        return gl_problem_of(problem, GLIMPSE_ERR_OOM);
    }
    *monitor = made;
    return GLIMPSE_OK;
}

void glimpse_latency_monitor_free(glimpse_latency_monitor *monitor)
{
    if (monitor == NULL) return;
    if (monitor->telling)
        monitor->freed = true;
    else
        destroy(monitor);
}

glimpse_error glimpse_latency_monitor_start(glimpse_latency_monitor *monitor,
                                            glimpse_latency_fn on_notice, void *arg, uint64_t *id)
{
    if (monitor == NULL || on_notice == NULL || id == NULL) return GLIMPSE_ERR_INVALID;
    watch *started = gl_malloc(sizeof *started);
    if (started == NULL || !gl_heap_reserve(&monitor->due, monitor->due.count + 1) ||
        !gl_map_reserve(&monitor->by_id, monitor->by_id.count + 1)) {
        gl_free(started);
        return GLIMPSE_ERR_OOM;
    }
    *started = (watch){
        .id = ++monitor->last_id,
        .start = gl_loop_now(monitor->loop),
        .on_notice = on_notice,
        .arg = arg,
    };
    gl_heap_entry_init(&started->due);
    gl_heap_set(&monitor->due, &started->due,
                gl_latency_due(&monitor->thresholds, started->start, 0));
    gl_map_add(&monitor->by_id, started->id, started);
    gl_list_push_back(&monitor->watches, &started->node);
    gl_timer_set(monitor->timer, gl_heap_next(&monitor->due));
    *id = started->id;
    return GLIMPSE_OK;
}

int64_t glimpse_latency_monitor_stop(glimpse_latency_monitor *monitor, uint64_t id)
{
    watch *stopped = gl_map_remove(&monitor->by_id, id);
    if (stopped == NULL) return -1;
    int64_t elapsed_ms = (int64_t)((gl_loop_now(monitor->loop) - stopped->start) / GL_MS);
    gl_heap_remove(&monitor->due, &stopped->due);
    gl_node_remove(&stopped->node);
    gl_free(stopped);
    gl_timer_set(monitor->timer, gl_heap_next(&monitor->due));
    return elapsed_ms;
}
