/*
 * loop_sim.c - see loop_sim.h. Takes the place of core/loop.c and core/base/time.c at link time.
 *
 * A turn does what libevent 2.1 does: after the poll, due timers and calls deferred to this turn
 * become active together; active ones run in order, with whatever is deferred to "this turn"
 * meanwhile; a timer set to now or earlier by one of them waits for the next poll. Timers are kept
 * in a heap whose room is reserved when a timer is made, so that setting one cannot fail; its
 * memory goes with the last timer.
 */
#include "engine/loop_sim.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/heap.h"
#include "base/list.h"
#include "loop.h"

/* Turns without any progress of time after which a run is taken for endless. */
#define TURNS_MAX 1000000

struct gl_loop {
    char unused;
};

/* Something to call: of a timer or a deferred call. */
typedef struct task {
    gl_node node; /* in active or in later */
    void (*fn)(void *arg);
    void *arg;
    struct gl_timer *timer; /* NULL for a deferred call */
} task;

struct gl_timer {
    task task;
    gl_heap_entry entry;
    gl_time when; /* NEVER = off */
    bool background;
};

struct gl_defer {
    task task;
    bool this_turn; /* which list it is in, while linked */
};

struct gl_watch {
    int events;
};

static struct {
    gl_time now;
    gl_heap timers;
    gl_list active; /* runs before the next poll */
    gl_list later;  /* becomes active at the next poll */
    size_t timer_count, other_count;
    size_t background; /* timers in the heap that do not keep the loop running */
    bool in_turn;
} sim = { .active = { { &sim.active.head, &sim.active.head } },
          .later = { { &sim.later.head, &sim.later.head } } };

void gl_sim_reset(gl_time start)
{
    gl_heap_free(&sim.timers);
    gl_heap_init(&sim.timers);
    gl_list_init(&sim.active);
    gl_list_init(&sim.later);
    sim.timer_count = sim.other_count = sim.background = 0;
    sim.in_turn = false;
    sim.now = start;
}

struct event_base *gl_sim_base(void)
{
    static char nobody;
    return (struct event_base *)(void *)&nobody;
}

gl_time gl_sim_now(void)
{
    return sim.now;
}

size_t gl_sim_live(void)
{
    return sim.timer_count + sim.other_count;
}

gl_time gl_sim_next(void)
{
    if (!gl_list_empty(&sim.active) || !gl_list_empty(&sim.later)) return sim.now;
    gl_time next = gl_heap_next(&sim.timers);
    return next < sim.now ? sim.now : next;
}

static void take_out(gl_timer *timer)
{
    if (timer->background && timer->entry.index != GL_HEAP_NONE) sim.background--;
    gl_heap_remove(&sim.timers, &timer->entry);
}

static void poll_now(void)
{
    gl_heap_entry *entry;
    while ((entry = gl_heap_top(&sim.timers)) != NULL && entry->when <= sim.now) {
        gl_timer *timer = GL_CONTAINER(entry, gl_timer, entry);
        take_out(timer);
        gl_list_push_back(&sim.active, &timer->task.node);
    }
    gl_node *node;
    while ((node = gl_list_pop_front(&sim.later)) != NULL) {
        GL_CONTAINER(node, gl_defer, task.node)->this_turn = true;
        gl_list_push_back(&sim.active, node);
    }
}

bool gl_sim_step(void)
{
    assert(!sim.in_turn);
    gl_time next = gl_sim_next();
    if (next == GL_TIME_NEVER) return false;
    sim.now = next;
    sim.in_turn = true;
    poll_now();
    gl_node *node;
    size_t calls = 0;
    while ((node = gl_list_pop_front(&sim.active)) != NULL) {
        task *ready = GL_CONTAINER(node, task, node);
        if (ready->timer != NULL) ready->timer->when = GL_TIME_NEVER;
        ready->fn(ready->arg);
        if (++calls == TURNS_MAX) {
            fprintf(stderr, "loop_sim: one turn made %d calls\n", TURNS_MAX);
            abort();
        }
    }
    sim.in_turn = false;
    return true;
}

void gl_sim_run_until(gl_time then)
{
    gl_time last = sim.now;
    size_t turns = 0;
    while (gl_sim_next() <= then && gl_sim_step()) {
        turns = sim.now == last ? turns + 1 : 0;
        last = sim.now;
        if (turns == TURNS_MAX) {
            fprintf(stderr, "loop_sim: %d turns and no end\n", TURNS_MAX);
            abort();
        }
    }
    if (then != GL_TIME_NEVER && sim.now < then) sim.now = then;
}

