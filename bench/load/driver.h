/*
 * driver.h - sends the requests of a load test through an engine, on its loop, and hands each
 * outcome to a recorder.
 *
 * A closed loop has users: each sends, waits for its answer, thinks, and sends again. They begin
 * one after the other, a turn of the loop each. An open loop sends at the times of its schedule,
 * with or without answers: a server that stalls gets just as many requests, and those that it keeps
 * waiting count from their scheduled time. Where a workload has conversations, a user holds one
 * after the other; an open loop's schedule is that of their first turns, and each further turn is
 * due when the one before was answered.
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

/* Called for each request when it has ended and is in the recorder's figures; the first has number
 * 1. It may stop the driver. */
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
    bool stream;              /* for drafts; a body has it in itself */
    load_question_fn question;
    void *question_arg;
    load_workload *workload; /* asks in place of question; the caller's. NULL: there is none */
    load_ended_fn ended;     /* NULL: no callback */
    void *ended_arg;
} load_plan;

typedef struct load_driver load_driver;

/* Copies the plan; mix and recorder are the caller's and must outlive the driver, as must base and
 * engine. ended runs from the loop when the last answer has come. NULL: out of memory. */
load_driver *load_driver_new(struct event_base *base, glimpse_engine *engine, const load_plan *plan,
                             load_mix *mix, load_recorder *recorder);

/* Begins at `start`, on the clock of gl_clock_now; at once when that has passed. */
void load_driver_start(load_driver *driver, gl_time start, void (*ended)(void *arg), void *arg);

/* Sends nothing more; requests in flight finish, then ended runs. */
void load_driver_stop(load_driver *driver);

/* No request of it may be under way: free the engine first. NULL is fine. */
void load_driver_free(load_driver *driver);

#endif
