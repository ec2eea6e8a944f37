/*
 * clockwork.h - the ground on which the engine's other files run: the loop's timer and turn, one
 * heap for all moments that are waited for, and the count of our own frames on the stack.
 *
 * It knows when something is due and has it looked at. steps.h and turn.h know what to do then, and
 * in which order. It calls no file above it: a hook runs after the last frame.
 */
#ifndef GL_CLOCKWORK_H
#define GL_CLOCKWORK_H

#include "base/heap.h"
#include "engine/request.h"
#include "loop.h"

typedef struct gl_clockwork {
    gl_loop *loop;
    gl_timer *timer; /* set to the head of the heap or earlier, at timer_at */
    gl_time timer_at;
    gl_defer *turn;   /* the turn: admit, deliver, arm */
    gl_heap heap;     /* one entry for each request that waits for a moment, and the engine's own */
    int depth;        /* our own frames on the stack; a free waits until there is none */
    bool yield;       /* the scheduled turn waits until the loop has polled: see schedule */
    bool free_wanted; /* a callback freed the engine: done when the last frame ends */
    void (*free)(void *engine); /* the hook that frees */
    void *engine;               /* argument of the hook, the timer and the turn */
} gl_clockwork;

/* The loop calls `timer` when the first moment of the heap has come, and `turn` when it is
 * scheduled. false: out of memory; call gl_clockwork_end all the same. */
bool gl_clockwork_init(gl_clockwork *clock, struct event_base *base, void (*timer)(void *engine),
                       void (*turn)(void *engine), void (*free)(void *engine), void *engine);
void gl_clockwork_end(gl_clockwork *clock);

static inline gl_time gl_clockwork_now(const gl_clockwork *clock)
{
    return gl_loop_now(clock->loop);
}

/* Enter and leave stand around everything that the loop, a sampler or the caller starts. The engine
 * may be gone when leave returns. */
static inline void gl_clockwork_enter(gl_clockwork *clock)
{
    clock->depth++;
}

static inline void gl_clockwork_leave(gl_clockwork *clock)
{
    if (--clock->depth == 0 && clock->free_wanted) clock->free(clock->engine);
}

/* Schedules the turn. After network input it runs before the loop polls again. After a turn or a
 * call of the caller it waits for a poll: a caller that submits from a deferred call of its own,
 * and is answered from the cache, would otherwise keep the loop in one endless turn. */
static inline void gl_clockwork_schedule(gl_clockwork *clock)
{
    if (clock->yield)
        gl_defer_next_turn(clock->turn);
    else
        gl_defer_this_turn(clock->turn);
}

/* Sets the loop's timer early enough for the heap. */
void gl_clockwork_arm(gl_clockwork *clock);

/* Reserves room in the heap for the requests there are and so many more. false: out of memory. */
bool gl_clockwork_reserve(glimpse_engine *engine, size_t more);

/* Puts the request's timer at the earliest of its times. */
void gl_clockwork_set_timer(gl_request *request);

/* Returns when the first of an attempt's time limits ends, and which limit that is. */
gl_time gl_clockwork_attempt_due(const glimpse_attempt *attempt, glimpse_error *which);

#endif