void gl_sim_run_for_ms(int64_t ms)
{
    gl_sim_run_until(gl_time_add_ms(sim.now, ms));
}

/* What libevent's dispatch would return on. */
static bool is_idle(void)
{
    return gl_list_empty(&sim.active) && gl_list_empty(&sim.later) &&
           sim.timers.count == sim.background;
}

bool gl_sim_run_idle(size_t max_steps)
{
    while (max_steps-- != 0 && !is_idle()) gl_sim_step();
    return is_idle();
}

void gl_sim_advance(uint64_t ns)
{
    sim.now += ns;
}

gl_time gl_clock_now(void)
{
    return sim.now;
}

/* --- loop.h --- */

gl_loop *gl_loop_new(struct event_base *base)
{
    assert(base != NULL);
    (void)base;
    return gl_calloc(1, sizeof(gl_loop));
}

void gl_loop_free(gl_loop *loop)
{
    gl_free(loop);
}

gl_time gl_loop_now(const gl_loop *loop)
{
    (void)loop;
    return sim.now;
}

gl_timer *gl_timer_new(gl_loop *loop, void (*fn)(void *arg), void *arg)
{
    (void)loop;
    gl_timer *timer = gl_malloc(sizeof *timer);
    if (timer == NULL) return NULL;
    if (!gl_heap_reserve(&sim.timers, sim.timer_count + 1)) {
        gl_free(timer);
        return NULL;
    }
    sim.timer_count++;
    gl_node_init(&timer->task.node);
    timer->task.fn = fn;
    timer->task.arg = arg;
    timer->task.timer = timer;
    gl_heap_entry_init(&timer->entry);
    timer->when = GL_TIME_NEVER;
    timer->background = false;
    return timer;
}

void gl_timer_set(gl_timer *timer, gl_time when)
{
    if (timer->when == when) return;
    timer->when = when;
    gl_node_remove(&timer->task.node);
    take_out(timer);
    gl_heap_set(&sim.timers, &timer->entry, when);
    if (timer->background && when != GL_TIME_NEVER) sim.background++;
}

void gl_timer_background(gl_timer *timer)
{
    timer->background = true;
}

void gl_timer_free(gl_timer *timer)
{
    if (timer == NULL) return;
    gl_node_remove(&timer->task.node);
    take_out(timer);
    gl_free(timer);
    if (--sim.timer_count == 0) gl_heap_free(&sim.timers);
}

gl_defer *gl_defer_new(gl_loop *loop, void (*fn)(void *arg), void *arg)
{
    (void)loop;
    gl_defer *defer = gl_malloc(sizeof *defer);
    if (defer == NULL) return NULL;
    sim.other_count++;
    gl_node_init(&defer->task.node);
    defer->task.fn = fn;
    defer->task.arg = arg;
    defer->task.timer = NULL;
    return defer;
}

void gl_defer_this_turn(gl_defer *defer)
{
    if (gl_node_linked(&defer->task.node)) {
        if (defer->this_turn) return;
        gl_node_remove(&defer->task.node);
    }
    defer->this_turn = true;
    gl_list_push_back(&sim.active, &defer->task.node);
}

void gl_defer_next_turn(gl_defer *defer)
{
    if (gl_node_linked(&defer->task.node)) return;
    defer->this_turn = false;
    gl_list_push_back(&sim.later, &defer->task.node);
}

void gl_defer_cancel(gl_defer *defer)
{
    gl_node_remove(&defer->task.node);
}

void gl_defer_free(gl_defer *defer)
{
    if (defer == NULL) return;
    gl_node_remove(&defer->task.node);
    gl_free(defer);
    sim.other_count--;
}

/* Descriptors: kept and never ready. Nothing of core waits for one. */

gl_watch *gl_watch_new(gl_loop *loop, int fd, void (*fn)(int fd, int events, void *arg), void *arg)
{
    (void)loop;
    (void)fd;
    (void)fn;
    (void)arg;
    gl_watch *watch = gl_calloc(1, sizeof *watch);
    if (watch != NULL) sim.other_count++;
    return watch;
}

bool gl_watch_set(gl_watch *watch, int events)
{
    watch->events = events;
    return true;
}

void gl_watch_background(gl_watch *watch)
{
    (void)watch;
}

void gl_watch_free(gl_watch *watch)
{
    if (watch == NULL) return;
    gl_free(watch);
    sim.other_count--;
}
