/*
 * clockwork.h - what the engine's other files run on: the loop's timer and turn, one heap for all
 * the times that are waited for, and the count of our own frames on the stack.
 *
 * It knows when something is due and has it looked at; what is then to be done, and in which order,
 * is for steps.h and turn.h. It calls nobody above it: what follows the last frame is a hook.
 */
#ifndef GL_CLOCKWORK_H
#define GL_CLOCKWORK_H

#include "base/heap.h"
#include "engine/request.h"
#include "loop.h"

typedef struct gl_clockwork {
    gl_loop *loop;
    gl_timer *timer; /* stands at the head of the heap, or earlier: at timer_at */
    gl_time timer_at;
    gl_defer *turn; /* admit, deliver, arm */
    gl_heap heap;   /* of each request that has a time to wait for, and of the engine's own times */
    int depth;      /* our own frames on the stack; a free waits until there is none */
    bool yield;     /* what is to be done now waits for the loop to poll: see schedule */
    bool free_wanted;           /* by a callback: carried out when the last frame ends */
    void (*free)(void *engine); /* the hook that carries it out */
    void *engine;               /* its argument, and the one of the next two */
} gl_clockwork;

/* The loop calls timer when the first of the heap's times has come, and turn when it is scheduled.
 * false: out of memory; end it all the same. */
bool gl_clockwork_init(gl_clockwork *clock, struct event_base *base, void (*timer)(void *engine),
                       void (*turn)(void *engine), void (*free)(void *engine), void *engine);
void gl_clockwork_end(gl_clockwork *clock);

static inline gl_time gl_clockwork_now(const gl_clockwork *clock)
{
    return gl_loop_now(clock->loop);
}

/* Around everything that the loop, a sampler or the caller starts. The engine may be gone when
 * leave returns. */
static inline void gl_clockwork_enter(gl_clockwork *clock)
{
    clock->depth++;
}

static inline void gl_clockwork_leave(gl_clockwork *clock)
{
    if (--clock->depth == 0 && clock->free_wanted) clock->free(clock->engine);
}

/* The turn will run. What the network brought is passed on before the loop polls again. What the
 * turn or the caller brought waits for a poll: a caller that submits from a deferred call of its
 * own, and is answered from the cache, would otherwise keep the loop in one endless turn. */
static inline void gl_clockwork_schedule(gl_clockwork *clock)
{
    if (clock->yield)
        gl_defer_next_turn(clock->turn);
    else
        gl_defer_this_turn(clock->turn);
}

/* The loop's timer stands early enough for the heap. */
void gl_clockwork_arm(gl_clockwork *clock);

/* The heap has room for what the engine has now and so many more. false: out of memory. */
bool gl_clockwork_reserve(glimpse_engine *engine, size_t more);

/* Puts the request's timer at the earliest of its times. */
void gl_clockwork_set_timer(gl_request *request);

/* When the first of an attempt's time limits ends, and which one that is. */
gl_time gl_clockwork_attempt_due(const glimpse_attempt *attempt, glimpse_error *which);

#endif
