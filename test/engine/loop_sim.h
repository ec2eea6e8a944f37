/*
 * loop_sim.h - core/loop.h and gl_clock_now in virtual time, and what moves that time.
 *
 * A test program that links loop_sim.c before libglimpse.a runs the library without libevent and
 * without waiting: time stands still while callbacks run and jumps to the next timer when nothing
 * is ready. Everything is deterministic: timers due at one time run in the order in which they
 * were set. There is one simulated loop per process; every gl_loop stands on it.
 */
#ifndef TEST_ENGINE_LOOP_SIM_H
#define TEST_ENGINE_LOOP_SIM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/time.h"

struct event_base;

/* Forgets all that a failed test left scheduled, and sets the time. First call of every test. */
void gl_sim_reset(gl_time start);

/* A base to give to functions that want one. It must not be followed. */
struct event_base *gl_sim_base(void);

gl_time gl_sim_now(void);

/* When something is to run: now if anything is ready, the time of the next timer, or
 * GL_TIME_NEVER when nothing is left. */
gl_time gl_sim_next(void);

/* One turn of the loop: what is ready now, else time jumps to the next timer first. false: nothing
 * was left to do. */
bool gl_sim_step(void);

/* Runs everything due up to and including `then`; the time is `then` afterwards (or stays, if it
 * was later already). */
void gl_sim_run_until(gl_time then);
void gl_sim_run_for_ms(int64_t ms);

/* Turns until nothing is left but timers in the background, at most max_steps. Returns whether
 * nothing else is left. */
bool gl_sim_run_idle(size_t max_steps);

/* Time passes while nothing runs: a callback of the caller's that takes long. */
void gl_sim_advance(uint64_t ns);

/* Timers, deferred calls and watches not freed yet. */
size_t gl_sim_live(void);

#endif
