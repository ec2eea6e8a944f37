/*
 * loop.c - libevent behind loop.h; the only file of core that includes it.
 *
 * Owns the events. No timer is early: a default event_base keeps time in steps of 4 ms (timers
 * fired 5 ms early to 5 ms late in a trial of 2,000), so a timer that fires looks at the clock and
 * waits for the rest. A turn is the loop's work between two polls.
 *
 * No timer goes before bytes that have arrived: a process that stood still (SIGSTOP, a lid, a
 * freezer, a debugger) finds its timers due and its sockets full, and libevent calls the timers
 * first, because its poll was interrupted. So a timer that is late waits for some turns more.
 */
#include "loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/alloc.h"

struct gl_loop {
    struct event_base *base;
};

/* A timer this late shows a loop that stood still, not a busy one. */
#define LATE (100 * GL_MS)
/* A poll of libevent reports 32 descriptors at first, and twice as many as the poll before it:
 * 32,736 in ten turns. Each turn costs a poll when there is nothing to read. A loop that its owner
 * turns a few times a second is always late: its timers wait for the fewest of these turns. */
#define TURNS_MOST  10
#define TURNS_LEAST 3
#define CATCH_UP    (250 * GL_MS)

struct gl_timer {
    struct event event;
    gl_time when;
    gl_time due;     /* when it is due, or when it was set to the past */
    gl_time late_at; /* when it was found to be late */
    int turns;       /* turns waited since; 0: it is not late */
    void (*fn)(void *arg);
    void *arg;
};

struct gl_defer {
    struct event event;
    void (*fn)(void *arg);
    void *arg;
};

struct gl_watch {
    struct event event;
    struct event_base *base;
    int fd, events;
    bool background;
    void (*fn)(int fd, int events, void *arg);
    void *arg;
};

gl_loop *gl_loop_new(struct event_base *base)
{
    gl_loop *loop = gl_malloc(sizeof *loop);
    if (loop != NULL) loop->base = base;
    return loop;
}

void gl_loop_free(gl_loop *loop)
{
    gl_free(loop);
}

gl_time gl_loop_now(const gl_loop *loop)
{
    (void)loop;
    return gl_clock_now();
}

/* --- timers --- */

static void timer_arm(gl_timer *timer, gl_time now)
{
    uint64_t us = (gl_time_since(timer->when, now) + GL_US - 1) / GL_US;
    struct timeval delay = { (time_t)(us / 1000000), (suseconds_t)(us % 1000000) };
    /* event_add of a timer fails only when its heap cannot grow; the event then stays in nobody's
     * queue, so make it due at once rather than lose it: timer_fired waits for the rest. */
    if (event_add(&timer->event, &delay) != 0) event_active(&timer->event, EV_TIMEOUT, 1);
}

/* Returns true when the timer must wait for another turn. */
static bool waits_for_sockets(gl_timer *timer, gl_time now)
{
    if (timer->turns == 0 && gl_time_since(now, timer->due) < LATE) return false;
    if (timer->turns == 0) timer->late_at = now;
    bool waits = timer->turns < TURNS_LEAST ||
                 (timer->turns < TURNS_MOST && gl_time_since(now, timer->late_at) < CATCH_UP);
    timer->turns = waits ? timer->turns + 1 : 0;
    return waits;
}

static void timer_fired(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    gl_timer *timer = arg;
    if (timer->when == GL_TIME_NEVER) return;
    gl_time now = gl_clock_now();
    if (now < timer->when) {
        timer_arm(timer, now);
        return;
    }
    if (waits_for_sockets(timer, now)) {
        timer_arm(timer, now);
        return;
    }
    timer->when = GL_TIME_NEVER;
    timer->fn(timer->arg);
}

gl_timer *gl_timer_new(gl_loop *loop, void (*fn)(void *arg), void *arg)
{
    gl_timer *timer = gl_malloc(sizeof *timer);
    if (timer == NULL) return NULL;
    timer->when = GL_TIME_NEVER;
    timer->turns = 0;
    timer->fn = fn;
    timer->arg = arg;
    evtimer_assign(&timer->event, loop->base, timer_fired, timer);
    return timer;
}

