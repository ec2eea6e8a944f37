/*
 * driver.h - sends the requests of a load test through an engine, on its loop, and hands each
 * outcome to a recorder.
 *
 * A closed loop has users: each sends, waits for its answer, thinks, and sends again. An open loop
 * sends at the times of its schedule, whatever has come back: a server that stalls is sent just as
 * much, and the requests that it keeps waiting count from when they were meant to be sent. Where a
 * workload has conversations, a user holds one after the other; an open loop's schedule is that of
 * their first turns, and each further turn is meant to be sent when the one before was answered.
 */
#ifndef LOAD_DRIVER_H
#define LOAD_DRIVER_H

#include <glimpse/engine.h>

#include "load/arrival.h"
#include "load/mix.h"
#include "load/question.h"
#include "load/recorder.h"
#include "load/trace.h"
#include "load/workload.h"

struct event_base;

/* Told of each request when it has ended and is in the recorder's figures; the first has number 1.
 * It may stop the driver. */
typedef void (*load_ended_fn)(void *arg, uint64_t number, const load_outcome *outcome,
                              const glimpse_result *result);

typedef struct load_plan {
    bool open;
    load_arrivals arrivals;   /* of an open loop */
    load_trace *trace;        /* of an open loop, instead of arrivals; the caller's. NULL: none */
    uint64_t users;           /* of a closed loop */
    uint64_t per_user;        /* requests of each; 0: until the time is up */
    gl_time think;            /* between an answer and the next request */
    uint64_t requests;        /* most in all; 0: any number */
    gl_time duration;         /* sending stops then; 0: when the requests are through */
    gl_time warmup, cooldown; /* cut out at either end of duration */
    bool stream;              /* of drafts; a body says it itself */
    load_question_fn question;
    void *question_arg;
    load_workload *workload; /* asks in place of question; the caller's. NULL: there is none */
    load_ended_fn ended;     /* NULL: nobody is told */
    void *ended_arg;
} load_plan;

typedef struct load_driver load_driver;

/* The plan is copied; mix and recorder are the caller's and outlive the driver, as do base and
 * engine. ended runs from the loop when the last answer is there. NULL: out of memory. */
load_driver *load_driver_new(struct event_base *base, glimpse_engine *engine, const load_plan *plan,
                             load_mix *mix, load_recorder *recorder);

/* Begins at `start`, on the clock of gl_clock_now; at once when that is over. */
void load_driver_start(load_driver *driver, gl_time start, void (*ended)(void *arg), void *arg);

/* Sends nothing more; what is in flight finishes, then ended runs. */
void load_driver_stop(load_driver *driver);

/* No request of it may be under way: free the engine first. NULL is fine. */
void load_driver_free(load_driver *driver);

#endif
