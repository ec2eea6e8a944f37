/*
 * loop.h - the library's view of the caller's event loop: now, timers, deferred calls, descriptors.
 *
 * loop.c is the only file of core that knows libevent. test/engine/loop_sim.c has the same
 * functions in virtual time and takes its place at link time.
 */
#ifndef GL_LOOP_H
#define GL_LOOP_H

#include <stdbool.h>

#include "base/time.h"

struct event_base;

typedef struct gl_loop gl_loop;

/* NULL: out of memory. The base must outlive the loop. Free everything that was made from it
 * first. */
gl_loop *gl_loop_new(struct event_base *base);
void gl_loop_free(gl_loop *loop);

/* A fresh reading of the clock. */
gl_time gl_loop_now(const gl_loop *loop);

/* A timer that fires once, never before its time, and after all bytes that have arrived when the
 * loop stood still for 100 ms or more. Setting it again moves it. GL_TIME_NEVER = off. Setting
 * cannot fail. It may be set or freed inside its own callback. */
typedef struct gl_timer gl_timer;
gl_timer *gl_timer_new(gl_loop *loop, void (*fn)(void *arg), void *arg);
void gl_timer_set(gl_timer *timer, gl_time when);
/* The timer no longer keeps the loop running: dispatch returns when only such timers are left. Call
 * it before the timer is set. */
void gl_timer_background(gl_timer *timer);
void gl_timer_free(gl_timer *timer); /* NULL is fine */

/* A call made from the loop. Scheduling it twice before it runs gives one call. */
typedef struct gl_defer gl_defer;
gl_defer *gl_defer_new(gl_loop *loop, void (*fn)(void *arg), void *arg);
void gl_defer_this_turn(gl_defer *defer); /* after the ready events, before the next poll */
void gl_defer_next_turn(gl_defer *defer); /* after the loop has polled: for work done in portions */
void gl_defer_cancel(gl_defer *defer);
void gl_defer_free(gl_defer *defer); /* NULL is fine */

/* A watched descriptor, level triggered, until set to 0. */
enum { GL_WATCH_READ = 1, GL_WATCH_WRITE = 2 };
typedef struct gl_watch gl_watch;
gl_watch *gl_watch_new(gl_loop *loop, int fd, void (*fn)(int fd, int events, void *arg), void *arg);
/* false: the kernel refused (ENOMEM, ENOSPC); the watch is then off. Costs nothing when unchanged.
 */
bool gl_watch_set(gl_watch *watch, int events);
void gl_watch_background(gl_watch *watch); /* as gl_timer_background */
void gl_watch_free(gl_watch *watch);       /* before the descriptor is closed; NULL is fine */

#endif