void gl_timer_set(gl_timer *timer, gl_time when)
{
    if (timer->when == when) return;
    timer->when = when;
    if (when == GL_TIME_NEVER) {
        event_del(&timer->event);
        timer->turns = 0;
        return;
    }
    gl_time now = gl_clock_now();
    timer->due = when > now ? when : now;
    if (when > now) timer->turns = 0;
    timer_arm(timer, now);
}

/* Uses libevent's own mark for internal events, which do not count. */
void gl_timer_background(gl_timer *timer)
{
    timer->event.ev_evcallback.evcb_flags |= EVLIST_INTERNAL;
}

void gl_timer_free(gl_timer *timer)
{
    if (timer == NULL) return;
    event_del(&timer->event);
    gl_free(timer);
}

/* --- deferred calls --- */

static void defer_fired(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    gl_defer *defer = arg;
    defer->fn(defer->arg); /* libevent took it off the queue, and the timers go before it */
}

gl_defer *gl_defer_new(gl_loop *loop, void (*fn)(void *arg), void *arg)
{
    gl_defer *defer = gl_malloc(sizeof *defer);
    if (defer == NULL) return NULL;
    defer->fn = fn;
    defer->arg = arg;
    evtimer_assign(&defer->event, loop->base, defer_fired, defer);
    return defer;
}

void gl_defer_this_turn(gl_defer *defer)
{
    event_active(&defer->event, EV_TIMEOUT, 1);
}

void gl_defer_next_turn(gl_defer *defer)
{
    /* Not event_active: libevent 2.1 runs the events that become active while it runs active events
     * before it polls again, so a call that reschedules itself would keep the sockets waiting. */
    static const struct timeval at_once = { 0, 0 };
    if (event_pending(&defer->event, EV_TIMEOUT, NULL)) return;
    if (event_add(&defer->event, &at_once) != 0) event_active(&defer->event, EV_TIMEOUT, 1);
}

void gl_defer_cancel(gl_defer *defer)
{
    event_del(&defer->event);
}

void gl_defer_free(gl_defer *defer)
{
    if (defer == NULL) return;
    event_del(&defer->event);
    gl_free(defer);
}

/* --- descriptors --- */

static void watch_fired(evutil_socket_t fd, short what, void *arg)
{
    gl_watch *watch = arg;
    int events = ((what & EV_READ) ? GL_WATCH_READ : 0) | ((what & EV_WRITE) ? GL_WATCH_WRITE : 0);
    watch->fn((int)fd, events, watch->arg);
}

gl_watch *gl_watch_new(gl_loop *loop, int fd, void (*fn)(int fd, int events, void *arg), void *arg)
{
    gl_watch *watch = gl_malloc(sizeof *watch);
    if (watch == NULL) return NULL;
    watch->base = loop->base;
    watch->fd = fd;
    watch->events = 0;
    watch->background = false;
    watch->fn = fn;
    watch->arg = arg;
    return watch;
}

bool gl_watch_set(gl_watch *watch, int events)
{
    if (events == watch->events) return true;
    if (watch->events != 0) event_del(&watch->event);
    watch->events = 0;
    if (events == 0) return true;
    short what = (short)(EV_PERSIST | ((events & GL_WATCH_READ) ? EV_READ : 0) |
                         ((events & GL_WATCH_WRITE) ? EV_WRITE : 0));
    event_assign(&watch->event, watch->base, watch->fd, what, watch_fired, watch);
    if (watch->background) watch->event.ev_evcallback.evcb_flags |= EVLIST_INTERNAL;
    if (event_add(&watch->event, NULL) != 0) return false;
    watch->events = events;
    return true;
}

void gl_watch_background(gl_watch *watch)
{
    watch->background = true;
}

void gl_watch_free(gl_watch *watch)
{
    if (watch == NULL) return;
    gl_watch_set(watch, 0);
    gl_free(watch);
}
